//! The client data names another origin.

use faultkey_client::CollectedClientData;

use crate::fault::{Decision, Fault, World};
use crate::parameters::Parameters;
use crate::registry::{FaultInfo, ParameterInfo, Seam};
use crate::{FaultError, Layer, Text};

/// The SHA-256 of the text `faultkey` in base64url stands for the certificate that signed a test app.
const APP: &str = "android:apk-key-hash:6BC8lsN0cxiQweMRL0qXPQpQr6TXt57RTo2wfZ4xOCQ";

pub const INFO: FaultInfo = FaultInfo {
    name: "wrong-origin",
    layer: Layer::Encoding,
    summary: Text::new(
        "The client data names another origin; by default, that of an Android app.",
        "クライアントデータのオリジンが異なる（既定ではAndroidアプリのもの）",
    ),
    effect: Text::new(
        "Replaces the origin in the client data before it is hashed and signed. The signature verifies.",
        "ハッシュと署名の前に、クライアントデータのオリジンを置き換えます。署名は検証に通ります。",
    ),
    opportunity: super::CLIENT_DATA_OPPORTUNITY,
    seam: Seam::ClientData,
    evidence: Text::new(
        "observed: native Android apps, whose origin is the hash of the certificate that signed them and differs between debug \
        and release builds (catalogue EN-01: identity-samples#49, swift-webauthn#84, supabase PR 46901). Specified: the check, \
        WebAuthn-3 §7.1 step 9 and §7.2 step 12.",
        "報告例あり：Androidのネイティブアプリのオリジンは署名証明書のハッシュで、\
        デバッグビルドとリリースビルドで異なります（カタログEN-01：identity-samples#49、swift-webauthn#84、\
        supabase PR 46901）。仕様に規定：この確認（WebAuthn-3 §7.1手順9、§7.2手順12）。",
    ),
    catalogue: &["EN-01", "EN-09"],
    good_rp: Text::new(
        "Accepts an app's origin only if it is on its list, compared exactly. Refuses every other, and \
        its reason names the origin that it received.",
        "アプリのオリジンは、リストにあるものと完全に一致する場合だけ受理します。それ以外は拒否し、\
        受け取ったオリジンを理由に示します。",
    ),
    parameters: &[ParameterInfo {
        name: "origin",
        accepts: Text::new("an origin as text", "オリジン（文字列）"),
        default: Text::new("`android:apk-key-hash:` and 43 characters of base64url", "`android:apk-key-hash:`とbase64urlの43文字"),
        meaning: Text::new("The origin that is claimed.", "置き換え後のオリジン"),
    }],
    example: "{ fault = \"wrong-origin\", origin = \"https://broker.test:8443\" }",
};

struct WrongOrigin {
    origin: String,
}

pub(crate) fn load(parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(WrongOrigin { origin: parameters.text("origin", APP)? }))
}

impl Fault for WrongOrigin {
    fn client_data(&self, data: &CollectedClientData, _world: &World) -> Option<Decision<CollectedClientData>> {
        let (from, to) = (&data.origin, &self.origin);
        let text = Text::new(format!("origin {from} -> {to}"), format!("オリジン：{from} -> {to}"));
        (data.origin != self.origin).then(|| Decision::new(CollectedClientData { origin: self.origin.clone(), ..data.clone() }, text))
    }
}
