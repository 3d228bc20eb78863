//! Which message each fault's decision touched, so that the two can be shown side by side.

use faultkey_transport::Entry;
use faultkey_transport::transcript::{self, What};

/// For each entry, the decisions (by index) that touched it. A decision that touched no message touches itself.
pub(crate) fn decisions(entries: &[Entry]) -> Vec<Vec<usize>> {
    let mut touched = vec![Vec::new(); entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        if matches!(entry.what, What::Decision { .. }) {
            let message = transcript::touched(entries, index).unwrap_or(index);
            if let Some(list) = touched.get_mut(message) {
                list.push(index);
            }
        }
    }
    touched
}

#[cfg(test)]
mod tests {
    use faultkey_transport::transcript::{MessageKind, RequestPurpose, Touches};

    use super::*;

    fn touched(whats: Vec<What>) -> Vec<Vec<usize>> {
        let entries: Vec<_> = whats.into_iter().enumerate().map(|(i, what)| Entry { number: i + 1, at: 0, what }).collect();
        decisions(&entries)
    }

    fn decision(touches: Touches) -> What {
        What::Decision { fault: "f".into(), layer: "command".into(), touches, text: "t".into(), text_ja: None }
    }

    fn request() -> What {
        What::CtapRequest { bytes: "04".into() }
    }

    fn reply() -> What {
        What::CtapReply { bytes: "00".into() }
    }

    fn post() -> What {
        What::HttpRequest {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![],
            body: String::new(),
            purpose: RequestPurpose::Ceremony,
        }
    }

    #[test]
    fn a_decision_stands_at_the_message_that_its_seam_names() {
        let prompt = What::Prompt { text: "touch".into() };
        let at_reply = decision(Touches::Next(MessageKind::CtapReply));
        assert_eq!(touched(vec![request(), at_reply, prompt, reply()])[3], [1]);
        let at_post = || decision(Touches::Previous(MessageKind::HttpRequest));
        assert_eq!(touched(vec![post(), at_post(), at_post()])[0], [1, 2]);
        let client_data = What::ClientData { ceremony: "authentication".into(), json: "{}".into() };
        assert_eq!(touched(vec![post(), decision(Touches::Next(MessageKind::ClientData)), client_data, request()])[2], [1]);
        let event = What::Event { name: "reset".into(), effect: "none".into() };
        assert_eq!(touched(vec![decision(Touches::Next(MessageKind::Event)), event])[1], [0]);
    }

    #[test]
    fn a_swallowed_reply_leaves_the_decision_at_its_request() {
        let swallowed = decision(Touches::Previous(MessageKind::CtapRequest));
        assert_eq!(touched(vec![request(), swallowed, request(), reply()])[0], [1]);
        let error = What::NetworkError { text: "reset".into() };
        assert_eq!(touched(vec![post(), decision(Touches::Next(MessageKind::HttpResponse)), error])[2], [1]);
    }

    #[test]
    fn without_a_message_it_stands_alone() {
        assert_eq!(touched(vec![decision(Touches::Nothing)]), [vec![0]]);
        let step = What::Note { text: "step".into() };
        assert_eq!(touched(vec![step, decision(Touches::Next(MessageKind::ClientData))]), [vec![], vec![1]]);
    }
}
