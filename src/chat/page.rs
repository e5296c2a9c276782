//! The site: the page, its files, and the server that the page talks to.
//!
//! ```text
//!   /                      the page
//!   /client/index.js …     our browser client, as modules
//!   /socket.io/…           Socket.IO, and a browser client in one file
//!   /healthz               ok
//! ```
//!
//! Shell file: answers requests.

use std::borrow::Cow;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::assets::Assets;
use crate::socketio::{Io, Transport};

/// The chat as a web site. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    io: Io,
    assets: Assets,
}

type Answer = Response<Full<Bytes>>;

impl Site {
    /// A site whose page is in `assets`, and whose server is `io`.
    pub fn new(io: Io, assets: Assets) -> Self {
        Self(Arc::new(Inner { io, assets }))
    }

    /// Answers a request.
    pub fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let site = self.0.clone();
        async move {
            let path = request.uri().path();
            if !site.io.serves(path) {
                return site.file(&request);
            }
            site.io.handle(request, peer).await
        }
    }
}

impl Inner {
    fn file(&self, request: &Request<Incoming>) -> Answer {
        let name = match request.uri().path() {
            "/healthz" => return answer(StatusCode::OK, "text/plain; charset=utf-8", "ok"),
            "/" => "index.html",
            path => path.trim_start_matches('/'),
        };
        // The inspector's pages are its own to give, to whom it lets in.
        let asset = Some(name).filter(|name| !name.starts_with("inspect/"));
        let Some(asset) = asset.and_then(|name| self.assets.find(name)) else {
            return answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "not found");
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "GET only");
        }
        let mut answer = answer(StatusCode::OK, asset.content_type, "");
        *answer.body_mut() = Full::new(match asset.content {
            content if name == "index.html" => self.page(&content).into(),
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        });
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, content_security_policy(host.unwrap_or_default())),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (header::CACHE_CONTROL, "no-cache".to_owned()),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }

    /// The page, told where the server is and what it offers: both are options.
    fn page(&self, content: &[u8]) -> String {
        let engine = &self.io.options().engine;
        let transports = [Transport::Polling, Transport::WebSocket]
            .into_iter()
            .filter(|&transport| engine.transports.allow(transport))
            .map(Transport::name);
        let transports: Vec<_> = transports.collect();
        let told = format!(
            "<html data-path=\"{}\" data-transports=\"{}\" ",
            engine.path,
            transports.join(",")
        );
        String::from_utf8_lossy(content).replacen("<html ", &told, 1)
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    if !content_type.is_empty() {
        let content_type = HeaderValue::from_static(content_type);
        answer.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    answer
}

/// Nothing but our own files, and WebSockets to where the page came from: there are browsers
/// for which `'self'` does not cover them.
fn content_security_policy(host: &str) -> String {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']');
    let sockets = if !host.is_empty() && host.chars().all(is_host) {
        format!(" ws://{host} wss://{host}")
    } else {
        String::new()
    };
    format!(
        "default-src 'self'; connect-src 'self'{sockets}; object-src 'none'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::content_security_policy;

    #[test]
    fn a_host_that_is_none_does_not_get_into_the_policy() {
        let policy = content_security_policy("chat.example:3000");
        assert!(
            policy.contains("connect-src 'self' ws://chat.example:3000 wss://chat.example:3000;")
        );
        let policy = content_security_policy("x; script-src *");
        assert!(policy.contains("connect-src 'self';") && !policy.contains("script-src"));
    }
}
