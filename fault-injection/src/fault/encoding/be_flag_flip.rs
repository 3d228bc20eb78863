//! The BE flag of an authentication differs from the one at registration.

use faultkey_authenticator::{Flags, Response};

use super::authenticator_data;
use crate::fault::{Decision, Edit, Fault, World};
use crate::parameters::Parameters;
use crate::profile::Family;
use crate::registry::{FaultInfo, Seam};
use crate::scene::{Ceremony, Scene};
use crate::{FaultError, Layer, Profile, Text};

pub const INFO: FaultInfo = FaultInfo {
    name: "be-flag-flip",
    layer: Layer::Encoding,
    summary: Text::new(
        "The backup eligible flag of an authentication differs from the one at registration.",
        "認証のバックアップ可否（BE）フラグが、登録時と異なる",
    ),
    effect: Text::new(
        "Inverts BE in the authenticator data of an assertion before it is signed. Where BE becomes 0, \
        BS becomes 0 with it, because BS without BE is a different fault. The signature verifies.",
        "署名の前に、認証応答の認証器データのBEを反転します。BEが0になる場合は、\
        BSも0にします（BEなしのBSは別のフォールトのため）。署名は検証に通ります。",
    ),
    opportunity: Text::new("An assertion about to be signed.", "署名直前の認証応答です。"),
    seam: Seam::Authenticator,
    evidence: Text::new(
        "observed: credentials of iCloud Keychain before and after sync, early iOS and macOS, migrated credentials (catalogue \
        EN-16: supabase/auth#2732, go-webauthn#335, teleport PR 45174, w3c/webauthn#1791). Specified: BE does not change, WebAuthn-3 \
        §6.1.3; the relying party checks it, §7.2.",
        "報告例あり：同期の前後のiCloud Keychain、初期のiOSとmacOS、移行されたクレデンシャル（カタログEN-16：\
        supabase/auth#2732、go-webauthn#335、teleport PR 45174、w3c/webauthn#1791）。\
        仕様に規定：BEは変わらず（WebAuthn-3 §6.1.3）、RPはそれを確認します（§7.2）。",
    ),
    catalogue: &["EN-16"],
    good_rp: Text::new(
        "Accepts, unless its policy depends on the flag; then it refuses and says that the passkey's \
        backup eligibility changed. Never a generic code; the stored flag is not changed when it refuses.",
        "受理します。ポリシーがこのフラグによる場合は拒否し、パスキーのバックアップ可否が変わったことを伝えます。\
        汎用のコードで済ませず、拒否する場合に保存済みのフラグを変えません。",
    ),
    parameters: &[],
    example: "{ fault = \"be-flag-flip\" }",
};

struct BeFlagFlip;

pub(crate) fn load(_parameters: &Parameters) -> Result<Box<dyn Fault>, FaultError> {
    Ok(Box::new(BeFlagFlip))
}

impl Fault for BeFlagFlip {
    fn ceremonies(&self) -> &'static [Ceremony] {
        &[Ceremony::Authentication]
    }

    fn possible(&self, profile: &Profile) -> Result<(), Text> {
        if profile.family == Family::SecurityKey {
            Err(Text::new(
                "a security key's credentials are never backup eligible",
                "セキュリティキーのクレデンシャルは、バックアップの対象にならない",
            )
            .into())
        } else {
            Ok(())
        }
    }

    fn outcome(&self, scene: &Scene, response: &Response, _world: &World) -> Option<Decision<Edit>> {
        if scene.ceremony != Ceremony::Authentication {
            return None;
        }
        let before = authenticator_data(response)?.flags;
        let mut flags = before;
        let eligible = !before.has(Flags::BE);
        flags.set(Flags::BE, eligible);
        if !eligible {
            flags.set(Flags::BS, false);
        }
        let (from, to) = (u8::from(!eligible), u8::from(eligible));
        let text = Text::new(
            format!("BE flag {from} -> {to} (flags {:02X} -> {:02X})", before.0, flags.0),
            format!("BEフラグ：{from} -> {to}（フラグ：{:02X} -> {:02X}）", before.0, flags.0),
        );
        Some(Decision::new(Edit::Flags(flags), text))
    }
}
