//! The help in Japanese: data. What has no entry here is told in English.

/// One command.
pub struct Page {
    /// As it is typed after `faultkey`; empty for the program itself.
    pub command: &'static str,
    /// In the list of commands, and at the head of its own page.
    pub about: &'static str,
    /// What `--help` says after that.
    pub long: &'static str,
    /// Below the options, in lines of at most 80 columns.
    pub after: &'static str,
    pub arguments: &'static [Argument],
}

/// One option or argument.
pub struct Argument {
    /// clap's name for it.
    pub id: &'static str,
    pub help: &'static str,
    /// What `--help` says after that.
    pub long: &'static str,
    /// What it accepts, with meanings.
    pub values: &'static [(&'static str, &'static str)],
}

const fn argument(id: &'static str, help: &'static str) -> Argument {
    Argument { id, help, long: "", values: &[] }
}

/// Only a line in the list of commands: its page is in English.
const fn listed(command: &'static str, about: &'static str) -> Page {
    Page { command, about, long: "", after: "", arguments: &[] }
}

/// Headings: English, Japanese.
pub const HEADINGS: [(&str, &str); 5] = [
    (crate::global::HEADING, "共通オプション"),
    ("What to play", "実施する内容"),
    ("The relying party", "対象のRP"),
    ("Pace and limits", "速度と制限"),
    ("Output and verdict", "出力と判定"),
];
pub const OPTIONS: &str = "オプション";
pub const ARGUMENTS: &str = "引数";
pub const COMMANDS: &str = "コマンド";

/// For every command. The usage and the lists are put in by clap.
pub const TEMPLATE: &str = "{about-with-newline}\n使い方：{usage}\n\n{all-args}{after-help}";

/// Options that every command has.
pub const EVERYWHERE: &[Argument] = &[
    argument("help", "ヘルプを表示します。`-h`は要約、`--help`は詳細です"),
    argument("version", "バージョンを表示します"),
    argument("lang", "表示する言語を`en`または`ja`で指定します。指定しない場合は、ロケールに従います"),
    argument("color", "色を付けるかどうかを、`auto`、`always`、`never`のいずれかで指定します"),
    argument("quiet", "要点だけを表示します。`exercise`では指摘を1行ずつと集計、一覧では案内を省いた内容です"),
    argument("verbose", "詳しく表示します。`exercise`では、合格したシナリオも1行ずつ表示します"),
];

const JSON: Argument = argument("json", "JSONで出力します");

