//! The front: which site a request is for.
//!
//! ```text
//!   /inspect…      the inspector, if there is one
//!   /guide…        the guide
//!   all the rest   the chat, and Socket.IO
//! ```
//!
//! Shell file: answers requests.

use std::net::{Ipv4Addr, SocketAddr};

use hyper::body::Incoming;
use hyper::{Request, Response};
use sockrates::chat::page::Site;
use sockrates::engineio::server::Server;
use sockrates::inspect::feed::Body;
use sockrates::inspect::site::{Inspector, Settings};

use crate::guide;

/// Bytes that may be under way in a connection within this program.
const PIPE: usize = 64 << 10;

/// All that is served. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Front {
    site: Site,
    inspector: Option<Inspector>,
}

impl Front {
    /// The chat, and an inspector if there are settings for one.
    pub fn new(site: Site, server: &Server, inspect: Option<Settings>) -> Self {
        let inspector = inspect.map(|settings| {
            let (server, site) = (server.clone(), site.clone());
            Inspector::new(settings, move || {
                let (near, far) = tokio::io::duplex(PIPE);
                let site = site.clone();
                let service = move |request, peer| site.answer(request, peer);
                let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                tokio::spawn(server.clone().connection(far, peer, service));
                near
            })
        });
        Self { site, inspector }
    }

    /// Answers a request.
    pub fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let inspector = self.inspector.clone().filter(|_| Inspector::serves(request.uri().path()));
        let site = self.site.clone();
        async move {
            match inspector {
                Some(inspector) => Box::pin(inspector.answer(request)).await,
                None if guide::serves(request.uri().path()) => {
                    guide::answer(&request).map(Body::from)
                }
                None => site.answer(request, peer).await.map(Body::from),
            }
        }
    }
}
