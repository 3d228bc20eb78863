//! What a person reads when mapping and relying party do not fit, word for word.

use super::*;

fn unread(answer: &Answer) -> Unread {
    assert!(!answer.accepted);
    answer.unread.clone().expect("something is not where the adapter says")
}

#[tokio::test]
async fn options_that_are_not_where_the_mapping_says() {
    let (address, _) = serve(|_| reply(200, json!({"options": {"challenge": "AAAA"}}))).await;
    let Bench { adapter, .. } = shop(&shop_with(""), address);
    let answer = adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await.unwrap();
    let unread = answer.absent.unwrap();
    assert_eq!(unread, Unread::new("registration.options", "options", "\"/publicKey\""));
    assert_eq!(unread.to_string(), "[registration.options] `options = \"/publicKey\"` finds nothing in the answer");
    assert_eq!(unread.advice(), "Set `options` to the JSON pointer at which the answer has it; \"\" is the whole body.");
    assert_eq!((answer.status, answer.options), (200, None));
}

#[tokio::test]
async fn an_acceptance_rule_that_finds_nothing() {
    let (address, _) = serve(|_| reply(200, json!({"ok": true}))).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let answer = adapter.authentication_result(&mut adapter.session(), &mika(), &json!({"id": "AQ"})).await.unwrap();
    assert_eq!((answer.accepted, answer.unread, answer.absent), (false, None, Some(Unread::new("result", "accepted", "\"/status\""))));
    // Its own rule stands in its own section; an answer that the rule refuses by its status is read.
    let own = shop_with("").replace("\"{credential}\" }", "\"{credential}\", accepted = { pointer = \"/done\", equals = true } }");
    let Bench { adapter, .. } = shop(&own, address);
    let answer = adapter.authentication_result(&mut adapter.session(), &mika(), &json!({"id": "AQ"})).await.unwrap();
    assert_eq!(answer.absent, Some(Unread::new("authentication.verify", "accepted", "\"/done\"")));
    let (address, _) = serve(|_| reply(403, json!({"ok": true}))).await;
    let Bench { adapter, .. } = shop(&own, address);
    let answer = adapter.authentication_result(&mut adapter.session(), &mika(), &json!({"id": "AQ"})).await.unwrap();
    assert_eq!((answer.accepted, answer.unread, answer.absent), (false, None, None));
}

