//! A floor: hyper and nothing else, answering polls.
//!
//! ```text
//!   GET  …            ►  0{"sid":"7",…}
//!   POST …&sid=7      ►  ok, and its packets are looked at
//!   GET  …&sid=7      ►  waits until there is an answer to one of them
//! ```
//!
//! Sessions are never forgotten, and there is no heartbeat.

#[path = "../shared/args.rs"]
mod args;
#[path = "../shared/contract.rs"]
mod contract;

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use contract::Wish;

/// What waits for a client, or the client that waits.
#[derive(Default)]
struct Session {
    packets: String,
    poll: Option<oneshot::Sender<String>>,
}

type Sessions = RefCell<HashMap<u64, Session>>;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let sessions = Rc::new(Sessions::default());
        let listener = TcpListener::bind(("127.0.0.1", args::number("--port", 0))).await?;
        args::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let sessions = sessions.clone();
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| answer(request, &sessions));
                // A client that goes is not an error here.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(
    request: Request<Incoming>,
    sessions: &Sessions,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let query = request.uri().query().unwrap_or_default();
    let sid = query.rsplit_once("sid=").and_then(|(_, sid)| sid.parse().ok());
    let text = match (request.method(), sid) {
        (&Method::POST, Some(sid)) => {
            let body = request.into_body().collect().await.map(|body| body.to_bytes());
            take(sid, &body.unwrap_or_default(), sessions)
        }
        (_, Some(sid)) => poll(sid, sessions).await,
        (_, None) => open(sessions),
    };
    Ok(Response::new(Full::new(Bytes::from(text))))
}

fn open(sessions: &Sessions) -> String {
    let mut sessions = sessions.borrow_mut();
    let sid = sessions.len() as u64;
    sessions.insert(sid, Session::default());
    contract::OPEN.replace(r#""sid":"x""#, &format!(r#""sid":"{sid}""#))
}

async fn poll(sid: u64, sessions: &Sessions) -> String {
    let waiting = {
        let mut sessions = sessions.borrow_mut();
        let session = sessions.entry(sid).or_default();
        if !session.packets.is_empty() {
            return std::mem::take(&mut session.packets);
        }
        let (poll, waiting) = oneshot::channel();
        session.poll = Some(poll);
        waiting
    };
    waiting.await.unwrap_or_default()
}

fn take(sid: u64, body: &[u8], sessions: &Sessions) -> String {
    let mut sessions = sessions.borrow_mut();
    let session = sessions.entry(sid).or_default();
    for packet in std::str::from_utf8(body).unwrap_or_default().split('\x1E') {
        if !session.packets.is_empty() {
            session.packets.push('\x1E');
        }
        match Wish::read(packet) {
            Wish::Connect => session.packets.push_str(contract::CONNECTED),
            Wish::Same => session.packets.push_str(packet),
            Wish::Answer(answer) => session.packets.push_str(&answer),
            _ => {}
        }
    }
    if let Some(poll) = session.poll.take() {
        let _ = poll.send(std::mem::take(&mut session.packets));
    }
    "ok".to_owned()
}
