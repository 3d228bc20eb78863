//! The person in front of a key: when they touch it, and with which finger.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use faultkey_authenticator::{Prompt, Time, UserAnswer};
use faultkey_transport::ctaphid::{Gesture, Touch};

use crate::AllowList;

/// When the user touches the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// At once, for relying parties on the allow list. For any other, somebody has to say so.
    #[default]
    Auto,
    /// The same, after a while.
    After(Duration),
    /// At once, whoever asks.
    Always,
    /// Once, whoever asks; then it is [`Presence::Ask`].
    Once,
    /// When somebody says so.
    Ask,
    /// Not by itself, and nobody is asked.
    Never,
}

/// Which finger the user presents, or that the device has no reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// One that is enrolled.
    #[default]
    Ok,
    /// One that is not.
    Fail,
}

/// Why a prompt does not answer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The relying party is not on the allow list.
    NotAllowed,
    /// The policy says so.
    Policy,
}

impl Reason {
    /// For a person.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Reason::NotAllowed => "the relying party is not on the allow list (--allow-rp)",
            Reason::Policy => "touches do not come by themselves (--presence)",
        }
    }
}

/// The user of one key.
#[derive(Clone, Debug)]
pub struct User {
    pub presence: Presence,
    pub verification: Verification,
    pub allow_list: AllowList,
    /// What the user does at the next prompt, whatever the policy says.
    pub next: Option<NextAct>,
}

/// A single deviation from the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAct {
    Answer(UserAnswer),
    /// Nobody comes.
    Nothing,
}

impl User {
    #[must_use]
    pub fn new(presence: Presence, verification: Verification, allow_list: AllowList) -> Self {
        Self { presence, verification, allow_list, next: None }
    }

    /// Why somebody has to do something, if so.
    #[must_use]
    pub fn waits(&self, prompt: &Prompt) -> Option<Reason> {
        match self.presence {
            Presence::Auto | Presence::After(_) if !self.allow_list.allows(prompt) => Some(Reason::NotAllowed),
            Presence::Ask | Presence::Never => Some(Reason::Policy),
            Presence::Auto | Presence::After(_) | Presence::Always | Presence::Once => None,
        }
    }

    /// What a touch is to this prompt, if it is held so long.
    #[must_use]
    pub fn touch(&self, prompt: &Prompt, held: Option<Duration>) -> UserAnswer {
        match (prompt, self.verification) {
            (Prompt::Verification { .. }, Verification::Fail) => UserAnswer::WrongFinger,
            _ => held.map_or(UserAnswer::Approve, UserAnswer::Held),
        }
    }
}

/// How long the touch must be held, if a short one won't do.
#[must_use]
pub fn hold(prompt: &Prompt) -> Option<Duration> {
    let (Prompt::Presence { purpose } | Prompt::Verification { purpose, .. }) = prompt;
    purpose.hold()
}

/// As it is written for [`duration`].
#[must_use]
pub fn time_text(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

impl Touch for User {
    fn asked(&mut self, _now: Time, prompt: &Prompt) -> Gesture {
        match self.next.take() {
            Some(NextAct::Answer(answer)) => return Gesture::Answer { answer, after: Duration::ZERO },
            Some(NextAct::Nothing) => return Gesture::Wait,
            None => {}
        }
        if self.waits(prompt).is_some() {
            return Gesture::Wait;
        }
        // Who touches without being told holds the touch as long as it is asked for.
        let answer = self.touch(prompt, hold(prompt));
        let after = if let Presence::After(after) = self.presence { after } else { Duration::ZERO };
        if self.presence == Presence::Once {
            self.presence = Presence::Ask;
        }
        Gesture::Answer { answer, after }
    }
}

impl FromStr for Presence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Presence::Auto,
            "always" | "on" => Presence::Always,
            "once" => Presence::Once,
            "ask" => Presence::Ask,
            "never" | "off" => Presence::Never,
            other => {
                let time = other.strip_prefix("after").map(|rest| rest.trim_start_matches([' ', '=']));
                Presence::After(time.and_then(duration).ok_or(
                    "expected `auto`, `always`, `once`, `ask`, `never`, or `after=` with a time, e.g. `after=2s` or `after=300ms`",
                )?)
            }
        })
    }
}

/// `2s` or `300ms`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1_000),
        (None, None) => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(Duration::from_millis(u64::from(number) * unit))
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Presence::Auto => f.write_str("auto"),
            Presence::After(time) => write!(f, "after={}ms", time.as_millis()),
            Presence::Always => f.write_str("always"),
            Presence::Once => f.write_str("once"),
            Presence::Ask => f.write_str("ask"),
            Presence::Never => f.write_str("never"),
        }
    }
}

