//! How a text is made ready for comparison: one spelling for what is written in several ways, in English and in Japanese.

use unicode_normalization::UnicodeNormalization;

/// A katakana word this long loses its final ー: サーバー is サーバ, but キー stays.
const LONG_WORD: usize = 4;

/// Polite and past negations, as the plain one.
const ENDINGS: [(&str, &str); 5] = [("ませんでした", "ない"), ("ません", "ない"), ("なかった", "ない"), ("ました", "た"), ("ます", "る")];

/// Words that say nothing by themselves.
const STOP_WORDS: [&str; 124] = [
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "another", "any", "are", "as", "at", "be", "because", "been",
    "before", "but", "by", "call", "came", "come", "day", "did", "do", "does", "during", "ever", "few", "for", "from", "get", "go", "got",
    "had", "has", "have", "he", "her", "here", "his", "how", "i", "if", "im", "in", "into", "is", "it", "its", "ive", "just", "know",
    "look", "made", "make", "me", "more", "most", "my", "need", "no", "not", "now", "of", "on", "only", "open", "or", "other", "our",
    "out", "over", "own", "re", "right", "said", "same", "say", "says", "see", "she", "since", "so", "some", "start", "still", "take",
    "tell", "than", "that", "the", "their", "then", "there", "they", "thing", "this", "though", "time", "to", "today", "told", "too",
    "took", "up", "use", "user", "want", "was", "way", "we", "went", "were", "what", "when", "where", "while", "who", "will", "with",
    "you", "your",
];

/// NFKC, lower case, no spaces between Japanese, no brackets and stops, plain negations.
pub fn fold(text: &str) -> String {
    let text: String = text.nfkc().collect::<String>().to_lowercase();
    let kept: String = text.chars().filter(|c| !matches!(c, '\'' | '’' | '`')).map(|c| if is_mark(c) { ' ' } else { c }).collect();
    let mut folded = without_final_long_vowels(&without_spaces_in_japanese(&kept));
    for (from, to) in ENDINGS {
        folded = folded.replace(from, to);
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Katakana as hiragana, character for character.
pub fn hiragana(text: &str) -> String {
    let one = |c: char| if ('ァ'..='ヶ').contains(&c) { char::from_u32(c as u32 - 0x60).unwrap_or(c) } else { c };
    text.chars().map(one).collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '「' | '」' | '『' | '』' | '、' | '。' | '・' | '"' | '“' | '”' | '!' | '?' | ',' | ';' | '(' | ')' | '[' | ']' | '…')
}

fn without_spaces_in_japanese(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let beside_japanese = |index: usize| {
        let beside = [index.checked_sub(1).and_then(|before| chars.get(before)), chars.get(index + 1)];
        beside.into_iter().flatten().any(|c| is_japanese(*c))
    };
    chars.iter().enumerate().filter(|(index, c)| !(c.is_whitespace() && beside_japanese(*index))).map(|(_, c)| *c).collect()
}

fn without_final_long_vowels(text: &str) -> String {
    let mut folded = String::new();
    let mut run = String::new();
    for c in text.chars().chain([' ']) {
        if is_katakana(c) {
            run.push(c);
            continue;
        }
        let long = run.chars().count() >= LONG_WORD;
        folded.push_str(if long { run.strip_suffix('ー').unwrap_or(&run) } else { &run });
        run.clear();
        folded.push(c);
    }
    folded.pop();
    folded
}

pub fn is_kanji(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c) || c == '々'
}

pub fn is_katakana(c: char) -> bool {
    ('ァ'..='ヺ').contains(&c) || c == 'ー'
}

fn is_japanese(c: char) -> bool {
    is_kanji(c) || is_katakana(c) || ('ぁ'..='ゖ').contains(&c)
}

/// The English words of a folded text, without their endings. Names such as `0x2E` and `NO_CREDENTIALS` stay whole.
pub fn words(folded: &str) -> Vec<String> {
    folded.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).map(stem).collect()
}

pub fn is_stop_word(stem_of: &str) -> bool {
    STOP_WORDS.iter().any(|word| *word == stem_of || stem(word) == stem_of)
}

/// An English word without its ending. It needs not be a word; two forms of one word have the same.
fn stem(word: &str) -> String {
    let word = ["ctap2_err_", "ctap1_err_"].iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
    if word.len() < 4 || word.contains(|c: char| !c.is_ascii_alphabetic()) {
        return word.to_owned();
    }
    let plural = match word {
        _ if word.ends_with("ies") && word.len() > 4 => format!("{}y", word.trim_end_matches("ies")),
        _ if word.ends_with("ied") && word.len() > 4 => format!("{}y", word.trim_end_matches("ied")),
        _ if word.ends_with("sses") || word.ends_with("shes") || word.ends_with("ches") || word.ends_with("xes") => {
            word.trim_end_matches("es").to_owned()
        }
        _ if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => word.trim_end_matches('s').to_owned(),
        _ => word.to_owned(),
    };
    let has_vowel = |rest: &str| rest.len() > 2 && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let plain = ["ing", "ed"].iter().find_map(|end| plural.strip_suffix(end).filter(|rest| has_vowel(rest))).unwrap_or(&plural);
    let plain = plain.strip_suffix('e').unwrap_or(plain);
    let mut chars: Vec<char> = plain.chars().collect();
    if let [.., last_but_one, last] = chars.as_slice()
        && last == last_but_one
    {
        chars.pop();
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_makes_no_difference() {
        assert_eq!(fold("「作業が 中断しました」。"), "作業が中断した");
        assert_eq!(fold("ＶＰＮ だとログインできません"), "vpnだとログインできない");
        assert_eq!(fold("サーバーとブラウザーとキー"), "サーバとブラウザとキー");
        assert_eq!(fold("ﾊﾟｽｷｰ"), fold("パスキー"));
        assert_eq!(fold("It  CAN'T be!"), "it cant be");
        assert_eq!(fold("パスキー two  words"), "パスキtwo words");
        assert_eq!(hiragana("クルクルする"), "くるくるする");
    }

    #[test]
    fn endings_make_no_difference() {
        let same = [
            ["register", "registered", "registering"],
            ["unplug", "unplugged", "unplugging"],
            ["spin", "spins", "spinning"],
            ["refuse", "refused", "refuses"],
            ["passkey", "passkeys", "passkey"],
            ["try", "tries", "tried"],
            ["press", "presses", "pressed"],
        ];
        for forms in same {
            assert_eq!(forms.map(stem), [stem(forms[0]), stem(forms[0]), stem(forms[0])]);
        }
        assert_eq!(words("re-enrolled, 0x2e and ctap2_err_no_credentials"), ["re", "enrol", "0x2e", "and", "no_credentials"]);
        assert!(is_stop_word("the") && is_stop_word(&stem("does")) && !is_stop_word("phone"));
    }
}
