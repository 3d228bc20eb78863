//! What people read in Japanese is Japanese: no English sentence is left in it, nor a space between the two scripts.

use super::*;
use crate::profile;
use crate::profile::{effect_label, event_label};
use crate::scene::Ceremony;
use faultkey_authenticator::{Effect, Event};

/// Names of products and the like, of three words or more.
const NAMES: [&str; 3] = ["Google Password Manager", "Samsung Galaxy A", "FCNT arrows We"];

/// Every run of three English words or more, up to a comma. What is between backticks or in 「」 is quoted; an identifier, with a digit or a
/// sign in it, is no word.
fn english(text: &str) -> Vec<String> {
    let text = NAMES.iter().fold(without_quotations(text), |text, name| text.replace(name, "、"));
    let mut runs = vec![Vec::new()];
    for piece in text.split_inclusive(|letter: char| !letter.is_ascii() || letter == ' ') {
        let ends = piece.ends_with(|letter: char| !letter.is_ascii()) || piece.ends_with(", ");
        let word = piece.trim_end_matches(|letter: char| !letter.is_ascii()).trim_matches([' ', ',', '.', ':', ';', '(', ')']);
        if !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '\'') {
            runs.last_mut().into_iter().for_each(|run| run.push(word.to_owned()));
        } else if !word.is_empty() {
            runs.push(Vec::new());
        }
        if ends {
            runs.push(Vec::new());
        }
    }
    runs.into_iter().filter(|run| run.len() >= 3).map(|run| run.join(" ")).collect()
}

fn without_quotations(text: &str) -> String {
    let mut plain: String = text.split('`').step_by(2).collect::<Vec<_>>().join("、");
    while let Some((before, rest)) = plain.split_once('「') {
        let after = rest.split_once('」').map_or("", |(_, after)| after);
        plain = format!("{before}、{after}");
    }
    plain
}

fn is_japanese(letter: char) -> bool {
    ('\u{3040}'..'\u{a000}').contains(&letter) || "、。（）：「」".contains(letter)
}

/// A space or an ASCII comma beside a Japanese letter, e.g. `PIN を`.
fn badly_spaced(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let wrong = |pair: &[char]| matches!(pair, [' ' | ',' | ';', letter] | [letter, ' ' | ',' | ';'] if is_japanese(*letter));
    letters.windows(2).find(|pair| wrong(pair)).map(|pair| pair.iter().collect())
}

/// With what it belongs to.
fn every_text() -> Vec<(String, Text)> {
    let mut texts = Vec::new();
    for info in all() {
        let own = [info.summary, info.effect, info.opportunity, info.evidence, info.good_rp];
        let parameters = info.parameters.iter().flat_map(|parameter| [parameter.accepts, parameter.default, parameter.meaning]);
        texts.extend(own.into_iter().chain(parameters).map(|text| (info.name.to_owned(), text.into())));
    }
    for profile in profile::all() {
        let own = [&profile.title, &profile.evidence].into_iter().chain(&profile.limits).cloned();
        let facts = profile.facts().into_iter().flat_map(|(name, value)| [name.into(), value]);
        texts.extend(own.chain(facts).map(|text| (profile.name.clone(), text)));
    }
    let layers = [
        Layer::KeyStore,
        Layer::Command,
        Layer::Report,
        Layer::Hybrid,
        Layer::Platform,
        Layer::Encoding,
        Layer::Network,
        Layer::RelyingParty,
    ];
    texts.extend(layers.map(|layer| (layer.name().to_owned(), layer.label().into())));
    texts.extend(Event::ALL.map(|event| (event.name().to_owned(), event_label(event).into())));
    let effects = [Effect::Nothing, Effect::KeyInvalidated, Effect::CredentialGone, Effect::OtherKey];
    texts.extend(effects.map(|effect| (effect.name().to_owned(), effect_label(effect).into())));
    texts.extend(Ceremony::ALL.map(|ceremony| (ceremony.name().to_owned(), ceremony.text().into())));
    texts
}

#[test]
fn no_english_sentence_is_left_in_japanese() {
    for (of, text) in every_text() {
        assert_eq!(english(&text.ja), [""; 0], "{of}: {}", text.ja);
        assert_eq!(badly_spaced(&text.ja), None, "{of}: {}", text.ja);
    }
}

/// A text without a Japanese letter is an identifier, a number or a name, and so it is the same in English.
#[test]
fn every_text_is_translated() {
    for (of, text) in every_text() {
        let translated = text.ja.chars().any(is_japanese);
        assert!(translated || text.en == text.ja || !text.en.contains(' '), "{of}: {text:?}");
    }
}

#[test]
fn the_check_for_english_finds_it_and_nothing_else() {
    assert_eq!(english("認証器データは the hash of another RP IDです。"), ["the hash of another RP ID"]);
    assert_eq!(english("Accepts the response, ignores the extension."), ["Accepts the response", "ignores the extension"]);
    assert_eq!(english("Androidの its user's key、other keys too"), ["its user's key", "other keys too"]);
    for japanese in [
        "0x2E CTAP2_ERR_NO_CREDENTIALSを返す",
        "dfinity/internet-identity PR 345、UstadMobile#1103",
        "`schedule = { first = 3 }`と`the same bytes again`",
        "Google Password ManagerとSamsung Galaxy AとWindows Hello",
        "「not a subset of requested」として拒否",
        "RP IDとUV",
    ] {
        assert_eq!(english(japanese), [""; 0], "{japanese}");
    }
    assert_eq!(badly_spaced("PIN を入力"), Some(" を".to_owned()));
    assert_eq!(badly_spaced("PIN,を入力"), Some(",を".to_owned()));
    assert_eq!(badly_spaced("Face IDとiOS 18"), None);
}
