//! An answer that was accepted once is sent again: what each relying party says to that.

use faultkey_relying_party::Answer;

use crate::bench::{Bench, Place, wish};
use crate::expectation::status_and_message;

/// What was sent again, and how that ended.
pub struct Replay {
    pub what: &'static str,
    pub outcome: String,
}

pub async fn replays(place: &Place) -> Vec<Replay> {
    let wish = wish("required", "required");
    let mut bench = Bench::new(place, "replay").await;

    let mut session = bench.adapter.session();
    let (_, credential) = bench.create(&mut session, &wish).await;
    bench.accepted("the registration", &bench.send_registration(&mut session, &credential).await);
    let registration = bench.send_registration(&mut session, &credential).await;

    let mut session = bench.adapter.session();
    let (_, credential) = bench.get(&mut session, true, &wish).await;
    let mut as_sent_first = session.clone();
    bench.accepted("the log-in", &bench.send_log_in(&mut session, &credential).await);
    let same_cookies = bench.send_log_in(&mut as_sent_first, &credential).await;
    let no_cookies = bench.send_log_in(&mut bench.adapter.session(), &credential).await;
    vec![
        Replay { what: "the registration, in the same session", outcome: outcome(&registration) },
        Replay { what: "the log-in, with the cookies of its first sending", outcome: outcome(&same_cookies) },
        Replay { what: "the log-in, without cookies", outcome: outcome(&no_cookies) },
    ]
}

fn outcome(answer: &Answer) -> String {
    let text = status_and_message(answer.status, answer.code.as_deref(), answer.message.as_deref());
    format!("{} `{text}`", if answer.accepted { "accepted again" } else { "refused" })
}
