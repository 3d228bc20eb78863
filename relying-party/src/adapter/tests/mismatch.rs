//! What a person reads when mapping and relying party do not fit, word for word.

use super::*;

fn text<T: std::fmt::Debug>(result: Result<T, AdapterError>) -> String {
    match result.unwrap_err() {
        AdapterError::Mismatch(text) => text,
        other => panic!("not a mismatch: {other:?}"),
    }
}

#[tokio::test]
async fn options_that_are_not_where_the_mapping_says() {
    let (address, _) = serve(|_| reply(200, json!({"options": {"challenge": "AAAA"}}))).await;
    let Bench { adapter, .. } = shop(&shop_with(""), address);
    assert_eq!(
        text(adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await),
        "the mapping `shop` does not fit the relying party: [registration.options] `options = \"/publicKey\"` finds nothing in the answer\n  \
         request: POST https://broker.test/new\n           {\"email\":\"mika\"}\n  \
         answer:  status 200, application/json\n           {\"options\":{\"challenge\":\"AAAA\"}}\n  \
         Set `options` to the JSON pointer at which the answer has it; \"\" is the whole body."
    );
}

#[tokio::test]
async fn an_acceptance_rule_that_finds_nothing() {
    let (address, _) = serve(|_| reply(200, json!({"ok": true}))).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    assert_eq!(
        text(adapter.authentication_result(&mut adapter.session(), &mika(), &json!({"id": "AQ"})).await),
        "the mapping `fido-conformance` does not fit the relying party: [result] `accepted.pointer = \"/status\"` finds nothing in the \
         answer\n  request: POST https://broker.test/assertion/result\n           {\"id\":\"AQ\"}\n  \
         answer:  status 200, application/json\n           {\"ok\":true}\n  \
         Set `accepted.pointer` to the JSON pointer at which the answer has it; \"\" is the whole body."
    );
}

#[tokio::test]
async fn a_page_instead_of_json_is_shown_by_its_first_500_characters() {
    let page = format!("<html>\n{}", "あ".repeat(600));
    let (address, _) = serve(move |_| axum::response::Html(page.clone()).into_response()).await;
    let Bench { adapter, .. } = built_in("fido-conformance", address);
    assert_eq!(
        text(adapter.authentication_options(&mut adapter.session(), None, &wish()).await),
        format!(
            "the mapping `fido-conformance` does not fit the relying party: [result] `accepted.pointer = \"/status\"` finds nothing in the \
             answer\n  request: POST https://broker.test/assertion/options\n           {{\"userVerification\":\"required\"}}\n  \
             answer:  status 200, text/html; charset=utf-8\n           <html> {}… (107 more characters)\n  \
             Set `accepted.pointer` to the JSON pointer at which the answer has it; \"\" is the whole body.",
            "あ".repeat(493)
        )
    );
}

#[tokio::test]
async fn a_hook_that_is_refused() {
    let (address, _) = serve(|_| StatusCode::NOT_FOUND.into_response()).await;
    let Bench { adapter, .. } = built_in("embedded", address);
    assert_eq!(
        text(adapter.reset(&mika()).await),
        "the mapping `embedded` does not fit the relying party: [hooks.reset] was refused, expected a status of 2xx\n  \
         request: POST https://broker.test/hooks/reset\n           {\"username\":\"mika\"}\n  \
         answer:  status 404, no content type\n           (no body)\n  Check `method`, `path` and `body`."
    );
}

#[tokio::test]
async fn hooks_whose_pointers_find_nothing() {
    let (address, _) = serve(|saw| match saw.request.as_str() {
        "GET /hooks/log?username=mika" => reply(200, json!({"lines": []})),
        "GET /hooks/credentials?username=mika" => reply(200, json!([{"credentialId": "AQ"}])),
        _ => reply(200, json!({"user": "mika"})),
    })
    .await;
    let Bench { adapter, .. } = built_in("embedded", address);
    let head = "the mapping `embedded` does not fit the relying party: ";
    let shows = |text: String, what: &str, path: &str, body: &str| {
        let field = what.split('`').nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert_eq!(
            text,
            format!(
                "{head}{what} finds nothing in the answer\n  request: GET https://broker.test{path}\n  \
                 answer:  status 200, application/json\n           {body}\n  \
                 Set `{field}` to the JSON pointer at which the answer has it; \"\" is the whole body."
            )
        );
    };
    shows(text(adapter.log(&mika()).await), "[hooks.log] `list = \"\"`", "/hooks/log?username=mika", "{\"lines\":[]}");
    shows(
        text(adapter.credentials(&mika()).await),
        "[hooks.credentials] `id = \"/id\"`",
        "/hooks/credentials?username=mika",
        "[{\"credentialId\":\"AQ\"}]",
    );
    let user = "{\"user\":\"mika\"}";
    shows(text(adapter.account_state(&mika()).await), "[hooks.account] `locked = \"/locked\"`", "/hooks/account?username=mika", user);
    let mut session = adapter.session();
    shows(text(adapter.draft(&mut session).await), "[hooks.draft.read] `pointer = \"/draft\"`", "/session", user);
    shows(text(adapter.is_authenticated(&mut session).await), "[session] `pointer = \"/authenticated\"`", "/session", user);
}

#[tokio::test]
async fn a_csrf_token_that_is_not_there() {
    let (address, _) = serve(|_| reply(200, json!({"xsrf": "t"}))).await;
    let mapping = shop_with("[csrf]\npath = \"/csrf\"\nfrom = { pointer = \"/token\" }\nsend = { header = \"X-CSRF\" }\n");
    let Bench { adapter, .. } = shop(&mapping, address);
    assert_eq!(
        text(adapter.registration_options(&mut adapter.session(), &mika(), &wish()).await),
        "the mapping `shop` does not fit the relying party: [csrf] `from = { pointer = \"/token\" }` finds no token in the answer\n  \
         request: GET https://broker.test/csrf\n  answer:  status 200, application/json\n           {\"xsrf\":\"t\"}\n  \
         Check `path`, and where the token stands: `pointer`, `cookie` or `header`."
    );
}
