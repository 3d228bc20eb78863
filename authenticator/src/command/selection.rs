//! authenticatorSelection (CTAP2.3 §6.9).

use crate::command::{Decision, Pending, Turn};
use crate::gesture;
use crate::step::Purpose;
use crate::{Prompt, Response, UserAnswer};

pub(super) fn start() -> Decision {
    Ok(Turn::Ask(Prompt::Presence { purpose: Purpose::Select }, Pending::Selection))
}

pub(super) fn resume(answer: UserAnswer) -> Decision {
    gesture::presence(answer)?;
    Ok(Turn::Decided(Response::Selection))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, answer, prompt};
    use crate::{Config, Status};

    #[test]
    fn a_touch_selects_and_anything_else_does_not() {
        let mut bench = Bench::new(Config::default());
        for (gesture, status) in [
            (UserAnswer::Approve, Status::Ok),
            (UserAnswer::Refuse, Status::OperationDenied),
            (UserAnswer::Never, Status::UserActionTimeout),
            (UserAnswer::Cancel, Status::KeepaliveCancel),
        ] {
            assert_eq!(prompt(bench.bare(0x0B)), Prompt::Presence { purpose: Purpose::Select });
            let reply = answer(bench.answer(gesture));
            assert_eq!((reply.status, reply.tree), (status, ciborium::Value::Null));
        }
    }
}
