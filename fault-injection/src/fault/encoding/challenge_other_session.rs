//! The client data carries the challenge of another session.

use data_encoding::BASE64URL_NOPAD;
use faultkey_client::CollectedClientData;
use rand::Rng;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, Seam};
use crate::{FaultError, Layer, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "challenge-other-session",
    layer: Layer::Encoding,
    summary: Text::new(
        "The response answers a challenge that the relying party gave to another session.",
        "RPが別のセッションに発行したチャレンジへの応答が届く",
    ),
    effect: Text::new(
        "Replaces the challenge in the client data before it is hashed and signed. The other challenge \
        is a valid one of another session where the run fetched one; otherwise one of the same length is \
        drawn from the seed. The signature verifies.",
        "ハッシュと署名の前に、クライアントデータのチャレンジを置き換えます。\
        別のセッションのチャレンジを取得できた場合は、その有効なチャレンジを使います。取得できない場合は、\
        同じ長さのチャレンジをシードから作ります。署名は検証に通ります。",
    ),
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: Text::new(
        "specified: it must be refused, WebAuthn-3 §7.1 step 8 and §7.2 step 11 (catalogue EN-37). Observed: two tabs that \
        overwrite one challenge slot (RP-05: keycloak#49921).",
        "仕様に規定：拒否しなければなりません（WebAuthn-3 §7.1手順8、§7.2手順11、カタログEN-37）。\
        報告例あり：2つのタブが、1つのチャレンジの保管場所を上書きし合う例（RP-05：keycloak#49921）。",
    ),
    catalogue: &["EN-37", "RP-05"],
    good_rp: Text::new(
        "Refuses: the challenge is not this session's. Neither session loses its right to try again, \
        and a new challenge is offered.",
        "このセッションのチャレンジではないため、拒否します。どちらのセッションももう一度試せるようにし、\
        新しいチャレンジを発行します。",
    ),
    parameters: &[],
    example: "{ fault = \"challenge-other-session\", schedule = \"once\" }",
};

struct ChallengeOtherSession;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(ChallengeOtherSession))
}

impl Fault for ChallengeOtherSession {
    fn client_data(&self, data: &CollectedClientData, world: &World) -> Option<Decision<CollectedClientData>> {
        let (challenge, source) = match world.foreign_challenge {
            Some(foreign) => (foreign.to_owned(), Text::new("of another session", "別のセッションのもの")),
            None => {
                let mut bytes = vec![0; data.challenge.len() * 3 / 4];
                world.random("challenge").fill_bytes(&mut bytes);
                let source = Text::new(
                    "drawn from the seed, because no other session's was available",
                    "別のセッションのものがないため、シードから作成",
                );
                (BASE64URL_NOPAD.encode(&bytes), source)
            }
        };
        let text = Text::new(
            format!("challenge {} -> {challenge}, {}", data.challenge, source.en),
            format!("チャレンジ：{} -> {challenge}（{}）", data.challenge, source.ja),
        );
        (challenge != data.challenge).then(|| Decision::new(CollectedClientData { challenge, ..data.clone() }, text))
    }

    fn wants_foreign_challenge(&self) -> bool {
        true
    }
}
