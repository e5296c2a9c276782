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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Peer(pub SocketAddr);

/// A server answers at once, or when a `GET` of a session has something to bring. Requests for
/// other paths than [its own](Io::serves) are answered 404.
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