#[tokio::test]
async fn a_page_instead_of_json_is_an_answer() {
    let (address, _) = serve(|_| axum::response::Html("<html>").into_response()).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    let answer = adapter.authentication_options(&mut adapter.session(), None, &wish()).await.unwrap();
    assert_eq!(unread(&answer).field, "options");
    assert!(answer.is_html());
    assert_eq!((answer.json, answer.text.as_str(), answer.content_type.as_deref()), (None, "<html>", Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn the_headers_that_tell_what_is_wrong_are_told() {
    let (address, _) = serve(|saw| match saw.request.as_str() {
        "POST /assertion/options" => with_header(with_header(reply(405, json!({})), "allow", "GET, PUT"), "location", "/elsewhere"),
        _ => with_header(reply(401, json!({})), "www-authenticate", "Basic"),
    })
    .await;
    let Bench { adapter, transcript, .. } = built_in("fido-conformance", address);
    let mut session = adapter.session();
    let first = adapter.authentication_options(&mut session, None, &wish()).await.unwrap();
    assert_eq!((first.allow.as_deref(), first.location.as_deref(), first.www_authenticate), (Some("GET, PUT"), Some("/elsewhere"), false));
    let second = adapter.authentication_result(&mut session, &mika(), &json!({})).await.unwrap();
    assert!(second.www_authenticate && !second.is_html());
    assert_eq!((second.allow, second.location), (None, None));
    assert_eq!((first.exchange, second.exchange), (1, 3));
    let path = |number: usize| match &transcript.entries()[number - 1].what {
        What::HttpRequest { path, .. } => path.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!([path(1), path(3)], ["/assertion/options", "/assertion/result"]);
    assert!(!first.faulted && !first.rate_limited());
}

#[tokio::test]
async fn a_hook_that_is_refused() {
    let (address, _) = serve(|_| StatusCode::NOT_FOUND.into_response()).await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let AdapterError::Mismatch(mismatch) = adapter.reset(&mika()).await.unwrap_err() else { panic!("no mismatch") };
    assert_eq!((mismatch.section, mismatch.status, &mismatch.what, mismatch.exchange), ("hooks.reset", 404, &Misfit::Refused, 1));
    assert_eq!(
        mismatch.to_string(),
        "the adapter `embedded` does not fit the relying party: [hooks.reset] was refused, expected a status of 2xx, or what `accepted` says\n  \
         request: POST https://broker.test/hooks/reset\n           {\"username\":\"mika\"}\n  \
         answer:  status 404, no content type\n           (no body)\n  Check `method`, `path` and `body`."
    );
}

#[tokio::test]
async fn what_a_session_answer_says() {
    let says = |rule: &'static str, body: serde_json::Value| async move {
        let (address, _) = serve(move |_| reply(200, body.clone())).await;
        let mapping = shop_with(&format!("[session]\npath = \"/me\"\n{rule}\n"));
        let Bench { adapter, .. } = shop(&mapping, address);
        match adapter.is_authenticated(&mut adapter.session()).await.unwrap() {
            Observation::Seen(is_authenticated) => Some(is_authenticated),
            Observation::NotObservable(_) => None,
        }
    };
    let user = "pointer = \"/user/id\"";
    assert_eq!(says(user, json!({ "user": { "id": "u1" } })).await, Some(true), "an id says who is signed in");
    assert_eq!(says(user, json!({ "user": { "id": null } })).await, Some(false));
    assert_eq!(says(user, json!({ "user": null })).await, Some(false));
    assert_eq!(says(user, json!(null)).await, Some(false));
    assert_eq!(says(user, json!({ "account": { "id": "u1" } })).await, Some(false), "nothing there says no");
    let flag = "pointer = \"/ok\"";
    assert_eq!(says(flag, json!({ "ok": true })).await, Some(true));
    assert_eq!(says(flag, json!({ "ok": false })).await, Some(false));
    let state = "pointer = \"/state\"\nequals = \"in\"";
    assert_eq!(says(state, json!({ "state": "in" })).await, Some(true));
    assert_eq!(says(state, json!({ "state": "out" })).await, Some(false));
}

#[tokio::test]
async fn a_csrf_token_that_is_not_there() {
    let (address, log) = serve(|_| reply(200, json!({"xsrf": "t"}))).await;
    for (from, field, pointer) in [
        ("{ pointer = \"/token\" }", "from", "\"/token\""),
        ("{ cookie = \"XSRF\" }", "from", "{ cookie = \"XSRF\" }"),
        ("{ header = \"X-Token\" }", "from", "{ header = \"x-token\" }"),
        (
            "{ html = \"input[name=csrf]\", attribute = \"value\" }",
            "from",
            "{ html = \"input[name=\"csrf\"]\" } with attribute = \"value\"",
        ),
    ] {
        let more = "[hooks]\nreset = { path = \"/reset\" }\n";
        let mapping = shop_with(&format!("[csrf]\npath = \"/csrf\"\nfrom = {from}\nsend = {{ header = \"X-CSRF\" }}\n{more}"));
        let Bench { adapter, .. } = shop(&mapping, address);
        let answer = adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await.unwrap();
        let unread = unread(&answer);
        assert_eq!(unread, Unread::new("csrf", field, pointer));
        assert_eq!(unread.advice(), "Check `path`, and where the token stands: `pointer`, `cookie`, `header` or `html`.");
        let AdapterError::Mismatch(mismatch) = adapter.reset(&mika()).await.unwrap_err() else { panic!("no mismatch") };
        assert_eq!((mismatch.section, mismatch.field(), mismatch.place()), ("csrf", Some(field), Some(pointer)));
    }
    assert!(log.requests().iter().all(|request| request == "GET /csrf"), "nothing is sent without the token");
}
