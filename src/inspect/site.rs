//! The site: the addresses of the inspector, and what is answered there.
//!
//! ```text
//!   request ──► guard ──┬─ page, modules        from what is compiled in
//!                       ├─ events               a feed
//!                       ├─ decode, encode       explain, compose
//!                       └─ scratch              a session of its own
//! ```
//!
//! Shell file: answers requests.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::feed::{Body, Feed};
use super::guard::{Asker, COOKIE, Guard, Verdict};
use super::log::{event_line, first_line, listed};
use super::scratch::Scratches;
use crate::chat::assets::Assets;
use crate::engineio::query::parameters;
use crate::engineio::tap::Tap;
use crate::explain::compose::{Draft, compose};
use crate::explain::input::from_hex;
use crate::explain::{Form, Input, Lang, Wire, explain};

/// Bytes of a request's body, and the time it has to arrive.
const MAX_BODY: usize = 256 << 10;
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The inspector as a web site. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Inspector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tap: Tap,
    guard: Guard,
    secrets: bool,
    assets: Assets,
    scratches: Scratches,
}

/// What an inspector is to do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the server is tapped by.
    pub tap: Tap,
    /// Who may look.
    pub guard: Guard,
    /// Whether what lets clients in is shown as well.
    pub secrets: bool,
    /// Where the pages are.
    pub assets: Assets,
    /// Where Socket.IO is, for scratch sessions.
    pub path: String,
}

type Answer = Response<Body>;

impl Inspector {
    /// An inspector with these settings. `dial` opens a connection to the server that is inspected.
    pub fn new(
        settings: Settings,
        dial: impl Fn() -> DuplexStream + Send + Sync + 'static,
    ) -> Self {
        let Settings { tap, guard, secrets, assets, path } = settings;
        let scratches = Scratches::new(Arc::new(dial), &path);
        Self(Arc::new(Inner { tap, guard, secrets, assets, scratches }))
    }

    /// Whether a request with this path is meant for the inspector.
    pub fn serves(path: &str) -> bool {
        path == "/inspect" || path.starts_with("/inspect/")
    }

    /// Answers a request.
    pub async fn answer(self, request: Request<Incoming>) -> Answer {
        let verdict = self.0.guard.judge(&asker(&request));
        let mut answer = match verdict {
            Verdict::Welcome => self.0.welcome(request).await,
            Verdict::Remember => self.0.remember(&request),
            Verdict::Refused => {
                plain(StatusCode::FORBIDDEN, "the inspector is not for everybody\n")
            }
        };
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        answer
    }
}

