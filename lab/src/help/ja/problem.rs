//! What each problem means, and what to do about it.

use url::Url;

use super::{connection, lost};
use crate::exercise::{Elsewhere, NameForm, NotExercisable, Problem, Untold};
use crate::help::place::{EXERCISE, FILE, Place, Told, first_method, name_of_algorithm, run, say, shortened, write};
use crate::help::{Advice, Words};

/// Before the line that names the file.
pub(super) fn name_it() -> Advice {
    say("続けて、そのファイルを指定してください（全体の例はdocs/adapters.mdにあります）。")
}

/// Write this, and name the file.
fn written(place: &Place<'_>, why: String, lines: String) -> Vec<Advice> {
    vec![say(why), write(lines), name_it(), run(place.with_file())]
}

/// What is probably wrong, and what to do.
#[must_use]
pub fn words(not: &NotExercisable, url: Option<&Url>) -> Words {
    let place = &Place { not, url };
    let (means, advice) = match &not.problem {
        Problem::Unreachable(why) => connection::unreachable(place, why),
        Problem::NoAnswer(why) => (
            format!("RPに接続できましたが、応答が完了しませんでした（{}）。", lost(why)),
            vec![say("RPのログを確認してください。時間が足りない場合は、待ち時間を延ばしてください。"), run(place.exercise("--request-timeout 60s"))],
        ),
        Problem::StoppedAnswering => (
            "RPが応答しなくなり、待ち受けもなくなりました。このリクエストで終了したのなら、誰でもRPを止められる、重大な問題です。".to_owned(),
            vec![say("RPのログを確認し、次の実行の前に再び起動してください。"), run(place.exercise(""))],
        ),
        Problem::NoSuchPath => (
            "このパスには何もありません。URL、またはマッピングファイルのパスが誤っています。".to_owned(),
            written(place, format!("RPの正しいパスを{FILE}に書いてください。"), place.section("path = \"/the/right/path\"")),
        ),
        Problem::Html => (
            "応答がJSONではなく、Webページです。ページのパスを指定したか、フロントエンド、ログイン画面、ゲートウェイが応答しています。".to_owned(),
            written(
                place,
                format!("API自体のURLを使うか、そのパスを{FILE}に書いてください。"),
                place.section("path = \"/api/the/right/path\""),
            ),
        ),
        Problem::NotJson { content_type } => (
            match content_type {
                Some(kind) => format!("応答がJSONではなく{kind}のため、内容を読み取れません。"),
                None => "応答がJSONではないため、内容を読み取れません。".to_owned(),
            },
            written(place, format!("APIのパスを{FILE}に書いてください。"), place.section("path = \"/the/right/path\"")),
        ),
        Problem::Redirect { location, elsewhere } => redirect(place, location.as_deref(), elsewhere),
        Problem::SignInWanted => sign_in_wanted(place),
        Problem::AccountNotConfirmed => (
            "登録は受理されましたが、新しいアカウントではログインできません。メールなどによる確認が必要と考えられます。".to_owned(),
            written(
                place,
                format!("テスト用サーバーで新しいアカウントを自動的に確認するか、登録のたびに確認済みのアカウントを作成するリクエストを{FILE}に書いてください。"),
                "[hooks.prepare]\npath = \"/test/accounts\"\nbody = { email = \"{username}\" }".to_owned(),
            ),
        ),
        Problem::HttpCredentialsWanted => (
            "サーバー、またはその手前のゲートウェイが、HTTPの認証を求めています。".to_owned(),
            vec![
                say(format!("環境変数から送信するように、{FILE}に書いてください。")),
                write("[headers]\nAuthorization = \"{env:AUTHORIZATION}\""),
                name_it(),
                write(format!("AUTHORIZATION=\"Basic $(printf user:password | base64)\" \\\n  {}", place.with_file())),
            ],
        ),
        Problem::CsrfTokenWanted => (
            "リクエストが禁止されました。CSRFトークンが必要と考えられますが、マッピングファイルでは取得していません。".to_owned(),
            written(
                place,
                format!("トークンの取得元と送信先を{FILE}に書いてください。"),
                "[csrf]\npath = \"/api/csrf\"\nfrom = { pointer = \"/token\" }\nsend = { header = \"X-CSRF-Token\" }".to_owned(),
            ),
        ),
        Problem::MethodNotAllowed { allow } => (
            match allow {
                Some(allow) => format!("パスはありますが、使えるメソッドは{allow}です。"),
                None => "パスはありますが、別のメソッドが必要です。".to_owned(),
            },
            written(
                place,
                format!("メソッドを{FILE}に書いてください。"),
                place.section(&format!("method = \"{}\"", first_method(allow.as_deref()))),
            ),
        ),
        Problem::UnsupportedMediaType => (
            "JSONを送信しましたが、RPはこのパスでJSONを受け付けません。".to_owned(),
            written(
                place,
                format!("JSONに別のメディアタイプを使っている場合は、{FILE}に書いてください。"),
                place.section("headers = { Content-Type = \"application/vnd.api+json\" }"),
            ),
        ),
        Problem::RateLimited { retry_after } => (
            match retry_after {
                Some(time) => format!("RPがリクエストの頻度を制限し、{}秒待つよう求めています。", time.as_secs()),
                None => "RPがリクエストの頻度を制限しています。".to_owned(),
            },
            vec![say("しばらく待ってから、間隔を空けて実行してください。"), run(place.exercise("--pace 2s")), say("または、テスト対象のサーバーで制限を外してください。")],
        ),
        Problem::ServerError { status } => (
            format!("正常なリクエストに、RPが{status}を返しました。RP自身のエラーです。"),
            vec![say("RPのログを確認してください。上のリクエストで再現できます。")],
        ),
        Problem::PointerFindsNothing { .. } | Problem::RefusalNotTold(_) | Problem::SessionNotTold(_) => misread(place),
        Problem::OtherEncoding { encoding } => (
            format!(
                "RPは、オプションのバイナリを{}で書いています。クライアントはbase64urlとして読み取ります（WebAuthn-3 §5.1.8）。",
                encoding.name()
            ),
            written(
                place,
                format!("ページで変換している場合は、{FILE}に書いてください。`credential`は、応答を送り返すときの形式です。"),
                format!("[encoding]\noptions = \"{0}\"\ncredential = \"{0}\"", encoding.name()),
            ),
        ),
        Problem::HookFailed { section } => (
            format!("アカウントを準備する`[{section}]`のリクエストに、マッピングファイルのとおりの応答がありませんでした。"),
            vec![
                say(format!("`[{section}]`の`method`、`path`、`body`を修正してください。")),
                say("または、正常な応答の条件を`accepted`に書いてください。リダイレクトの場合の例："),
                write("accepted = { location = \"/account*\" }"),
                say("不要な場合は、このセクションを省いてください。"),
            ],
        ),
        Problem::AddressForName { origin, rp_id } => (
            format!("オリジン{origin}がIPアドレスです。ブラウザでパスキーを使えるのは、ドメイン名とlocalhostだけです（WebAuthn-3 §5.1.3）。"),
            by_name(place, rp_id.as_deref()),
        ),
        Problem::InsecureOrigin { origin, rp_id } => (
            format!("オリジン{origin}が安全なコンテキストではありません。ブラウザでパスキーを使えるのは、httpsとlocalhostだけです（WebAuthn-3 §5.1.3）。"),
            by_name(place, rp_id.as_deref()),
        ),
        Problem::RpIdUnlikeOrigin { origin, rp_id } => rp_id_unlike_origin(place, origin, rp_id.as_deref()),
        Problem::UnusableOptions { exception } => (
            format!("このオプションは、どのクライアントでも使えません：{exception}"),
            vec![say("RPのオプションを修正するか、オプションの位置を示すマッピングファイルの`options`を修正してください。")],
        ),
        Problem::NoCredential => (
            "認証のオプションに、端末が持つクレデンシャルがありません。RPが、受理したクレデンシャルを保存していないか、別の形式で保存したか、登録時と異なるRP IDを示しています。"
                .to_owned(),
            vec![say("`allowCredentials`のIDを、登録したIDと比較してください。どちらもbase64urlです。")],
        ),
        Problem::AlgorithmNotOffered { offered, profiles } => algorithm_not_offered(place, offered, profiles),
        Problem::DeviceLacks { lacks, all_tried } => (
            format!("オプションが、端末にない機能を求めています（{lacks}）。"),
            match all_tried {
                true => vec![
                    say("ほかの端末プロファイルにもありません。`faultkey profiles`で一覧を確認し、合うものを指定してください。"),
                    run(place.exercise("--profile NAME")),
                ],
                false => vec![say("`--profile`を省くと、合う端末プロファイルを探します。"), run(place.exercise(""))],
            },
        ),
        Problem::OriginUnlike { claimed, accepted } => {
            (format!("RPが別のオリジンを求めています。{claimed}は拒否し、{accepted}は受理します。"), origin(place, accepted))
        }
        Problem::AccountNameRefused { refused, form } => name(place, refused, *form),
        Problem::AccountExists { account } => (
            format!("アカウント`{account}`は、前の実行ですでに作成されています。"),
            vec![
                say("`--accounts`を省くと、実行ごとに別の名前になります。または、別の文字列を指定してください。"),
                run(place.exercise("--accounts another")),
            ],
        ),
        Problem::AttestationNotTrusted { format, accepted } => not_trusted(place, format.as_deref(), *accepted),
        Problem::AttestationWanted { accepted } => (
            "RPは、アテステーションのある端末だけを受理します。".to_owned(),
            vec![
                say("アテステーションのある端末プロファイルを使ってください。"),
                run(place.exercise(&format!("--profile {accepted}"))),
                say(format!("アテステーションの種類を呼び出し側が指定する場合は、{FILE}に書いてください。")),
                write("[registration.options.body]\nattestation = \"direct\""),
            ],
        ),
        Problem::AlgorithmRefused { refused, accepted, profile } => algorithm_refused(place, *refused, *accepted, *profile),
        Problem::Refused { status } => (
            match not.tried.is_empty() {
                true => format!("RPが、正常なリクエストを{status}で拒否しました。"),
                false => format!("RPが、正常なリクエストを{status}で拒否しました。ほかに試したリクエストも、すべて拒否しました。"),
            },
            written(
                place,
                format!("理由は、応答とRPのログを確認してください。送信する項目が足りない場合は、{FILE}に書いてください。"),
                place.section(place.body()),
            ),
        ),
    };
    Words { means, advice }
}

