//! Plays the transcripts in `tests/transcripts`: against the session alone, and against the
//! live server in memory. `tests/interop/transcripts.test.mjs` plays them on the reference server.
//!
//! A transcript is a conversation, one line per thing that happens:
//!
//! ```text
//!   C: revision 3     the client speaks revision 3, bytes as base64; this comes first
//!   C: GET            the client polls; "GET again" is a second poll at the same time
//!   C: GET breaks     the connection on which it polls breaks
//!   C: POST 4hello    the client posts packets, with ␞ between them
//!   C: WS             the client opens a WebSocket; "WS again" is a second one
//!   C: 4hello         the client sends a frame over it; <01 02> is a frame of bytes
//!   C: WS closes      the client closes it
//!   S: GET 4world     the poll is answered 200 with these packets, or with a refusal
//!   S: POST ok        the post is answered
//!   S: 4world         the server sends a frame
//!   S: WS closed      the server closes the WebSocket
//!   A: hello          the application receives a message
//!   A> world          the application sends one, or several at once, with ␞ between them
//!   A! close          the application closes the session
//!   -- 25s            time passes
//!   S! ping timeout   the session ends, for this reason
//! ```
//!
//! A transcript holds for the reference server too, but for the places where it says otherwise:
//!
//! ```text
//!   N! <a case>       the reference differs, as the row of this case in docs/departures.md says
//!   S: WS closed      what we do, in any number of lines
//!   N: S: 4world      the line that the reference plays in their place; there may be several
//!   N: nothing        … or it does nothing
//! ```
//!
//! They are read by people first. The clock is stopped, so a minute of silence takes no time.

mod support;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::dialect::{Dialect, Revision};
use sockrates::engineio::engine::Engine;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::{Frame, Message, Packet};
use sockrates::engineio::session::{Action, Answer, BodyEnd, Session};
use sockrates::engineio::sid::Sid;
use support::polling::sid;
use support::transcript::{self, Line, hex, time};
use support::{Http, Live, Ws, http, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message as WsMessage;

/// The name of the session, as transcripts write it.
const SID: &str = "AAAAAAAAAAAAAAAAAAAA";

/// All transcripts, as their lines.
fn transcripts() -> Vec<Vec<Line>> {
    let paths = transcript::paths("");
    assert!(paths.len() >= 40, "{} transcripts", paths.len());
    paths.iter().map(|path| transcript::lines(path)).collect()
}

/// The dialect of a transcript, and what happens in it.
fn opening(lines: &[Line]) -> (Dialect, &[Line]) {
    match lines {
        [first, rest @ ..] if first.what == "revision 3" => {
            (Dialect::new(Revision::Three, true, None), rest)
        }
        _ => (Dialect::FOUR, lines),
    }
}

/// Text, or bytes where it is written `<01 02>`.
fn message(text: &str) -> Message {
    match transcript::bytes(text) {
        Some(bytes) => Message::Binary(bytes.into()),
        None => Message::Text(text.to_owned().into()),
    }
}

/// The frames of messages with ␞ between them.
fn messages(text: &str) -> impl Iterator<Item = Frame> {
    text.split('␞').map(|text| Packet::Message(message(text)).to_frame())
}

fn written(message: &Message) -> String {
    match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => hex(bytes),
    }
}

fn frame(text: &str) -> Frame {
    match message(text) {
        Message::Text(text) => Frame::Text(text),
        Message::Binary(bytes) => Frame::Binary(bytes),
    }
}

