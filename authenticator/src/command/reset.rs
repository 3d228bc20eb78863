//! authenticatorReset (CTAP2.3 §6.6).

use std::time::Duration;

use crate::command::{Decision, Pending, Turn};
use crate::device::Device;
use crate::gesture;
use crate::refusal::Refusal;
use crate::step::Purpose;
use crate::{Prompt, Response, Status, StoreError, Time, UserAnswer};

/// After power-up, a key without display takes a reset only this long.
const WINDOW: Duration = Duration::from_secs(10);

pub(super) fn start(device: &mut Device, now: Time) -> Decision {
    if !device.config.platform && now - device.powered_on > WINDOW {
        return Err(Refusal::rule(Status::NotAllowed, "a reset must come within 10 seconds of power-up"));
    }
    Ok(Turn::Ask(Prompt::Presence { purpose: purpose(device)? }, Pending::Reset))
}

fn purpose(device: &Device) -> Result<Purpose, StoreError> {
    Ok(if device.settings()?.long_touch_for_reset { Purpose::ResetByLongTouch } else { Purpose::Reset })
}

pub(super) fn resume(device: &mut Device, answer: UserAnswer) -> Decision {
    match purpose(device)?.hold() {
        None => gesture::presence(answer)?,
        Some(least) => gesture::long_touch(answer, least)?,
    }
    Ok(Turn::Decided(Response::Reset(device.erase()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, answer, assertion, passkey, prompt};
    use crate::{Config, Step};

    const RESET: u8 = 0x07;

    #[test]
    fn a_reset_erases_everything_after_a_touch() {
        let mut bench = Bench::new(Config::default());
        let before = bench.approve(0x01, passkey(1)).data().sign_count;
        assert_eq!(prompt(bench.bare(RESET)), Prompt::Presence { purpose: Purpose::Reset });
        let done = answer(bench.answer(UserAnswer::Approve));
        assert_eq!((done.status, done.tree), (Status::Ok, ciborium::Value::Null));
        assert_eq!(bench.key.store().credentials().unwrap(), []);
        assert_eq!(bench.approve(0x02, assertion()).status, Status::NoCredentials);
        // The counter never goes back.
        assert!(bench.approve(0x01, passkey(1)).data().sign_count > before);
    }

    #[test]
    fn a_key_takes_it_within_ten_seconds_of_power_up_a_platform_always() {
        let mut bench = Bench::new(Config::default());
        bench.now += WINDOW;
        let _ = prompt(bench.bare(RESET));
        bench.now += Duration::from_millis(1);
        assert_eq!(answer(bench.bare(RESET)).status, Status::NotAllowed);
        bench.key.power_cycle(bench.now);
        assert!(matches!(bench.bare(RESET), Step::NeedUser(_)));

        let mut platform = Bench::new(Config { platform: true, ..Config::default() });
        platform.now += Duration::from_secs(3_600);
        assert!(matches!(platform.bare(RESET), Step::NeedUser(_)));
    }

    #[test]
    fn without_the_touch_nothing_is_erased() {
        let mut bench = Bench::new(Config::default());
        let _ = bench.approve(0x01, passkey(1));
        for (gesture, status) in [
            (UserAnswer::Refuse, Status::OperationDenied),
            (UserAnswer::Never, Status::UserActionTimeout),
            (UserAnswer::Cancel, Status::KeepaliveCancel),
        ] {
            let _ = prompt(bench.bare(RESET));
            assert_eq!(answer(bench.answer(gesture)).status, status);
        }
        assert_eq!(bench.key.store().credentials().unwrap().len(), 1);
    }
}