fn sign_in_wanted(place: &Place<'_>) -> Told {
    let mut advice = written(
        place,
        format!("アカウントの作成とログインの手順を、RPのリクエストのとおりに{FILE}に書いてください。"),
        "[[registration.before]]\nonce = \"account\"\npath = \"/api/sign-up\"\nbody = { email = \"{username}\", password = \"{password}\" }\n\n\
         [[registration.before]]\nonce = \"session\"\npath = \"/api/sign-in\"\nbody = { email = \"{username}\", password = \"{password}\" }"
            .to_owned(),
    );
    advice.extend([
        say("テストユーザーのトークンまたはCookieで足りる場合は、環境変数から送信してください。"),
        write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
    ]);
    ("パスキーを登録できるのはログイン中のユーザーだけですが、マッピングファイルではログインしていません。".to_owned(), advice)
}

/// The adapter file reads an answer in a wrong way.
fn misread(place: &Place<'_>) -> Told {
    match &place.not.problem {
        Problem::PointerFindsNothing { unread, there } => {
            let field = &unread.field;
            let mut advice = vec![match () {
                () if unread.section == "csrf" => {
                    say("`path`と、トークンの位置（`pointer`、`cookie`、`header`、または`html`）を確認してください。")
                }
                () if field.starts_with("encoding") => say("`[encoding]`に、RPが使う形式を指定してください。"),
                () => say(format!("`{field}`に、応答での位置をJSONポインターで指定してください。本文全体は`\"\"`です。")),
            }];
            let name = unread.place.trim_matches('"').rsplit('/').next().filter(|name| !name.is_empty());
            if let Some(same) = there.iter().find(|pointer| pointer.rsplit('/').next() == name) {
                advice.push(say(format!("同じ名前の項目が`{same}`にあります。")));
            }
            let options = there.iter().find_map(|pointer| pointer.strip_suffix("/challenge"));
            if let Some(options) = options.filter(|_| field == "options") {
                advice.push(say("オプションにはチャレンジがあります。この応答では次の位置です。"));
                advice.push(write(format!("options = \"{options}\"")));
            }
            match there.is_empty() {
                true => advice.push(say("応答には項目がありません。")),
                false => advice.extend([say("応答にある項目："), write(there.join("\n"))]),
            }
            advice.extend([say(format!("{FILE}を修正し、そのファイルを指定してください。")), run(place.with_file())]);
            let (section, looked) = (unread.section, &unread.place);
            (format!("マッピングファイルの指す位置が誤っています。`[{section}]`の`{field} = {looked}`に当たる項目が、応答にありません。"), advice)
        }
        Problem::RefusalNotTold(Untold { pointer, accepted, refused, at_registration }) => {
            let rule = format!("accepted = {{ pointer = \"{pointer}\", equals = {accepted} }}");
            let sections = match at_registration {
                true => format!("[registration.verify]\n{rule}\n[authentication.verify]\n{rule}"),
                false => format!("[authentication.verify]\n{rule}"),
            };
            let found = match refused {
                Some(refused) => format!("壊れた署名への応答では{refused}です"),
                None => "壊れた署名への応答にはありません".to_owned(),
            };
            (
                format!(
                    "マッピングファイルでは、拒否と受理を区別できません。上のリクエストの署名はわざと壊してありますが、マッピングファイルによれば、その応答は受理です。\
                     受理されたログインでは{pointer}が{accepted}で、{found}。"
                ),
                written(place, format!("受理の応答の条件を{FILE}に書いてください。"), sections),
            )
        }
        Problem::SessionNotTold(untold) => (
            match untold.signed_in {
                true => "マッピングファイルの`[session]`によれば、まだ誰もログインしていない新しいセッションが、ログイン状態です。".to_owned(),
                false => "マッピングファイルの`[session]`によれば、ログインが受理された後も、ログイン状態になりません。応答は前と変わっています。".to_owned(),
            },
            [
                vec![say("ログイン前の応答："), write(shortened(&untold.before)), say("ログイン後の応答："), write(shortened(&untold.after))],
                written(
                    place,
                    format!("{FILE}の`[session]`で、異なる部分を確認してください。例："),
                    "[session]\npath = \"/api/me\"\npointer = \"/user\"".to_owned(),
                ),
            ]
            .concat(),
        ),
        _ => (String::new(), Vec::new()),
    }
}

