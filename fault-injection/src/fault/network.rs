//! The connection between the client's side and the relying party. These files decide; [`crate::seam::network`] cuts.

pub mod cut_options;
pub mod cut_verify;
pub mod delayed_verify;
pub mod duplicate_verify;

use crate::parameters::Parameters;
use crate::registry::ParameterInfo;
use crate::scene::Ceremony;
use crate::{CutPoint, Ending, FaultError, NetworkDecision, NetworkRequest, Text};

use super::Decision;

pub(crate) const CEREMONY: ParameterInfo = super::command::CEREMONY;
pub(crate) const ENDING: ParameterInfo = ParameterInfo {
    name: "ending",
    accepts: Text::new("`fin`, `rst` or `silence`", "`fin`、`rst`、`silence`のいずれか"),
    default: Text::same("`rst`"),
    meaning: Text::new(
        "How the connection ends for both sides: closed, reset, or nothing more in either direction.",
        "両側から見た接続の終わり方：正常な切断、リセット、またはどちらの方向にも何も届かない",
    ),
};
pub(crate) const BYTES: ParameterInfo = ParameterInfo {
    name: "bytes",
    accepts: Text::new("a whole number from 0 to 1048576, only with `n4` and `n6`", "0から1048576までの整数（`n4`と`n6`の場合のみ）"),
    default: Text::same("64"),
    meaning: Text::new(
        "How many bytes of the request (`n4`) or the response (`n6`) still pass.",
        "リクエスト（`n4`）または応答（`n6`）のうち、切断の前に届くバイト数",
    ),
};
pub(crate) const AT: Text<&str> =
    Text::new("`n0`, `n1`, `n2`, `n3`, `n4`, `n5`, `n6` or `n7`", "`n0`、`n1`、`n2`、`n3`、`n4`、`n5`、`n6`、`n7`のいずれか");
pub(crate) const AT_MEANING: Text<&str> = Text::new(
    "Where: `n0` the name does not resolve, `n1` the connection is refused, `n2` a TLS alert, `n3` \
    connected but nothing sent, `n4` the request is cut, `n5` the request is processed but no byte of the answer arrives, `n6` the \
    response is cut, `n7` the response arrives whole, then a reset.",
    "切断位置。`n0`：名前を解決できない。`n1`：接続を拒否される。`n2`：TLSアラート。`n3`：接続したが何も送られない。\
    `n4`：リクエストが途中で切れる。`n5`：リクエストは処理されたが、応答が1バイトも届かない。`n6`：応答が途中で切れる。\
    `n7`：応答がすべて届いた後にリセットされる",
);

/// A cut of one connection, as its parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    point: CutPoint,
    name: &'static str,
    ending: Ending,
    ceremony: Option<Ceremony>,
}

impl Cut {
    pub(crate) fn load(parameters: &Parameters, default_at: &'static str) -> Result<Self, FaultError> {
        const NAMES: [&str; 8] = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
        let name = parameters.choice("at", &NAMES.map(|name| (name, name)), default_at)?;
        let bytes = parameters.integer("bytes", 0..=1_048_576)?;
        if bytes.is_some() && !["n4", "n6"].contains(&name) {
            let problem = format!("only allowed with the cut points `n4` and `n6`, and `at` is `{name}`");
            return Err(parameters.error("bytes", problem));
        }
        let bytes = usize::try_from(bytes.unwrap_or(64)).unwrap_or(usize::MAX);
        let point = match name {
            "n0" => CutPoint::N0,
            "n1" => CutPoint::N1,
            "n2" => CutPoint::N2,
            "n3" => CutPoint::N3,
            "n4" => CutPoint::N4(bytes),
            "n5" => CutPoint::N5,
            "n6" => CutPoint::N6(bytes),
            _ => CutPoint::N7,
        };
        let endings = [("fin", Ending::Fin), ("rst", Ending::Rst), ("silence", Ending::Silence)];
        let ending = parameters.choice("ending", &endings, Ending::Rst)?;
        Ok(Self { point, name, ending, ceremony: parameters.ceremony(None)? })
    }

    pub(crate) const fn ceremonies(self) -> &'static [Ceremony] {
        Ceremony::those(self.ceremony)
    }

    pub(crate) fn decide(self, request: &str, ceremony: Ceremony) -> Option<Decision<NetworkDecision>> {
        if !ceremony.is(self.ceremony) {
            return None;
        }
        let name = self.name;
        let place = match self.point {
            CutPoint::N4(bytes) => {
                Text::new(format!("{name} after {bytes} bytes of the request"), format!("{name}（リクエストの{bytes}バイトの後）"))
            }
            CutPoint::N6(bytes) => {
                Text::new(format!("{name} after {bytes} bytes of the response"), format!("{name}（応答の{bytes}バイトの後）"))
            }
            _ => Text::same(name).into(),
        };
        let ending = match self.ending {
            Ending::Fin => Text::new("FIN", "FINで終了"),
            Ending::Rst => Text::new("RST", "RSTで終了"),
            Ending::Silence => Text::new("silence", "以後は無応答"),
        };
        let text = Text::new(
            format!("{request} request of the {ceremony} cut at {}, ending in {}", place.en, ending.en),
            format!("{}の{request}リクエストを{}で切断（{}）", ceremony.text().ja, place.ja, ending.ja),
        );
        Some(Decision::new(NetworkDecision::Cut { point: self.point, ending: self.ending }, text))
    }
}

pub(crate) const fn is_options(request: NetworkRequest) -> bool {
    matches!(request, NetworkRequest::RegistrationOptions | NetworkRequest::AuthenticationOptions)
}

pub(crate) const fn is_verify(request: NetworkRequest) -> bool {
    matches!(request, NetworkRequest::RegistrationVerify | NetworkRequest::AuthenticationVerify)
}
