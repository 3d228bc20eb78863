//! INIT answers another nonce.

use faultkey_transport::ctaphid::command;

use super::is_plugged_in;
use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::scene::Ceremony;
use crate::seam::report::{Direction, ReportDecision, SeenReport};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "init-nonce-mismatch",
    layer: Layer::Report,
    summary: Text::new("INIT is answered with a nonce that the host did not send.", "INITの応答に、ホストが送っていないノンスが入っている"),
    effect: Text::new(
        "Inverts one bit of the nonce: to the host it is the answer to another program's INIT, so it \
        keeps waiting for its own.",
        "ノンスの1ビットを反転します。ホストから見ると、別のプログラムのINITへの応答なので、自分への応答を待ち続けます。",
    ),
    opportunity: Text::new("An answer to INIT.", "INITへの応答です。"),
    seam: Seam::Report,
    evidence: Text::new(
        "specified: a host ignores an INIT answer with another nonce, CTAP2.3 §11.2.9.1.3 (catalogue \
        CT-07). It is normal where several programs share a key.",
        "仕様に規定：ホストは、ノンスが異なるINITの応答を無視します（CTAP2.3 §11.2.9.1.3、カタログCT-07）。\
        複数のプログラムが1つのセキュリティキーを使う場合には、普通に起こります。",
    ),
    catalogue: &["CT-07"],
    good_rp: Text::new("Never sees it.", "RPからは見えません。"),
    parameters: &[],
    example: "{ fault = \"init-nonce-mismatch\", schedule = \"once\" }",
};

struct InitNonceMismatch;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(InitNonceMismatch))
}

impl Fault for InitNonceMismatch {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        is_plugged_in(profile)
    }

    fn report(&self, seen: &SeenReport, _world: &World) -> Option<Decision<ReportDecision>> {
        let acts = seen.direction == Direction::ToHost && seen.part.is_some_and(|part| part.command == command::INIT);
        let mut other = *seen.report;
        other[7] ^= 0x01;
        acts.then(|| {
            let text = Text::new("INIT answered with another nonce", "INITに別のノンスで応答");
            Decision::new(ReportDecision::Replace(Box::new(other)), text)
        })
    }
}