fn origin(place: &Place<'_>, origin: &str) -> Vec<Advice> {
    written(place, format!("RPのページのオリジンを、{FILE}の先頭に書いてください。"), format!("origin = \"{origin}\""))
}

fn redirect(place: &Place<'_>, location: Option<&str>, elsewhere: &Elsewhere) -> Told {
    let moved = match location {
        Some(location) => format!("サーバーが{location}へリダイレクトします。"),
        None => "サーバーが別の場所へリダイレクトします。".to_owned(),
    };
    let to = location.unwrap_or("/path");
    match elsewhere {
        Elsewhere::Origin(rp) => (moved, vec![say("そのサーバーを指定してください。"), run(format!("{EXERCISE} {rp}"))]),
        Elsewhere::Path => {
            let mut advice = written(place, format!("正しいパスを{FILE}に書いてください。"), place.section(&format!("path = \"{to}\"")));
            advice.extend([
                say("リダイレクト自体が受理を示す場合、またはその先に応答がある場合は、そのように書いてください。"),
                write(place.section(&format!("accepted = {{ location = \"{to}\" }}   # 受理を示す\nfollow = true   # 先に応答がある"))),
                say("または、テストユーザーのトークンを送信してください。"),
                write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
            ]);
            (
                format!(
                    "{moved}ログイン画面の場合は、ログイン中のユーザーだけが使えます。そうでない場合は、末尾のスラッシュなど、パスの形が異なります。"
                ),
                advice,
            )
        }
        Elsewhere::Other => (
            format!("{moved}これは応答ではありません。ログインを求めるゲートウェイが、このように動作します。"),
            vec![
                say("API自体のURLを使うか、ゲートウェイのトークンを送信してください。"),
                write("[headers]\nAuthorization = \"Bearer {env:TOKEN}\""),
            ],
        ),
    }
}

