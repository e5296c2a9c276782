//! The server: accept connections, watch their time, and stop.
//!
//! Sessions are closed before this, by their [`engine`](super::engine): as long as there are
//! any, their clients may have to come back to be told. What is left to stop are connections,
//! in three steps, each with an end:
//!
//! 1. stop accepting;
//! 2. tell every connection, which finishes what it is doing;
//! 3. after `grace`, drop the connections that have not.
//!
//! Shell file: owns the listeners and every connection's task. Not in the specification; the
//! limits are those of [`Options`].

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::census::Census;
use super::heads::{Heads, Patience, Watched};
use super::http::{self, Response};
use super::options::Options;
use super::patience::Patient;
use super::refusal::Refusal;

/// How long to wait before accepting again, when the system has no descriptors left. Waiting
/// lets some be closed; returning would take down every client for want of a new one.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// What a connection is told that is one too many.
const CROWDED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Connection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";

/// How long a connection may be silent before the system asks whether its other end is there, and
/// how long what was sent may go unconfirmed. The heart of a session notices sooner when a client
/// has vanished; this is for connections that serve none at the time.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// hyper's smallest buffer.
const MIN_BUFFER: usize = 8 << 10;

/// The body of an answer: usually one that is there as a whole.
pub trait Outgoing:
    Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + From<Full<Bytes>> + Send + 'static
{
}

impl<B> Outgoing for B where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>>
        + From<Full<Bytes>>
        + Send
        + 'static
{
}

/// How connections are served.
#[derive(Clone, Debug)]
pub struct Server {
    limits: Arc<Limits>,
    tasks: TaskTracker,
    stopping: CancellationToken,
    aborting: CancellationToken,
}

#[derive(Debug)]
struct Limits {
    patience: Patience,
    max_head: usize,
    hints: bool,
    census: Census,
}

impl Server {
    /// A server with the limits of `options`.
    pub fn new(options: &Options) -> Self {
        let options = options.clone().bounded();
        Self {
            limits: Arc::new(Limits {
                patience: Patience { head: options.head_timeout, rest: options.idle_timeout },
                max_head: options.max_head,
                census: Census::new(options.max_connections),
                hints: options.hints,
            }),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            aborting: CancellationToken::new(),
        }
    }

    /// Accepts connections until the server is [closed](Self::close). Requests are answered by
    /// `service`, which is cloned for each connection.
    pub async fn accept<S, F, B>(&self, listener: TcpListener, service: S)
    where
        S: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = hyper::Response<B>> + Send + 'static,
        B: Outgoing,
    {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stopping.cancelled() => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    prepare(&stream);
                    self.tasks.spawn(self.clone().connection(stream, peer, service.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting failed");
                    sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }

    /// Serves one connection, which may be any stream of bytes.
    pub async fn connection<I, S, F, B>(self, mut io: I, peer: SocketAddr, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = hyper::Response<B>> + Send + 'static,
        B: Outgoing,
    {
        let Ok(place) = self.limits.census.admit(peer.ip()) else {
            tracing::debug!(%peer, "too many connections");
            // As far as it goes out at once: whoever is too many is not waited for.
            let _ = timeout(ACCEPT_BACKOFF, io.write_all(CROWDED)).await;
            return;
        };
        let heads = Arc::new(Heads::default());
        let io = Patient::new(io, self.limits.patience.rest, heads.clone());
        let io = Watched::new(io, heads.clone(), self.limits.patience, place);
        let hints = self.limits.hints;
        let service = service_fn(|request: Request<Incoming>| {
            let serving = heads.complete();
            // It may have named a length as well, which hyper takes out. Then the connection must
            // not go on: a proxy in front may see another end of the request than we do.
            let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
            // A future holds what it waits for twice over, and many requests wait for long.
            let answer = match fault(&request) {
                None => Ok(Box::pin(service(request, peer))),
                Some(why) => Err(why),
            };
            async move {
                let mut answer = match answer {
                    Ok(answer) => answer.await,
                    Err(why) => refuse(&Refusal::Ambiguous(why), peer, hints).map(B::from),
                };
                // A connection that is a WebSocket from here on ends otherwise.
                if chunked && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                drop(serving);
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_header_size(self.limits.max_head)
            .max_buf_size(self.limits.max_head.max(MIN_BUFFER))
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        tokio::pin!(connection);
        tokio::select! {
            // If it is not over, it is a WebSocket now.
            _ = connection.as_mut() => return heads.hand_over(),
            () = self.stopping.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        self.aborting.run_until_cancelled(connection).await;
        heads.hand_over();
    }

    /// How many connections are served. One that has become a WebSocket is its session's.
    pub fn connections(&self) -> usize {
        self.tasks.len()
    }

    /// Stops accepting, tells every connection, and after `grace` drops those that are left.
    /// Returns how many that were.
    pub async fn close(&self, grace: Duration) -> usize {
        self.stopping.cancel();
        self.tasks.close();
        if timeout(grace, self.tasks.wait()).await.is_ok() {
            return 0;
        }
        let left = self.tasks.len();
        self.aborting.cancel();
        self.tasks.wait().await;
        left
    }
}

fn refuse(refusal: &Refusal, peer: SocketAddr, hints: bool) -> Response {
    tracing::warn!(code = refusal.code(), status = refusal.status(), reason = ?refusal, %peer,
        "request refused");
    http::refused(refusal, hints)
}

/// Sets what the system does for a connection. What it can not do, it does without.
fn prepare(stream: &TcpStream) {
    // Small packets must not wait for each other.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(KEEPALIVE));
}

/// What makes a request ambiguous, so that a proxy in front might read it otherwise than we
/// do. hyper lets these pass.
fn fault<B>(request: &Request<B>) -> Option<&'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    if hosts.next().is_none() && request.version() == Version::HTTP_11 {
        return Some("A request needs a Host header.");
    }
    if hosts.next().is_some() {
        return Some("A request has one Host header.");
    }
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    if codings.next().is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
        || codings.next().is_some()
    {
        return Some("The only transfer coding is chunked.");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat 46. A client that vanished without a word is noticed by the system.
    #[tokio::test]
    async fn a_connection_is_asked_whether_it_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        prepare(&far);
        let socket = SockRef::from(&far);
        assert!(far.nodelay().unwrap() && socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(
            (socket.tcp_keepalive_time().unwrap(), socket.tcp_user_timeout().unwrap()),
            (KEEPALIVE, Some(KEEPALIVE))
        );
    }

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Option<&str>) {
        check_version(Version::HTTP_11, headers, expected);
    }

    #[track_caller]
    fn check_version(version: Version, headers: &[(&str, &str)], expected: Option<&str>) {
        let mut request = Request::builder().version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(fault(&request.body(()).unwrap()), expected, "{headers:?}");
    }

    #[test]
    fn requests_that_can_be_read_in_two_ways_are_refused() {
        check(&[("host", "a")], None);
        check(&[("host", "a"), ("transfer-encoding", "Chunked")], None);
        check(&[], Some("A request needs a Host header."));
        check(&[("host", "a"), ("host", "a")], Some("A request has one Host header."));
        // Proxies still speak 1.0, with the header or without it.
        check_version(Version::HTTP_10, &[("host", "a")], None);
        check_version(Version::HTTP_10, &[], None);
        let twice = Some("The only transfer coding is chunked.");
        check(&[("host", "a"), ("transfer-encoding", "chunked, chunked")], twice);
        check(&[("host", "a"), ("transfer-encoding", "gzip, chunked")], twice);
    }
}
