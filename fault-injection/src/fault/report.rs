//! CTAPHID's reports and the connection of a key that is plugged in. These files decide; [`crate::seam::report`] carries it out.

pub mod bus_reset;
pub mod cancel_late;
pub mod channel_busy;
pub mod endpoint_stall;
pub mod init_nonce_mismatch;
pub mod keepalive_forever;
pub mod no_keepalive;
pub mod report_delayed;
pub mod report_dropped;
pub mod report_duplicated;
pub mod report_reordered;
pub mod report_truncated;
pub mod seq_gap;
pub mod slow_key;
pub mod unplug_mid_command;
pub mod wrong_cid;
pub mod wrong_length;

use crate::Profile;
use crate::profile::Family;
use crate::scene::Scene;
use crate::seam::report::{Direction, SeenReport};

/// Only what is plugged in has reports.
pub(crate) fn is_plugged_in(profile: &Profile) -> Result<(), String> {
    if profile.family == Family::SecurityKey {
        return Ok(());
    }
    Err("it is built into the user's device and exchanges no CTAPHID reports".to_owned())
}

/// Whether it belongs to a ceremony's command that involves the user.
pub(crate) fn involves_user(scene: &Scene) -> bool {
    !scene.silent
}

/// What passed, for a person: `report 2 of 4 of the registration's answer`.
pub(crate) fn named(seen: &SeenReport) -> String {
    use faultkey_transport::ctaphid::command;
    let Some(part) = seen.part else { return "a continuation packet without a beginning".to_owned() };
    let whose = match (part.command, part.ceremony(), seen.direction) {
        (command::KEEPALIVE, ..) => return "a KEEPALIVE".to_owned(),
        (command::CANCEL, ..) => return "a CANCEL".to_owned(),
        (command::INIT, ..) => "INIT".to_owned(),
        (command::PING, ..) => "a PING".to_owned(),
        (command::MSG, ..) => "a U2F message".to_owned(),
        (command::ERROR, ..) => "an ERROR".to_owned(),
        (command::CBOR, Some(ceremony), _) => format!("the {ceremony}"),
        (command::CBOR, None, _) => "a CTAP command".to_owned(),
        (other, ..) => format!("command 0x{other:02X}"),
    };
    let side = if seen.direction == Direction::ToKey { "request" } else { "answer" };
    format!("report {} of {} of {whose}'s {side}", part.index + 1, part.count)
}
