//! A client of a transcript: one session, on polling or on a WebSocket, in memory.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::names::{Frame, Names};
use crate::support::{Http, Live, Ws, http, polling};

/// One client.
pub struct Client {
    /// What its requests say of it.
    query: String,
    session: Option<String>,
    websocket: Option<Ws>,
    /// Requests whose answer has not been looked at.
    requests: HashMap<&'static str, Http>,
}

impl Client {
    pub fn new(name: &str) -> Self {
        let query = format!("EIO=4&client={name}");
        Self { query, session: None, websocket: None, requests: HashMap::new() }
    }

    fn target(&self, live: &Live, transport: &str) -> String {
        let sid = self.session.as_ref().map(|sid| format!("&sid={sid}")).unwrap_or_default();
        live.target(&format!("{}&transport={transport}{sid}", self.query))
    }

    /// Does what stands behind `C a:`.
    pub async fn act(&mut self, live: &Live, what: &str, names: &Names) {
        match what {
            "WS" => self.open(live).await,
            "WS revision 3" => {
                self.query = self.query.replace("EIO=4", "EIO=3");
                self.open(live).await;
            }
            "WS closes" => self.websocket.take().expect("a WebSocket").close().await,
            "WS breaks" => self.websocket = None,
            "polling" => {
                let answer = live.request(http::get(&self.target(live, "polling"))).await;
                self.session = Some(polling::sid(answer.text()));
            }
            "GET" => {
                let request = http::get(&self.target(live, "polling"));
                self.request(live, "GET", request).await;
            }
            "GET breaks" => drop(self.requests.remove("GET")),
            _ => match what.strip_prefix("POST ") {
                Some(body) => {
                    let body = names.filled(body).replace('␞', "\x1e");
                    let request = http::post(&self.target(live, "polling"), body);
                    self.request(live, "POST", request).await;
                }
                None => self.send(names.frame(what)).await,
            },
        }
    }

    async fn open(&mut self, live: &Live) {
        let target = self.target(live, "websocket");
        let mut websocket = Ws::connect(live.wire().await, &target, live.patience).await;
        assert!(websocket.text().await.starts_with("0{"), "an open packet");
        self.websocket = Some(websocket);
    }

    async fn request(&mut self, live: &Live, name: &'static str, request: impl AsRef<[u8]>) {
        let mut http = live.connect().await;
        http.send(request).await;
        self.requests.insert(name, http);
    }

    async fn send(&mut self, frame: Frame) {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Bytes(bytes) => Message::binary(bytes),
        };
        self.websocket.as_mut().expect("a WebSocket").send_message(message).await;
    }

    /// What the server does where `what` is expected.
    pub async fn next(&mut self, what: &str) -> Frame {
        if what == "WS closed" {
            self.websocket.take().expect("a WebSocket").closed().await;
            return Frame::Text(what.to_owned());
        }
        let Some(name) = ["GET", "POST"].into_iter().find(|name| what.starts_with(name)) else {
            let websocket = self.websocket.as_mut().expect("a WebSocket");
            return frame(websocket.next().await);
        };
        let answer = self.requests.remove(name).expect("a request").response().await;
        Frame::Text(match answer.status {
            200 => format!("{name} {}", answer.text().replace('\x1e', "␞")),
            status => format!("{name} {status}"),
        })
    }

    /// What the server has sent beyond what the transcript says.
    pub async fn rest(&mut self) -> Option<Frame> {
        let websocket = self.websocket.as_mut()?;
        timeout(Duration::from_millis(1), websocket.next()).await.ok().map(frame)
    }
}

fn frame(message: Option<Message>) -> Frame {
    match message {
        Some(Message::Text(text)) => Frame::Text(text.to_string()),
        Some(Message::Binary(bytes)) => Frame::Bytes(bytes),
        Some(other) => panic!("{other:?}"),
        None => Frame::Bytes(Bytes::from_static(b"(closed)")),
    }
}
