//! What sets things right, or wrong, outside ceremonies: hooks, other ways to log in, and the recovery tail of every scenario.

use faultkey_relying_party::{Fallback, Observation, Wish};

use super::{PlayError, Player, clean_wish};
use crate::exercise::outcome;
use crate::exercise::stage::Ask;
use crate::scenario::step::way_name;
use crate::scenario::{Hook, UserAct};
use crate::verdict::{Check, Judgement, OutcomeClass};

impl Player<'_, '_> {
    pub(super) async fn hook(&mut self, hook: Hook) -> Result<Check, PlayError> {
        self.stage.look_again();
        let (what, result) = match hook {
            Hook::Reset => ("the support desk's reset", self.stage.adapter.reset(&self.stage.account).await?),
            Hook::DeleteCredential => {
                ("the row is deleted behind the user's back", self.stage.adapter.delete_credential(&self.stage.account).await?)
            }
        };
        self.stage.lasting_cause = true;
        self.played.device.push(format!("(at the relying party) {what}"));
        self.played.invariants.account_emptied();
        Ok(match result {
            Observation::Seen(()) => Check::new(what, Judgement::Held, "done"),
            Observation::NotObservable(why) => Check::not_observable(what, why.to_string()),
        })
    }

    pub(super) async fn fall_back(&mut self, way: Fallback) -> Result<Check, PlayError> {
        let what = format!("log-in by {}", way_name(way));
        self.stage.look_again();
        let answer = self.stage.adapter.fall_back(&mut self.stage.session, &self.stage.account, way).await?;
        Ok(match answer {
            Observation::NotObservable(why) => Check::not_observable(&what, why.to_string()),
            Observation::Seen(answer) => {
                if answer.accepted && way == Fallback::SupportReset {
                    // The request is filed; the desk, which is the hook, does what it asks.
                    return self.hook(Hook::Reset).await;
                }
                Check::is(&what, answer.accepted, outcome::answer_text(&answer))
            }
        })
    }

    /// The first way that works: another authentication, a new passkey, and a clean log-in (catalogue §3.3, recovery tail).
    pub(super) async fn recover(&mut self, ways: &[Fallback]) -> Result<Vec<Check>, PlayError> {
        self.stage.faults.clear(None);
        let (mut tried, mut not_mapped) = (Vec::new(), Vec::new());
        let mut recovered = false;
        for way in ways {
            let check = self.fall_back(*way).await?;
            if check.judgement == Judgement::NotObservable {
                not_mapped.push(check);
                continue;
            }
            let taken = check.judgement == Judgement::Held;
            tried.push(check);
            if taken && self.new_passkey(way_name(*way), &mut tried).await? {
                recovered = true;
                break;
            }
        }
        if tried.is_empty() && (self.stage.lasting_cause || !self.stage.made_passkey) {
            // The user has no way out that could be played, so there is nothing to log in with.
            return Ok(not_mapped);
        }
        if !recovered {
            // What is not mapped matters only where nothing else worked.
            tried.extend(not_mapped);
        }
        self.stage.leave_session();
        let log_in = self.stage.log_in(&clean_ask(false)).await?;
        self.played.invariants.look(&log_in);
        tried.extend(named("a clean log-in", outcome::checks(OutcomeClass::Ok, &log_in)));
        Ok(tried)
    }

    /// In the place of the old one.
    async fn new_passkey(&mut self, after: &str, checks: &mut Vec<Check>) -> Result<bool, PlayError> {
        let registration = self.stage.register(&clean_ask(true)).await?;
        self.played.invariants.look(&registration);
        checks.extend(named(&format!("a new passkey after {after}"), outcome::checks(OutcomeClass::Ok, &registration)));
        self.stage.lasting_cause &= registration.failed();
        Ok(!registration.failed())
    }
}

fn clean_ask(replace: bool) -> Ask {
    Ask { wish: Wish { replace, ..clean_wish() }, usernameless: false, user: UserAct::Approve, probe_new_options: false }
}

fn named(which: &str, checks: Vec<Check>) -> Vec<Check> {
    checks.into_iter().map(|check| Check { what: format!("{which}: {}", check.what), ..check }).collect()
}
