//! Why a ceremony did not go through: the code, what the user is shown, and the ways out.

use faultkey_fault_injection::{Language, Text};

use super::challenge::Ceremony;

/// A way out, offered beside a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Retry,
    Password,
    Phone,
    RegisterAgain,
    Support,
}

impl Way {
    pub(super) const fn action(self) -> &'static str {
        match self {
            Way::Retry => "retry",
            Way::Password => "password",
            Way::Phone => "phone",
            Way::RegisterAgain => "register-again",
            Way::Support => "support",
        }
    }

    /// On a button.
    pub(super) const fn label(self, language: Language) -> &'static str {
        let label = match self {
            Way::Retry => Text::new("Try again", "もう一度試す"),
            Way::Password => Text::new("Sign in by password", "パスワードでログイン"),
            Way::Phone => Text::new("Confirm by telephone", "電話で認証"),
            Way::RegisterAgain => Text::new("Register the passkey again", "パスキーを登録し直す"),
            Way::Support => Text::new("Ask the support desk", "サポート窓口に依頼"),
        };
        label.get(language)
    }

    pub(super) const fn href(self, ceremony: Ceremony) -> &'static str {
        match (self, ceremony) {
            (Way::Retry, Ceremony::Registration) | (Way::RegisterAgain, _) => "/attestation/options",
            (Way::Retry, Ceremony::Authentication) => "/assertion/options",
            (Way::Password, _) => "/login/password",
            (Way::Phone, _) => "/login/phone",
            (Way::Support, _) => "/support/reset",
        }
    }
}

/// Every way: trying again may help, and so may another passkey.
const ALL: &[Way] = &[Way::Retry, Way::Password, Way::Phone, Way::RegisterAgain, Way::Support];
/// Nothing is wrong with the passkey.
const AGAIN: &[Way] = &[Way::Retry, Way::Password, Way::Phone, Way::Support];
/// Trying again can't help.
const OTHERWISE: &[Way] = &[Way::Password, Way::Phone, Way::RegisterAgain, Way::Support];
/// Prove who you are in another way.
const PROVE: &[Way] = &[Way::Password, Way::Phone, Way::Support];

macro_rules! reasons {
    ($($name:ident = $code:literal, $status:literal, $ways:expr, $en:literal, $ja:literal;)*) => {
        /// Why. The code is the same in the answer and in the log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Reason { $($name),* }

        impl Reason {
            #[cfg(test)]
            pub(super) const ALL: &[Reason] = &[$(Reason::$name),*];

            /// The token in the answer and in the log.
            pub(super) const fn code(self) -> &'static str {
                match self { $(Reason::$name => $code),* }
            }

            /// The HTTP status of a refusal for this reason.
            pub(super) const fn status(self) -> u16 {
                match self { $(Reason::$name => $status),* }
            }

            pub(super) const fn ways(self) -> &'static [Way] {
                match self { $(Reason::$name => $ways),* }
            }

            /// What the user is shown.
            pub(super) const fn shown(self, language: Language) -> &'static str {
                match self { $(Reason::$name => Text::new($en, $ja).get(language)),* }
            }
        }
    };
}

