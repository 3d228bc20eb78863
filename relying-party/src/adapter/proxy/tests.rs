use super::*;

fn read(variables: &[(&str, &str)]) -> Proxies {
    Proxies::read(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
}

/// The proxy on the way, or why it can't be used.
fn way(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
    let proxy = read(variables).on_the_way_to(&url.parse().unwrap()).map_err(|error| error.to_string())?;
    Ok(proxy.map(|proxy| proxy.to_string()))
}

fn through(variables: &[(&str, &str)], url: &str) -> Option<String> {
    way(variables, url).unwrap()
}

#[test]
fn each_scheme_has_its_variable_and_all_is_for_both() {
    let some = |text: &str| Some(text.to_owned());
    let both = [("HTTP_PROXY", "http://plain:3128"), ("HTTPS_PROXY", "http://tunnel:3129")];
    assert_eq!(through(&both, "http://shop.example"), some("http://plain:3128 (from HTTP_PROXY)"));
    assert_eq!(through(&both, "https://shop.example"), some("http://tunnel:3129 (from HTTPS_PROXY)"));
    assert_eq!(through(&both[..1], "https://shop.example"), None);
    let all = [("ALL_PROXY", "all:1"), ("https_proxy", "own:2")];
    assert_eq!(through(&all, "http://shop.example"), some("http://all:1 (from ALL_PROXY)"));
    assert_eq!(through(&all, "https://shop.example"), some("http://own:2 (from https_proxy)"));
    assert_eq!(through(&[("all_proxy", "[fd00::1]")], "http://shop.example"), some("http://[fd00::1]:80 (from all_proxy)"));
    assert_eq!(through(&[], "https://shop.example"), None);
}

#[test]
fn small_letters_come_first_and_an_empty_value_is_none() {
    let one = [("HTTP_PROXY", "capital"), ("http_proxy", "small")];
    assert_eq!(through(&one, "http://shop.example").as_deref(), Some("http://small:80 (from http_proxy)"));
    let empty = [("HTTP_PROXY", "capital"), ("http_proxy", " ")];
    assert_eq!(through(&empty, "http://shop.example").as_deref(), Some("http://capital:80 (from HTTP_PROXY)"));
    let except = [("http_proxy", "small"), ("no_proxy", "other.example"), ("NO_PROXY", "shop.example")];
    assert!(through(&except, "http://shop.example").is_some());
}

/// curl, CVE-2016-5385.
#[test]
fn in_a_cgi_program_the_variable_in_capitals_is_a_strangers() {
    let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "evil"), ("HTTPS_PROXY", "own")];
    assert_eq!(through(&cgi, "http://shop.example"), None);
    assert!(through(&cgi, "https://shop.example").is_some());
    assert!(through(&[("REQUEST_METHOD", "GET"), ("http_proxy", "small")], "http://shop.example").is_some());
}

#[test]
fn no_loopback_name_or_address_goes_through_a_proxy() {
    let all = [("ALL_PROXY", "http://proxy:3128")];
    for url in ["http://localhost:3000", "https://app.localhost", "http://127.0.0.1", "https://127.8.9.1:8443", "http://[::1]:3000"] {
        assert_eq!(through(&all, url), None, "{url}");
    }
    assert_eq!(through(&[("ALL_PROXY", "socks5://proxy")], "http://localhost:3000"), None, "nor is it looked at");
    for url in ["http://notlocalhost", "http://localhost.example", "http://10.0.0.1", "http://[fd00::1]"] {
        assert!(through(&all, url).is_some(), "{url}");
    }
}

