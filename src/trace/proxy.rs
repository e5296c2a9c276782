//! The proxy: requests and answers, passed on and seen.
//!
//! ```text
//!   GET /socket.io/?EIO=4&…&sid=abc ──► the line of session abc ──► the same request, upstream
//!   0{"sid":"abc",…}                ◄── a new line               ◄── the answer
//! ```
//!
//! What is not of the protocol passes unseen. Compression of frames is not offered to the server: what
//! passes would be known to the two ends alone.
//!
//! Shell file: owns connections to the server.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::http::head_as_text;
use sockrates::engineio::options::Transport;
use sockrates::engineio::query::parameters;
use sockrates::engineio::tap::{Excerpt, Line, Side, Tap, What};
use sockrates::inspect::feed::Body;
use tokio::net::TcpStream;

use super::pump::{Known, pump};

/// Sessions whose lines are known at once. The oldest are forgotten: their requests are nobody's.
const MOST: usize = 10_000;

/// Passes requests on to a server. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Proxy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: SocketAddr,
    /// What the server is called.
    host: String,
    tap: Tap,
    lines: Mutex<HashMap<String, Arc<Line>>>,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Proxy {
    /// A proxy in front of `server`, which is called `host`.
    pub fn new(server: SocketAddr, host: &str, tap: &Tap) -> Self {
        let (host, tap, lines) = (host.to_owned(), tap.clone(), Mutex::default());
        Self(Arc::new(Inner { server, host, tap, lines }))
    }

    /// Passes a request on, and its answer back.
    pub async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        match self.pass(request).await {
            Ok(response) => response.map(Body::from),
            Err(error) => {
                let said = format!("the server does not answer: {error}\n");
                let mut response = Response::new(Body::from(Full::from(said)));
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
        }
    }

    async fn pass(&self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Failure> {
        let Inner { server, host, tap, .. } = &*self.0;
        let on_client = hyper::upgrade::on(&mut request);
        let (mut parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let parameter = |name: &str| parameters(query).find(|it| it.0 == name).map(|it| it.1);
        let is_ours = parameter("EIO").is_some();
        let line = parameter("sid").and_then(|sid| self.line(&sid));
        let is_websocket = parameter("transport").as_deref() == Some("websocket");
        let lane = if is_websocket { Transport::WebSocket } else { Transport::Polling };

        parts.headers.insert(header::HOST, HeaderValue::try_from(host)?);
        parts.headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        // So that what comes back can be read on the way.
        parts.headers.remove(header::ACCEPT_ENCODING);
        let head = head_as_text(
            format_args!("{} {} {:?}", parts.method, parts.uri, Version::HTTP_11),
            &parts.headers,
        );
        let body = body.collect().await?.to_bytes();
        let number = tap.nobody().next_request();
        let asked = What::Request(number, head, Excerpt::either(&body));
        // A session that is only about to be opened has no line yet.
        let mut asked = Some(asked);
        if let Some(line) = line.as_ref().filter(|_| is_ours) {
            line.record(Side::Client, lane, || asked.take().unwrap_or(What::Opened));
        }

        let stream = TcpStream::connect(server).await?;
        let _ = stream.set_nodelay(true);
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection.with_upgrades());
        let mut response = sender.send_request(Request::from_parts(parts, Full::new(body))).await?;
        let on_server = hyper::upgrade::on(&mut response);
        let (mut parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();

        let line = line.or_else(|| self.opened(&body, lane));
        let line = line.or_else(|| (!is_websocket).then(|| tap.nobody().clone()));
        let answer =
            head_as_text(format_args!("{:?} {}", Version::HTTP_11, parts.status), &parts.headers);
        let known: Known = Arc::new(OnceLock::new());
        let mut seen =
            Seen { asked, answered: Some(What::Answer(number, answer, Excerpt::either(&body))) };
        if let (Some(line), true) = (line, is_ours) {
            seen.by(&line, lane);
            let _ = known.set(line);
        }
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            let (proxy, seen) = (self.clone(), Mutex::new(seen));
            tokio::spawn(async move {
                let (Ok(client), Ok(server)) = tokio::join!(on_client, on_server) else { return };
                let found = |said: &str| {
                    let line = proxy.opened(said.as_bytes(), lane)?;
                    seen.lock().unwrap_or_else(PoisonError::into_inner).by(&line, lane);
                    Some(line)
                };
                pump(client, server, known.clone(), found).await;
                if let Some(line) = known.get() {
                    line.close(lane, CloseReason::TransportClose);
                }
            });
        } else {
            parts.headers.remove(header::TRANSFER_ENCODING);
            parts.headers.remove(header::CONNECTION);
        }
        Ok(Response::from_parts(parts, Full::new(body)))
    }

    fn line(&self, sid: &str) -> Option<Arc<Line>> {
        self.lines().get(sid).cloned()
    }

    /// A session that was opened, by what the server says of it.
    fn opened(&self, said: &[u8], lane: Transport) -> Option<Arc<Line>> {
        #[derive(serde::Deserialize)]
        struct Open {
            sid: String,
        }
        let first = said.split(|byte| *byte == 0x1e).next()?;
        let Open { sid } = serde_json::from_slice(first.strip_prefix(b"0")?).ok()?;
        let mut lines = self.lines();
        if lines.len() >= MOST {
            lines.clear();
        }
        Some(lines.entry(sid.clone()).or_insert_with(|| self.0.tap.session(&sid, lane)).clone())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Line>>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request and its answer that are seen when it is known whose they are.
struct Seen {
    asked: Option<What>,
    answered: Option<What>,
}

impl Seen {
    fn by(&mut self, line: &Line, lane: Transport) {
        for (from, what) in
            [(Side::Client, self.asked.take()), (Side::Server, self.answered.take())]
        {
            if let Some(what) = what {
                line.record(from, lane, || what);
            }
        }
    }
}
