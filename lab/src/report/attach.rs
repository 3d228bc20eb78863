//! Which message a fault's decision touched, so that the two can be shown side by side.
//!
//! A seam records its decision just before the message goes on, so the message is the next one of the kind on which the decision's layer acts.
//! When there is none before the ceremony goes elsewhere (a reply that was swallowed), it is the message before the decision.

use faultkey_transport::{Entry, transcript::What};

/// For each entry, the decisions (by index) that touched it. A decision that touched no message touches itself.
pub(crate) fn decisions(entries: &[Entry]) -> Vec<Vec<usize>> {
    let mut touched = vec![Vec::new(); entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        if let What::Decision { layer, .. } = &entry.what {
            let message = forward(entries, index, layer).or_else(|| back(entries, index)).unwrap_or(index);
            if let Some(list) = touched.get_mut(message) {
                list.push(index);
            }
        }
    }
    touched
}

fn forward(entries: &[Entry], decision: usize, layer: &str) -> Option<usize> {
    for (index, entry) in entries.iter().enumerate().skip(decision + 1) {
        if acts_on(layer, &entry.what) {
            return Some(index);
        }
        if ends_search(&entry.what) {
            return None;
        }
    }
    None
}

fn back(entries: &[Entry], decision: usize) -> Option<usize> {
    let before = entries.get(..decision)?;
    let index =
        before.iter().rposition(|entry| !matches!(entry.what, What::Decision { .. } | What::Prompt { .. } | What::Answer { .. }))?;
    (!matches!(before.get(index)?.what, What::Note { .. })).then_some(index)
}

fn acts_on(layer: &str, what: &What) -> bool {
    match layer {
        "key_store" => matches!(what, What::CtapReply { .. } | What::Event { .. }),
        "command" | "report" => matches!(what, What::CtapReply { .. }),
        "encoding" => matches!(what, What::CtapReply { .. } | What::ClientData { .. } | What::HttpRequest { .. }),
        "network" => matches!(what, What::HttpRequest { .. } | What::HttpResponse { .. } | What::NetworkError { .. }),
        "platform" | "hybrid" => matches!(what, What::ClientResult { .. }),
        _ => !matches!(what, What::Decision { .. } | What::Prompt { .. } | What::Answer { .. } | What::Note { .. }),
    }
}

/// The ceremony has gone on to something else: a later message is not the one that the decision was about.
fn ends_search(what: &What) -> bool {
    matches!(
        what,
        What::Note { .. }
            | What::CtapRequest { .. }
            | What::HttpRequest { .. }
            | What::HttpResponse { .. }
            | What::NetworkError { .. }
            | What::ClientResult { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched(whats: Vec<What>) -> Vec<Vec<usize>> {
        let entries: Vec<_> = whats.into_iter().enumerate().map(|(i, what)| Entry { number: i + 1, at: 0, what }).collect();
        decisions(&entries)
    }

    fn decision(layer: &str) -> What {
        What::Decision { fault: "f".into(), layer: layer.into(), text: "t".into() }
    }

    fn request() -> What {
        What::CtapRequest { bytes: "04".into() }
    }

    fn reply() -> What {
        What::CtapReply { bytes: "00".into() }
    }

    fn post() -> What {
        What::HttpRequest { method: "POST".into(), path: "/".into(), headers: vec![], body: String::new() }
    }

    #[test]
    fn a_decision_stands_at_the_next_message_of_its_layer() {
        let prompt = What::Prompt { text: "touch".into() };
        assert_eq!(touched(vec![request(), decision("command"), prompt, reply()])[3], [1]);
        assert_eq!(touched(vec![decision("network"), decision("network"), post()])[2], [0, 1]);
        let client_data = What::ClientData { ceremony: "authentication".into(), json: "{}".into() };
        assert_eq!(touched(vec![post(), decision("encoding"), client_data, request()])[2], [1]);
        let event = What::Event { name: "reset".into(), effect: "none".into() };
        assert_eq!(touched(vec![decision("key_store"), event])[1], [0]);
    }

    #[test]
    fn a_swallowed_reply_leaves_the_decision_at_its_request() {
        assert_eq!(touched(vec![request(), decision("command"), request(), reply()])[0], [1]);
        let error = What::NetworkError { text: "reset".into() };
        assert_eq!(touched(vec![post(), decision("network"), error])[2], [1]);
    }

    #[test]
    fn without_a_message_it_stands_alone() {
        assert_eq!(touched(vec![decision("platform")]), [vec![0]]);
        assert_eq!(touched(vec![What::Note { text: "step".into() }, decision("platform")]), [vec![], vec![1]]);
    }
}
