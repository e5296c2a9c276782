//! HTTP/1.1, as small as it gets: bytes out, one answer in.
//!
//! ```text
//!   POST /engine.io/?EIO=4&… HTTP/1.1      written by the test, so it may be as wrong as it likes
//!   HTTP/1.1 200 OK                        read up to its Content-Length or its last chunk
//! ```

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Wire, within};

/// One connection.
pub struct Http {
    wire: Wire,
    unread: Vec<u8>,
    /// The longest wait.
    pub patience: Duration,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }

    /// The body, which must be text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// Checks status and body. The hint of a refusal, which must be there, is left out.
    #[track_caller]
    pub fn check(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.without_hint()), (status, body.to_owned()));
        let refused = body.starts_with(r#"{"code":"#);
        assert_eq!(refused, self.hint().is_some(), "{}", self.text());
    }

    /// What a refusal says to do.
    pub fn hint(&self) -> Option<&str> {
        let (_, hint) = self.text().split_once(r#","hint":""#)?;
        hint.strip_suffix(r#""}"#)
    }

    fn without_hint(&self) -> String {
        match self.text().split_once(r#","hint":"#) {
            Some((body, _)) => format!("{body}}}"),
            None => self.text().to_owned(),
        }
    }
}

/// A `GET` without a body.
pub fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// A `POST` of text.
pub fn post(target: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Http {
    /// A client on this wire.
    pub fn new(wire: Wire, patience: Duration) -> Self {
        Self { wire, unread: Vec::new(), patience }
    }

    /// The wire, of which all that came was read.
    pub fn into_wire(self) -> Wire {
        assert!(self.unread.is_empty(), "bytes that nobody has read");
        self.wire
    }

    /// Writes these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let wire = &mut self.wire;
        let bytes = bytes.as_ref();
        within(self.patience, "the server to read", async move {
            wire.write_all(bytes).await.expect("the server reads");
            wire.flush().await.expect("the server reads");
        })
        .await;
    }

    /// Writes these bytes, if the server still takes them. Whether it does.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let wire = &mut self.wire;
        let bytes = bytes.as_ref();
        let writing = async move { wire.write_all(bytes).await.is_ok() };
        within(self.patience, "the server to read or to close", writing).await
    }

    /// Sends a `GET` and reads the answer.
    pub async fn get(&mut self, target: &str) -> Response {
        self.send(get(target)).await;
        self.response().await
    }

    /// Sends a `GET`, if the server takes it. The status of the answer, if there is one.
    pub async fn try_get(&mut self, target: &str) -> Option<u16> {
        if !self.try_send(get(target)).await {
            return None;
        }
        self.try_response().await.map(|answer| answer.status)
    }

    /// Sends a `POST` and reads the answer.
    pub async fn post(&mut self, target: &str, body: impl AsRef<[u8]>) -> Response {
        self.send(post(target, body)).await;
        self.response().await
    }

    /// Reads one answer.
    pub async fn response(&mut self) -> Response {
        self.try_response().await.expect("an answer before the connection ends")
    }

    /// Reads one answer; `None` when the connection ends before all of it was there.
    pub async fn try_response(&mut self) -> Option<Response> {
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break self.take(end + 4);
            }
            self.more().await?;
        };
        let head = String::from_utf8(head).expect("a head of text");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut response = Response { status, headers, body: Vec::new() };
        if response.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await?.filter(|chunk| !chunk.is_empty()) {
                response.body.extend(chunk);
            }
        } else if let Some(length) = response.header("content-length") {
            let length = length.parse().expect("a length");
            response.body = self.exactly(length).await?;
        }
        Some(response)
    }

    async fn chunk(&mut self) -> Option<Option<Vec<u8>>> {
        let line = loop {
            if let Some(end) = find(&self.unread, b"\r\n") {
                break self.take(end + 2);
            }
            self.more().await?;
        };
        let line = String::from_utf8(line).expect("a length in hexadecimal");
        let length = usize::from_str_radix(line.trim(), 16).expect("a length in hexadecimal");
        let chunk = self.exactly(length).await?;
        self.exactly(2).await?;
        Some(Some(chunk))
    }

    /// Reads this many bytes; `None` when the connection ends before.
    pub async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.unread.len() < length {
            self.more().await?;
        }
        Some(self.take(length))
    }

    /// Reads until the server closes the connection. What came before that.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await.is_some() {}
        std::mem::take(&mut self.unread)
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.unread.split_off(length);
        std::mem::replace(&mut self.unread, rest)
    }

    /// Reads some bytes; `None` at the end, or when the connection was reset.
    async fn more(&mut self) -> Option<()> {
        let mut bytes = [0; 16 << 10];
        let reading = self.wire.read(&mut bytes);
        let count = within(self.patience, "bytes from the server", reading).await.ok()?;
        self.unread.extend_from_slice(&bytes[..count]);
        (count > 0).then_some(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
