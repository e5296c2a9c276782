//! Requests and answers of HTTP/1.1, and no more of them than polling needs.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling&sid=… HTTP/1.1      HTTP/1.1 200 OK
//!   Host: 127.0.0.1:3000                                        Content-Length: 16
//!
//!                                                               42["echo","xxx"]
//! ```
//!
//! Core file. Specification: RFC 9112.

use std::borrow::Cow;
use std::fmt;

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: Cow<'a, [u8]>,
}

/// Not an answer that this client can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnswerError {
    Status,
    /// Neither a length, nor chunks that have theirs.
    Length,
}

/// The request for what the server has to say, to be sent again and again.
pub fn get(host: &str, path: &str, query: &str) -> Vec<u8> {
    format!("GET {path}?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: {host}\r\n\r\n").into()
}

/// The request that says something.
pub fn post(host: &str, path: &str, query: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path}?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into()
}

/// The first answer of what has arrived, if all of it is there.
///
/// # Errors
/// When it is not one that this client can read.
pub fn answer(bytes: &[u8]) -> Result<Option<Answer<'_>>, AnswerError> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = bytes.split_at(end + 4);
    let text = std::str::from_utf8(head).map_err(|_| AnswerError::Status)?;
    let mut lines = text.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status = status.ok_or(AnswerError::Status)?;
    let fields: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    let body = match (field("content-length"), field("transfer-encoding")) {
        (Some(length), _) => {
            let length = length.parse::<usize>().map_err(|_| AnswerError::Length)?;
            body.get(..length).map(Cow::Borrowed)
        }
        (None, Some("chunked")) => chunks(body)?.map(Cow::Owned),
        (None, _) => return Err(AnswerError::Length),
    };
    Ok(body.map(|body| Answer { status, body }))
}

/// Puts the chunks of a body together, if all of them are there.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, AnswerError> {
    let mut body = Vec::new();
    while let Some(end) = memchr::memmem::find(rest, b"\r\n") {
        let length = std::str::from_utf8(rest.get(..end).unwrap_or_default());
        let length = length.ok().and_then(|it| usize::from_str_radix(it, 16).ok());
        let from = end + 2;
        let to = from.saturating_add(length.ok_or(AnswerError::Length)?);
        let (Some(chunk), Some(after)) = (rest.get(from..to), rest.get(to..)) else { break };
        let Some(after) = after.strip_prefix(b"\r\n") else { break };
        if chunk.is_empty() {
            return Ok(Some(body));
        }
        body.extend(chunk);
        rest = after;
    }
    Ok(None)
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "an answer has no status of HTTP/1.1",
            Self::Length => "an answer does not say how long it is",
        })
    }
}

impl std::error::Error for AnswerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_all_of_it_is_there() {
        let wire = b"HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 2\r\n\r\nokHTTP/1.1";
        let end = wire.len() - "HTTP/1.1".len();
        for length in 0..end {
            assert_eq!(answer(&wire[..length]), Ok(None), "{length} bytes");
        }
        let whole = Answer { status: 200, body: Cow::Borrowed(b"ok") };
        assert_eq!(answer(wire), Ok(Some(whole)));
        assert_eq!(answer(b"HTTP/1.1 400 \r\n\r\n"), Err(AnswerError::Length));
        assert_eq!(answer(b"HTTP/1.1 4x0 \r\n\r\n"), Err(AnswerError::Status));
        assert_eq!(answer(b"SSH-2.0\r\n\r\n"), Err(AnswerError::Status));
        let empty = answer(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(empty, Ok(Some(Answer { status: 413, body: Cow::Borrowed(b"") })));
    }

    #[test]
    fn chunks_are_put_together() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let wire = [&head[..], b"2\r\n42\r\nA\r\n[\"echo\",1]\r\n0\r\n\r\n"].concat();
        for length in 0..wire.len() {
            assert_eq!(answer(&wire[..length]), Ok(None), "{length} bytes");
        }
        let body = Cow::Owned(b"42[\"echo\",1]".to_vec());
        assert_eq!(answer(&wire), Ok(Some(Answer { status: 200, body })));
        let wrong = [&head[..], b"x\r\n"].concat();
        assert_eq!(answer(&wrong), Err(AnswerError::Length));
    }

    #[test]
    fn requests_are_what_the_protocol_says() {
        let text = |request| String::from_utf8(request).unwrap();
        assert_eq!(
            text(get("h:1", "/socket.io/", "&sid=s")),
            "GET /socket.io/?EIO=4&transport=polling&sid=s HTTP/1.1\r\nHost: h:1\r\n\r\n"
        );
        let post = text(post("h:1", "/socket.io/", "&sid=s", "42[\"ä\"]"));
        assert!(post.starts_with("POST /socket.io/?EIO=4&transport=polling&sid=s HTTP/1.1\r\n"));
        assert!(post.ends_with("\r\nContent-Length: 8\r\n\r\n42[\"ä\"]"), "{post}");
    }
}