/// The relying party by a name that may have passkeys.
fn by_name(place: &Place<'_>, rp_id: Option<&str>) -> Vec<Advice> {
    let mut advice =
        vec![say("サーバーの名前を使ってください。このコンピューターのサーバーの場合："), run(format!("{EXERCISE} {}", place.localhost()))];
    if let Some(rp_id) = rp_id.filter(|rp_id| *rp_id != "localhost") {
        advice.push(say("または、URLはそのままにしてください。"));
        advice.extend(origin(place, &format!("https://{rp_id}")));
    }
    advice
}

fn rp_id_unlike_origin(place: &Place<'_>, claimed: &str, rp_id: Option<&str>) -> Told {
    if claimed.starts_with("http") {
        let means = match rp_id {
            Some(rp_id) => format!(
                "{claimed}のページは、RPが示すRP ID {rp_id}を使えません（WebAuthn-3 §5.1.3）。関連オリジンにも含まれていません（§5.11）。"
            ),
            None => format!("{claimed}のページは、RPが示すRP IDを使えません（WebAuthn-3 §5.1.3）。"),
        };
        let right = rp_id.map_or_else(|| "https://www.example.com".to_owned(), |rp_id| format!("https://{rp_id}"));
        return (means, origin(place, &right));
    }
    (
        match rp_id {
            Some(rp_id) => format!("RPが示すRP ID {rp_id}は登録可能なドメインではないため、{claimed}は使えません。"),
            None => format!("{claimed}はアプリまたは拡張機能で、自身のドメインがありません。RPもRP IDを示していません。"),
        },
        vec![say("オプションで、登録可能なドメインを示してください。登録では`rp.id`、認証では`rpId`です。")],
    )
}