/// What proxies add.
const PASSED_ON: [&str; 5] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Scripts and styles are files of ours, and nothing comes from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Inner {
    async fn welcome(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        let path = path.strip_prefix("/inspect").unwrap_or_default();
        match (request.method(), path) {
            (&Method::GET, "/events") => self.events(&request),
            (&Method::GET, "/sessions") => self.sessions(),
            (&Method::GET, "/recording.siolog") => self.recording(&request),
            (&Method::GET | &Method::HEAD, "" | "/") => self.file("index.html"),
            (&Method::GET | &Method::HEAD, "/play") => self.file("play.html"),
            (&Method::GET | &Method::HEAD, path) => self.file(path.trim_start_matches('/')),
            (&Method::POST, path) => match read(request).await {
                Ok(body) => self.post(path, &body).await,
                Err(why) => plain(StatusCode::BAD_REQUEST, why),
            },
            _ => plain(StatusCode::METHOD_NOT_ALLOWED, "GET or POST\n"),
        }
    }

    async fn post(&self, path: &str, body: &[u8]) -> Answer {
        let scratch = path.strip_prefix("/scratch/").and_then(|id| id.parse().ok());
        match (path, scratch) {
            ("/decode", _) => match from_json::<Question>(body).and_then(|it| it.explained()) {
                Ok(explanation) => json(StatusCode::OK, &explanation),
                Err(why) => plain(StatusCode::BAD_REQUEST, why),
            },
            ("/encode", _) => match from_json::<Wanted>(body) {
                Ok(wanted) => match compose(&wanted.packet) {
                    Ok(composed) => json(StatusCode::OK, &composed),
                    Err(why) => plain(StatusCode::BAD_REQUEST, why.to_string()),
                },
                Err(why) => plain(StatusCode::BAD_REQUEST, why),
            },
            ("/scratch", _) => match self.scratches.open().await {
                Some(reaction) => json(StatusCode::OK, &reaction),
                None => plain(StatusCode::SERVICE_UNAVAILABLE, "no room for a scratch session\n"),
            },
            (_, Some(id)) => match from_json::<Question>(body).and_then(|it| it.message()) {
                Ok(message) => match self.scratches.send(id, message).await {
                    Some(reaction) => json(StatusCode::OK, &reaction),
                    None => plain(StatusCode::NOT_FOUND, "there is no such scratch session\n"),
                },
                Err(why) => plain(StatusCode::BAD_REQUEST, why),
            },
            _ => plain(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    fn events(&self, request: &Request<Incoming>) -> Answer {
        match Feed::new(&self.tap, session(request), self.secrets) {
            Some(feed) => answer(StatusCode::OK, "text/event-stream", Body::Feed(Box::new(feed))),
            None => plain(StatusCode::SERVICE_UNAVAILABLE, "too many are watching\n"),
        }
    }

    fn sessions(&self) -> Answer {
        let sessions: Vec<_> = self.tap.sessions().iter().map(listed).collect();
        json(StatusCode::OK, &sessions)
    }

    fn recording(&self, request: &Request<Incoming>) -> Answer {
        let kept = self.tap.kept(session(request));
        let events = kept.iter().map(|event| event_line(event, self.secrets));
        let lines = std::iter::once(first_line(self.tap.began_at())).chain(events);
        let text: String = lines.map(|line| line + "\n").collect();
        let mut answer = whole(StatusCode::OK, "application/x-ndjson", text);
        let name = HeaderValue::from_static("attachment; filename=\"recording.siolog\"");
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        answer
    }

    fn file(&self, name: &str) -> Answer {
        match self.assets.find(&format!("inspect/{name}")) {
            Some(asset) => {
                let content = match asset.content {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                };
                whole(StatusCode::OK, asset.content_type, content)
            }
            None => plain(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    /// The token goes into a cookie, so that it is not in the history of the browser.
    fn remember(&self, request: &Request<Incoming>) -> Answer {
        let Guard::Token(token) = &self.guard else { return plain(StatusCode::FORBIDDEN, "") };
        let mut answer = plain(StatusCode::SEE_OTHER, "");
        let cookie = format!("{COOKIE}={token}; Path=/inspect; HttpOnly; SameSite=Strict");
        for (name, value) in
            [(header::SET_COOKIE, cookie), (header::LOCATION, request.uri().path().to_owned())]
        {
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

/// Bytes that somebody asks about, or has sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Question {
    text: Option<String>,
    hex: Option<String>,
    attachments: Vec<String>,
    form: Option<String>,
    lang: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    packet: Draft,
}

impl Question {
    fn input(&self) -> Result<Input, String> {
        let mut input = match (&self.text, &self.hex) {
            (Some(text), None) => Input::text(text.clone()),
            (None, Some(hex)) => Input::bytes(bytes(hex)?),
            _ => return Err("either text or hex is wanted".to_owned()),
        };
        for attachment in &self.attachments {
            input.attachments.push(bytes(attachment)?.into());
        }
        Ok(input)
    }

    fn explained(&self) -> Result<impl serde::Serialize + use<>, String> {
        let input = self.input()?;
        let form = self.form.as_deref().map(Form::from_str).transpose()?;
        let form = form.unwrap_or_else(|| Form::guess(&input));
        let lang = self.lang.as_deref().and_then(|lang| Lang::from_str(lang).ok());
        Ok(explain(&input, form, lang.unwrap_or_default()))
    }

    fn message(&self) -> Result<Message, String> {
        Ok(match self.input()?.wire {
            Wire::Text(text) => Message::text(text.to_string()),
            Wire::Bytes(bytes) => Message::Binary(bytes),
        })
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    from_hex(hex).ok_or_else(|| "hex is two digits for each byte".to_owned())
}

fn asker(request: &Request<Incoming>) -> Asker<'_> {
    let field = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    // As it stands there: tokens are of characters that need no escape.
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    Asker {
        host: field(header::HOST),
        origin: field(header::ORIGIN),
        site: field(HeaderName::from_static("sec-fetch-site")),
        authorization: field(header::AUTHORIZATION),
        cookie: field(header::COOKIE),
        forwarded: PASSED_ON.iter().any(|name| request.headers().contains_key(*name)),
        token,
    }
}

/// The session that the query names: `s3`, or nothing for all.
fn session(request: &Request<Incoming>) -> Option<u64> {
    let query = request.uri().query().unwrap_or_default();
    let (_, name) = parameters(query).find(|(name, _)| name == "session")?;
    // One that is none is nobody's, and not everybody's.
    Some(name.trim_start_matches('s').parse().unwrap_or(u64::MAX))
}

async fn read(request: Request<Incoming>) -> Result<Bytes, &'static str> {
    let body = Limited::new(request.into_body(), MAX_BODY).collect();
    match timeout(BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        _ => Err("the body is too large, or late\n"),
    }
}

fn from_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn json(status: StatusCode, value: &impl serde::Serialize) -> Answer {
    whole(status, JSON, serde_json::to_vec(value).unwrap_or_default())
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    whole(status, TEXT, text)
}

fn whole(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    answer(status, content_type, Body::Whole(Full::new(body.into())))
}

fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
