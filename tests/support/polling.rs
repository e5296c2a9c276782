//! A session on HTTP long-polling, from the client's side.
//!
//! ```text
//!   GET   ?EIO=4&transport=polling           open: the answer is 0{"sid":…}
//!   GET   ?EIO=4&transport=polling&sid=…     poll
//!   POST  ?EIO=4&transport=polling&sid=…     post
//! ```
//!
//! Each request has a connection of its own, so they may overlap.

use super::http::{self, Http, Response};
use super::websocket::Ws;
use super::{Live, RawWs};

/// One session.
pub struct Polling<'a> {
    live: &'a Live,
    /// The open packet, as it came.
    pub open: String,
    /// The session's name.
    pub sid: String,
}

impl<'a> Polling<'a> {
    /// Opens a session.
    pub async fn open(live: &'a Live) -> Self {
        let response = live.request(http::get(&live.target("EIO=4&transport=polling"))).await;
        assert_eq!(response.status, 200, "{}", response.text());
        let open = response.text().to_owned();
        let sid = sid(&open);
        Self { live, open, sid }
    }

    /// Path and query of the session's requests.
    pub fn target(&self) -> String {
        self.live.target(&format!("EIO=4&transport=polling&sid={}", self.sid))
    }

    /// Sends a `GET`. The connection, on which the answer will come.
    pub async fn start_poll(&self) -> Http {
        let mut http = self.live.connect().await;
        http.send(http::get(&self.target())).await;
        http
    }

    /// Sends a `GET` and waits for the answer.
    pub async fn try_poll(&self) -> Response {
        self.start_poll().await.response().await
    }

    /// Waits for packets: the body of the answer, which must be a good one.
    pub async fn poll(&self) -> String {
        let response = self.try_poll().await;
        assert_eq!(response.status, 200, "{}", response.text());
        response.text().to_owned()
    }

    /// Brings packets. The answer.
    pub async fn try_post(&self, body: impl AsRef<[u8]>) -> Response {
        self.live.connect().await.post(&self.target(), body).await
    }

    /// Brings packets, which must be accepted.
    pub async fn post(&self, body: impl AsRef<[u8]>) {
        self.try_post(body).await.check(200, "ok");
    }

    /// Opens a candidate WebSocket for the session.
    pub async fn candidate(&self) -> Ws {
        self.live.websocket_at(&self.candidate_query()).await
    }

    /// Opens a candidate WebSocket for the session, frame by frame.
    pub async fn raw_candidate(&self) -> RawWs {
        self.live.raw_websocket(&self.candidate_query()).await
    }

    fn candidate_query(&self) -> String {
        format!("EIO=4&transport=websocket&sid={}", self.sid)
    }

    /// Moves the session to a WebSocket, as a client does that has no `GET` waiting.
    pub async fn upgrade(&self) -> Ws {
        let mut ws = self.candidate().await;
        ws.send("2probe").await;
        ws.expect("3probe").await;
        ws.send("5").await;
        ws
    }
}

/// The session's name, out of its open packet.
pub fn sid(open: &str) -> String {
    let (_, rest) = open.split_once(r#""sid":""#).expect("an open packet");
    rest.split('"').next().expect("a sid").to_owned()
}
