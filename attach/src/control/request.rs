//! What a controller asks for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line: `{"do":"touch"}`, `{"do":"presence","policy":"once","key":2}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The key's number; may be left out when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<usize>,
    #[serde(flatten)]
    pub wish: Wish,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Wish {
    /// Every key and its state.
    List,
    /// Everything that is known of one key.
    Status,
    /// The user touches the key, with the finger that the policy says.
    Touch {
        /// Milliseconds for which the touch is held. It is told, not waited for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<u64>,
    },
    /// The user says no.
    Refuse,
    /// The user presents a finger that is not enrolled.
    WrongFinger,
    /// When the user touches from now on: `auto`, `always`, `once`, `ask`, `never`, `after=2s`.
    Presence {
        policy: String,
    },
    /// Which finger the user has from now on: `ok`, `fail`.
    Verification {
        policy: String,
    },
    /// Something happens to the device.
    Event {
        event: String,
    },
    /// Arms a fault, as the command line writes it.
    FaultAdd {
        fault: String,
    },
    /// Disarms the faults with this name.
    FaultRemove {
        fault: String,
    },
    FaultList,
    /// Disarms every fault.
    FaultClear,
    /// The credentials, in the shape of WebDriver's virtual authenticators.
    CredentialList,
    CredentialAdd {
        credential: Value,
    },
    /// One, by its id in base64url; all, if none is named.
    CredentialRemove {
        id: Option<String>,
    },
    Unplug,
    /// A power cycle. Without its state, another key of the same kind comes instead.
    Replug {
        #[serde(default)]
        without_state: bool,
    },
    /// Writes a trace into this file from now on; ends the one before.
    Trace {
        file: Option<PathBuf>,
    },
    /// Answers when it has come about.
    #[serde(rename_all = "camelCase")]
    Wait {
        #[serde(rename = "for")]
        what: WaitFor,
        /// For events: the first after this number counts. If absent, the first from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        /// For exchanges and faults: only those with this text in them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        containing: Option<String>,
        /// Milliseconds.
        timeout: u64,
    },
    /// Ends the program.
    Quit,
}

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitFor {
    /// A request waits for the user now.
    Prompt,
    /// No request is under way now.
    Idle,
    /// The key is on the bus now.
    Plugged,
    /// The key is off the bus now.
    Unplugged,
    /// A request was answered, or never will be.
    Exchange,
    /// A fault decided.
    Fault,
}

impl WaitFor {
    pub const ALL: [(&str, WaitFor); 6] = [
        ("prompt", WaitFor::Prompt),
        ("idle", WaitFor::Idle),
        ("plugged", WaitFor::Plugged),
        ("unplugged", WaitFor::Unplugged),
        ("exchange", WaitFor::Exchange),
        ("fault", WaitFor::Fault),
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, what)| *what == self).map_or("", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_are_flat_json_objects() {
        let wait = Wish::Wait { what: WaitFor::Exchange, after: Some(3), containing: None, timeout: 500 };
        for (request, expected) in [
            (Request { key: None, wish: Wish::Touch { hold: None } }, json!({ "do": "touch" })),
            (Request { key: None, wish: Wish::Touch { hold: Some(10_000) } }, json!({ "do": "touch", "hold": 10_000 })),
            (
                Request { key: Some(2), wish: Wish::Presence { policy: "once".into() } },
                json!({ "key": 2, "do": "presence", "policy": "once" }),
            ),
            (Request { key: None, wish: Wish::Replug { without_state: true } }, json!({ "do": "replug", "without_state": true })),
            (Request { key: None, wish: wait }, json!({ "do": "wait", "for": "exchange", "after": 3, "timeout": 500 })),
        ] {
            let written = serde_json::to_value(&request).unwrap();
            assert_eq!(written, expected);
            assert_eq!(serde_json::from_value::<Request>(written).unwrap(), request);
        }
    }
}
