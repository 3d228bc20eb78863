//! Which reports a fault concerns: the parameters that most report faults share.

use faultkey_transport::ctaphid::command;
use toml::Value;

use crate::envelope::describe;
use crate::fault::report::involves_user;
use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::Ceremony;
use crate::seam::report::{Direction, SeenReport};
use crate::{FaultError, Text};

pub(crate) const DIRECTION: ParameterInfo = ParameterInfo {
    name: "direction",
    accepts: Text::new("`to-host` or `to-key`", "`to-host`または`to-key`"),
    default: Text::same("`to-host`"),
    meaning: Text::new("Which way the report goes.", "レポートの方向"),
};
pub(crate) const MESSAGE: ParameterInfo = ParameterInfo {
    name: "message",
    accepts: Text::new(
        "`ceremony`, `cbor`, `msg`, `ping`, `init`, `keepalive` (to the host), `cancel` (to the key) or `any`",
        "`ceremony`、`cbor`、`msg`、`ping`、`init`、`keepalive`（`to-host`）、`cancel`（`to-key`）、`any`のいずれか",
    ),
    default: Text::same("`ceremony`"),
    meaning: Text::new(
        "The message that the report is part of. `ceremony` is an authenticatorMakeCredential or authenticatorGetAssertion that \
        involves the user; `cbor` is every CTAP command.",
        "レポートが属するメッセージ。`ceremony`は、ユーザーが関わるauthenticatorMakeCredentialまたはauthenticatorGetAssertion。\
        `cbor`はすべてのCTAPコマンド",
    ),
};
pub(crate) const REPORT: ParameterInfo = ParameterInfo {
    name: "report",
    accepts: Text::new(
        "a whole number from 1 to 129, `last`, `rest` (all but the first) or `any`",
        "1から129までの整数、`last`、`rest`（最初以外のすべて）、`any`のいずれか",
    ),
    default: Text::same("1"),
    meaning: Text::new("Which report of the message.", "メッセージの何番目のレポートか"),
};
pub(crate) const CEREMONY: ParameterInfo = ParameterInfo {
    meaning: Text::new(
        "The ceremony in which the fault fires; only with `message = \"ceremony\"`.",
        "作動するセレモニー（`message = \"ceremony\"`の場合のみ）",
    ),
    ..crate::fault::command::CEREMONY
};
/// What counts as an opportunity.
pub(crate) const SELECTED: Text<&str> = Text::new(
    "A report that `direction`, `message`, `ceremony` and `report` select. RP ID and account are known from a request's last report on.",
    "`direction`、`message`、`ceremony`、`report`で選んだレポートです。\
    RP IDとアカウントは、リクエストの最後のレポートからわかります。",
);

/// Which reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection {
    direction: Direction,
    message: Message,
    ceremony: Option<Ceremony>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Ceremony,
    Command(u8),
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// From 0.
    Index(usize),
    Last,
    Rest,
    Any,
}

impl Selection {
    /// With [`DIRECTION`], [`MESSAGE`], [`CEREMONY`] and [`REPORT`].
    pub fn load(parameters: &Parameters) -> Result<Self, FaultError> {
        Self::load_from(parameters, 1)
    }

    /// The same, with another default for the report's number.
    pub fn load_from(parameters: &Parameters, report: u64) -> Result<Self, FaultError> {
        let directions = [("to-host", Direction::ToHost), ("to-key", Direction::ToKey)];
        let direction = parameters.choice("direction", &directions, Direction::ToHost)?;
        let messages = [
            ("ceremony", Message::Ceremony),
            ("cbor", Message::Command(command::CBOR)),
            ("msg", Message::Command(command::MSG)),
            ("ping", Message::Command(command::PING)),
            ("init", Message::Command(command::INIT)),
            ("keepalive", Message::Command(command::KEEPALIVE)),
            ("cancel", Message::Command(command::CANCEL)),
            ("any", Message::Any),
        ];
        let message = parameters.choice("message", &messages, Message::Ceremony)?;
        let only = match message {
            Message::Command(command::KEEPALIVE) => Some(Direction::ToHost),
            Message::Command(command::CANCEL) => Some(Direction::ToKey),
            _ => None,
        };
        if let Some(only) = only.filter(|only| *only != direction) {
            return Err(parameters.error("message", format!("it only goes in the direction `{}`", only.name())));
        }
        if message != Message::Ceremony && parameters.is_given("ceremony") {
            return Err(parameters.error("ceremony", "only allowed with `message = \"ceremony\"`".to_owned()));
        }
        let place = place(parameters, report)?;
        let alone = matches!(message, Message::Command(command::KEEPALIVE | command::CANCEL | command::INIT));
        if alone && !matches!(place, Place::Index(0) | Place::Last | Place::Any) {
            return Err(parameters.error("report", "this message is a single report".to_owned()));
        }
        Ok(Self { direction, message, ceremony: parameters.ceremony(None)?, place })
    }

    /// The ceremonies of the messages that it lets through.
    pub const fn ceremonies(&self) -> &'static [Ceremony] {
        match self.message {
            Message::Command(command::INIT | command::PING | command::MSG) => &[],
            Message::Command(_) | Message::Ceremony | Message::Any => Ceremony::those(self.ceremony),
        }
    }

    pub fn takes(&self, seen: &SeenReport) -> bool {
        let Some(part) = seen.part.filter(|_| seen.direction == self.direction) else { return false };
        let message = match self.message {
            Message::Any => true,
            Message::Command(wanted) => part.command == wanted,
            // Whether the user is involved is known once the request is whole.
            Message::Ceremony => {
                part.command == command::CBOR
                    && part.ceremony().is_some_and(|ceremony| ceremony.is(self.ceremony))
                    && seen.scene.is_none_or(involves_user)
            }
        };
        let place = match self.place {
            Place::Index(index) => part.index == index,
            Place::Last => part.is_last(),
            Place::Rest => part.index > 0,
            Place::Any => true,
        };
        message && place
    }
}

fn place(parameters: &Parameters, default: u64) -> Result<Place, FaultError> {
    match parameters.value("report") {
        Some(Value::String(word)) if word == "last" => Ok(Place::Last),
        Some(Value::String(word)) if word == "rest" => Ok(Place::Rest),
        Some(Value::String(word)) if word == "any" => Ok(Place::Any),
        None | Some(Value::Integer(_)) => {
            let number = parameters.integer("report", 1..=129)?.unwrap_or(default);
            Ok(Place::Index(usize::try_from(number).unwrap_or(1).saturating_sub(1)))
        }
        Some(other) => {
            let expected = "expected a whole number from 1 to 129, `last`, `rest` or `any`";
            Err(parameters.error("report", format!("{expected}, found {}", describe(other))))
        }
    }
}