reasons! {
    // The request.
    MalformedRequest = "malformed-request", 400, AGAIN,
        "The request was not understood. Nothing has changed. Please try again.",
        "リクエストの形式が正しくないため、処理できませんでした。登録内容は変わっていません。もう一度お試しください。";
    IncompleteRequest = "incomplete-request", 400, AGAIN,
        "The connection broke before your request had arrived. Nothing has changed. Please try again.",
        "通信が途切れ、リクエストが最後まで届きませんでした。登録内容は変わっていません。もう一度お試しください。";

    // The challenge.
    ChallengeMismatch = "challenge-mismatch", 400, AGAIN,
        "This attempt does not belong to this browser session. Please start again.",
        "この操作は、現在のブラウザで始めたものではありません。最初からやり直してください。";
    ChallengeExpired = "challenge-expired", 400, AGAIN,
        "This took longer than a minute, so the attempt has expired. Please try again.",
        "1分以上経過したため、この操作の有効期限が切れました。もう一度お試しください。";
    ChallengeUsed = "challenge-used", 400, AGAIN,
        "This attempt has already been answered. Please start again.",
        "この操作はすでに処理済みです。最初からやり直してください。";

    // What the client says of the ceremony.
    WrongCeremonyType = "wrong-ceremony-type", 400, AGAIN,
        "Your browser sent the answer of another kind of request. Please try again.",
        "ブラウザから、別の種類の操作への応答が届きました。もう一度お試しください。";
    OriginMismatch = "origin-mismatch", 403, AGAIN,
        "This request came from an address that is not ours. Open our own site or app, and try again there.",
        "この操作は、当社以外のアドレスから送信されました。当社のサイトまたはアプリを開いて、もう一度お試しください。";
    CrossOrigin = "cross-origin", 403, AGAIN,
        "This request came from a page inside another site. Open our own site, and try again there.",
        "この操作は、別のサイトに埋め込まれたページから送信されました。当社のサイトを直接開いて、もう一度お試しください。";

    // What the authenticator says.
    RpIdMismatch = "rp-id-mismatch", 403, ALL,
        "This passkey belongs to another site. Choose the passkey of this account.",
        "選択したパスキーは、別のサイトのものです。このアカウントのパスキーを選んでください。";
    UserPresenceMissing = "user-presence-missing", 403, ALL,
        "Your device did not confirm that you were there. Please try again.",
        "ご本人の操作を端末で確認できませんでした。もう一度お試しください。";
    UserVerificationMissing = "user-verification-missing", 403, ALL,
        "Your device did not check fingerprint, face or PIN, which we need. Set up a screen lock, try again, or sign in another way.",
        "必要な指紋・顔・PINの確認が、端末で完了していません。画面ロックを設定してもう一度お試しいただくか、別の方法でログインしてください。";
    BackupEligibilityChanged = "backup-eligibility-changed", 403, OTHERWISE,
        "Your passkey has changed from one that stays on its device to one that is synced, or back. Sign in another way, and register it again.",
        "パスキーの種類（端末内のみ／同期あり）が、登録時から変わっています。別の方法でログインし、登録し直してください。";
    BackupStateInvalid = "backup-state-invalid", 403, ALL,
        "Your device says that a passkey is backed up which can't be. Sign in another way, and register a new passkey.",
        "バックアップできないはずのパスキーが、バックアップ済みとして届きました。別の方法でログインし、新しいパスキーを登録してください。";
    AuthenticatorDataMalformed = "authenticator-data-malformed", 400, ALL,
        "Your device sent an answer that can't be read. Try again, or use another device.",
        "端末からの応答を読み取れませんでした。もう一度お試しいただくか、別の端末をお使いください。";
    SignCountWentBack = "sign-count-went-back", 403, PROVE,
        "You are signed in with restricted rights: the passkey seems to have been copied or restored. Confirm with password or telephone to get full rights.",
        "権限を制限してログインしました。パスキーが複製または復元された可能性があります。すべての機能を使うには、パスワードまたは電話で認証してください。";

    // The credential.
    UnknownCredential = "unknown-credential", 404, ALL,
        "We do not know this passkey. Choose another one, or sign in another way and register again.",
        "このパスキーは登録されていません。別のパスキーを選ぶか、別の方法でログインして登録し直してください。";
    CredentialNotAllowed = "credential-not-allowed", 403, ALL,
        "This passkey belongs to another account. Choose the passkey of this account.",
        "選択したパスキーは、別のアカウントのものです。このアカウントのパスキーを選んでください。";
    UserHandleMismatch = "user-handle-mismatch", 403, ALL,
        "This passkey names another user than the account that it was registered for. Choose another passkey, or sign in another way and register again.",
        "パスキーの示すユーザーが、登録したアカウントと異なります。別のパスキーを選ぶか、別の方法でログインして登録し直してください。";
    KeyMismatch = "key-mismatch", 403, ALL,
        "The key on your device is not the one that was registered, as happens after a reset or a change of device. Sign in another way, and register again.",
        "端末の鍵が、登録されているものと一致しません。端末の初期化や機種変更の後に起こることがあります。別の方法でログインし、登録し直してください。";
    SignatureMalformed = "signature-malformed", 400, ALL,
        "Your device sent a signature that can't be read. Please try again.",
        "端末からの署名を読み取れませんでした。もう一度お試しください。";
    CredentialIdMismatch = "credential-id-mismatch", 400, ALL,
        "The answer names two different passkeys. Please try again.",
        "応答に、異なる2つのパスキーが含まれています。もう一度お試しください。";

    // Registration.
    AttestationRefused = "attestation-refused", 403, ALL,
        "Your device's proof of its make could not be verified. Try again, or use another device.",
        "端末の製造元の証明を検証できませんでした。もう一度お試しいただくか、別の端末をお使いください。";
    AlgorithmNotOffered = "algorithm-not-offered", 403, ALL,
        "Your device made a kind of key that we do not support. Use another device.",
        "端末が作成した鍵の方式には対応していません。別の端末をお使いください。";
    CredentialIdTaken = "credential-id-taken", 409, ALL,
        "This passkey already belongs to another account. Register a new one.",
        "このパスキーは、すでに別のアカウントに登録されています。新しいパスキーを登録してください。";
    AlreadyRegistered = "already-registered", 409, ALL,
        "There is a passkey for this account already. Try to sign in with it. If that fails, sign in by password or telephone, and register again: the new passkey then replaces the old one.",
        "このアカウントには、すでにパスキーがあります。そのパスキーでログインしてください。できない場合は、パスワードまたは電話でログインし、登録し直してください。新しいパスキーに置き換わります。";
    AuthenticationNeeded = "authentication-needed", 403, PROVE,
        "To replace your passkey, first sign in by password or telephone.",
        "パスキーを置き換えるには、先にパスワードまたは電話でログインしてください。";
    VerificationRefused = "verification-refused", 403, ALL,
        "Your passkey could not be verified. Sign in another way, and register again.",
        "パスキーを検証できませんでした。別の方法でログインし、登録し直してください。";

    // Other ways to log in.
    WrongPassword = "wrong-password", 401, AGAIN,
        "User name or password is wrong.",
        "ユーザー名またはパスワードが正しくありません。";
    PasswordLocked = "password-locked", 403, &[Way::Retry, Way::Phone, Way::Support],
        "Too many wrong passwords. Sign in by passkey or telephone, or ask the support desk.",
        "パスワードの間違いが上限に達しました。パスキーまたは電話でログインするか、サポート窓口にお問い合わせください。";
    PhoneNotConfirmed = "phone-not-confirmed", 401, &[Way::Retry, Way::Password, Way::Support],
        "The call-back was not confirmed.",
        "折り返しの電話で、ご本人の確認ができませんでした。";

    // What only the client saw.
    PasskeyNotUsable = "passkey-not-usable", 400, ALL,
        "Your device did not use a passkey: it was cancelled, took too long, or the passkey is gone, as after a new fingerprint or a change of device. Try again, or sign in another way and register again.",
        "端末でパスキーが使われませんでした。キャンセルまたは時間切れのほか、指紋の追加や機種変更で使えなくなった可能性があります。もう一度お試しいただくか、別の方法でログインして登録し直してください。";
    NoAnswerToLogIn = "no-answer-to-log-in", 400, ALL,
        "There was no answer in time. If you use a security key, plug it in, leave it in until you have touched it, and try again; or sign in another way.",
        "時間内に応答がありませんでした。セキュリティキーは、タッチが済むまで差し込んだままにして、もう一度お試しください。または、別の方法でログインしてください。";
    NoAnswerToRegistration = "no-answer-to-registration", 400, ALL,
        "There was no answer in time, and no passkey is registered. If you use a security key, plug it in, leave it in until you are told that it is registered, and try again. A passkey that it may have kept is replaced then.",
        "時間内に応答がなく、パスキーは登録されていません。セキュリティキーは、登録完了の表示まで差し込んだままにして、もう一度お試しください。キーに残ったパスキーは、そのとき置き換わります。";
    NoPlatformVerification = "no-platform-verification", 400, ALL,
        "This device has no screen lock, fingerprint or face set up, which passkeys need. Set one up, then try again; a passkey made before may have to be registered again.",
        "パスキーに必要な画面ロック（指紋・顔・PIN）が、この端末に設定されていません。設定してから、もう一度お試しください。以前のパスキーは、登録し直しが必要な場合があります。";
    DeviceUnsupported = "device-unsupported", 400, ALL,
        "This device, browser or passkey service can't do passkeys. Passkeys need iOS 18 or Android 9 with Chrome 128, and a passkey service switched on. Sign in another way meanwhile.",
        "この端末、ブラウザ、またはパスキーの保存先では、パスキーを使えません。iOS 18以降、またはAndroid 9以降とChrome 128以降で、パスキーの保存先を有効にしてください。それまでは、別の方法でログインしてください。";
    DomainCheckFailed = "domain-check-failed", 400, AGAIN,
        "Your device could not confirm that this app belongs to our site. Switch off VPN or proxy, and try again.",
        "このアプリが当社のものであることを、端末が確認できませんでした。VPNやプロキシをオフにして、もう一度お試しください。";
    InterruptedBeforeChallenge = "interrupted-before-challenge", 400, AGAIN,
        "The connection broke before we could start. Nothing has changed. Please try again.",
        "開始する前に通信が途切れました。登録内容は変わっていません。もう一度お試しください。";
    InterruptedLogIn = "interrupted-log-in", 400, AGAIN,
        "The connection broke during the sign-in, and you are not signed in. Please try again.",
        "ログインの途中で通信が途切れました。ログインは完了していません。もう一度お試しください。";
    InterruptedRegistration = "interrupted-registration", 400, ALL,
        "The connection broke while your passkey was registered, and we have not stored it. Please try again.",
        "パスキーの登録中に通信が途切れました。登録は完了していません。もう一度お試しください。";
    Aborted = "aborted", 400, AGAIN,
        "The operation was interrupted on your device. Nothing has changed. Please try again.",
        "端末で操作が中断されました。登録内容は変わっていません。もう一度お試しください。";
    ClientError = "client-error", 400, ALL,
        "Your device reported an error. Try again, or sign in another way.",
        "端末でエラーが発生しました。もう一度お試しいただくか、別の方法でログインしてください。";
}
