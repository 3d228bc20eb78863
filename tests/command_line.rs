//! The program as a person calls it: exit codes, messages for wrong usage, and what it writes.

mod environment;
mod japanese;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use faultkey_fault_injection::registry::{self, Seam};
use faultkey_fault_injection::{FaultSpec, profile};
use serde_json::Value;

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// In English, whoever runs the tests.
fn faultkey(arguments: &[&str]) -> Ended {
    under(&[("LC_ALL", "C")], arguments)
}

/// With these variables, and no others that choose a language or colours.
fn under(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    ended(command.args(arguments).envs(variables.iter().copied()))
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program starts");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `exercise` with `arguments` into a folder of its own.
fn exercise(out: &Path, arguments: &[&str]) -> Ended {
    faultkey(&[&["exercise", "--out", out.to_str().unwrap()], arguments].concat())
}

#[test]
fn the_exit_code_is_about_the_relying_party() {
    let out = tempfile::tempdir().unwrap();
    let both = exercise(out.path(), &[]);
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    assert!(both.stdout.contains("seed 902"), "{}", both.stdout);
    assert!(both.stdout.contains("told apart"), "{}", both.stdout);
    for file in ["index.html", "junit.xml", "report.json"] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    // All of it was played above.
    let exercise = |arguments: &[&str]| {
        let some =
            ["--scenario", "m0902-key-swapped-same-id", "m0902-uv-not-set", "interrupted-login-committed", "interrupted-challenge-half"];
        exercise(out.path(), &[arguments, &some].concat())
    };
    assert_eq!(exercise(&["--handling", "diagnosing"]).code, Some(0));
    let opaque = exercise(&["--handling", "opaque"]);
    assert_eq!(opaque.code, Some(1), "{}", opaque.stderr);
    assert!(opaque.stdout.contains("no-retry/"), "{}", opaque.stdout);
    assert_eq!(exercise(&["--handling", "opaque", "--fail-on", "never"]).code, Some(0));
    assert_eq!(exercise(&["--handling", "opaque", "--fail-on", "security"]).code, Some(0));
    assert_eq!(exercise(&["--handling", "diagnosing", "--fail-on", "advice", "--require-observable"]).code, Some(0));
}

#[test]
fn a_public_host_is_not_spoken_to_without_permission() {
    let out = tempfile::tempdir().unwrap();
    let refused = exercise(out.path(), &["--rp", "https://shop.example.com"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("shop.example.com is a public host, and was not spoken to"), "{}", refused.stderr);
    assert!(refused.stderr.ends_with("add: --i-may-test shop.example.com\n"), "{}", refused.stderr);
    let other = exercise(out.path(), &["--rp", "https://shop.example.com", "--i-may-test", "example.com"]);
    assert_eq!(other.code, Some(2), "{}", other.stderr);
}

#[test]
fn the_same_seed_writes_the_same_report() {
    let read = |seed: &str| {
        let out = tempfile::tempdir().unwrap();
        exercise(
            out.path(),
            &["--seed", seed, "--scenario", "interrupted-login-committed", "m0902-key-swapped-same-id", "short-signature"],
        );
        // What changes from run to run is an object at the top, with an indentation of its own.
        let report = fs::read_to_string(out.path().join("report.json")).unwrap();
        let (before, rest) = report.split_once("  \"circumstances\": {\n").unwrap();
        let (_, after) = rest.split_once("\n  },\n").unwrap();
        format!("{before}{after}")
    };
    let (first, again, other) = (read("7"), read("7"), read("8"));
    let difference = first.lines().zip(again.lines()).enumerate().find(|(_, (a, b))| a != b);
    assert_eq!(difference, None, "the first line that differs between two runs with one seed");
    assert!(first.len() == again.len() && first != other);
}

#[test]
fn wrong_usage_says_what_is_wrong_and_what_to_do() {
    let out = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["exercise", "--scenario", "m0902-key-swaped-same-id"], "m0902-key-swapped-same-id"),
        (&["exercise", "--profile", "pixle-chrome"], "pixel-chrome"),
        (&["faults", "cut-verfy"], "did you mean `cut-verify`"),
        (&["profiles", "yubikey5"], "yubikey-5"),
        (&["scenarios", "submarine"], "no scenario matches \"submarine\""),
        (&["exercise", "--adapter", "missing.toml", "--rp", "http://localhost:1"], "missing.toml"),
    ];
    for (arguments, expected) in cases {
        let mut arguments = arguments.to_vec();
        if arguments[0] == "exercise" {
            arguments.extend(["--out", out.path().to_str().unwrap()]);
        }
        let ended = faultkey(&arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_relying_party_that_is_not_there_is_no_verdict() {
    let out = tempfile::tempdir().unwrap();
    // Port 9 (discard) of loopback: nobody listens.
    let ended = exercise(out.path(), &["--rp", "http://localhost:9"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("localhost:9"), "{}", ended.stderr);
}

#[test]
fn a_broken_scenario_file_is_named_with_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.toml");
    fs::write(&file, "id = \"broken\"\ntitel = \"a field that does not exist\"\n").unwrap();
    let ended = exercise(folder.path(), &["--scenario", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("broken.toml:2") && ended.stderr.contains("titel"), "{}", ended.stderr);
}

#[test]
fn a_symptom_is_found_in_the_users_own_words() {
    let found = faultkey(&["scenarios", "作業が中断しました"]);
    assert_eq!(found.code, Some(0));
    assert!(found.stdout.contains("interrupted-registration-committed"), "{}", found.stdout);
    assert!(!found.stdout.contains("m0902-key-swapped-same-id"), "{}", found.stdout);
}

#[test]
fn what_a_user_says_in_other_words_finds_scenarios_and_what_none_plays_the_catalogue() {
    let found = faultkey(&["--lang", "en", "scenarios", "new", "phone"]);
    assert!(found.stdout.trim_start().starts_with("registered-on-old-phone-migrated"), "{}", found.stdout);
    assert!(found.stdout.ends_with("\n`faultkey exercise --scenario ID` plays one scenario.\n"), "{}", found.stdout);
    let unplayed = faultkey(&["--lang", "en", "scenarios", "CT-01"]).stdout;
    for part in ["CT-01", "No scenario plays it yet. Faults that do: no-keepalive.", "Evidence: observed.", "`faultkey faults NAME`"] {
        assert!(unplayed.contains(part), "{part}: {unplayed}");
    }
    assert!(faultkey(&["--lang", "en", "scenarios", "clock"]).stdout.contains("No scenario plays it yet. No fault does, either."));
}

#[test]
fn scenarios_speak_japanese() {
    for query in ["", "new phone", "clock", "CT-01", "no-keepalive", "aquos"] {
        let told = faultkey(&["scenarios", "--lang", "ja", query]);
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        // Lines are broken where they are full; what is in backticks is typed.
        let prose = told.stdout.split('`').step_by(2).collect::<String>().replace("Google Password Manager", "");
        let is_english = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
        let words: Vec<&str> = prose.split_whitespace().collect();
        let run = words.windows(3).find(|run| run.iter().all(is_english));
        assert_eq!(run, None, "{query}: {}", told.stdout);
    }
    let all = faultkey(&["scenarios", "--lang", "ja"]).stdout;
    for part in ["機種変更後の端末に、パスキーが引き継がれていない", "ユーザーの言葉：「", "根拠：報告例あり。"]
    {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(all.ends_with("`faultkey exercise --scenario ID`で、シナリオを1つ実行できます。\n"), "{all}");
    let none = faultkey(&["scenarios", "--lang", "ja", "天気予報"]);
    assert_eq!(none.code, Some(2));
    assert_eq!(
        none.stderr,
        "faultkey: 「天気予報」に当てはまるシナリオはありません。`faultkey scenarios`で、全シナリオと症状の言葉を確認できます。\n"
    );
}

#[test]
fn scenarios_are_printed_for_programs_in_both_languages() {
    let found = |query: &str| -> Vec<serde_json::Value> {
        let told = faultkey(&["scenarios", query, "--json"]);
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        serde_json::from_str(&told.stdout).unwrap()
    };
    let [scenario] = &found("NW-05")[..] else { panic!("{:?}", found("NW-05")) };
    assert_eq!((&scenario["kind"], &scenario["id"]), (&"scenario".into(), &"interrupted-registration-committed".into()));
    assert_eq!(scenario["title"]["ja"], "パスキーは登録されたが、応答が届かない");
    assert_eq!(scenario["words"]["ja"][0], "作業が中断しました");
    let [entry] = &found("CT-01")[..] else { panic!("{:?}", found("CT-01")) };
    assert_eq!(
        (&entry["kind"], &entry["evidence"], &entry["faults"][0]),
        (&"catalogue".into(), &"observed".into(), &"no-keepalive".into())
    );
    let kinds = |query| found(query).iter().map(|hit| hit["kind"].clone()).collect::<Vec<_>>();
    assert_eq!((&kinds("no-keepalive")[0], &kinds("aquos")[0]), (&"fault".into(), &"profile".into()));
    assert_eq!(found("天気予報").len(), 0);
}

#[test]
fn each_fault_says_how_it_is_armed() {
    for fault in registry::all() {
        let told = faultkey(&["faults", fault.name]);
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        assert!(told.stdout.contains(&format!("    with = {}\n", fault.example)), "{}", told.stdout);
        let line = told.stdout.lines().find_map(|line| line.trim().strip_prefix("faultkey ctl fault add "));
        let at_a_key = !matches!(fault.seam, Seam::ClientData | Seam::Platform | Seam::Response | Seam::Network);
        assert_eq!(line.is_some(), at_a_key, "{}", told.stdout);
        if let Some(line) = line {
            let table: toml::Table = toml::from_str(&format!("with = {}", fault.example)).unwrap();
            let expected = FaultSpec::from_toml(table["with"].as_table().unwrap()).unwrap();
            assert_eq!(line.parse::<FaultSpec>().unwrap(), expected, "{line}");
        }
    }
}

#[test]
fn profiles_are_described_in_words() {
    let told = faultkey(&["profiles", "yubikey-5"]).stdout;
    for words in ["ES256 (-7), EdDSA (-8)", "a PIN", "one for the whole authenticator", "not eligible"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    for profile in profile::all() {
        let told = faultkey(&["profiles", &profile.name]).stdout;
        let (_, device) = told.split_once("\nDevice\n").unwrap();
        let (device, _) = device.split_once("\n\n").unwrap();
        for rust in ["PerCredential", "Global", "NotEnrolled", "Absent", "[-", " true", " false"] {
            assert!(!device.contains(rust), "{rust}: {device}");
        }
    }
}

#[test]
fn faults_and_profiles_are_told_in_japanese() {
    let listed = faultkey(&["faults", "--lang", "ja"]).stdout;
    assert!(listed.contains("network（ネットワーク）："), "{listed}");
    for fault in registry::all() {
        assert!(listed.contains(fault.name), "{}: {listed}", fault.name);
    }
    let told = faultkey(&["--lang", "ja", "faults", "cut-verify"]).stdout;
    for words in [
        "cut-verify（層network：ネットワーク、カタログNW-03、",
        "根拠\n",
        "適切なRPの動作\n",
        "    with = { fault = \"cut-verify\", at = \"n5\"",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let told = faultkey(&["--lang", "ja", "profiles", "android-device-bound"]).stdout;
    for words in ["署名カウンター", "クレデンシャルごとに1つ", "fingerprint-enrolled", "指紋の追加", "まだ再現していないこと\n"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    let localised = Command::new(env!("CARGO_BIN_EXE_faultkey"))
        .args(["profiles", "iphone"])
        .env_remove("LC_MESSAGES")
        .env_remove("LANG")
        .env("LC_ALL", "ja_JP.UTF-8")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(localised.stdout).unwrap(), faultkey(&["--lang", "ja", "profiles", "iphone"]).stdout);
}

/// What docs/lists.md names, and no more.
#[test]
fn faults_and_profiles_are_data_too() {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lists.md")).unwrap();
    let (_, faults) = manual.split_once("\n## A fault\n").unwrap();
    let (faults, profiles) = faults.split_once("\n## A profile\n").unwrap();
    let names = [registry::all().iter().map(|fault| fault.name).collect(), profile::all().iter().map(|profile| &*profile.name).collect()];
    for ((of, section), names) in [("faults", faults), ("profiles", profiles)].into_iter().zip::<[Vec<&str>; 2]>(names) {
        let first_cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let documented: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`')).collect();
        let all: Value = serde_json::from_str(&faultkey(&[of, "--json"]).stdout).unwrap();
        let all = all[of].as_array().unwrap();
        assert_eq!(all.iter().map(|entry| entry["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
        for entry in all {
            let members: BTreeSet<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, documented, "{of}");
            for text in ["summary", "effect", "title", "evidence"].into_iter().filter_map(|member| entry.get(member)) {
                assert!(text["en"].is_string() && text["ja"].is_string() && text["en"] != text["ja"], "{text}");
            }
        }
        let one = faultkey(&[of, names[1], "--json", "--lang", "ja"]).stdout;
        assert_eq!(serde_json::from_str::<Value>(&one).unwrap(), all[1], "the same in every language");
    }
}

#[test]
fn a_store_goes_out_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let exported = r#"{"format":"faultkey-store","version":1,"authenticators":[{"name":"phone","signCount":7,"credentials":[{
        "id":"AAECAwQFBgcICQoLDA0ODw","rpId":"broker.test","user":{"id":"AQ","name":"taro","displayName":null},
        "key":{"alg":-7,"d":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"},
        "discoverable":true,"backupEligible":false,"backupState":false,"created":1,"signCount":0}]}]}"#;
    fs::write(path("in.json"), exported).unwrap();
    let imported = faultkey(&["store", "import", "--store", &path("store"), &path("in.json")]);
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    assert_eq!(imported.stdout, "1 credential of 1 authenticator imported, 0 replaced\n");

    let again = faultkey(&["store", "import", "--store", &path("store"), &path("in.json")]);
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("--overwrite"), "{}", again.stderr);

    let checked = faultkey(&["store", "check", "--store", &path("store")]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert_eq!(checked.stdout, "phone: 1 credential, 0 invalidated\nevery record can be read\n");

    assert_eq!(faultkey(&["store", "export", "--store", &path("store"), &path("out.json")]).code, Some(0));
    assert!(fs::read_to_string(path("out.json")).unwrap().contains("AAECAwQFBgcICQoLDA0ODw"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path("out.json")).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let as_json = faultkey(&["store", "check", "--json", "--store", &path("store")]);
    let as_json: serde_json::Value = serde_json::from_str(&as_json.stdout).unwrap();
    assert_eq!(
        as_json,
        serde_json::json!({ "sound": true, "authenticators": [{ "name": "phone", "credentials": 1, "invalidated": 0 }], "problems": [] })
    );

    let nowhere = faultkey(&["store", "check", "--store", &path("nowhere")]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("there is no store in"), "{}", nowhere.stderr);
    assert!(!Path::new(&path("nowhere")).exists(), "looking made a store");
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = faultkey(&["completions", shell]);
        assert_eq!(ended.code, Some(0));
        for name in ["exercise", "interrupted-double-tap", "cut-verify", "iphone", "keycloak"] {
            // PowerShell's script offers no values.
            assert!(ended.stdout.contains(name) || (name != "exercise" && ["elvish", "powershell"].contains(&shell)), "{shell}: {name}");
        }
    }
}

/// As bash asks for them when somebody presses the tabulator key.
#[test]
fn bash_completes_names() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("faultkey.bash");
    fs::write(&script, faultkey(&["completions", "bash"]).stdout).unwrap();
    let completed = |line: &str| {
        let complete = "source \"$0\"; [[ $(complete -p faultkey) == *'-F _faultkey'* ]] || exit 1
            COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))
            _faultkey faultkey \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
        let output = Command::new("bash").args(["--norc", "-c", complete]).arg(&script).args(line.split(' ')).output().expect("bash");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let scenarios = completed("faultkey exercise --scenario interrupted-");
    assert!(scenarios.len() > 3 && scenarios.iter().all(|name| name.starts_with("interrupted-")), "{scenarios:?}");
    assert_eq!(completed("faultkey faults cut-v"), ["cut-verify"]);
    assert!(completed("faultkey exercise --profile ip").contains(&"iphone".to_owned()));
    assert_eq!(completed("faultkey profiles yubikey-5"), ["yubikey-5"]);
    assert_eq!(completed("faultkey exercise --adapter keyc"), ["keycloak"]);
    assert_eq!(completed("faultkey adapter check keyc"), ["keycloak"]);
    assert_eq!(completed("faultkey ctl fault add cut-v"), ["cut-verify"]);
    assert_eq!(completed("faultkey --lang j"), ["ja"]);
    // A file is completed by bash itself.
    assert_eq!(completed("faultkey exercise --adapter ./my"), [""]);
}

#[test]
fn no_byte_depends_on_a_locale_that_is_not_japanese() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().to_str().unwrap();
    let commands: [&[&str]; 6] = [
        &["scenarios"],
        &["faults"],
        &["profiles"],
        &["--help"],
        &["exercise", "--help"],
        &["exercise", "-q", "--out", out, "--handling", "opaque", "--scenario", "m0902-uv-not-set", "interrupted-login-committed"],
    ];
    for command in commands {
        let plain = under(&[], command);
        assert!(!plain.stdout.is_empty(), "{command:?}: {}", plain.stderr);
        for variable in [("LANG", "C"), ("LANG", "en_US.UTF-8"), ("LANG", "de_DE.UTF-8"), ("LC_ALL", "fr_FR.ISO-8859-1")] {
            let other = under(&[variable], command);
            assert!(plain.stdout == other.stdout && plain.code == other.code, "{command:?} {variable:?}: {}", other.stdout);
        }
    }
}

#[test]
fn the_option_then_the_locale_choose_the_language() {
    let japanese = |ended: &Ended| ended.stdout.contains("使い方：");
    let help = ["exercise", "--help"];
    assert!(japanese(&under(&[("LANG", "ja_JP.UTF-8")], &help)));
    assert!(japanese(&under(&[("LANG", "C"), ("LC_MESSAGES", "ja_JP.UTF-8")], &help)));
    assert!(!japanese(&under(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")], &help)));
    assert!(japanese(&under(&[("LC_ALL", "C")], &["--lang", "ja", "exercise", "--help"])));
    assert!(!japanese(&under(&[("LANG", "ja_JP.UTF-8")], &["exercise", "--help", "--lang=en"])));
    let wrong = under(&[("LANG", "ja_JP.UTF-8")], &["exercse"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.starts_with("faultkey: サブコマンド「exercse」はありません。「exercise」の間違いではありませんか。"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn alone_it_greets_with_the_first_commands() {
    for (locale, said) in [("C", "a security key that fails on purpose"), ("ja_JP.UTF-8", "意図的に失敗するセキュリティキー")]
    {
        let greeting = under(&[("LC_ALL", locale)], &[]);
        assert_eq!(greeting.code, Some(0));
        assert!(greeting.stdout.contains(said) && greeting.stdout.contains("\n  faultkey exercise\n"), "{}", greeting.stdout);
        assert!(greeting.stdout.lines().count() < 24 && greeting.stderr.is_empty());
    }
}

#[test]
fn a_pipe_gets_plain_lines_and_colours_only_where_they_are_asked_for() {
    let out = tempfile::tempdir().unwrap();
    let some = ["--handling", "opaque", "--scenario", "interrupted-login-committed", "m0902-uv-not-set"];
    let plain = exercise(out.path(), &some).stdout;
    assert!(!plain.contains('\u{1b}'));
    let failed: Vec<&str> = plain.lines().filter(|line| line.starts_with("failed  ")).collect();
    assert!(!failed.is_empty() && failed.iter().all(|line| line.contains("  on ") && line.contains("/")), "{plain}");
    assert!(exercise(out.path(), &[&["--color", "always"][..], &some].concat()).stdout.contains("\u{1b}["));
    assert!(
        under(&[("CLICOLOR_FORCE", "1")], &[&["exercise", "--out", out.path().to_str().unwrap()][..], &some].concat())
            .stdout
            .contains("\u{1b}[")
    );

    let quiet = exercise(out.path(), &[&["-q"][..], &some].concat()).stdout;
    assert!(quiet.lines().all(|line| !line.starts_with("failed") && !line.contains("report")), "{quiet}");
    assert!(quiet.contains("\n* ") && quiet.ends_with("seed 902\n"), "{quiet}");
    let passed = |text: &str| text.lines().filter(|line| line.starts_with("passed  ")).count();
    let verbose = exercise(out.path(), &["-v", "--handling", "diagnosing", "--scenario", "interrupted-login-committed"]).stdout;
    assert!(passed(&plain) == 0 && passed(&verbose) > 0, "{verbose}");
    assert_eq!(exercise(out.path(), &["-q", "-v"]).code, Some(2));
}

#[test]
fn lists_are_printed_as_json_too() {
    let json = |arguments: &[&str]| serde_json::from_str::<serde_json::Value>(&faultkey(arguments).stdout).unwrap();
    let adapters = json(&["adapter", "list", "--json"]);
    let adapters = adapters["adapters"].as_array().unwrap();
    let find = |name: &str| adapters.iter().find(|adapter| adapter["name"] == name).unwrap();
    assert_eq!((&find("better-auth")["tried"], &find("keycloak")["tried"]), (&true.into(), &false.into()));
    assert!(find("embedded")["title"]["ja"].as_str().unwrap().contains("組み込み"));
    let table = faultkey(&["adapter", "list"]).stdout;
    assert!(adapters.iter().all(|adapter| table.contains(adapter["name"].as_str().unwrap())), "{table}");
    assert!(table.contains("untried") && table.contains("faultkey init --adapter NAME"), "{table}");
    assert!(!faultkey(&["adapter", "list", "-q"]).stdout.contains("faultkey init"));

    let schemas = json(&["schema", "--json"]);
    assert!(schemas["schemas"].as_array().unwrap().iter().any(|schema| schema["name"] == "adapter"), "{schemas}");
    assert!(faultkey(&["schema"]).stdout.contains("docs/adapters.md"));
}

/// Of each command a page; man reads it, where there is man.
#[test]
#[allow(clippy::disallowed_macros, reason = "says what was not tried")]
fn manual_pages_are_well_formed() {
    let page = faultkey(&["man"]).stdout;
    assert!(page.contains(".TH faultkey 1") && page.contains("exercise"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    assert_eq!(faultkey(&["man", pages.to_str().unwrap()]).code, Some(0));
    let files: Vec<PathBuf> = fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    for command in ["faultkey.1", "faultkey-exercise.1", "faultkey-ctl-touch.1"] {
        assert!(files.contains(&pages.join(command)), "{files:?}");
    }
    for file in &files {
        let page = fs::read_to_string(file).unwrap();
        for section in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(section), "{}: {section}", file.display());
        }
        for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
            let request = line.split(' ').next().unwrap();
            assert!(
                [".TH", ".SH", ".TP", ".PP", ".RS", ".RE", ".IP", ".br", ".ie", ".el"].contains(&request),
                "{}: {line}",
                file.display()
            );
        }
    }
    match Command::new("man").args(["-l", "--warnings"]).arg(pages.join("faultkey-exercise.1")).env("LC_ALL", "C.UTF-8").output() {
        Ok(shown) if shown.status.success() => {
            let (text, warnings) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
            assert!(text.contains("faultkey-exercise") && text.contains("Exit codes"), "{text}");
            assert!(!warnings.contains("warning"), "{warnings}");
        }
        _ => eprintln!("SKIPPED: the page in `man`, which is not there or shows no files"),
    }
}

/// `-h` is a screen; `--help` has all, in groups.
#[test]
fn the_options_of_exercise_are_in_groups() {
    let long = faultkey(&["exercise", "--help"]).stdout;
    for heading in ["What to play:\n", "The relying party:\n", "Pace and limits:\n", "Output and verdict:\n"] {
        assert_eq!(long.matches(heading).count(), 1, "{heading} {long}");
    }
    let short = faultkey(&["exercise", "-h"]).stdout;
    for rare in ["--comes-back-within", "--restart", "--label", "--require-observable", "--seed"] {
        assert!(long.contains(rare) && !short.contains(rare), "{rare}");
    }
    for frequent in ["--rp", "--adapter", "--scenario", "--out", "--fail-on", "--baseline", "--config"] {
        assert!(short.contains(frequent), "{frequent}");
    }
}

/// A folder to run in.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faultkey"));
        ended(command.args(arguments).current_dir(self.0.path()))
    }
}

const OPAQUE: [&str; 3] = ["exercise", "--handling", "opaque"];
const ONE: &str = "scenarios = [\"interrupted-login-committed\"]\n";

/// One `[[accept]]` for each id of the report's findings.
fn acceptances(report: &Path) -> String {
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let findings = report["targets"][0]["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .flat_map(|finding| std::iter::once(&finding["id"]).chain(finding["also"].as_array().unwrap().iter().map(|also| &also["id"])));
    ids.map(|id| format!("[[accept]]\nid = {id}\nreason = \"SHOP-7\"\n")).collect()
}

#[test]
fn what_faultkey_toml_accepts_fails_nothing() {
    let folder = Folder::new();
    folder.write("faultkey.toml", &format!("{ONE}label = \"build 7\"\nout = \"reports\"\n"));
    let failed = folder.run(&OPAQUE);
    assert_eq!(failed.code, Some(1), "{}{}", failed.stdout, failed.stderr);
    let accept = acceptances(&folder.path("reports/report.json"));
    folder.write("faultkey.toml", &format!("{ONE}label = \"build 7\"\nout = \"reports\"\n{accept}"));
    let passed = folder.run(&OPAQUE);
    assert_eq!(passed.code, Some(0), "{}{}", passed.stdout, passed.stderr);
    assert!(passed.stdout.contains("Accepted  SHOP-7."), "{}", passed.stdout);
    let report = fs::read_to_string(folder.path("reports/report.json")).unwrap();
    assert!(report.contains("\"label\": \"build 7\""));
    // The last day of each is over; the command line's folder wins.
    folder.write("faultkey.toml", &format!("{ONE}out = \"reports\"\n{}", accept.replace("SHOP-7\"\n", "SHOP-7\"\nuntil = 2020-01-31\n")));
    let expired = folder.run(&[&OPAQUE[..], &["--out", "elsewhere"]].concat());
    assert_eq!(expired.code, Some(1), "{}", expired.stderr);
    assert!(expired.stdout.contains(" was accepted until 2020-01-31, and is not any more."), "{}", expired.stdout);
    assert!(folder.path("elsewhere/report.json").exists());
}

#[test]
fn with_a_baseline_only_new_findings_fail_and_two_reports_are_compared() {
    let folder = Folder::new();
    folder.write("faultkey.toml", ONE);
    assert_eq!(folder.run(&OPAQUE).code, Some(1));
    fs::rename(folder.path("faultkey-report/report.json"), folder.path("old.json")).unwrap();
    let with = |more: &[&str]| folder.run(&[&OPAQUE[..], &["--baseline", "old.json"], more].concat());
    let same = with(&[]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.contains("embedded, opaque: 0 new findings, 0 gone, 4 remaining."), "{}", same.stdout);
    let same = folder.run(&["compare", "old.json", "faultkey-report/report.json"]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);

    let more = with(&["--scenario", "interrupted-login-committed", "m0902-key-swapped-same-id"]);
    assert_eq!(more.code, Some(1), "{}{}", more.stdout, more.stderr);
    let compared = |arguments: &[&str]| folder.run(&[&["compare", "old.json", "faultkey-report/report.json"], arguments].concat());
    let told = compared(&[]);
    assert_eq!(told.code, Some(1), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("New findings\n") && told.stdout.contains("(no-register-again/authentication-verify)"), "{}", told.stdout);
    assert_eq!(compared(&["--fail-on", "security"]).code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&compared(&["--json"]).stdout).unwrap();
    assert!(json["targets"][0]["new"].as_array().unwrap().iter().any(|new| new["id"] == "no-register-again/authentication-verify"));
    assert!(compared(&["--lang", "ja"]).stdout.contains("新しい指摘\n"));

    folder.write("one.json", "{\"schema\": \"faultkey-report/1\"}");
    let other = folder.run(&["compare", "one.json", "old.json"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(2), ""));
    assert!(other.stderr.contains("one.json is a faultkey-report/1; this faultkey reads faultkey-report/2"), "{}", other.stderr);
    let nowhere = folder.run(&["compare", "old.json", "nowhere.json"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("the report nowhere.json can't be read: "), "{}", nowhere.stderr);
}

#[test]
fn a_run_that_fails_leaves_no_older_report() {
    let folder = Folder::new();
    let played = || assert_eq!(folder.run(&["exercise", "--scenario", "interrupted-login-committed"]).code, Some(0));
    let reports = || -> Vec<_> { fs::read_dir(folder.path("faultkey-report")).unwrap().map(|entry| entry.unwrap().file_name()).collect() };
    for (wrong, code) in [
        (&["--scenario", "no-such"][..], 2),
        (&["--rp", "http://localhost:9", "--adapter", "no-such.toml"], 2),
        (&["--adapter", "keycloak"], 2),
        (&["--baseline", "no-such.json"], 2),
        (&["--config", "no-such.toml"], 2),
        (&["--rp", "http://localhost:1", "--request-timeout", "1s"], 3),
    ] {
        played();
        folder.write("faultkey-report/notes.txt", "mine");
        assert_eq!(reports().len(), 4);
        let failed = folder.run(&[&["exercise"], wrong].concat());
        assert_eq!(failed.code, Some(code), "{wrong:?} {}", failed.stderr);
        assert_eq!(reports(), ["notes.txt"], "{wrong:?}");
        fs::remove_file(folder.path("faultkey-report/notes.txt")).unwrap();
    }
    // What is to be compared with is not what is written.
    played();
    let same = folder.run(&["exercise", "--baseline", "faultkey-report/report.json"]);
    assert_eq!(same.code, Some(2));
    assert!(same.stderr.contains("is where this run writes its own report"), "{}", same.stderr);
    assert_eq!(reports().len(), 3);
}

#[test]
fn the_file_is_read_by_other_commands_and_its_errors_have_a_line() {
    let folder = Folder::new();
    folder.write("faultkey.toml", "seed = 1\nfail-onn = \"state\"\n");
    for command in [&["exercise"][..], &["adapter", "check"], &["init", "--rp", "http://localhost:1"]] {
        let refused = folder.run(command);
        assert_eq!(refused.code, Some(2), "{command:?}");
        assert!(
            refused.stderr.contains("faultkey.toml:2, fail-onn: unknown key `fail-onn`, did you mean `fail-on`?"),
            "{}",
            refused.stderr
        );
    }
    folder.write("faultkey.toml", "rp = \"https://shop.example.com\"\n");
    let refused = folder.run(&["exercise"]);
    assert!(refused.stderr.contains("shop.example.com is a public host"), "{}", refused.stderr);
    let refused = folder.run(&["adapter", "check"]);
    assert!(
        refused.stderr.contains("name the adapter: faultkey adapter check FILE, or write `adapter` into faultkey.toml"),
        "{}",
        refused.stderr
    );
    // Without a relying party, what is about one is wrong on the command line, and waits in the file.
    folder.write("ci.toml", &format!("{ONE}pace = \"1ms\"\n"));
    assert_eq!(folder.run(&["exercise", "--config", "ci.toml"]).code, Some(0));
    let refused = folder.run(&["exercise", "--config", "ci.toml", "--pace", "1ms"]);
    assert!(refused.stderr.contains("--pace is about a relying party of yours; name it with --rp URL, or with `rp` in faultkey.toml"));
}

/// `faultkey schema` prints what stands in docs/schemas/, and the first line of each example leads there.
#[test]
fn the_schemas_are_those_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (of, examples) in [
        ("adapter", "relying-party/adapters"),
        ("scenario", "scenarios"),
        ("profile", "fault-injection/profiles"),
        ("config", "docs"),
        ("report", "docs"),
    ] {
        let file = root.join(format!("docs/schemas/{of}.schema.json"));
        let printed = faultkey(&["schema", of]).stdout;
        if std::env::var_os("FAULTKEY_BLESS").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        assert_eq!(printed, fs::read_to_string(&file).unwrap(), "FAULTKEY_BLESS=1 writes {} anew", file.display());
        // The example of faultkey.toml stands in docs/config.md; the lab's tests read it.
        if matches!(of, "config" | "report") {
            continue;
        }
        for example in fs::read_dir(root.join(examples)).unwrap() {
            let example = example.unwrap().path();
            let text = fs::read_to_string(&example).unwrap();
            let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).expect("a first line that names its schema");
            assert_eq!(example.parent().unwrap().join(schema).canonicalize().unwrap(), file.canonicalize().unwrap());
        }
    }
}

/// An editor's validator takes every file of ours, and names what is wrong in another.
#[test]
fn others_read_the_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let validated = |of: &str, files: &[PathBuf]| {
        let mut command = Command::new(environment::python());
        command.arg(root.join("tests/schemas/validate.py")).arg(root.join(format!("docs/schemas/{of}.schema.json"))).args(files);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (of, examples) in [("adapter", "relying-party/adapters"), ("scenario", "scenarios"), ("profile", "fault-injection/profiles")] {
        let files: Vec<PathBuf> = fs::read_dir(root.join(examples)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(validated(of, &files), "");
    }
    let folder = tempfile::tempdir().unwrap();
    let manual = fs::read_to_string(root.join("docs/config.md")).unwrap();
    let config = folder.path().join("faultkey.toml");
    let example = manual.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    fs::write(&config, example).unwrap();
    assert_eq!(validated("config", std::slice::from_ref(&config)), "");
    fs::write(&config, example.replace("fail-on = \"no-way-out\"", "fail-on = \"grave\"").replace("pace = \"200ms\"", "pace = \"200\""))
        .unwrap();
    assert_eq!(validated("config", std::slice::from_ref(&config)).lines().count(), 2);
    let wrong = folder.path().join("wrong.toml");
    let text = fs::read_to_string(root.join("relying-party/adapters/better-auth.toml")).unwrap();
    fs::write(&wrong, text.replace("once = \"session\"", "once = \"day\"").replace("path = \"/api/auth/get-session\"", "pth = \"/x\""))
        .unwrap();
    let out = folder.path().join("out");
    let ended = faultkey(&["exercise", "--handling", "opaque", "--out", &out.display().to_string()]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report = out.join("report.json");
    assert_eq!(validated("report", std::slice::from_ref(&report)), "");
    fs::write(&report, fs::read_to_string(&report).unwrap().replace("\"gravity\": \"no-way-out\"", "\"gravity\": 3")).unwrap();
    assert!(validated("report", &[report]).contains(".gravity: 3"));
    let errors = validated("adapter", &[wrong]);
    assert!(errors.contains("$.registration.before[1].once: 'day'"), "{errors}");
    assert!(errors.contains("$.session: {'pth': '/x'"), "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
}
