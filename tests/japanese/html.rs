//! What a person reads of an HTML page.

/// Elements whose content is code, or is not shown.
const HIDDEN: [&str; 6] = ["code", "pre", "style", "script", "kbd", "samp"];
/// Elements without an end tag.
const VOID: [&str; 6] = ["meta", "link", "br", "hr", "img", "input"];
/// Elements within a line.
const INLINE: [&str; 8] = ["a", "b", "em", "strong", "span", "small", "i", "abbr"];
/// Attributes that are read out or shown.
const READ: [&str; 4] = ["title=\"", "aria-label=\"", "alt=\"", "placeholder=\""];

/// The texts, one line for each element that is not within a line. Left out: code, and what says that it is in English.
pub fn read_text(page: &str) -> String {
    let mut text = String::new();
    // The open elements, and whether each hides its content.
    let mut open: Vec<(&str, bool)> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        let is_hidden = |open: &[(&str, bool)]| open.iter().any(|(_, hides)| *hides);
        text.push(match () {
            () if INLINE.contains(&name) => ' ',
            () if HIDDEN.contains(&name) => '、',
            () => '\n',
        });
        if tag.starts_with('/') {
            if let Some(at) = open.iter().rposition(|(other, _)| *other == name) {
                open.truncate(at);
            }
        } else if !tag.starts_with('!') {
            if !is_hidden(&open) {
                let values = READ.iter().filter_map(|name| Some(tag.split_once(name)?.1.split_once('"')?.0));
                values.for_each(|value| text.push_str(&format!("\n{value}\n")));
            }
            if !VOID.contains(&name) && !tag.ends_with('/') {
                open.push((name, HIDDEN.contains(&name) || tag.contains("lang=\"en\"")));
            }
        }
        if !is_hidden(&open) {
            text.push_str(&after.replace('\n', " "));
        }
    }
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn texts_are_found_and_code_is_not() {
    let page = "<html lang=\"ja\"><head><title>報告</title><style>p { not: this one }</style></head><body><p title=\"a title of words\">it is \
                <b>so</b>: <code>no words here</code> done</p><p lang=\"en\">not <b>to be</b> seen</p><br>end</body></html>";
    let text = read_text(page);
    for seen in ["報告", "a title of words", "it is  so :", "done", "end"] {
        assert!(text.contains(seen), "{seen}: {text}");
    }
    for hidden in ["this one", "words here", "to be", "seen"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}
