//! What is found by which words, and what the data are held to.

use super::*;

fn id(hit: &Hit) -> &str {
    match hit {
        Hit::Scenario(scenario) => &scenario.id,
        Hit::Entry(entry) => &entry.id,
        Hit::Fault(fault) => fault.name,
        Hit::Profile(profile) => &profile.name,
    }
}

fn ids(search: &Search, query: &str) -> Vec<String> {
    search.find(query).iter().map(|hit| id(hit).to_owned()).collect()
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| text::is_kanji(c) || text::is_katakana(c) || ('ぁ'..='ん').contains(&c))
}

#[test]
fn what_people_type_finds_what_fits() {
    let search = Search::built_in().unwrap();
    let cases = [
        ("timeout", "m0902-challenge-expired-slow-finger"),
        ("タイムアウト", "m0902-challenge-expired-slow-finger"),
        ("clock", "NW-19"),
        ("圏外", "interrupted-challenge-half"),
        ("顔認証", "m0902-fingerprint-reset-biometric-only"),
        ("スマホを買い替えた", "registered-on-old-phone-migrated"),
        ("new phone", "registered-on-old-phone-migrated"),
        ("m902", "m0902-native-origin"),
        ("can't log in", "m0902-unknown-credential"),
        ("ログインできません", "m0902-fingerprint-reset-biometric-only"),
        ("fingerprint", "m0902-fingerprint-reset-biometric-only"),
        ("fingerpint", "m0902-fingerprint-reset-biometric-only"),
        ("NotAllowedError", "interrupted-key-unplugged"),
        ("InvalidStateError", "interrupted-registration-committed"),
        ("0x2e", "registered-on-old-phone-migrated"),
        ("CTAP2_ERR_NO_CREDENTIALS", "registered-on-old-phone-migrated"),
        ("The page says InvalidStateError when I register again", "m0902-fingerprint-reset-excluded"),
    ];
    for (query, expected) in cases {
        let found = ids(&search, query);
        assert!(found.iter().any(|id| id == expected), "{query}: {found:?}");
        assert!(found.len() <= LIMIT, "{query}: {found:?}");
    }
}

#[test]
fn names_find_what_they_name() {
    let search = Search::built_in().unwrap();
    let cases: [(&str, &[&str]); 9] = [
        ("NW-05", &["interrupted-registration-committed"]),
        ("nw05", &["interrupted-registration-committed"]),
        ("M-28", &["registered-on-old-phone-migrated"]),
        ("AK-01", &["m0902-fingerprint-reset-biometric-only", "m0902-fingerprint-reset-excluded", "AK-01b", "AK-01c"]),
        ("clock-skew NW-19", &["NW-19"]),
        ("cut-verify", &["interrupted-login-committed", "interrupted-registration-committed", "interrupted-registration-never-arrived"]),
        ("no-keepalive", &["no-keepalive", "keepalive-forever"]),
        ("aquos", &["aquos"]),
        ("M0902-Counter-Restored", &["m0902-counter-restored"]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&search, query), expected, "{query}");
    }
    let on_iphones = ids(&search, "iphone");
    assert!(on_iphones.contains(&"m0902-uv-not-set".to_owned()), "{on_iphones:?}");
}

#[test]
fn the_phrase_itself_goes_first_and_every_scenario_that_has_it_is_there() {
    let search = Search::built_in().unwrap();
    let said = ids(&search, "作業が中断しました");
    let having: Vec<String> = scenario::all()
        .unwrap()
        .into_iter()
        .filter(|scenario| scenario.words.ja.iter().any(|words| words == "作業が中断しました"))
        .map(|scenario| scenario.id)
        .collect();
    assert!(having.len() > LIMIT);
    assert_eq!(said.iter().collect::<BTreeSet<_>>(), having.iter().collect());
    assert_eq!(ids(&search, "「作業が　中断しました」。"), said);
    assert_eq!(ids(&search, "the phone was replaced")[0], "registered-on-old-phone-migrated");
}

#[test]
fn nothing_searched_for_is_every_scenario_and_nothing_else() {
    let search = Search::built_in().unwrap();
    let all: Vec<String> = scenario::all().unwrap().into_iter().map(|scenario| scenario.id).collect();
    assert_eq!(ids(&search, ""), all);
    assert_eq!(ids(&search, " \t"), all);
    assert_eq!(ids(&search, "。"), [""; 0]);
}

#[test]
fn where_no_scenario_fits_the_entry_names_its_faults() {
    let search = Search::built_in().unwrap();
    let faults = |query: &str| match search.find(query).first() {
        Some(Hit::Entry(entry)) => (entry.id.clone(), entry.faults().into_iter().map(|fault| fault.name).collect::<Vec<_>>()),
        other => panic!("{query}: {other:?}"),
    };
    assert_eq!(faults("NW-19"), ("NW-19".to_owned(), vec![]));
    assert_eq!(faults("CT-01"), ("CT-01".to_owned(), vec!["no-keepalive"]));
    assert_eq!(faults("AK-01b"), ("AK-01b".to_owned(), vec!["key-invalidated-by-enrolment"]));
    // The entry names it, so it isn't listed once more.
    assert!(!ids(&search, "the host gives up as the key sends no keep-alive").contains(&"no-keepalive".to_owned()));
}

/// Scenarios and faults cite entries; what they cite is there. The numbers M-1 to M-37 are those of the scenarios themselves.
#[test]
fn what_is_cited_is_in_the_catalogue() {
    let entries = catalogue::built_in().unwrap();
    let unique: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(unique.len(), entries.len());
    let of_scenarios = scenario::all().unwrap().into_iter().flat_map(|scenario| scenario.catalogue);
    let of_faults = registry::all().into_iter().flat_map(|fault| fault.catalogue).map(|id| (*id).to_owned());
    let cited = of_scenarios.filter(|id| !id.starts_with("M-")).chain(of_faults);
    let missing: Vec<String> = cited.filter(|cited| !unique.iter().any(|id| catalogue::cites(cited, id))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_entry_can_be_read_and_found_in_both_languages() {
    for entry in catalogue::built_in().unwrap() {
        assert!(is_japanese(&entry.title.ja) && !is_japanese(&entry.title.en), "{}", entry.id);
        assert!(!entry.words.en.is_empty() && !entry.words.ja.is_empty(), "{}", entry.id);
    }
}

#[test]
fn a_variant_is_cited_by_the_whole() {
    assert!(catalogue::cites("AK-01", "AK-01a") && catalogue::cites("AK-01a", "AK-01a"));
    assert!(!catalogue::cites("AK-01a", "AK-01") && !catalogue::cites("AK-1", "AK-11") && !catalogue::cites("NW-01", "NW-02"));
}
