//! What is wrong, and what that means.

use crate::check::CheckId;

/// What is wrong with the relying party. A heading, so in the plain form and without a full stop.
#[must_use]
pub const fn title(check: CheckId) -> &'static str {
    words(check).0
}

/// What it means for a user or for those who run the service. Of a remark: where the choice is left to the relying party.
#[must_use]
pub const fn why(check: CheckId) -> &'static str {
    words(check).1
}

const fn words(check: CheckId) -> (&'static str, &'static str) {
    match check {
        // Security.
        CheckId::StoppedAnswering => {
            ("リクエストの後、サーバーが応答しなくなる", "このリクエストを送れる人なら誰でも、全ユーザーのサービスを止められます。")
        }
        CheckId::Replay => (
            "一度受理した応答を、もう一度受理する",
            "ログ、プロキシ、共用のパソコンなどから応答を1つ入手した人が、パスキーなしでログインできます。",
        ),
        CheckId::SessionOnRefusal => {
            ("登録や認証を拒否したのに、ログイン状態になる", "拒否しても何も守れません。拒否された人は、その後セッションを得ています。")
        }
        CheckId::SignatureNotVerified => {
            ("署名が正しくない応答を受理する", "クレデンシャルIDを知る人なら誰でも、秘密鍵なしで、その所有者としてログインできます。")
        }
        CheckId::ChallengeNotVerified => {
            ("異なるチャレンジへの応答を受理する", "記録された応答や、別のセッションのために作られた応答で、ログインできます。")
        }
        CheckId::OriginNotVerified => (
            "別のオリジンの応答を受理する",
            "フィッシングサイトが、訪問者の署名を転送してログインできます。これは、パスキーが防ぐはずの攻撃です。",
        ),
        CheckId::RpIdNotVerified => {
            ("別のRP IDの応答を受理する", "ユーザーが別のサイトのために作った署名で、このサイトにログインできます。")
        }
        CheckId::TypeNotVerified => {
            ("種別（登録・認証）の異なる応答を受理する", "登録のための署名を、認証の応答として使えます。逆も同じです。")
        }
        CheckId::UserPresenceNotVerified => {
            ("ユーザーの存在確認（UP）のない応答を受理する", "端末上のソフトウェアが、誰も認証器に触れないままログインできます。")
        }
        CheckId::UserVerificationNotEnforced => (
            "必須のユーザー検証（UV）がない応答を受理する",
            "オプションで必須としていても、認証器を拾った人や盗んだ人が、PINや指紋なしでログインできます。",
        ),
        CheckId::UnknownCredentialAccepted => {
            ("登録されていないクレデンシャルを受理する", "誰でも、自分で作った鍵ペアでログインできます。")
        }
        CheckId::MalformedAccepted => (
            "必須の項目がない応答や、別の操作への応答を受理する",
            "入力がないために、検証の一部が省かれました。何を省くかは、攻撃者が選べます。",
        ),
        CheckId::ChallengeOutlivesLifetime => {
            ("有効期限切れのチャレンジへの応答を受理する", "盗まれた応答や遅れて届いた応答を、RPの意図より長く使えます。")
        }
        CheckId::ChallengeShort => ("チャレンジが16バイト未満である", "短いチャレンジは推測できるため、応答をあらかじめ用意できます。"),
        CheckId::ChallengeRepeated => {
            ("同じチャレンジを2回以上発行する", "以前のチャレンジへの応答が後の操作でも通るため、応答を使い回せます。")
        }
        // State.
        CheckId::ServerError => (
            "リクエストにサーバーエラー（5xx）を返す",
            "想定外の入力に対応していません。それまでに何が書き込まれたかは分からず、ユーザーにも役立つ情報が伝わりません。",
        ),
        CheckId::DuplicateCredential => {
            ("1回の登録を2件以上保存する", "アカウントに実在しないパスキーが並び、1つを削除しても残りが消えません。")
        }
        CheckId::CredentialDeleted => {
            ("操作の失敗で、保存済みのクレデンシャルを削除する", "誰も求めていないのに、1回の失敗でユーザーのパスキーが使えなくなります。")
        }
        CheckId::CredentialChanged => (
            "操作の失敗で、保存済みのクレデンシャルを変更する",
            "次のログインを、拒否した応答にあった鍵・カウンター・バックアップ可否と照合することになります。",
        ),
        CheckId::AccountLocked => (
            "パスキーの失敗で、アカウントをロックする",
            "認証器の不調は、推測による攻撃ではありません。ロックは所有者を締め出すだけで、攻撃者を止めません。",
        ),
        CheckId::PasswordTryUsed => {
            ("パスキーの失敗で、パスワードの残り回数が減る", "認証器で数回失敗しただけで、パスワードでもログインできなくなります。")
        }
        CheckId::ExtraSession => {
            ("1回のログインで、セッションが2つ以上できる", "ログアウトしても、誰にも見えないセッションでログインしたままになります。")
        }
        CheckId::KnownSignalledUnknown => (
            "登録済みのパスキーを「未登録」と通知する",
            "この通知を受けたパスキーの保存先が、パスキーを隠すか削除することがあります。使えるパスキーが失われます。",
        ),
        CheckId::AcceptedNotStored => {
            ("登録できたと応答したのに、パスキーを保存していない", "ユーザーの端末に、このRPでは使えないパスキーが残ります。")
        }
        CheckId::AcceptedWithoutSession => {
            ("ログインできたと応答したのに、ログイン状態にならない", "ユーザーはログイン画面に戻され、その理由も分かりません。")
        }
        CheckId::DraftLost => (
            "ログインの失敗で、入力途中の内容が失われる",
            "ユーザーは入力し直すことになります。注文が出ていなかったと、手遅れになってから気付くこともあります。",
        ),
        // No way out.
        CheckId::NoAnswer => (
            "リクエストへの応答が完了しない",
            "ユーザーはクライアントが待つのをやめるまで待たされ、操作が反映されたかどうかも分かりません。",
        ),
        CheckId::NoRecovery => {
            ("使えるパスキーを取り戻す手段がない", "誰かが手作業でアカウントを直すまで、ユーザーは締め出されたままです。")
        }
        CheckId::RetryRefused => ("失敗の後、正しい操作まで拒否する", "ユーザーが2回目に正しく操作しても、拒否されます。"),
        CheckId::NoFallback => ("失敗の後、別のログイン方法を示さない", "パスキーを使えないユーザーは、エラー画面から先に進めません。"),
        CheckId::FallbackBroken => ("エラー画面が示すログイン方法を使えない", "ユーザーは案内に従った先で、2つ目のエラーに遭います。"),
        CheckId::NoRetry => (
            "中断の後、登録やログインを再試行できない",
            "通信が途切れたりダイアログを閉じたりしただけで、ユーザーは最初からやり直すことになります。",
        ),
        CheckId::NoRegisterAgain => ("使えなくなったパスキーを登録し直せない", "ユーザーはログインのたびに、同じ失敗に遭います。"),
        CheckId::NoNewChallenge => {
            ("失敗の後、新しいチャレンジを発行しない", "チャレンジがなければ操作を始められないため、ユーザーは再試行できません。")
        }
        CheckId::ShortSignatureRefused => (
            "rまたはsの短い、正しい署名を拒否する",
            "ES256の正しい署名の約256件に1件を拒否します。不規則に見えるため、誰も再現できません。",
        ),
        CheckId::EmptyExtensionsRefused => {
            ("空の拡張マップがある認証器データを拒否する", "空のマップを送る認証器があり、そのユーザーはログインできません。")
        }
        CheckId::UnsolicitedExtensionRefused => {
            ("要求していない拡張の出力を拒否する", "認証器は独自の出力を追加でき、そのユーザーはログインできません。")
        }
        CheckId::UsernamelessImpossible => (
            "ログインに要るディスカバラブルクレデンシャルを登録で求めない",
            "認証器がディスカバラブルクレデンシャルを保存しなかったユーザーは、登録できても、ログインできません。",
        ),
        CheckId::UserIdTooLong => {
            ("ユーザーハンドルが64バイトを超える", "クライアントがこのオプションを拒否するため、パスキーを1つも登録できません。")
        }
        // Unclear.
        CheckId::GenericAnswer => {
            ("複数の原因に同じ応答を返す", "何が起きたか、どうすればよいかが、ユーザーにもサポート窓口にも分かりません。")
        }
        CheckId::NoReason => ("拒否の理由を示さない", "ユーザーは次に何をすればよいか分からず、APIを呼び出す側も推測するしかありません。"),
        CheckId::ReasonNotLogged => ("拒否の理由をログに残さない", "ユーザーを拒否した理由を、サポート窓口が調べられません。"),
        CheckId::NewsToldAsFailure => {
            ("「登録済み」をエラーとして示す", "ユーザーは、使えるパスキーがあるのに、登録できなかったと思い込みます。")
        }
        // Remarks.
        CheckId::ChallengeSurvivesRefusal => (
            "拒否した試行のチャレンジを、次の試行で受理する",
            "WebAuthnが求めるのは、操作が終わるまでチャレンジを保持することだけです。拒否した時点で無効にすれば、攻撃者が試せるのは1回に限られます。",
        ),
        CheckId::ChallengeOutlivesTimeout => (
            "オプションのtimeoutを過ぎたチャレンジを受理する",
            "WebAuthnではtimeoutは目安で、有効期限はRPが決めます。マッピングファイルに有効期限を書くと、代わりにそれを検査します。",
        ),
        CheckId::UserHandleNotVerified => (
            "別のアカウントのユーザーハンドルがある応答を受理する",
            "WebAuthnは照合を求めています。署名はクレデンシャル自身の鍵で検証され、これだけでは誰も侵入できないため、改善提案とします。",
        ),
        CheckId::AccountEnumeration => (
            "オプションから、アカウントの有無が分かる",
            "WebAuthnはRPの判断に任せています。アカウント名が非公開でも、誰でも1つずつ試せます。",
        ),
        CheckId::RefusedWith2xx => (
            "拒否の応答を2xxで返す",
            "WebAuthnはHTTPのステータスを定めていないため、RPが選べます。プロキシ・ログ・監視は、この失敗を成功と数えます。",
        ),
        CheckId::SignCountIgnored => (
            "署名カウンターの戻りを受理し、記録もしない",
            "WebAuthnは対応をRPに任せています。認証器の複製の兆候は、このカウンターのほかにありません。",
        ),
        CheckId::TellsNotWhatStands => (
            "応答を受け取れなかったクライアントに、確定した結果を返さない",
            "WebAuthnは、繰り返されたリクエストについて定めていません。成立したのに「失敗」と伝えられたユーザーは、やり直すか、サポート窓口に電話します。",
        ),
        CheckId::UnknownNotSignalled => (
            "パスキーが未登録であることを通知しない",
            "WebAuthnはこの通知を用意していますが、必須ではありません。通知がないと、端末は使えないパスキーを示し続けます。",
        ),
        CheckId::TimeoutShort => (
            "オプションのtimeoutが1分より短い",
            "WebAuthnはRPの選択に任せ、5〜10分を推奨しています。スマートフォンを取りに行くなど、時間のかかるユーザーは時間切れになります。",
        ),
        CheckId::NameInUserId => (
            "ユーザーハンドルにユーザー名が含まれる",
            "WebAuthnは形式を定めていませんが、個人情報を含めないよう求めています。認証器は、ユーザー検証なしでハンドルを開示することがあります。",
        ),
        CheckId::NoExcludeCredentials => (
            "2回目の登録のオプションで、登録済みのパスキーを除外しない",
            "WebAuthnはexcludeCredentialsを推奨していますが、必須ではありません。ないと、ユーザーが同じ端末を気付かずに登録し直せます。",
        ),
        CheckId::StackTrace => (
            "応答にスタックトレースが含まれる",
            "WebAuthnの範囲外です。エラーを起こせる人なら誰でも、ファイル名・バージョン・コードを見られます。",
        ),
    }
}
