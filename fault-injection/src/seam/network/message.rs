//! Just enough HTTP/1.1 to know where a message ends (RFC 9112 §6), and to read a response that nobody's HTTP client received.

/// Where the message at the start of some bytes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// More bytes are needed.
    NotYet,
    /// After so many bytes.
    At(usize),
    /// When the sender closes the connection.
    AtClose,
}

/// A whole HTTP response, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body came to its end.
    pub complete: bool,
}

impl Response {
    /// Reads a response from the bytes of one connection. `None` if there is no whole head of one.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Response> {
        let mut rest = bytes;
        loop {
            let head = Head::parse(rest)?;
            let status = head.status()?;
            if is_interim(status) {
                rest = rest.get(head.length..)?;
                continue;
            }
            let after = rest.get(head.length..)?;
            let (body, complete) = match head.body(Some(status)) {
                Body::None => (Vec::new(), true),
                Body::Length(length) => match after.get(..length) {
                    Some(body) => (body.to_vec(), true),
                    None => (after.to_vec(), false),
                },
                Body::Chunked => {
                    let mut body = Vec::new();
                    let complete = chunked_end(after, &mut body).is_some();
                    (body, complete)
                }
                Body::UntilClose => (after.to_vec(), true),
            };
            let headers = head.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect();
            return Some(Response { status, headers, body, complete });
        }
    }
}

/// Where the request ends. A request without a length has no body (RFC 9112 §6.3 item 7).
pub(super) fn request_end(bytes: &[u8]) -> End {
    let Some(head) = Head::parse(bytes) else { return End::NotYet };
    match head.body(None) {
        Body::None | Body::UntilClose => End::At(head.length),
        body => end_of_body(bytes, &head, body),
    }
}

/// Where the final response ends; interim responses (1xx) before it belong to it.
pub(super) fn response_end(bytes: &[u8]) -> End {
    let mut start = 0;
    loop {
        let rest = bytes.get(start..).unwrap_or_default();
        let Some(head) = Head::parse(rest) else { return End::NotYet };
        let Some(status) = head.status() else { return End::AtClose };
        if is_interim(status) {
            start += head.length;
            continue;
        }
        return match end_of_body(rest, &head, head.body(Some(status))) {
            End::At(end) => End::At(start + end),
            other => other,
        };
    }
}

fn end_of_body(message: &[u8], head: &Head<'_>, body: Body) -> End {
    let after = message.get(head.length..).unwrap_or_default();
    let length = match body {
        Body::None => Some(0),
        Body::Length(length) => (after.len() >= length).then_some(length),
        Body::Chunked => chunked_end(after, &mut Vec::new()),
        Body::UntilClose => return End::AtClose,
    };
    length.map_or(End::NotYet, |length| End::At(head.length + length))
}

fn is_interim(status: u16) -> bool {
    (100..200).contains(&status) && status != 101
}

enum Body {
    None,
    Length(usize),
    Chunked,
    UntilClose,
}

struct Head<'a> {
    first_line: &'a str,
    fields: Vec<(&'a str, &'a str)>,
    /// With the empty line that ends it.
    length: usize,
}

impl<'a> Head<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Head<'a>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = text.split("\r\n");
        let first_line = lines.next()?;
        let fields = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect();
        Some(Head { first_line, fields, length: end + 4 })
    }

    fn status(&self) -> Option<u16> {
        self.first_line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
    }

    fn field(&self, wanted: &str) -> Option<&'a str> {
        self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
    }

    /// RFC 9112 §6.3: 204 and 304 have no body, chunked goes before a length, a response with neither ends with the connection.
    fn body(&self, status: Option<u16>) -> Body {
        if matches!(status, Some(101 | 204 | 304)) {
            return Body::None;
        }
        if self.field("transfer-encoding").is_some_and(|codings| codings.to_ascii_lowercase().ends_with("chunked")) {
            return Body::Chunked;
        }
        match self.field("content-length").map(str::parse) {
            Some(Ok(length)) => Body::Length(length),
            _ => Body::UntilClose,
        }
    }
}

/// The length of a chunked body (RFC 9112 §7.1), trailers included, and its data in `data`. `None` while it is not whole.
fn chunked_end(bytes: &[u8], data: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = line_at(bytes, at)?;
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?.trim(), 16).ok()?;
        at += line.len() + 2;
        if size == 0 {
            break;
        }
        let end = at.checked_add(size)?;
        match bytes.get(at..end) {
            Some(chunk) => data.extend_from_slice(chunk),
            None => {
                data.extend_from_slice(bytes.get(at..).unwrap_or_default());
                return None;
            }
        }
        at = end.checked_add(2)?;
    }
    loop {
        let trailer = line_at(bytes, at)?;
        at += trailer.len() + 2;
        if trailer.is_empty() {
            return Some(at);
        }
    }
}

fn line_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For every prefix the answer must be "not yet"; for the whole, and the whole with more behind it, the length of the whole.
    fn assert_ends(whole: &[u8], end: fn(&[u8]) -> End) {
        for length in 0..whole.len() {
            assert_eq!(end(&whole[..length]), End::NotYet, "after {length} bytes");
        }
        assert_eq!(end(whole), End::At(whole.len()));
        assert_eq!(end(&[whole, b"GET / HTTP/1.1"].concat()), End::At(whole.len()));
    }

    #[test]
    fn a_request_ends_where_its_length_says() {
        assert_ends(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n", request_end);
        assert_ends(b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", request_end);
        assert_ends(
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n",
            request_end,
        );
    }

    #[test]
    fn a_response_ends_where_its_length_says() {
        assert_ends(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", response_end);
        assert_ends(b"HTTP/1.1 204 No Content\r\n\r\n", response_end);
        assert_ends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", response_end);
        assert_ends(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx", response_end);
    }

    #[test]
    fn a_response_without_a_length_ends_with_the_connection() {
        assert_eq!(response_end(b"HTTP/1.1 200 OK\r\n\r\nabc"), End::AtClose);
        assert_eq!(response_end(b"not HTTP at all\r\n\r\n"), End::AtClose);
    }

    #[test]
    fn a_response_is_taken_apart() {
        let response =
            Response::parse(b"HTTP/1.1 400 Bad\r\nX-A: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n1\r\n \r\n0\r\n\r\n").unwrap();
        assert_eq!(response.status, 400);
        assert_eq!(response.headers, [("x-a".to_owned(), "1".to_owned()), ("transfer-encoding".to_owned(), "chunked".to_owned())]);
        assert_eq!(response.body, b"{} ");
        assert!(response.complete);

        let half = Response::parse(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\"").unwrap();
        assert_eq!((half.body.as_slice(), half.complete), (b"{\"a\"".as_slice(), false));
        assert_eq!(Response::parse(b"HTTP/1.1 200 OK\r\nconte"), None);
    }
}
