//! A Socket.IO server with a port of its own, and nothing else on it.
//!
//! Shell file: accepts connections. Whoever has other things to serve as well hands the requests
//! that [`Io::serves`] to [`Io::handle`].

use std::future::{Future, ready};
use std::time::Duration;

use futures_util::future::Either;
use hyper::StatusCode;
use tokio::net::TcpListener;

use super::server::Io;
use crate::engineio::http::response;
use crate::engineio::server::Server;

impl Io {
    /// Serves `listener` until `stop` is ready, then closes all sessions. Whatever is left after
    /// `grace` is given up. Returns how much that was.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use sockrates::socketio::{Io, Options};
    ///
    /// # async fn example() -> std::io::Result<()> {
    /// let io = Io::new(Options::default());
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    /// io.serve(listener, stop, Duration::from_secs(5)).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
        grace: Duration,
    ) -> usize {
        let server = Server::new(&self.options().engine);
        let io = self.clone();
        let accepting = server.accept(listener, move |request, peer| {
            if io.serves(request.uri().path()) {
                return Either::Left(io.handle(request, peer));
            }
            let text = "text/plain; charset=utf-8";
            Either::Right(ready(response(StatusCode::NOT_FOUND, text, "not found")))
        });
        let stopping = async {
            stop.await;
            // First the sessions, while connections are still accepted: a client on polling
            // comes back once more, to be told.
            self.close(grace).await + server.close(grace).await
        };
        let ((), left) = tokio::join!(accepting, stopping);
        left
    }
}
