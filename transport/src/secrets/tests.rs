use super::*;

fn secrets() -> Secrets {
    let secrets = Secrets::default();
    secrets.variable("KEY", "s3cr&t/\"é é");
    secrets.variable("FLAG", "true");
    secrets.variable("PIN", "42");
    secrets
}

#[test]
fn a_variable_is_masked_in_every_form() {
    let secrets = secrets();
    for form in [
        "s3cr&t/\"é é",
        r#"s3cr&t/\"é é"#,
        r#"s3cr&t\/\"\u00e9 \u00e9"#,
        r#"s3cr&t/\"\u00e9 \u00e9"#,
        "s3cr%26t%2F%22%C3%A9%20%C3%A9",
        "s3cr%26t%2f%22%c3%a9%20%c3%a9",
        "s3cr%26t%2F%22%C3%A9+%C3%A9",
        "s3cr&amp;t/&quot;é é",
        "czNjciZ0LyLDqSDDqQ",
    ] {
        assert_eq!(secrets.mask(&format!("<{form}>{form}")), "<{env:KEY}>{env:KEY}", "{form}");
    }
    assert_eq!(secrets.mask("{env:KEY} and {env:s3cr"), "{env:KEY} and {env:s3cr");
}

#[test]
fn what_would_shred_a_text_is_not_looked_for() {
    assert_eq!(secrets().mask("true 42 theme=midnight"), "true 42 theme=midnight");
    let secrets = Secrets::default();
    assert_eq!(secrets.header("Cookie", "lang=ja; theme=midnight; s=0123456789"), "lang=<masked 1>; theme=<masked 2>; s=<masked 3>");
    assert_eq!(secrets.mask("ja midnight 0123456789"), "ja midnight <masked 3>");
}

#[test]
fn equal_secrets_have_equal_masks_and_different_ones_different_masks() {
    let secrets = Secrets::default();
    let set = |value: &str| secrets.header("set-cookie", &format!("sid={value}; Path=/; HttpOnly"));
    assert_eq!(
        [set("first-0001"), set("second-0002"), set("first-0001")],
        [1, 2, 1].map(|n| format!("sid=<masked {n}>; Path=/; HttpOnly"))
    );
    assert_eq!(secrets.header("cookie", "sid=second-0002"), "sid=<masked 2>");
    assert_eq!(secrets.mask("was first-0001"), "was <masked 1>");
    assert_eq!(set(""), "sid=; Path=/; HttpOnly");
}

#[test]
fn authorization_keeps_its_scheme_and_the_names_of_variables() {
    let secrets = secrets();
    assert_eq!(secrets.header("Authorization", "Bearer abcdefgh1"), "Bearer <masked 1>");
    assert_eq!(secrets.header("Authorization", "Bearer {env:KEY}"), "Bearer {env:KEY}");
    assert_eq!(secrets.header("Authorization", "true"), "{env:FLAG}");
    let basic = format!("Basic {}", BASE64.encode(b"mika:paper-crane-1"));
    assert_eq!(secrets.header("Proxy-Authorization", &basic), "Basic <masked 2>");
    assert_eq!(secrets.mask("no mika:paper-crane-1 here, nor paper-crane-1"), "no <masked 3> here, nor <masked 4>");
}

#[test]
fn the_user_and_the_password_of_a_url() {
    let secrets = Secrets::default();
    secrets.userinfo("mika", "paper-crane-1");
    assert_eq!(secrets.mask("http://mika:paper-crane-1@shop.test"), "http://<masked 3>@shop.test");
    assert_eq!(secrets.mask("Basic bWlrYTpwYXBlci1jcmFuZS0x"), "Basic <masked 2>");
}

#[test]
fn a_challenge_in_a_cookie_is_no_secret() {
    let secrets = Secrets::default();
    assert_eq!(secrets.header("set-cookie", "challenge=0123456789abcdef"), "challenge=<masked 1>");
    secrets.public("0123456789abcdef");
    assert_eq!(secrets.mask("0123456789abcdef"), "0123456789abcdef");
    assert_eq!(secrets.header("cookie", "challenge=0123456789abcdef"), "challenge=<masked 1>");
    // The other way round.
    secrets.public("fedcba9876543210");
    assert_eq!(secrets.header("cookie", "c=fedcba9876543210"), "c=<masked 2>");
    assert_eq!(secrets.mask("fedcba9876543210"), "fedcba9876543210");
    // A variable is one all the same.
    secrets.variable("KEY", "0000-1111-2222");
    secrets.public("0000-1111-2222");
    assert_eq!(secrets.mask("0000-1111-2222"), "{env:KEY}");
}

#[test]
fn a_text_is_cut_but_no_secret_in_two() {
    let secrets = Secrets::default();
    secrets.value("0123456789");
    assert_eq!(secrets.mask_and_cut("ab0123456789cd", 4, 0), "ab<masked 1>… (2 more bytes, cut)");
    assert_eq!(secrets.mask_and_cut("あいう", 4, 10), "あい… (13 more bytes, cut)");
    assert_eq!(secrets.mask_and_cut("abc", 3, 0), "abc");
}

#[test]
fn bytes_keep_their_length() {
    let secrets = Secrets::default();
    secrets.value("0123456789");
    let hex = HEXLOWER.encode(b"\x01x0123456789y");
    assert_eq!(secrets.mask_hex(&hex), HEXLOWER.encode(b"\x01x**********y"));
    assert_eq!(secrets.mask_hex("no hex"), "no hex");
}

#[test]
fn what_is_revealed_is_shown() {
    let secrets = secrets();
    secrets.reveal();
    for (name, value) in [("cookie", "sid=0123456789"), ("authorization", "Basic eDp5"), ("x", "s3cr&t/\"é é")] {
        assert_eq!(secrets.header(name, value), value);
    }
    assert_eq!(secrets.mask("0123456789"), "0123456789");
    assert!(!format!("{secrets:?}").contains("s3cr"));
}
