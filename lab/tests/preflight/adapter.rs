//! What the adapter file says that can't be judged by, and what it says that makes a ceremony possible.

use super::*;

fn with(adapter: &str) -> Mapping {
    let plain = include_str!("../../../relying-party/adapters/fido-conformance.toml");
    Mapping::parse(&format!("{plain}\n{adapter}"), "shop.toml").unwrap()
}

/// Signed in with this cookie, which an accepted log-in sets.
fn session_of(asked: &Asked) -> bool {
    asked.headers.get("cookie").is_some_and(|cookie| cookie.to_str().unwrap().contains("s=1"))
}

/// Accepts everything but a broken signature, and keeps sessions; `me` answers who is signed in.
async fn with_session(me: fn(bool) -> serde_json::Value) -> SocketAddr {
    let log_ins = Mutex::new(0);
    serve(move |asked| match asked.path.as_str() {
        "/me" => reply(200, me(session_of(&asked))),
        LOGIN_VERIFY => {
            let mut log_ins = log_ins.lock().unwrap();
            *log_ins += 1;
            with_header(lenient(&asked), "set-cookie", "s=1; Path=/")
        }
        _ => lenient(&asked),
    })
    .await
}

#[tokio::test]
async fn a_session_check_that_sees_no_difference() {
    let address = with_session(|signed_in| json!({ "user": if signed_in { json!({ "name": "mika" }) } else { json!(null) } })).await;
    let wrong = [
        ("pointer = \"/account\"", "nobody is signed in after a sign-in that was accepted"),
        ("pointer = \"/user\"\nequals = true", "nobody is signed in after a sign-in that was accepted"),
        ("", "signed in before anybody has signed in"),
    ];
    for (rule, words) in wrong {
        let case = Case { mapping: with(&format!("[session]\npath = \"/me\"\n{rule}")), ..Case::localhost(address) };
        let (not, page) = case.fails().await;
        assert_eq!(not.problem.id(), "session-not-told", "{rule}");
        says(&page, &[words, "{\"user\":null}", "{\"user\":{\"name\":\"mika\"}}", "pointer = \"/user\""]);
    }
    let right = Case { mapping: with("[session]\npath = \"/me\"\npointer = \"/user\""), ..Case::localhost(address) };
    exercise(&right.plan(), &Told::default(), &Stop::never()).await.unwrap();
}

#[tokio::test]
async fn a_relying_party_that_signs_nobody_in_is_judged_for_that() {
    let address = with_session(|_| json!({ "user": null })).await;
    let case = Case { mapping: with("[session]\npath = \"/me\"\npointer = \"/user\""), ..Case::localhost(address) };
    let run = exercise(&case.plan(), &Told::default(), &Stop::never()).await.unwrap();
    let ids: Vec<_> = run.targets[0].findings.iter().map(|finding| finding.id.to_string()).collect();
    assert!(ids.contains(&"accepted-without-session/authentication-verify".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn binary_members_in_another_encoding() {
    let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let ways = [("base64", json!("Bw/+BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")), ("integers", json!(vec![7; 32])), ("hex", json!(hex))];
    for (name, challenge) in ways {
        let address = serve(move |asked| match asked.path.as_str() {
            OPTIONS => {
                let mut options = options(&asked);
                options["challenge"] = challenge.clone();
                reply(200, options)
            }
            // Whoever reads hex as base64url signs another challenge.
            VERIFY => refusal(400),
            _ => lenient(&asked),
        })
        .await;
        let (not, page) = Case::localhost(address).fails().await;
        assert_eq!(not.problem.id(), "other-encoding", "{name}: {:?}", not.problem);
        says(&page, &[&format!("[encoding] options = \"{name}\"")]);
    }
}

#[tokio::test]
async fn a_sign_in_before_the_registration() {
    let before = "[[registration.before]]\npath = \"/sign-in\"\nbody = { name = \"{username}\" }";
    let guarded = || {
        serve(|asked| match asked.path.as_str() {
            "/sign-in" => with_header(reply(200, json!({})), "set-cookie", "s=1; Path=/"),
            OPTIONS if !session_of(&asked) => refusal(401),
            _ => lenient(&asked),
        })
    };
    let (not, page) = Case::localhost(guarded().await).fails().await;
    assert_eq!(not.problem.id(), "sign-in-wanted");
    says(&page, &["[[registration.before]]", "once = \"account\""]);
    let case = Case { mapping: with(before), ..Case::localhost(guarded().await) };
    exercise(&case.plan(), &Told::default(), &Stop::never()).await.unwrap();

    let address = answering("/sign-in", |_| refusal(422)).await;
    let (not, page) = Case { mapping: with(before), ..Case::localhost(address) }.fails().await;
    assert_eq!(not.problem, Problem::HookFailed { section: "registration.before" });
    says(&page, &["The request of [registration.before]", "422"]);
}

#[tokio::test]
async fn accounts_of_a_list_that_is_too_short() {
    let address = serve(|asked| lenient(&asked)).await;
    let mapping = with("[account]\nlist = [\"qa1\"]");
    let plan = Plan {
        scenarios: scenario::select(&["clean-ceremonies".to_owned(), "short-signature".to_owned()]).unwrap(),
        ..Case { mapping, ..Case::localhost(address) }.plan()
    };
    let run = exercise(&plan, &Told::default(), &Stop::never()).await.unwrap();
    let last = &run.targets[0].scenarios[1];
    assert!(format!("{:?}", last.reason).contains("every account of `[account] list`"), "{:?}", last.reason);
}

#[tokio::test]
async fn a_scenario_is_played_on_a_device_that_fits() {
    let address = serve(|asked| match asked.path.as_str() {
        OPTIONS => {
            let mut options = options(&asked);
            options["authenticatorSelection"]["authenticatorAttachment"] = json!("cross-platform");
            reply(200, options)
        }
        _ => lenient(&asked),
    })
    .await;
    let names = ["clean-ceremonies".to_owned(), "short-signature".to_owned()];
    let plan = Plan { scenarios: scenario::select(&names).unwrap(), ..Case::localhost(address).plan() };
    let run = exercise(&plan, &Told::default(), &Stop::never()).await.unwrap();
    let played: Vec<_> = run.targets[0].scenarios.iter().map(|scenario| (scenario.id.as_str(), scenario.profile.as_str())).collect();
    assert_eq!(played, [("clean-ceremonies", "windows-phone-qr"), ("short-signature", "windows-phone-qr")]);
}
