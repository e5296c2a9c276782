//! An answer of HTTP/1.1, with all that a check may want to look at.
//!
//! ```text
//!   HTTP/1.1 400 Bad Request               ►  status 400
//!   Content-Type: application/json             one field
//!   Content-Length: 41
//!
//!   {"code":1,"message":"Session ID unknown"}  body
//! ```
//!
//! Core file. Specification: RFC 9112, section 6.

use crate::load::http::{self, AnswerError};

use super::lang::cut;

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How many bytes all of it took.
    pub taken: usize,
}

impl Reply {
    /// The first answer of what has arrived, if all of it is there. `closed` says that no more
    /// will come, `bodyless` that the request was one for a head alone.
    ///
    /// # Errors
    /// When it is no answer of HTTP.
    pub fn read(bytes: &[u8], closed: bool, bodyless: bool) -> Result<Option<Self>, AnswerError> {
        let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let (head, body) = bytes.split_at(end + 4);
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| {
            let rest = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "))?;
            rest.get(..3)?.parse().ok()
        });
        let status = status.ok_or(AnswerError::Status)?;
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields = fields.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let mut reply = Self { status, fields: fields.collect(), body: vec![], taken: end + 4 };
        if bodyless || status < 200 || status == 204 || status == 304 {
            return Ok(Some(reply));
        }
        if reply.field("transfer-encoding") == Some("chunked") {
            // Whoever reads chunks has read up to their end: nothing is sent behind them here.
            let whole = http::answer(bytes)?;
            return Ok(whole.map(|whole| {
                reply.body = whole.body.into_owned();
                reply.taken = bytes.len();
                reply
            }));
        }
        let length = match reply.field("content-length") {
            Some(length) => length.parse().map_err(|_| AnswerError::Length)?,
            None if closed => body.len(),
            None => return Ok(None),
        };
        let Some(body) = body.get(..length) else { return Ok(None) };
        reply.body = body.to_vec();
        reply.taken += length;
        Ok(Some(reply))
    }

    pub fn field(&self, wanted: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| &**value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The packets of a payload. Bytes travel in base64, so all of it is text.
    pub fn packets(&self) -> Vec<String> {
        self.text().split('\u{1E}').map(str::to_owned).collect()
    }

    /// One line for people.
    pub fn shown(&self) -> String {
        let kind = self.field("content-type").unwrap_or_default();
        let line = format!("{} {kind} {}", self.status, cut(&self.text()));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_by_its_length_its_chunks_or_its_connection() {
        let read = |text: &str, closed| {
            let reply = Reply::read(text.as_bytes(), closed, false).unwrap();
            reply.map(|it| (it.status, it.text(), it.taken))
        };
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(read(whole, false), Some((200, "ok".to_owned(), whole.len())));
        assert_eq!(read(&whole[..whole.len() - 1], false), None);
        assert_eq!(read(&[whole, "HTTP"].concat(), false), Some((200, "ok".into(), whole.len())));
        let open = "HTTP/1.0 400 Bad Request\r\n\r\nno";
        assert_eq!(read(open, false), None);
        assert_eq!(read(open, true), Some((400, "no".to_owned(), open.len())));
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert_eq!(read(chunks, false), Some((200, "ok".to_owned(), chunks.len())));
        let none = "HTTP/1.1 101 Switching Protocols\r\n\r\n\u{1}";
        assert_eq!(read(none, false), Some((101, String::new(), none.len() - 1)));
        assert_eq!(Reply::read(b"SSH-2.0\r\n\r\n", true, false), Err(AnswerError::Status));
    }

    #[test]
    fn a_head_alone_is_an_answer_to_who_asked_for_it() {
        let head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 41\r\nX: y\r\n\r\n";
        let reply = Reply::read(head, false, true).unwrap().unwrap();
        assert_eq!((reply.status, reply.field("x")), (400, Some("y")));
        assert_eq!(Reply::read(head, false, false), Ok(None));
    }
}