fn algorithm_not_offered(place: &Place<'_>, offered: &[i64], profiles: &[&str]) -> Told {
    let offered: Vec<String> = offered.iter().map(|algorithm| name_of_algorithm(*algorithm)).collect();
    let (offered, profile) = (offered.join("、"), &place.not.profile);
    let advice = match profiles.first() {
        Some(first) => vec![
            say(format!("次の端末プロファイルは、どれかに対応しています：{}。", profiles.join("、"))),
            run(place.exercise(&format!("--profile {first}"))),
        ],
        None => vec![say(
            "どれかに対応する端末プロファイルはありません。`pubKeyCredParams`にES256（-7）とRS256（-257）を加えてください（WebAuthn-3 §5.4）。",
        )],
    };
    (format!("RPが示すアルゴリズムは{offered}だけで、端末プロファイル`{profile}`はどれにも対応していません。"), advice)
}

fn algorithm_refused(place: &Place<'_>, refused: Option<i64>, accepted: i64, profile: Option<&str>) -> Told {
    let accepted = name_of_algorithm(accepted);
    let means = match refused.map(name_of_algorithm) {
        Some(refused) => format!("RPは{refused}を示しながら拒否し、{accepted}は受理します。"),
        None => format!("RPは{accepted}を受理しますが、端末が選んだアルゴリズムは受理しません。"),
    };
    let mut advice = vec![say("受理しないアルゴリズムを`pubKeyCredParams`から除くか、受理してください。")];
    if let Some(profile) = profile {
        let other = "または、もう一方のアルゴリズムを使う端末プロファイルを指定してください。";
        advice.extend([say(other), run(place.exercise(&format!("--profile {profile}")))]);
    }
    (means, advice)
}

fn name(place: &Place<'_>, refused: &str, form: NameForm) -> Told {
    match form {
        NameForm::Short => (
            format!("RPはアカウント名`{refused}`を拒否し、英数字の短い名前は受理します。"),
            written(
                place,
                format!("faultkeyのアカウント名は、英数字と`-`で最大60文字です。短い名前にするには、{FILE}に書いてください。"),
                "[account]\nname = \"fk{n}\"".to_owned(),
            ),
        ),
        NameForm::Email => (
            format!("RPはアカウント名`{refused}`を拒否し、メールアドレスは受理します。"),
            written(
                place,
                format!("アカウント名をメールアドレスにするには、{FILE}に書いてください。"),
                "[account]\nname = \"{n}@example.com\"".to_owned(),
            ),
        ),
    }
}

fn not_trusted(place: &Place<'_>, format: Option<&str>, accepted: Option<&str>) -> Told {
    let means = match (format, accepted) {
        (Some(format), Some(_)) => {
            format!("RPは端末のアテステーション（`{format}`）を信頼せず、アテステーションのない端末は受理します。")
        }
        (Some("none"), None) => {
            "RPはアテステーションを求めています。アテステーションのない端末と、ルートまたはAAGUIDを知らない端末を拒否します。".to_owned()
        }
        (Some(format), None) => format!(
            "RPはアテステーションを求め、端末のアテステーション（`{format}`）を拒否します。faultkeyのルートを信頼していないか、AAGUIDを知りません。"
        ),
        (None, _) => "RPが端末のアテステーションを信頼していないか、そのAAGUIDを知りません。".to_owned(),
    };
    let mut advice = vec![
        say("RPがfaultkeyのルート、またはそのメタデータを信頼するように設定してください。次のコマンドで出力できます。"),
        run("faultkey attestation roots\nfaultkey attestation mds"),
    ];
    match accepted {
        Some(profile) => advice.extend([
            say("または、アテステーションのない端末プロファイルを使ってください。"),
            run(place.exercise(&format!("--profile {profile}"))),
        ]),
        None => advice
            .extend([say("その後、アテステーションのある端末プロファイルを使ってください。"), run(place.exercise("--profile yubikey-5"))]),
    }
    (means, advice)
}
