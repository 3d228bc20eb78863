//! Why there is no connection, and what to do about it.

use faultkey_relying_party::Why;

use super::problem::name_it;
use crate::help::place::{EXERCISE, FILE, Place, Told, run, say, write};

pub(super) fn unreachable(place: &Place<'_>, why: &Why) -> Told {
    let rp = place.rp();
    match why {
        Why::NameUnresolved => (
            "ホスト名を解決できません。".to_owned(),
            vec![say("名前を修正するか、待ち受けているアドレスを指定してください。"), run(format!("{EXERCISE} http://localhost:3000"))],
        ),
        Why::NothingListens => (
            format!("{rp}で待ち受けているプログラムがありません。RPが起動していないか、別のポートで待ち受けています。"),
            vec![say("RPを起動するか、待ち受けているポートを指定してください。"), run(format!("{EXERCISE} http://localhost:3000"))],
        ),
        Why::TimedOut => (
            format!("{rp}から応答がありません。ホストが停止しているか、ファイアウォールが通信を破棄しています。"),
            vec![say("ここから接続できるかを確認してください。"), run(format!("curl -v {rp}"))],
        ),
        Why::Reset => (
            "応答の前に接続が切断されます。プロキシ、または別のプロトコルのサーバーが原因として考えられます。".to_owned(),
            vec![say("何が待ち受けているかを確認してください。"), run(format!("curl -v {rp}"))],
        ),
        Why::TlsToPlain => (
            "httpsで接続しましたが、サーバーはこのポートでTLSを使っていません。".to_owned(),
            vec![say("httpを使ってください。"), run(place.at("http"))],
        ),
        Why::PlainToTls => (
            "httpで接続しましたが、サーバーはこのポートでTLSを使っています。".to_owned(),
            vec![say("httpsを使ってください。"), run(place.at("https"))],
        ),
        Why::UnknownIssuer => (
            "サーバーの証明書を発行した認証局が、ここでは信頼されていません。".to_owned(),
            vec![say("認証局の証明書（PEM）を指定してください。"), run(place.exercise("--ca authority.pem"))],
        ),
        Why::SelfSigned => (
            "サーバーの証明書が自己署名で、ここでは信頼されていません。".to_owned(),
            vec![say("その証明書（PEM）を指定してください。"), run(place.exercise("--ca server.pem"))],
        ),
        Why::CertificateNotForName => (
            "サーバーの証明書が、`--rp`のホスト名とは別の名前のものです。".to_owned(),
            vec![
                say("証明書にある名前を使ってください。名前は次のコマンドで確認できます。"),
                run(format!("openssl s_client -connect {} </dev/null |\n  openssl x509 -noout -text", place.authority())),
            ],
        ),
        Why::CertificateExpired => (
            "サーバーの証明書が有効期限切れか、まだ有効ではありません。".to_owned(),
            vec![
                say("証明書を更新するか、このコンピューターの時計を合わせてください。有効期間は次のコマンドで確認できます。"),
                run(format!("openssl s_client -connect {} </dev/null |\n  openssl x509 -noout -dates", place.authority())),
            ],
        ),
        Why::CaUsedAsEndEntity => (
            "サーバーが、認証局の証明書を自身の証明書として提示しています（basicConstraintsがCA、RFC 5280 §4.2.1.9）。".to_owned(),
            vec![say("その証明書（PEM）を指定してください。"), run(place.exercise("--ca server.pem"))],
        ),
        Why::ProxyUnreachable => (
            "環境変数が示すプロキシを経由できません。RPにはリクエストが届いていません。".to_owned(),
            vec![
                say("プロキシの環境変数を修正してください。プロキシなしでRPに接続できる場合は、次のようにします。"),
                run(format!("NO_PROXY={} \\\n  {}", place.host(), place.exercise(""))),
            ],
        ),
        Why::ProxyRefused { status: 407 } => (
            "拒否したのはRPではなくプロキシです。ユーザー名とパスワードを求めています。".to_owned(),
            vec![say("プロキシの環境変数に、ユーザー名とパスワードを書いてください。"), write("http://USER:PASSWORD@HOST:PORT")],
        ),
        Why::ProxyRefused { .. } => (
            "拒否したのはRPではなくプロキシです。接続を許可していないか、経路がありません。".to_owned(),
            vec![
                say("プロキシの管理者に確認してください。プロキシなしでRPに接続できる場合は、次のようにします。"),
                run(format!("NO_PROXY={} \\\n  {}", place.host(), place.exercise(""))),
            ],
        ),
        Why::ClientCertificateWanted => (
            "サーバーはクライアント証明書を必須としていますが、提示できる証明書がありません。".to_owned(),
            vec![
                say(format!("クライアントの証明書と鍵（PEM）を{FILE}に書いてください。同じフォルダから読み込みます。")),
                write("[tls]\nclient-certificate = \"client.pem\"\nclient-key = \"client-key.pem\""),
                name_it(),
                run(place.with_file()),
            ],
        ),
        Why::OtherTls(problem) => (
            format!("サーバーはありますが、TLSで接続できません（{problem}）。"),
            vec![
                say("サーバーが何に対応しているかを確認してください。"),
                run(format!("openssl s_client -connect {} </dev/null", place.authority())),
            ],
        ),
        Why::Other(problem) => (
            format!("RPに接続できません（{problem}）。"),
            vec![say("何が待ち受けているかを確認してください。"), run(format!("curl -v {rp}"))],
        ),
    }
}
