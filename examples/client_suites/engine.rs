//! The server for the suite of `engine.io-client`.
//!
//! ```text
//!   client                                        server
//!     │  GET /engine.io/?EIO=4&transport=polling    │
//!     ├────────────────────────────────────────────►│  `deny` in the query: 403
//!     │◄──────────── 0{…} 4hi, four cookies ────────┤
//!     ├──────────────── 4give binary ──────────────►│
//!     │◄──────────────── bAAECAwQ= ─────────────────┤
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue, SET_COOKIE};
use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::hooks::{Hooks, Inquiry, Step};
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::Options;
use sockrates::engineio::packet::{Message, Packet};
use sockrates::engineio::server::Server;

use super::support;

/// Cookies of which a client may send back the first two, as `1=1; 2=2`: the third is to be
/// forgotten at once, and the last is over.
const COOKIES: [&str; 4] = [
    "1=1; Max-Age=86400",
    "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
    "3=3; Max-Age=0",
    "4=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
];

pub async fn serve() -> Result<(), Box<dyn Error>> {
    let options = Options {
        path: "/engine.io/".to_owned(),
        ping_interval: Duration::from_millis(500),
        ping_timeout: Duration::from_secs(20),
        max_payload: 100,
        hints: false,
        ..Options::default()
    };
    let posted = Posted::default();
    let engine = Engine::with_hooks(options.clone(), hooks(&posted), Suite(posted));

    let server = Server::new(&options);
    let stop = support::stop()?;
    let listener = support::listen().await?;
    let answering = engine.clone();
    let accepting = server.accept(listener, move |request, peer| {
        let engine = answering.clone();
        async move { engine.handle(request, peer).await }
    });
    let stopping = async {
        stop.await;
        let grace = Duration::from_secs(1);
        engine.close(grace).await;
        server.close(grace).await;
    };
    tokio::join!(accepting, stopping);
    Ok(())
}

/// The headers of the last `POST`, as a JSON object. The suite has one session at a time that
/// asks for them, so the last is the one that carried the question.
#[derive(Clone, Default)]
struct Posted(Arc<Mutex<String>>);

impl Posted {
    fn note(&self, request: &Inquiry) {
        let headers = request.parts.headers.iter();
        let headers: BTreeMap<&str, &str> = headers
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let json = serde_json::to_string(&headers).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = json;
    }

    fn headers(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the suite expects of requests.
fn hooks(posted: &Posted) -> Hooks {
    let posted = posted.clone();
    Hooks::default()
        .middleware(move |request| {
            if request.parts.method == Method::POST {
                posted.note(&request);
            }
            async { Step::Next(HeaderMap::new()) }
        })
        .allow_request(async |request| match request.parameter("deny") {
            Some(_) => Err(String::new()),
            None => Ok(()),
        })
        .initial_headers(|headers, _| {
            for cookie in COOKIES {
                headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
            }
        })
}

/// Says "hi", and sends messages back, but for three that ask for something.
struct Suite(Posted);

struct SuiteClient(SessionHandle, Posted);

impl Handler for Suite {
    type Client = SuiteClient;

    fn opened(&self, session: SessionHandle, _: Arc<Handshake>, _: Instant) -> SuiteClient {
        let client = SuiteClient(session, self.0.clone());
        client.send(Message::Text("hi".into()));
        client
    }
}

impl SuiteClient {
    fn send(&self, message: Message) {
        // A client that is gone, or reads too slowly, is dealt with by its session.
        let _ = self.0.send([Packet::Message(message).to_frame()], Delivery::default());
    }
}

impl Client for SuiteClient {
    fn message(&mut self, message: Message, _: Instant) {
        let answer = match &message {
            Message::Text(text) => match &**text {
                "give binary" => Message::Binary(vec![0, 1, 2, 3, 4].into()),
                "give utf8" => Message::Text("пойду спать всем спокойной ночи".into()),
                "sendHeaders" => Message::Text(self.1.headers().into()),
                _ => message,
            },
            Message::Binary(_) => message,
        };
        self.send(answer);
    }

    fn closed(self, _: CloseReason) {}
}