impl FromStr for Verification {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ok" => Ok(Verification::Ok),
            "fail" => Ok(Verification::Fail),
            _ => Err("expected `ok` or `fail`".to_owned()),
        }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verification::Ok => "ok",
            Verification::Fail => "fail",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::step::Purpose;

    fn register(rp_id: &str) -> Prompt {
        Prompt::Presence { purpose: Purpose::Register { rp_id: rp_id.to_owned(), user_name: None } }
    }

    fn at_once(answer: UserAnswer) -> Gesture {
        Gesture::Answer { answer, after: Duration::ZERO }
    }

    fn user(presence: &str) -> User {
        User::new(presence.parse().unwrap(), Verification::Ok, AllowList::default())
    }

    #[test]
    fn a_touch_comes_by_itself_only_for_those_on_the_allow_list() {
        let approve = at_once(UserAnswer::Approve);
        let slow = Gesture::Answer { answer: UserAnswer::Approve, after: Duration::from_secs(2) };
        for (presence, allowed, other) in [
            ("auto", approve, Gesture::Wait),
            ("after 2s", slow, Gesture::Wait),
            ("always", approve, approve),
            ("on", approve, approve),
            ("once", approve, approve),
            ("ask", Gesture::Wait, Gesture::Wait),
            ("never", Gesture::Wait, Gesture::Wait),
            ("off", Gesture::Wait, Gesture::Wait),
        ] {
            assert_eq!(user(presence).asked(Time::START, &register("broker.test")), allowed, "{presence}");
            assert_eq!(user(presence).asked(Time::START, &register("bank.example")), other, "{presence}");
        }
        assert_eq!(user("auto").waits(&register("bank.example")), Some(Reason::NotAllowed));
        assert_eq!(user("ask").waits(&register("broker.test")), Some(Reason::Policy));
    }

    #[test]
    fn once_is_once() {
        let mut user = user("once");
        assert_eq!(user.asked(Time::START, &register("bank.example")), at_once(UserAnswer::Approve));
        assert_eq!(user.asked(Time::START, &register("broker.test")), Gesture::Wait);
        assert_eq!(user.presence, Presence::Ask);
    }

    #[test]
    fn the_next_act_is_for_one_prompt() {
        let mut user = user("auto");
        user.next = Some(NextAct::Answer(UserAnswer::Refuse));
        assert_eq!(user.asked(Time::START, &register("broker.test")), at_once(UserAnswer::Refuse));
        user.next = Some(NextAct::Nothing);
        assert_eq!(user.asked(Time::START, &register("broker.test")), Gesture::Wait);
        assert_eq!(user.asked(Time::START, &register("broker.test")), at_once(UserAnswer::Approve));
    }

    #[test]
    fn a_wrong_finger_fails_verification_and_not_presence() {
        let mut user = User::new(Presence::Always, Verification::Fail, AllowList::default());
        let verification = Prompt::Verification { purpose: Purpose::Select, tries_left: 3 };
        assert_eq!(user.asked(Time::START, &verification), at_once(UserAnswer::WrongFinger));
        assert_eq!(user.asked(Time::START, &register("broker.test")), at_once(UserAnswer::Approve));
    }

    /// How long is told: nobody waits for it, but who says `after`.
    #[test]
    fn a_touch_that_comes_by_itself_is_held_as_long_as_it_is_asked_for() {
        let reset = Prompt::Presence { purpose: Purpose::ResetByLongTouch };
        let held = UserAnswer::Held(Duration::from_secs(10));
        for presence in ["auto", "always", "once"] {
            assert_eq!(user(presence).asked(Time::START, &reset), at_once(held), "{presence}");
        }
        assert_eq!(user("after=10s").asked(Time::START, &reset), Gesture::Answer { answer: held, after: Duration::from_secs(10) });
        assert_eq!(user("ask").asked(Time::START, &reset), Gesture::Wait);
        assert_eq!(user("ask").touch(&reset, None), UserAnswer::Approve);
        assert_eq!((time_text(Duration::from_secs(10)), time_text(Duration::from_millis(1_500))), ("10s".to_owned(), "1500ms".to_owned()));
    }

    #[test]
    fn policies_read_back_and_nonsense_is_explained() {
        for text in ["auto", "always", "once", "ask", "never", "after=2000ms"] {
            assert_eq!(text.parse::<Presence>().unwrap().to_string(), text);
        }
        for text in ["after=2s", "after 2s", "after2s", "after=2000ms"] {
            assert_eq!(text.parse(), Ok(Presence::After(Duration::from_secs(2))));
        }
        let expected = "expected `auto`, `always`, `once`, `ask`, `never`, or `after=` with a time, e.g. `after=2s` or `after=300ms`";
        for text in ["soon", "after", "after=", "after=2", "after=-1s", "after=99999999999s"] {
            assert_eq!(text.parse::<Presence>().unwrap_err(), expected);
        }
    }
}