/// The words of a refusal, without its number and its hint.
fn refusal(body: &str) -> String {
    let (_, rest) = body.split_once(r#""message":""#).expect("a refusal in JSON");
    rest.split('"').next().unwrap_or_default().to_owned()
}

// The session alone.

/// A session, and what it wants done that the transcript has not come to.
struct Core {
    session: Session<&'static str>,
    now: Instant,
    /// Lines that are expected next, each with its two characters in front.
    done: VecDeque<String>,
}

impl Core {
    fn new(dialect: Dialect, first: &Line) -> Self {
        let now = Instant::now();
        let transport = match first.what.as_str() {
            "WS" => Transport::WebSocket,
            _ => Transport::Polling,
        };
        let session =
            Session::open(Sid::new([0; 15]), transport, dialect, &Options::default(), now);
        let mut core = Self { session, now, done: VecDeque::new() };
        if transport == Transport::Polling {
            core.session.get("GET", now);
        }
        core.look();
        core
    }

    fn play(&mut self, line: &Line) {
        let now = self.now;
        match (line.who.as_str(), line.what.as_str()) {
            ("C:", get @ ("GET" | "GET again")) => {
                let get = if get == "GET" { "GET" } else { "GET again" };
                self.session.get(get, now);
            }
            ("C:", "GET breaks") => self.session.get_lost(),
            ("C:", name @ ("WS" | "WS again")) => {
                if !self.session.candidate(now) {
                    self.done.push_back(format!("S: {name} closed"));
                }
            }
            ("C:", "WS closes") => match self.session.transport() {
                Transport::WebSocket => {
                    self.session.websocket_lost(CloseReason::TransportClose);
                }
                Transport::Polling => self.session.candidate_lost(now),
            },
            ("C:", what) => match what.strip_prefix("POST ") {
                Some(body) => {
                    self.session.post("POST");
                    let body = body.replace('␞', "\x1e");
                    self.session.post_ended(BodyEnd::Complete(body.into()));
                }
                None if self.session.transport() == Transport::WebSocket => {
                    // The error is for the log; that the session ends shows below.
                    let _ = self.session.frame(&frame(what), now);
                }
                None => self.session.candidate_frame(&frame(what), now),
            },
            ("A>", text) => messages(text).for_each(|frame| self.session.send(frame, now)),
            ("A!", _) => self.session.close(CloseReason::ForcedClose, now),
            ("--", text) => self.pass(time(text)),
            _ => {
                let expected = format!("{} {}", line.who, line.what);
                let at = self.done.iter().position(|done| *done == expected);
                // A request, the application and the WebSocket are told independently: what
                // must keep its order is what is told to the same of them.
                let same = |done: &String| done.split(' ').take(2).eq(expected.split(' ').take(2));
                assert_eq!(self.done.iter().position(same), at, "{}: {:?}", line.place, self.done);
                assert!(at.is_some(), "{}: {:?}", line.place, self.done);
                self.done.remove(at.unwrap());
                return;
            }
        }
        self.look();
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.session.deadline().filter(|&deadline| deadline <= until) {
            self.now = deadline;
            self.session.tick(self.now, true);
            self.look();
        }
        self.now = until;
    }

    /// Asks the session what to do, until there is nothing more.
    fn look(&mut self) {
        while self.session.advance(self.now) {}
        self.session.settle(self.now);
        while let Some(frame) = self.session.next_frame(self.now) {
            self.frame(frame);
        }
        while let Some(frame) = self.session.next_candidate_frame() {
            self.frame(frame);
        }
        self.session.drained();
        while let Some(action) = self.session.next_action() {
            let done = match action {
                Action::Answer(request, Answer::Payload(body)) => {
                    format!("S: {request} {}", body.replace('\x1e', "␞"))
                }
                Action::Answer(request, Answer::Accepted) => format!("S: {request} ok"),
                Action::Answer(request, Answer::Refused(refused)) => {
                    format!("S: {request} {} {}", refused.status(), refused.message())
                }
                Action::Answer(request, other) => format!("S: {request} {other:?}"),
                Action::Deliver(message) => format!("A: {}", written(&message)),
                Action::Switch => continue,
                Action::DropCandidate => "S: WS closed".to_owned(),
                Action::Closed(reason) => {
                    self.done.push_back(format!("S! {reason}"));
                    match self.session.transport() {
                        Transport::WebSocket => "S: WS closed".to_owned(),
                        Transport::Polling => continue,
                    }
                }
            };
            self.done.push_back(done);
        }
        // The switch may have freed what waited.
        while let Some(frame) = self.session.next_frame(self.now) {
            self.frame(frame);
        }
    }

    fn frame(&mut self, frame: Frame) {
        let text = match frame {
            Frame::Text(text) => text.to_string(),
            Frame::Binary(bytes) => written(&Message::Binary(bytes)),
        };
        self.done.push_back(format!("S: {text}"));
    }
}

#[test]
fn the_session_alone_keeps_to_the_transcripts() {
    for lines in transcripts() {
        let (dialect, lines) = opening(&lines);
        let (first, rest) = lines.split_first().unwrap();
        let mut core = Core::new(dialect, first);
        for line in rest {
            core.play(line);
        }
        // Of a client that closed its WebSocket nobody waits to be told.
        core.done.retain(|done| done != "S: WS closed");
        assert!(core.done.is_empty(), "{}: more than written: {:?}", first.place, core.done);
    }
}

// The live server.

/// An application that notes what it is told.
struct Notes(UnboundedSender<SessionHandle>, UnboundedSender<String>);

struct Noting(UnboundedSender<String>);

impl Handler for Notes {
    type Client = Noting;

    fn opened(&self, session: SessionHandle, _: Arc<Handshake>, _: Instant) -> Noting {
        self.0.send(session).unwrap();
        Noting(self.1.clone())
    }
}

impl Client for Noting {
    fn message(&mut self, message: Message, _: Instant) {
        self.0.send(format!("A: {}", written(&message))).unwrap();
    }

    fn closed(self, reason: CloseReason) {
        // At the end of a transcript nobody listens any more.
        let _ = self.0.send(format!("S! {reason}"));
    }
}

/// A client, and the application it speaks to.
struct Played {
    live: Live,
    version: &'static str,
    handles: UnboundedReceiver<SessionHandle>,
    handle: Option<SessionHandle>,
    notes: UnboundedReceiver<String>,
    sid: Option<String>,
    get: Option<Http>,
    get_again: Option<Http>,
    post: Option<Http>,
    websocket: Option<Ws>,
    websocket_again: Option<Ws>,
}

impl Played {
    fn new(dialect: &Dialect) -> Self {
        let version = match dialect.revision() {
            Revision::Three => "3&b64=1",
            Revision::Four => "4",
        };
        let options = Options { allow_eio3: true, ..Options::default() };
        let (opened, handles) = unbounded_channel();
        let (noted, notes) = unbounded_channel();
        let live = Live::engine_in_memory(&Engine::new(options, Notes(opened, noted)));
        let (handle, sid, get, get_again) = (None, None, None, None);
        let (post, websocket, websocket_again) = (None, None, None);
        Self {
            live,
            version,
            handles,
            handle,
            notes,
            sid,
            get,
            get_again,
            post,
            websocket,
            websocket_again,
        }
    }

    fn target(&self, transport: &str) -> String {
        let sid = self.sid.as_ref().map(|sid| format!("&sid={sid}")).unwrap_or_default();
        self.live.target(&format!("EIO={}&transport={transport}{sid}", self.version))
    }

    async fn request(&self, request: impl AsRef<[u8]>) -> Option<Http> {
        let mut http = self.live.connect().await;
        http.send(request).await;
        settled().await;
        Some(http)
    }

    async fn play(&mut self, line: &Line) {
        let what = line.what.as_str();
        match line.who.as_str() {
            "C:" => self.client(what).await,
            "S:" => {
                let found = self.server(what).await;
                let sid = self.sid.get_or_insert_with(|| sid(&found));
                assert_eq!(found.replace(&*sid, SID), what, "{}", line.place);
            }
            "A>" => {
                // Too late is too late.
                let _ = self.handle().await.send(messages(what), Delivery::default());
                settled().await;
            }
            "A!" => {
                self.handle().await.close(CloseReason::ForcedClose);
                settled().await;
            }
            "--" => tokio::time::sleep(time(what)).await,
            _ => {
                let note = within(self.live.patience, &line.place, self.notes.recv()).await;
                assert_eq!(note, Some(format!("{} {what}", line.who)), "{}", line.place);
            }
        }
    }

    async fn websocket(&self) -> Option<Ws> {
        let target = self.target("websocket");
        Some(Ws::connect(self.live.wire().await, &target, self.live.patience).await)
    }

    async fn client(&mut self, what: &str) {
        match what {
            "GET" => self.get = self.request(http::get(&self.target("polling"))).await,
            "GET again" => self.get_again = self.request(http::get(&self.target("polling"))).await,
            "GET breaks" => self.get = None,
            "WS" => self.websocket = self.websocket().await,
            "WS again" => self.websocket_again = self.websocket().await,
            "WS closes" => self.websocket.take().unwrap().close().await,
            _ => match what.strip_prefix("POST ") {
                Some(body) => {
                    let body = body.replace('␞', "\x1e");
                    let request = http::post(&self.target("polling"), body);
                    self.post = self.request(request).await;
                }
                None => {
                    let websocket = self.websocket.as_mut().unwrap();
                    websocket
                        .send_message(match message(what) {
                            Message::Text(text) => WsMessage::text(text.to_string()),
                            Message::Binary(bytes) => WsMessage::binary(bytes),
                        })
                        .await;
                }
            },
        }
        settled().await;
    }

    /// What the server does where the transcript expects `what`.
    async fn server(&mut self, what: &str) -> String {
        let (name, http) = match what.split_once(' ') {
            _ if what == "WS closed" => {
                self.websocket.take().unwrap().closed().await;
                return what.to_owned();
            }
            _ if what == "WS again closed" => {
                self.websocket_again.take().unwrap().closed().await;
                return what.to_owned();
            }
            _ if what.starts_with("GET again ") => ("GET again", &mut self.get_again),
            Some(("GET", _)) => ("GET", &mut self.get),
            Some(("POST", _)) => ("POST", &mut self.post),
            _ => {
                return match self.websocket.as_mut().unwrap().next().await {
                    Some(WsMessage::Text(text)) => text.to_string(),
                    Some(WsMessage::Binary(bytes)) => written(&Message::Binary(bytes)),
                    other => panic!("expected {what}, found {other:?}"),
                };
            }
        };
        let answer = http.take().unwrap().response().await;
        match answer.status {
            200 => format!("{name} {}", answer.text().replace('\x1e', "␞")),
            status => format!("{name} {status} {}", refusal(answer.text())),
        }
    }

    async fn handle(&mut self) -> SessionHandle {
        if self.handle.is_none() {
            self.handle = self.handles.recv().await;
        }
        self.handle.clone().unwrap()
    }
}

/// Waits until the server has done all it can do now: the clock moves only then.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn the_live_server_keeps_to_the_transcripts() {
    for lines in transcripts() {
        let (dialect, lines) = opening(&lines);
        let mut played = Played::new(&dialect);
        for line in lines {
            played.play(line).await;
        }
        let more = played.notes.try_recv();
        assert!(more.is_err(), "{}: more than written: {more:?}", lines[0].place);
    }
}

#[test]
fn each_difference_from_the_reference_is_a_listed_departure() {
    let found = transcript::differences_that_are_listed(&transcript::paths(""));
    assert!(found >= 10, "{found} differences");
}
