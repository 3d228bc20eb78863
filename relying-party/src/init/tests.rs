use super::*;

#[test]
fn what_is_no_har_is_refused_with_its_place() {
    let error = from_har("{\n  \"log\": 1 }", "shop.har").unwrap_err();
    assert!(error.to_string().starts_with("shop.har:2:10: this is no HAR 1.2: "), "{error}");
    let error = from_har("{\"log\":{\"entries\":[]}}", "shop.har").unwrap_err();
    assert_eq!(error, HarError::NoCeremony { file: "shop.har".to_owned(), requests: 0 });
}
