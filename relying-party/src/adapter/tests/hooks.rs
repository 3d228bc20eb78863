//! Hooks that can't be read: nothing ends, something is not observable.

use super::*;

fn failed<T: std::fmt::Debug>(observation: Result<Observation<T>, AdapterError>) -> Mismatch {
    match observation.unwrap() {
        Observation::NotObservable(Unseen::HookFailed(mismatch)) => *mismatch,
        other => panic!("not a hook that failed: {other:?}"),
    }
}

#[tokio::test]
async fn hooks_whose_pointers_find_nothing() {
    let page = format!("<html>\n{}", "あ".repeat(600));
    let (address, _) = serve(move |saw| match saw.request.as_str() {
        "GET /hooks/log?username=mika" => reply(200, json!({"lines": []})),
        "GET /hooks/credentials?username=mika" => reply(200, json!([{"credentialId": "AQ"}])),
        "GET /hooks/account?username=mika" => axum::response::Html(page.clone()).into_response(),
        _ => reply(200, json!({"user": "mika"})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let mut session = adapter.session();
    let place = |mismatch: &Mismatch| {
        let Misfit::Unread(Unread { section, field, place }) = &mismatch.what else { panic!("{mismatch}") };
        assert_eq!(*section, mismatch.section);
        (*section, field.clone(), place.clone())
    };
    let log = failed(adapter.log(&mika()).await);
    assert_eq!(place(&log), ("hooks.log", "list".to_owned(), "\"\"".to_owned()));
    assert_eq!(
        log.to_string(),
        "the adapter `embedded` does not fit the relying party: [hooks.log] `list = \"\"` finds nothing in the answer\n  \
         request: GET https://broker.test/hooks/log?username=mika\n  \
         answer:  status 200, application/json\n           {\"lines\":[]}\n  \
         Set `list` to the JSON pointer at which the answer has it; \"\" is the whole body."
    );
    let credentials = failed(adapter.credentials(&mika()).await);
    assert_eq!(place(&credentials), ("hooks.credentials", "id".to_owned(), "\"/id\"".to_owned()));
    let account = failed(adapter.account_state(&mika()).await);
    assert_eq!(place(&account), ("hooks.account", "locked".to_owned(), "\"/locked\"".to_owned()));
    assert_eq!(account.body, format!("<html> {}… (807 more bytes, cut)", "あ".repeat(331)), "the first thousand bytes");
    assert_eq!(place(&failed(adapter.draft(&mut session).await)), ("hooks.draft.read", "pointer".to_owned(), "\"/draft\"".to_owned()));
    assert_eq!(adapter.is_authenticated(&mut session).await.unwrap(), Observation::Seen(false), "nothing there says no");
}

#[tokio::test]
async fn hooks_that_are_refused_are_not_observable_and_a_session_check_that_is_refused_says_no() {
    for (status, logged_in) in [(401, Some(false)), (404, Some(false)), (302, Some(false)), (429, None), (500, None), (503, None)] {
        let (address, _) = serve(move |_| reply(status, json!({}))).await;
        let Bench { adapter, .. } = built_in("embedded", address);
        let mut session = adapter.session();
        for mismatch in [
            failed(adapter.credentials(&mika()).await),
            failed(adapter.account_state(&mika()).await),
            failed(adapter.log(&mika()).await),
            failed(adapter.draft(&mut session).await),
            failed(adapter.save_draft(&mut session, "").await),
        ] {
            assert_eq!((mismatch.what, mismatch.status), (Misfit::Refused, status));
        }
        match logged_in {
            Some(yes) => assert_eq!(adapter.is_authenticated(&mut session).await.unwrap(), Observation::Seen(yes), "{status}"),
            None => assert_eq!(failed(adapter.is_authenticated(&mut session).await).section, "session", "{status}"),
        }
    }
}

#[tokio::test]
async fn a_way_out_that_is_not_answered_is_not_observable() {
    let (address, _) = serve(|saw| match saw.request.as_str() {
        "POST /assertion/result" => reply(400, json!({"next": [{"action": "retry", "href": "/retry"}]})),
        _ => reply(429, json!({})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let mut session = adapter.session();
    adapter.authentication_result(&mut session, &mika(), &json!({})).await.unwrap();
    let mismatch = failed(adapter.way_out_exists(&mut session, "retry").await);
    assert_eq!((mismatch.section, mismatch.status), ("result", 429));
}

#[tokio::test]
async fn a_relying_party_that_is_gone_is_not_observable() {
    let (address, _socket) = network::nobody();
    let Bench { adapter, .. } = built_in("embedded", address);
    let Observation::NotObservable(Unseen::Unreachable(unreachable)) = adapter.log(&mika()).await.unwrap() else { panic!("seen") };
    assert_eq!(unreachable.why, Why::NothingListens);
    let adapter = built_in("embedded", address).adapter.answered_before();
    assert_eq!(failed(adapter.log(&mika()).await).arrived, Arrived::Nothing(Lost::Refused));
    let AdapterError::Mismatch(mismatch) = adapter.reset(&mika()).await.unwrap_err() else { panic!("no mismatch") };
    assert_eq!(mismatch.arrived, Arrived::Nothing(Lost::Refused));
}

#[test]
fn what_is_missing_is_said_and_the_section_can_be_asked_for() {
    let elsewhere = Unseen::ElsewhereAddress { way: "app".to_owned(), href: "https://a.test/".to_owned() };
    let cases = [
        (Unseen::NoSection("hooks.log"), Some("hooks.log"), "the adapter has no section [hooks.log]"),
        (Unseen::NoField { section: "result", field: "next" }, None, "the adapter has no `next` in its section [result]"),
        (Unseen::NoAddress { way: "app".to_owned() }, None, "the answer offers `app` without an address"),
        (elsewhere, None, "the answer offers `app` at https://a.test/, which is not on the relying party's server"),
    ];
    for (unseen, section, text) in cases {
        assert_eq!((unseen.section(), unseen.to_string().as_str()), (section, text));
    }
}