pub const PAGES: &[Page] = &[
    Page {
        command: "",
        about: "意図的に失敗するソフトウェアFIDO2認証器です。パスキーのRP（リライングパーティ）のテストに使います。",
        long: "パスキーの利用者が実際に遭遇する失敗（指紋の再登録、機種変更、サーバーでの確定後の通信断など）をRPに対して再現します。1件ごとに、RPが原因を区別したか、状態を正しく保ったか、ユーザーに次の手段を示したかを判定します。",
        after: "\
はじめに：
  faultkey exercise                        組み込みのRPでのデモ
  faultkey exercise --rp https://staging.shop.example --adapter my-rp.toml
                                           同じ失敗を、お使いのRPに対して再現
  faultkey scenarios 作業が中断しました    利用者の言葉から、考えられる失敗を検索
  faultkey faults cut-verify               フォールト1つの作用・根拠・対処

faultkeyが作るのは、テスト用の鍵だけです。

終了コード：
  0  成功
  1  RPが不合格、またはキーストアが破損
  2  使い方の誤り、または読み込めないファイル
  3  判定なし（RPに対して実施できない、または判定を出力できない）",
        arguments: &[],
    },
    Page {
        command: "exercise",
        about: "異常系シナリオをRPに対して実行し、1件ずつ判定します",
        long: "\
`--rp`も`--handling`も指定しない場合は、組み込みのRPの2通りの失敗処理を両方実施し、並べて表示します。`opaque`はすべての失敗をM0902とする処理、`diagnosing`は推奨される処理です。終了コードは`diagnosing`の結果です。

経過と指摘は端末に表示します。index.html（人が読むレポート）、junit.xml（CI用）、report.json（プログラム用）は、`--out`のフォルダに出力します。

毎回同じ指定は、作業ディレクトリのfaultkey.tomlに書けます。コマンドラインの指定が優先されます。",
        after: "\
例：
  faultkey exercise
  faultkey exercise --handling diagnosing --scenario interrupted-login-committed
  faultkey exercise --rp http://localhost:3000
  faultkey exercise --rp https://staging.shop.example --adapter my-rp.toml
  faultkey exercise --rp http://localhost:3000 --fail-on unclear

終了コード：
  0         合格
  1         `--fail-on`以上の重大度の指摘あり
  2         使い方の誤り、または読み込めないファイル
  3         RPに対して実施できない、完了できない、または結果を出力できない
  130、143  SIGINT、SIGTERMによる終了",
        arguments: &[
            argument(
                "scenario",
                "指定したシナリオだけを実施します。`faultkey scenarios`のid、またはTOMLファイルのパスを指定します。指定しない場合は、すべてのシナリオが対象です",
            ),
            argument("profile", "すべてのシナリオをこの端末プロファイルで実施します（`faultkey profiles`）。指定しない場合は、各シナリオのプロファイルを使います"),
            argument("seed", "鍵、チャレンジ、通信断の位置、確率を決めるシードです。同じシードでは同じ結果になります（既定値：902）"),
            argument("wait", "実時間で数分待つシナリオも実施します"),
            Argument {
                id: "handling",
                help: "組み込みのRPの失敗処理を、1通りに絞ります",
                long: "",
                values: &[("opaque", "すべての失敗をM0902とし、再試行の手段を示さない"), ("diagnosing", "原因ごとに理由を示し、再試行と別の方法を用意する")],
            },
            argument("config", "faultkey.tomlの代わりに使う設定ファイルを指定します"),
            argument("rp", "対象のRPのURLを指定します（例：https://staging.shop.example）。指定しない場合は、組み込みのRPが対象です"),
            Argument {
                id: "i_may_test",
                help: "テストの許可を得ているホストを指定します。公開ホストでは、確認の質問ができない場合に必須です。複数回指定できます",
                long: "次のホストでは不要です：ループバックとプライベートアドレス（RFC 1918、RFC 4193、リンクローカル、CGNAT）、`localhost`、ドットのない名前、.localhost・.test・.example・.invalid・.local・.internalで終わる名前。名前解決の結果は考慮しません。",
                values: &[],
            },
            argument(
                "adapter",
                "RPとの通信方法を指定します。組み込みアダプターの名前、またはAPIを記述したTOMLファイルです（docs/adapters.md。`faultkey init`で作成できます。既定値：fido-conformance）",
            ),
            argument("ca", "追加で信頼する認証局のPEMファイルを指定します（httpsのRP用）"),
            argument("accounts", "テスト用アカウント名の末尾に付ける文字列を指定します。指定しない場合は、時刻から作ります"),
            argument("pace", "リクエストの最小間隔を指定します。頻度を制限するRPに使います（例：`500ms`、`2s`。既定値：0ms）"),
            argument("request_timeout", "1つの応答を待つ時間を指定します（既定値：10s）"),
            argument("time_limit", "全体の制限時間を指定します。それまでの結果はレポートに出力します（既定値：30m）"),
            argument("restart", "RPが応答しなくなったときに再起動するコマンドを指定します。`sh -c`で実行します"),
            argument("comes_back_within", "応答しなくなったRPの復帰を待つ時間を指定します（既定値：30s）"),
            argument("out", "レポートを出力するフォルダを指定します（既定値：faultkey-report）"),
            Argument {
                id: "format",
                help: "フォルダに出力する形式を指定します（既定値：html,json,junit）",
                long: "",
                values: &[
                    ("html", "index.html：人が読むレポート"),
                    ("json", "report.json：プログラム用（docs/report.md）"),
                    ("junit", "junit.xml：CIサーバー用"),
                    ("markdown", "report.md：チケット用"),
                    ("github", "GitHub Actionsの注釈とジョブの要約。要約は$GITHUB_STEP_SUMMARY、なければsummary.mdに出力"),
                ],
            },
            Argument {
                id: "fail_on",
                help: "この重大度以上の指摘がある場合に、終了コードを1にします（既定値：no-way-out）",
                long: "",
                values: &[
                    ("security", "セキュリティ：本来入れない人が入れる、またはサービスを止められる"),
                    ("state", "状態の不整合：RPの記録が誤ったまま残る"),
                    ("no-way-out", "行き止まり：ユーザーが先に進めない"),
                    ("unclear", "説明不足：何が起きたのか分からない"),
                    ("advice", "改善提案を含むすべての指摘"),
                    ("never", "指摘があっても1にしない"),
                ],
            },
            argument("baseline", "比較するreport.jsonを指定します。そこにない指摘がある場合だけ終了コードを1にし、新しい指摘と解消した指摘を示します"),
            argument("require_observable", "確認不可の項目がある場合に、終了コードを1にします"),
            Argument {
                id: "transcripts",
                help: "レポートに残すトランスクリプトを指定します（既定値：failed）",
                long: "",
                values: &[("failed", "不合格のシナリオのもの"), ("all", "すべて")],
            },
            argument("show_secrets", "Cookie、トークン、環境変数の値を、レポートと画面で伏せずに表示します（伏せる項目はdocs/adapters.mdを参照）"),
            argument("label", "レポートに記すこの実行の名前を指定します（例：ビルド番号）"),
        ],
    },
    Page {
        command: "scenarios",
        about: "シナリオを一覧表示します。症状の言葉（日本語・英語）で絞り込めます",
        long: "",
        after: "\
例：
  faultkey scenarios
  faultkey scenarios 作業が中断しました
  faultkey scenarios fingerprint",
        arguments: &[argument("symptom", "症状を表す言葉を指定します。シナリオのid、題名、利用者の言葉から検索します"), JSON],
    },
    Page {
        command: "faults",
        about: "フォールトを一覧表示します。名前を付けると、層・作用・根拠・パラメーターと、望ましいRPの動作を示します",
        long: "",
        after: "\
例：
  faultkey faults
  faultkey faults silent-key-regeneration",
        arguments: &[argument("name", "説明を表示するフォールトの名前を指定します"), JSON],
    },
    Page {
        command: "profiles",
        about: "端末プロファイルを一覧表示します。名前を付けると、端末の機能、鍵に起こること、未対応の項目を示します",
        long: "",
        after: "\
例：
  faultkey profiles
  faultkey profiles android-device-bound",
        arguments: &[argument("name", "説明を表示するプロファイルの名前を指定します"), JSON],
    },
    listed("init", "RPとの通信方法を書くアダプターファイルの下書きを作ります"),
    listed("adapter", "アダプターファイルを検査します。組み込みのアダプターを一覧表示します"),
    listed("compare", "2つのレポートを比較し、新しい指摘と解消した指摘を示します"),
    listed("report", "report.jsonを別の形式で表示します。指摘1件をチケット用のMarkdownでも出力できます"),
    listed("info", "端末が自分について返す情報（authenticatorGetInfo）を、項目名と意味を付けて表示します"),
    listed("attach", "仮想セキュリティキーを接続し、接続中に操作します"),
    listed("ctl", "接続中のキーを操作します（タッチ、フォールトの設定、抜き差し、待機）"),
    listed("serve", "ソケットでセキュリティキーを提供します（64バイトのCTAPHIDレポート）"),
    listed("rp", "組み込みのRPを、専用ページ付きで起動します（このコンピューターのブラウザ用）"),
    listed("store", "ディスク上のキーストアを書き出し、読み込み、または検査します"),
    listed("attestation", "アテステーションの検証に必要なルート証明書またはメタデータを書き出します"),
    listed("schema", "設定ファイルのJSON Schemaを出力します。エディターの補完と検査に使えます"),
    listed("completions", "シェルの補完スクリプトを出力します"),
    listed("man", "マニュアルページを出力します"),
    listed("help", "このヘルプ、または指定したコマンドのヘルプを表示します"),
];
