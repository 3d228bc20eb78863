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

use crate::profile::Family;
use crate::scene::Scene;
use crate::seam::report::{Direction, SeenReport};
use crate::{Profile, Text};

/// Only what is plugged in has reports.
pub(crate) fn is_plugged_in(profile: &Profile) -> Result<(), Text> {
    if profile.family == Family::SecurityKey {
        return Ok(());
    }
    Err(Text::new(
        "it is built into the user's device and exchanges no CTAPHID reports",
        "端末に内蔵されていて、CTAPHIDのレポートをやり取りしない",
    )
    .into())
}

/// Whether it belongs to a ceremony's command that involves the user.
pub(crate) fn involves_user(scene: &Scene) -> bool {
    !scene.silent
}

/// What passed, for a person: `report 2 of 4 of the registration's answer`.
pub(crate) fn named(seen: &SeenReport) -> Text {
    use faultkey_transport::ctaphid::command;
    let Some(part) = seen.part else {
        return Text::new("a continuation packet without a beginning", "先頭のない継続パケット").into();
    };
    let whose: Text = match (part.command, part.ceremony(), seen.direction) {
        (command::KEEPALIVE, ..) => return Text::new("a KEEPALIVE", "KEEPALIVE").into(),
        (command::CANCEL, ..) => return Text::new("a CANCEL", "CANCEL").into(),
        (command::INIT, ..) => Text::same("INIT").into(),
        (command::PING, ..) => Text::new("a PING", "PING").into(),
        (command::MSG, ..) => Text::new("a U2F message", "U2Fメッセージ").into(),
        (command::ERROR, ..) => Text::new("an ERROR", "ERROR").into(),
        (command::CBOR, Some(ceremony), _) => Text::new(format!("the {ceremony}"), ceremony.text().ja.to_owned()),
        (command::CBOR, None, _) => Text::new("a CTAP command", "CTAPコマンド").into(),
        (other, ..) => Text::new(format!("command 0x{other:02X}"), format!("コマンド0x{other:02X}")),
    };
    let side = if seen.direction == Direction::ToKey { Text::new("request", "リクエスト") } else { Text::new("answer", "応答") };
    let number = part.index + 1;
    Text::new(
        format!("report {number} of {} of {}'s {}", part.count, whose.en, side.en),
        format!("{}の{}のレポート{number}/{}", whose.ja, side.ja, part.count),
    )
}
