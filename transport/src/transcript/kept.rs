//! How much of an entry is kept, and what of it is shown.

use super::What;
use crate::Secrets;

/// Bytes of a body that are shown. More than any answer of a ceremony has, and less than a page of errors.
const BODY: usize = 16 * 1024;
/// Ours may hold certificates and post-quantum signatures, and what the relying party had in an answer.
const REQUEST_BODY: usize = 64 * 1024;
/// Hex digits.
const MESSAGE: usize = 64 * 1024;
const TEXT: usize = 4 * 1024;
const HEADER: usize = 1024;
/// Names and values together.
const HEADERS: usize = 4 * 1024;
/// How many.
const MOST_HEADERS: usize = 32;
/// So much more is kept than is shown: a secret that is met later is not cut in two.
const MARGIN: usize = 4 * 1024;

impl What {
    /// As it is kept, and how many bytes of its body were not.
    pub(super) fn kept(self, secrets: &Secrets) -> (What, usize) {
        let (mut what, mut dropped) = (self, 0);
        match &mut what {
            What::HttpRequest { headers, body, .. } => {
                dropped = shorten(body, REQUEST_BODY + MARGIN);
                *headers = bounded(headers, secrets);
            }
            What::HttpResponse { headers, body, .. } => {
                dropped = shorten(body, BODY + MARGIN);
                *headers = bounded(headers, secrets);
            }
            What::CtapRequest { bytes } | What::CtapReply { bytes } => dropped = shorten(bytes, MESSAGE),
            What::ClientData { json, .. } => dropped = shorten(json, BODY + MARGIN),
            What::NetworkError { text } | What::Note { text } => dropped = shorten(text, TEXT + MARGIN),
            What::ClientResult { result, .. } => dropped = shorten(result, TEXT + MARGIN),
            What::Prompt { .. } | What::Answer { .. } | What::Event { .. } | What::Decision { .. } => {}
        }
        (what, dropped)
    }

    /// As a report shows it; `dropped`: how many bytes of its body were not kept.
    pub(super) fn shown(&self, secrets: &Secrets, dropped: usize) -> What {
        let text = |text: &str| secrets.mask_and_cut(text, TEXT, 0);
        let body = |body: &str, most| secrets.mask_and_cut(body, most, dropped);
        let again = |headers: &[(String, String)]| headers.iter().map(|(name, value)| (name.clone(), secrets.mask(value))).collect();
        match self {
            What::CtapRequest { bytes } => What::CtapRequest { bytes: message(bytes, secrets, dropped) },
            What::CtapReply { bytes } => What::CtapReply { bytes: message(bytes, secrets, dropped) },
            What::Prompt { text: asked } => What::Prompt { text: text(asked) },
            What::Answer { text } => What::Answer { text: text.clone() },
            What::ClientData { ceremony, json } => What::ClientData { ceremony: ceremony.clone(), json: body(json, BODY) },
            What::HttpRequest { method, path, headers, body: sent, purpose } => What::HttpRequest {
                method: method.clone(),
                path: text(path),
                headers: again(headers),
                body: body(sent, REQUEST_BODY),
                purpose: *purpose,
            },
            What::HttpResponse { status, headers, body: got } => {
                What::HttpResponse { status: *status, headers: again(headers), body: body(got, BODY) }
            }
            What::NetworkError { text } => What::NetworkError { text: body(text, TEXT) },
            What::ClientResult { ceremony, result } => What::ClientResult { ceremony: ceremony.clone(), result: body(result, TEXT) },
            What::Event { name, effect } => What::Event { name: name.clone(), effect: text(effect) },
            What::Decision { fault, layer, touches, text: decided, text_ja } => {
                let text_ja = text_ja.as_deref().map(text);
                What::Decision { fault: fault.clone(), layer: layer.clone(), touches: *touches, text: text(decided), text_ja }
            }
            What::Note { text } => What::Note { text: body(text, TEXT) },
        }
    }
}

fn message(hex: &str, secrets: &Secrets, dropped: usize) -> String {
    let masked = secrets.mask_hex(hex);
    if dropped == 0 { masked } else { format!("{masked}… ({} more bytes, cut)", dropped / 2) }
}

