//! A server as a service of tower, for frameworks that are built on it.
//!
//! ```text
//!   axum::Router::new()
//!     .route("/", get(page))
//!     .route_service("/socket.io/", io)     requests for this path are the server's
//! ```
//!
//! A request has to come with its whole path, so `nest_service`, which takes the prefix off, is not
//! for this. Who sent it is said by a [`Peer`] among its extensions. A WebSocket needs what hyper
//! puts there as well, and frameworks leave.
//!
//! Shell file: hands requests on.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};

use hyper::body::Body;
use hyper::{Request, StatusCode};
use tower_service::Service;

use super::server::Io;
use crate::engineio::http::{Response, response};

/// The other end of the TCP connection, among the extensions of a request.
///
/// Without one the address is `0.0.0.0:0`. Then limits for one address hold for everybody together,
/// and logs do not say whom they are about, so the first such request is warned of.
///
/// Within axum it is put there by a layer:
///
/// ```no_run
/// use std::net::SocketAddr;
/// use std::time::Duration;
///
/// use axum::Router;
/// use axum::extract::{ConnectInfo, Request};
/// use axum::middleware::map_request;
/// use sockrates::socketio::{Io, Options, Peer};
///
/// type From = ConnectInfo<SocketAddr>;
///
/// async fn tell_peer(ConnectInfo(peer): From, mut request: Request) -> Request {
///     request.extensions_mut().insert(Peer(peer));
///     request
/// }
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let io = Io::new(Options::default());
/// let app = Router::new()
///     // With the whole path: `nest_service` would take its beginning off.
///     .route_service("/socket.io/", io.clone())
///     .layer(map_request(tell_peer));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
///     .with_graceful_shutdown(async move {
///         tokio::signal::ctrl_c().await.unwrap_or_default();
///         // axum waits for polls and WebSockets, which end with their sessions.
///         io.close(Duration::from_secs(5)).await;
///     })
///     .await
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Peer(pub SocketAddr);

/// A server answers at once, or when a `GET` of a session has something to bring. Requests for
/// other paths than [its own](Io::serves) are answered 404. [`Peer`] has an example with axum.
impl<B> Service<Request<B>> for Io
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.serves(request.uri().path()) {
            let text = "text/plain; charset=utf-8";
            return Box::pin(async move { Ok(response(StatusCode::NOT_FOUND, text, "not found")) });
        }
        let peer = request.extensions().get().map_or_else(unknown, |Peer(peer)| *peer);
        let answer = self.handle(request, peer);
        Box::pin(async move { Ok(answer.await) })
    }
}

/// What stands for an address that nobody has said.
fn unknown() -> SocketAddr {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!("requests come without a Peer: limits for one address hold for all");
    });
    (Ipv4Addr::UNSPECIFIED, 0).into()
}
