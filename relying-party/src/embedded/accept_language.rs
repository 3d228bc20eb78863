//! The language of an answer, by the request's `Accept-Language` (RFC 9110 §12.5.4).

use faultkey_fault_injection::Language;
use http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// The one that is liked best of those that there are; of two that are liked as well, the one that is named first. English if none is named.
pub(super) fn preferred(headers: &HeaderMap) -> Language {
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut best = (Language::English, 0.0);
    for range in values.flat_map(|value| value.split(',')) {
        if let Some((language, quality)) = read(range)
            && quality > best.1
        {
            best = (language, quality);
        }
    }
    best.0
}

/// A language range, e.g. `ja-JP;q=0.8`. `None` for a language that there is not, and for what is no range.
fn read(range: &str) -> Option<(Language, f32)> {
    let (tag, parameter) = range.split_once(';').map_or((range, None), |(tag, parameter)| (tag, Some(parameter)));
    let quality = match parameter.map(str::trim) {
        None => 1.0,
        Some(parameter) => parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?.parse().ok()?,
    };
    let language = match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
        "ja" => Language::Japanese,
        "en" | "*" => Language::English,
        _ => return None,
    };
    (0.0..=1.0).contains(&quality).then_some((language, quality))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Language {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_LANGUAGE, value.parse().unwrap());
        }
        preferred(&headers)
    }

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        for values in [
            &["ja"][..],
            &["ja-JP"],
            &["JA-jp, en;q=0.9"],
            &["en;q=0.5,ja;q=0.8"],
            &["de, ja;q=0.3"],
            &["ja,en"],
            &["de", "ja;q=0.1"],
            &["en;q=0, ja;q=0.001"],
            &["ja;Q=1.0"],
        ] {
            assert_eq!(of(values), Language::Japanese, "{values:?}");
        }
        for values in [
            &[][..],
            &[""],
            &["en"],
            &["en-GB,en;q=0.9,ja;q=0.8"],
            &["en,ja"],
            &["de"],
            &["*"],
            &["ja;q=0.5, *"],
            &["ja;q=0"],
            &["ja;q=2"],
            &["ja;q=NaN"],
            &["ja;level=1"],
            &["japanese"],
        ] {
            assert_eq!(of(values), Language::English, "{values:?}");
        }
    }
}