#[test]
fn exceptions_are_names_suffixes_addresses_ports_and_all() {
    let cases: [(&str, &[&str], &[&str]); 11] = [
        ("*", &["http://shop.example", "http://10.0.0.1"], &[]),
        (
            "shop.example",
            &["http://shop.example", "http://a.b.shop.example:8080", "http://SHOP.example", "http://shop.example./"],
            &["http://myshop.example", "http://shop.example.org"],
        ),
        (".shop.example", &["http://shop.example", "http://www.shop.example"], &["http://myshop.example"]),
        ("*.Shop.Example", &["http://www.shop.example"], &["http://myshop.example"]),
        ("a.example, b.example\tc.example", &["http://a.example", "http://b.example", "http://c.example"], &["http://d.example"]),
        ("shop.example:8080", &["http://shop.example:8080"], &["http://shop.example", "http://shop.example:8081"]),
        ("shop.example:443", &[], &["http://shop.example"]),
        ("10.0.0.1", &["http://10.0.0.1", "http://10.0.0.1:81"], &["http://10.0.0.2", "http://110.0.0.1"]),
        (
            "10.0.0.1:81,[fd00::1]:81,fd00::2",
            &["http://10.0.0.1:81", "http://[fd00::1]:81", "http://[fd00::2]"],
            &["http://10.0.0.1", "http://[fd00::1]"],
        ),
        (
            "10.0.0.0/8,fd00::/16",
            &["http://10.255.0.1", "http://[fd00:1::1]"],
            &["http://11.0.0.1", "http://[fd01::1]", "http://example.com"],
        ),
        ("0.0.0.0/0", &["http://8.8.8.8"], &["http://[fd00::1]", "http://shop.example"]),
    ];
    for (list, direct, proxied) in cases {
        let variables = [("http_proxy", "proxy"), ("NO_PROXY", list)];
        for url in direct {
            assert_eq!(through(&variables, url), None, "{list}: {url}");
        }
        for url in proxied {
            assert!(through(&variables, url).is_some(), "{list}: {url}");
        }
    }
    let dots = [("http_proxy", "proxy"), ("NO_PROXY", ".")];
    assert!(through(&dots, "http://shop.example").is_some(), "an entry without a name is nobody's");
}

#[test]
fn user_and_password_become_a_header_and_are_never_shown() {
    let variables = [("https_proxy", "http://mika:p%40ss%3Aword@proxy.corp:3128")];
    let proxies = read(&variables);
    let proxy = proxies.on_the_way_to(&"https://shop.example".parse().unwrap()).unwrap().unwrap();
    assert_eq!(proxy.authorization.as_deref(), Some(format!("Basic {}", BASE64.encode(b"mika:p@ss:word")).as_str()));
    assert_eq!((proxy.to_string().as_str(), proxy.port), ("http://proxy.corp:3128 (from https_proxy)", 3128));
    assert!(!format!("{proxies:?}").contains("mika"), "{proxies:?}");
    let alone = read(&[("https_proxy", "mika@proxy")]).on_the_way_to(&"https://shop.example".parse().unwrap()).unwrap().unwrap();
    assert_eq!(alone.authorization.as_deref(), Some(format!("Basic {}", BASE64.encode(b"mika:")).as_str()));
}

#[test]
fn what_is_no_http_proxy_is_refused_with_advice_and_without_its_password() {
    let cases = [
        ("socks5h://u:secret@proxy:1080", "it is a SOCKS proxy, which faultkey does not speak to, expected http://HOST:PORT"),
        ("https://u:secret@proxy", "it is spoken to over TLS (https://), which faultkey does not do, expected http://HOST:PORT"),
        ("quic://u:secret@proxy", "it is no HTTP proxy, expected http://HOST:PORT"),
        ("http://u:secret@", "it is no URL, expected http://HOST:PORT"),
    ];
    for (value, problem) in cases {
        assert_eq!(
            way(&[("ALL_PROXY", value)], "https://shop.example").unwrap_err(),
            format!(
                "the proxy that ALL_PROXY names cannot be used: {problem}. Correct ALL_PROXY, or leave the relying party out of it: \
                 NO_PROXY=shop.example"
            )
        );
    }
}
