//! What to change.

use crate::check::Mend;

/// One sentence that says what to do, or two.
#[must_use]
pub const fn mend(mend: Mend) -> &'static str {
    match mend {
        Mend::ConsumeChallenge => "チャレンジは検証の前に保管場所から取り出し、受理・拒否にかかわらず1回で無効にしてください。",
        Mend::SessionOnlyOnAcceptance => "認証を受理するまで、セッションを発行しないでください。",
        Mend::VerifySignature => {
            "認証器データとクライアントデータのハッシュに対する署名を、保存した公開鍵で検証し、一致しなければ拒否してください。"
        }
        Mend::VerifyChallenge => "クライアントデータのチャレンジを、このセッション用に保存したものと比較し、異なる場合は拒否してください。",
        Mend::VerifyOrigin => "クライアントデータのオリジンを、自社のオリジンの一覧と比較し、一覧にない場合は拒否してください。",
        Mend::VerifyRpId => "認証器データのRP IDハッシュを、自社のRP IDのSHA-256ハッシュと比較し、異なる場合は拒否してください。",
        Mend::VerifyType => "クライアントデータの`type`が、登録では`webauthn.create`、認証では`webauthn.get`であることを確認してください。",
        Mend::VerifyUserPresence => "認証器データのUPフラグが1であることを確認してください。",
        Mend::EnforceUserVerification => {
            "オプションで`userVerification: required`とした場合は、認証器データのUVフラグが1であることを確認してください。"
        }
        Mend::FindCredential => "クレデンシャルIDをアカウントのクレデンシャルから探し、ない場合は拒否してください。",
        Mend::VerifyUserHandle => "応答にユーザーハンドルがある場合は、クレデンシャルを所有するアカウントと照合してください。",
        Mend::CheckForm => "検証を始める前に、応答に必須の項目がすべてあり、形式が正しいことを確認してください。",
        Mend::ExpireChallenge => "チャレンジを発行した時刻を保存し、有効期限が切れたら拒否してください。",
        Mend::LongerChallenge => "チャレンジは16バイト以上の乱数にしてください。32バイトが一般的です。",
        Mend::RandomChallenge => "オプションを要求されるたびに、暗号用の乱数から新しいチャレンジを作成してください。",
        Mend::SurviveInput => "リクエスト処理のエラーとパニックをすべて捕捉し、1つのリクエストでプロセスが終了しないようにしてください。",
        Mend::CatchErrors => "例外を捕捉し、4xxと理由で応答してください。例外をそのままクライアントに返さないでください。",
        Mend::AnswerInTime => "すべてのリクエストに、一定の時間内に応答してください。必要な場合はエラーで応答してください。",
        Mend::Idempotent => "クレデンシャルIDに一意制約を付け、繰り返された登録には最初の結果を返してください。",
        Mend::KeepCredential => "クレデンシャルの行は、すべての検証が済んだ後にだけ書き換えてください。",
        Mend::NoPasskeyLockout => "パスキーの失敗を、アカウントやパスワードの失敗回数に数えないでください。",
        Mend::OneSession => {
            "1回のログインで作成するセッションは1つにし、繰り返されたリクエストには、すでにあるセッションで応答してください。"
        }
        Mend::SignalOnlyUnknown => {
            "`signalUnknownCredential`は、クレデンシャルIDがどのアカウントにもない場合にだけ呼び出し、検証の失敗のたびに呼び出さないでください。"
        }
        Mend::StoreBeforeAnswer => "クレデンシャルの保存を確定した後に、登録できたと応答してください。",
        Mend::SessionOnAcceptance => "認証を受理する応答で、セッションを作成し、そのCookieを設定してください。",
        Mend::KeepDraft => "ログインの結果によらず、入力途中の内容を、送信されるまでサーバーまたはページで保持してください。",
        Mend::OfferFallback => {
            "エラー画面に、別のログイン方法（パスワード・電話・サポート窓口）を用意し、そのアドレスが使えることを確認してください。"
        }
        Mend::OfferRetry => "エラー画面に、新しいチャレンジでの再試行を用意してください。",
        Mend::OfferRegisterAgain => "別の方法でログインした後に、新しいパスキーを登録できるようにしてください。",
        Mend::MakeRecoveryWork => {
            "失敗の後は、同じパスキーでの正常な操作を受理するか、別の方法でログインして新しいパスキーを登録できるようにしてください。"
        }
        Mend::AcceptShortSignature => {
            "署名は、整数の長さを問わないDERパーサーで読み取ってください。暗号ライブラリが固定長を求める場合は、rとsの先頭を0で埋めてください。"
        }
        Mend::AcceptEmptyExtensions => "EDフラグが1の場合は、空のCBORマップも受理してください。",
        Mend::IgnoreExtensions => "オプションで要求していない拡張の出力は、無視してください。",
        Mend::RequireDiscoverable => {
            "登録のオプションで`residentKey: required`とするか、アカウントのクレデンシャルを`allowCredentials`に指定してください。"
        }
        Mend::ShortUserId => "ユーザーハンドルは、16〜64バイトの乱数にしてください。",
        Mend::NewChallenge => "前回の結果によらず、新しいチャレンジをすぐに発行してください。",
        Mend::AnswerOfItsOwn => "失敗の原因ごとに専用のコードとメッセージを用意し、ユーザーが次に何をすればよいかを示してください。",
        Mend::LogReason => "拒否の理由を、原因ごとに1つのコードで、アカウントとクレデンシャルIDとともにログに残してください。",
        Mend::SignalUnknown => "クレデンシャルIDが未登録の場合は、ページで`signalUnknownCredential`を呼び出してください。",
        Mend::NewsNotFailure => {
            "登録時の`InvalidStateError`は正常な結果として扱い、この端末にはすでにパスキーがあることをユーザーに伝えてください。"
        }
        Mend::TellWhatStands => "操作の結果をしばらく保持し、同じセッションから繰り返されたリクエストには、その結果を返してください。",
        Mend::HideAccounts => {
            "アカウントのない名前にも、同じ形のオプションを返してください。クレデンシャルIDは架空のものとし、毎回同じにしてください。"
        }
        Mend::RefuseWith4xx => "拒否する場合は、4xxのステータスで応答してください。",
        Mend::NoteSignCount => "署名カウンターが増えていない場合は、ログに記録するか、追加の認証を求めてください。",
        Mend::LongerTimeout => "`timeout`は5分以上にしてください。",
        Mend::RandomUserId => "ユーザーハンドルは、ユーザー名と無関係な乱数にしてください。",
        Mend::ExcludeCredentials => "登録のオプションの`excludeCredentials`に、アカウントのクレデンシャルを指定してください。",
        Mend::HideTraces => "本番環境ではデバッグ画面を無効にし、トレースはログに残して、コードで応答してください。",
    }
}