/// Cuts the text, and says by how many bytes.
fn shorten(text: &mut String, most: usize) -> usize {
    let whole = text.len();
    let end = (0..=most.min(whole)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.truncate(end);
    text.shrink_to_fit();
    whole - end
}

/// Masked by name; as many as fit, and how many did not.
fn bounded(headers: &[(String, String)], secrets: &Secrets) -> Vec<(String, String)> {
    let (mut kept, mut room, mut left_out, mut bytes) = (Vec::new(), HEADERS, 0_usize, 0_usize);
    for (name, value) in headers {
        // Those that are left out, too: what is secret in them may come back.
        let masked = secrets.header(name, value);
        // What is secret in it is masked; what is left is text.
        let cut = if masked.len() > HEADER { Secrets::default().mask_and_cut(&masked, HEADER, 0) } else { masked };
        let length = name.len() + cut.len();
        if left_out == 0 && length <= room && kept.len() < MOST_HEADERS {
            room -= length;
            kept.push((name.clone(), cut));
        } else {
            left_out += 1;
            bytes += name.len() + value.len();
        }
    }
    if left_out > 0 {
        kept.push(("…".to_owned(), format!("({left_out} more headers with {bytes} bytes, cut)")));
    }
    kept
}

#[cfg(test)]
mod tests {
    use faultkey_authenticator::Time;

    use crate::transcript::RequestPurpose;
    use crate::{Secrets, Transcript, What};

    fn shown(what: What, secrets: &Secrets) -> What {
        let transcript = Transcript::new();
        transcript.hide(secrets.clone());
        transcript.record(Time::START, what);
        transcript.entries().remove(0).what
    }

    fn response(headers: &[(&str, &str)], body: &str) -> What {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        What::HttpResponse { status: 500, headers, body: body.to_owned() }
    }

    #[test]
    fn a_secret_that_is_met_later_is_masked_in_what_was_recorded_before() {
        let (transcript, secrets) = (Transcript::new(), Secrets::default());
        transcript.hide(secrets.clone());
        transcript.record(Time::START, response(&[("location", "/in?t=token-12345")], r#"{"t":"token-12345"}"#));
        secrets.credentials("Bearer token-12345");
        assert_eq!(transcript.entries()[0].what, response(&[("location", "/in?t=<masked 1>")], r#"{"t":"<masked 1>"}"#));
    }

    #[test]
    fn a_body_is_cut_and_a_secret_at_the_cut_is_not() {
        let secrets = Secrets::default();
        secrets.value("token-12345");
        let body = format!("{}token-12345{}", "a".repeat(super::BODY - 3), "b".repeat(3_000_000));
        let What::HttpResponse { body, .. } = shown(response(&[], &body), &secrets) else { panic!("{body}") };
        assert_eq!(&body[super::BODY - 5..], "aa<masked 1>… (3000000 more bytes, cut)");
    }

    #[test]
    fn headers_are_bounded_one_by_one_and_together() {
        let long = "x".repeat(3_000);
        let cookies: Vec<String> = (0..90).map(|n| format!("c{n}={n}-{long}; Path=/{long}")).collect();
        let headers: Vec<(&str, &str)> = cookies.iter().map(|value| ("set-cookie", value.as_str())).collect();
        let What::HttpResponse { headers, .. } = shown(response(&headers, ""), &Secrets::default()) else { panic!() };
        assert!(headers[0].1.starts_with("c0=<masked 1>; Path=/xxx") && headers[0].1.ends_with("… (1997 more bytes, cut)"), "{headers:?}");
        assert_eq!(headers.len(), 4);
        let bytes: usize = cookies[3..].iter().map(|value| "set-cookie".len() + value.len()).sum();
        assert_eq!(headers[3], ("…".to_owned(), format!("(87 more headers with {bytes} bytes, cut)")));
    }

    #[test]
    fn so_many_headers_and_no_more() {
        let What::HttpResponse { headers, .. } = shown(response(&[("set-cookie", "a=1"); 90], ""), &Secrets::default()) else { panic!() };
        assert_eq!((headers.len(), headers[32].1.as_str()), (33, "(58 more headers with 754 bytes, cut)"));
    }

    #[test]
    fn what_the_client_and_the_key_say_is_masked_too() {
        let secrets = Secrets::default();
        secrets.variable("NAME", "hanako-1");
        let text = || "hanako-1".to_owned();
        let masked = "{env:NAME}".to_owned();
        assert_eq!(shown(What::Prompt { text: text() }, &secrets), What::Prompt { text: masked.clone() });
        assert_eq!(shown(What::NetworkError { text: text() }, &secrets), What::NetworkError { text: masked.clone() });
        let result = |result| What::ClientResult { ceremony: "registration".to_owned(), result };
        assert_eq!(shown(result(text()), &secrets), result(masked.clone()));
        let bytes = |text: &[u8]| What::CtapRequest { bytes: data_encoding::HEXLOWER.encode(text) };
        assert_eq!(shown(bytes(b"\x01hanako-1"), &secrets), bytes(b"\x01********"));
        let request = |path: &str, body| What::HttpRequest {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body,
            purpose: RequestPurpose::Look,
        };
        assert_eq!(shown(request("/a?u=hanako-1", text()), &secrets), request("/a?u={env:NAME}", masked));
    }
}
