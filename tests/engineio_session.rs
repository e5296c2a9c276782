//! The session alone, with time as an argument: what follows what, row by row.
//!
//! ```text
//!   session.tell(…)          what happened
//!   ["get 1: 200 4hello"]    what the session wants done about it
//! ```
//!
//! After every step a checker makes sure of what must hold whatever happened: a request is
//! answered once, there is one end and nothing after it, a living session has a deadline and one
//! that is over has none, and what the application sent comes out complete and in order.

use std::time::{Duration, Instant};

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::dialect::Dialect;
use sockrates::engineio::options::{Options, Transport};
use sockrates::engineio::packet::{Frame, Message};
use sockrates::engineio::refusal::{Fate, Refusal};
use sockrates::engineio::session::{Action, Answer, BodyEnd, Session};
use sockrates::engineio::sid::Sid;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A session under watch. Requests are numbered from 1.
struct Watched {
    session: Session<u32>,
    now: Instant,
    requests: u32,
    answered: Vec<u32>,
    /// Requests whose client is gone, so that nobody waits for the answer.
    lost: Vec<u32>,
    sent: Vec<String>,
    came_out: Vec<String>,
    closed: Option<CloseReason>,
    reading: bool,
    /// The `POST` whose body is on its way.
    posting: Option<u32>,
}

fn options() -> Options {
    Options { max_payload: 100, ..Options::default() }
}

impl Watched {
    fn open(transport: Transport) -> Self {
        Self::with(transport, &options())
    }

    fn with(transport: Transport, options: &Options) -> Self {
        let now = Instant::now();
        let session = Session::open(Sid::new([0; 15]), transport, Dialect::FOUR, options, now);
        let (sent, came_out, answered, lost) = (vec![], vec![], vec![], vec![]);
        let (requests, closed, reading, posting) = (0, None, true, None);
        Self { session, now, requests, answered, lost, sent, came_out, closed, reading, posting }
    }

    /// A session on polling whose open packet was fetched, with request 1.
    fn polling() -> Self {
        let mut session = Self::open(Transport::Polling);
        let open = session.get();
        assert!(open[0].starts_with("1: 200 0{"), "{open:?}");
        session
    }

    /// A session on WebSocket whose open packet was taken.
    fn websocket() -> Self {
        let mut session = Self::open(Transport::WebSocket);
        let open = session.tell(|_, _| {});
        assert!(open[0].starts_with("ws: 0{"), "{open:?}");
        session
    }

    /// A session that has just moved to WebSocket.
    fn upgraded() -> Self {
        let mut session = Self::polling();
        session.candidate();
        session.over_candidate("2probe");
        assert_eq!(session.over_candidate("5"), ["switch"]);
        session
    }

    /// Something happens. What the session wants done about it.
    fn tell(&mut self, what: impl FnOnce(&mut Session<u32>, Instant)) -> Vec<String> {
        what(&mut self.session, self.now);
        self.session.settle(self.now);
        let mut done = Vec::new();
        loop {
            self.act(&mut done);
            if !self.reading || !self.session.advance(self.now) {
                break;
            }
        }
        self.session.settle(self.now);
        self.act(&mut done);
        while let Some(frame) = self.session.next_candidate_frame() {
            done.push(format!("candidate: {}", text(&frame)));
        }
        while let Some(frame) = self.session.next_frame(self.now) {
            let frame = text(&frame);
            self.note_out(&frame);
            done.push(format!("ws: {frame}"));
        }
        self.check();
        done
    }

    fn act(&mut self, done: &mut Vec<String>) {
        while let Some(action) = self.session.next_action() {
            assert_eq!(self.closed, None, "nothing comes after the end: {action:?}");
            done.push(match action {
                Action::Answer(request, answer) => {
                    assert!(!self.answered.contains(&request), "{request} is answered twice");
                    assert!(request <= self.requests);
                    self.answered.push(request);
                    let answer = match answer {
                        Answer::Payload(body) => {
                            body.split('\x1e').for_each(|packet| self.note_out(packet));
                            format!("200 {}", body.replace('\x1e', "␞"))
                        }
                        Answer::Accepted => "200 ok".to_owned(),
                        Answer::Refused(refusal) => format!("{refusal:?}"),
                        Answer::TooLarge => "413".to_owned(),
                        Answer::TimedOut => "408".to_owned(),
                        other => panic!("nobody has asked for that: {other:?}"),
                    };
                    format!("{request}: {answer}")
                }
                Action::Deliver(Message::Text(text)) => format!("app: {text}"),
                Action::Deliver(Message::Binary(bytes)) => format!("app: {bytes:?}"),
                Action::Switch => "switch".to_owned(),
                Action::DropCandidate => "drop candidate".to_owned(),
                Action::Closed(reason) => {
                    self.closed = Some(reason);
                    format!("closed: {reason}")
                }
            });
        }
    }

    fn note_out(&mut self, packet: &str) {
        if packet.starts_with(['4', 'b']) {
            self.came_out.push(packet.to_owned());
        }
    }

    /// What holds after every step.
    fn check(&mut self) {
        let deadline = self.session.deadline();
        assert_eq!(deadline.is_none(), self.closed.is_some(), "a deadline until the end");
        let came_out = self.came_out.len();
        assert_eq!(
            self.came_out,
            self.sent[..came_out],
            "what comes out is what went in, in order"
        );
        if self.session.buffered() == 0 && self.closed.is_none() {
            assert_eq!(came_out, self.sent.len(), "nothing waits, so all of it came out");
        }
        if self.closed.is_some() {
            assert_eq!(self.session.buffered(), 0, "a session that is over holds nothing");
            for request in 1..=self.requests {
                let over = self.answered.contains(&request) || self.lost.contains(&request);
                assert!(over, "request {request} was never answered");
            }
        }
    }

    fn request(&mut self) -> u32 {
        self.requests += 1;
        self.requests
    }

    fn get(&mut self) -> Vec<String> {
        let request = self.request();
        self.tell(|session, now| session.get(request, now))
    }

    fn post(&mut self, body: &str) -> Vec<String> {
        let mut done = self.post_begins();
        done.extend(self.post_ends(BodyEnd::Complete(body.into())));
        done
    }

    fn post_begins(&mut self) -> Vec<String> {
        let request = self.request();
        self.posting = Some(request);
        self.tell(|session, _| session.post(request))
    }

    /// The client of the `POST` goes away: nobody waits for an answer.
    fn post_lost(&mut self) -> Vec<String> {
        self.lost.extend(self.posting);
        self.post_ends(BodyEnd::Lost)
    }

    fn post_ends(&mut self, end: BodyEnd) -> Vec<String> {
        self.posting = None;
        self.tell(|session, _| session.post_ended(end))
    }

    fn frame(&mut self, frame: &str) -> Vec<String> {
        let frame = Frame::Text(frame.into());
        self.tell(|session, now| {
            // The error is for the log; that the session ends shows in its actions.
            let _ = session.frame(&frame, now);
        })
    }

    fn candidate(&mut self) -> bool {
        let mut stays = false;
        self.tell(|session, now| stays = session.candidate(now));
        stays
    }

    fn over_candidate(&mut self, frame: &str) -> Vec<String> {
        let frame = Frame::Text(frame.into());
        self.tell(|session, now| session.candidate_frame(&frame, now))
    }

    fn send(&mut self, text: &str) -> Vec<String> {
        if self.closed.is_none() && !self.session.is_closing() {
            self.sent.push(text.to_owned());
        }
        let frame = Frame::Text(text.into());
        self.tell(|session, now| session.send(frame, now))
    }

    fn close(&mut self) -> Vec<String> {
        self.tell(|session, now| {
            session.close(CloseReason::ForcedClose, now);
            session.settle(now);
            session.drained();
        })
    }

    /// Time passes, from one deadline to the next.
    fn pass(&mut self, time: Duration) -> Vec<String> {
        let until = self.now + time;
        let mut done = Vec::new();
        while let Some(deadline) = self.session.deadline().filter(|&deadline| deadline <= until) {
            assert!(deadline > self.now || done.len() < 1000, "a deadline that never moves on");
            self.now = self.now.max(deadline);
            let reading = self.reading;
            done.extend(self.tell(|session, now| session.tick(now, reading)));
        }
        self.now = until;
        done
    }
}

/// A frame as text.
fn text(frame: &Frame) -> String {
    let mut text = String::new();
    frame.write_as_text(&mut text);
    text
}

// Polling.

#[test]
fn a_get_waits_until_there_is_something_to_send() {
    let mut session = Watched::polling();
    assert!(session.get().is_empty());
    assert_eq!(session.send("4hello"), ["2: 200 4hello"]);
}

#[test]
fn what_waits_is_fetched_in_one_body() {
    let mut session = Watched::polling();
    session.send("4a");
    session.send("4b");
    assert_eq!(session.get(), ["2: 200 4a␞4b"]);
}

/// The open packet is the answer to the very request that opens the session, alone or with
/// what the application has sent at once.
#[test]
fn the_open_packet_comes_first() {
    let mut session = Watched::with(Transport::Polling, &Options::default());
    session.send("4hello");
    let answer = session.get().remove(0);
    assert!(answer.starts_with("1: 200 0{") && answer.ends_with("}␞4hello"), "{answer}");
}

#[test]
fn a_second_get_ends_the_session_and_both_are_answered() {
    let mut session = Watched::polling();
    session.get();
    assert_eq!(session.get(), ["3: Overlap", "2: 200 1", "closed: transport error"]);
}

#[test]
fn a_second_post_ends_the_session_and_both_are_answered() {
    let mut session = Watched::polling();
    session.post_begins();
    let done = session.post_begins();
    assert_eq!(done, ["3: Overlap", "2: Interrupted", "closed: transport error"]);
}

#[test]
fn a_get_that_goes_away_ends_the_session() {
    let mut session = Watched::polling();
    session.get();
    session.lost.push(2);
    let done = session.tell(|session, _| session.get_lost());
    assert_eq!(done, ["closed: transport error"]);
}

#[test]
fn a_post_that_goes_away_ends_the_session() {
    let mut session = Watched::polling();
    session.post_begins();
    assert_eq!(session.post_lost(), ["closed: transport error"]);
}

#[test]
fn a_post_that_stops_in_the_middle_ends_the_session() {
    let mut session = Watched::polling();
    session.post_begins();
    assert_eq!(session.post_ends(BodyEnd::TimedOut), ["2: 408", "closed: transport error"]);
}

#[test]
fn a_post_beyond_the_limit_is_refused_and_the_session_goes_on() {
    let mut session = Watched::polling();
    session.post_begins();
    assert_eq!(session.post_ends(BodyEnd::TooLarge), ["2: 413"]);
    assert_eq!(session.post("4a"), ["app: a", "3: 200 ok"]);
}

#[test]
fn a_post_that_is_no_text_ends_the_session() {
    let mut session = Watched::polling();
    session.post_begins();
    assert_eq!(session.post_ends(BodyEnd::NotText), ["2: NotPackets", "closed: parse error"]);
}

#[test]
fn packets_of_a_post_are_delivered_in_order_and_then_it_is_answered() {
    let mut session = Watched::polling();
    let done = session.post("4a\x1ebAQID\x1e4b");
    assert_eq!(done, ["app: a", r#"app: b"\x01\x02\x03""#, "app: b", "2: 200 ok"]);
}

/// Those before it were delivered already, as on the reference server. That the answer is 400
/// and not `ok` is ours: a client should not be told that all went well.
#[test]
fn packets_behind_an_invalid_one_are_dropped() {
    for body in ["4a\x1e9\x1e4b", "4a\x1e\x1e4b", "4a\x1e", "4a\x1eb!!!"] {
        let mut session = Watched::polling();
        session.get();
        let done = session.post(body);
        let expected = ["app: a", "3: NotPackets", "2: 200 1", "closed: parse error"];
        assert_eq!(done, expected, "{body:?}");
    }
}

#[test]
fn a_client_that_says_goodbye_is_answered_in_friendship() {
    let mut session = Watched::polling();
    session.get();
    let done = session.post("4a\x1e1\x1e4b");
    assert_eq!(done, ["app: a", "2: 200 6", "3: 200 ok", "closed: transport close"]);
}

#[test]
fn the_other_packets_of_a_server_are_ignored_when_a_client_sends_them() {
    let mut session = Watched::polling();
    assert_eq!(session.post("0\x1e3\x1e5\x1e6\x1e4a"), ["app: a", "2: 200 ok"]);
}

/// Since version 4 only the server pings.
#[test]
fn a_ping_from_a_client_ends_the_session() {
    let mut session = Watched::polling();
    assert_eq!(session.post("2"), ["2: NotPackets", "closed: transport error"]);
    for ping in ["2", "2probe", "2x"] {
        let mut session = Watched::websocket();
        assert_eq!(session.frame(ping), ["closed: transport error"], "{ping}");
    }
}

#[test]
fn a_body_never_exceeds_max_payload_and_what_is_left_waits_in_order() {
    let mut session = Watched::polling();
    let half = format!("4{}", "a".repeat(50));
    session.send(&half);
    session.send(&half);
    session.send("4b");
    assert_eq!(session.get(), [format!("2: 200 {half}")]);
    assert_eq!(session.get(), [format!("3: 200 {half}␞4b")]);
}

#[test]
fn a_packet_that_fits_no_body_is_sent_alone() {
    let mut session = Watched::polling();
    let huge = format!("4{}", "a".repeat(500));
    session.send("4a");
    session.send(&huge);
    session.send("4b");
    assert_eq!(session.get(), ["2: 200 4a"]);
    assert_eq!(session.get(), [format!("3: 200 {huge}")]);
    assert_eq!(session.get(), ["4: 200 4b"]);
}

/// While the application has no room, packets stay in the `POST`, which is not answered.
#[test]
fn a_post_is_answered_when_all_of_it_was_taken() {
    let mut session = Watched::polling();
    session.reading = false;
    assert!(session.post("4a\x1e4b").is_empty());
    assert!(session.session.has_backlog());
    session.reading = true;
    assert_eq!(session.tell(|_, _| {}), ["app: a", "app: b", "2: 200 ok"]);
    assert!(!session.session.has_backlog());
}

/// It came as it should, and that its packets still wait is not its client's doing.
#[test]
fn a_post_that_is_here_at_the_end_is_accepted() {
    let mut session = Watched::polling();
    session.reading = false;
    session.post("4a\x1e4b");
    let done = session.tell(|session, _| session.abort(CloseReason::ServerShutdown));
    assert_eq!(done, ["2: 200 ok", "closed: server shutting down"]);
}

#[test]
fn a_request_for_a_session_that_is_over_is_for_an_unknown_one() {
    let sid = Sid::new([0; 15]);
    let mut session = Session::open(sid, Transport::Polling, Dialect::FOUR, &options(), now());
    session.abort(CloseReason::ForcedClose);
    while session.next_action().is_some() {}
    session.get(1, now());
    session.post(2);
    let unknown = Answer::Refused(Refusal::UnknownSid(Fate::JustClosed));
    assert_eq!(session.next_action(), Some(Action::Answer(1, unknown.clone())));
    assert_eq!(session.next_action(), Some(Action::Answer(2, unknown)));
    assert!(!session.candidate(now()));
}

fn now() -> Instant {
    Instant::now()
}

// WebSocket.

#[test]
fn frames_of_a_websocket_are_packets() {
    let mut session = Watched::websocket();
    assert_eq!(session.frame("4hello"), ["app: hello"]);
    assert_eq!(session.frame("bAQID"), [r#"app: b"\x01\x02\x03""#]);
    let bytes = Frame::Binary(vec![1, 2].into());
    let done = session.tell(|session, now| session.frame(&bytes, now).unwrap());
    assert_eq!(done, [r#"app: b"\x01\x02""#]);
    assert_eq!(session.send("4world"), ["ws: 4world"]);
}

#[test]
fn packets_that_mean_nothing_on_an_open_websocket_are_ignored() {
    for packet in ["0", "3", "3probe", "5", "6", "6x"] {
        let mut session = Watched::websocket();
        assert!(session.frame(packet).is_empty(), "{packet}");
        assert_eq!(session.frame("4a"), ["app: a"]);
    }
}

#[test]
fn what_is_no_packet_ends_a_session_on_websocket() {
    for frame in ["", "7", "x", "é", "b!", "-1"] {
        let mut session = Watched::websocket();
        assert_eq!(session.frame(frame), ["closed: parse error"], "{frame:?}");
    }
}

/// The reference server ignores a `1` on WebSocket; ours closes, as on polling.
#[test]
fn a_close_packet_ends_a_session_on_websocket() {
    let mut session = Watched::websocket();
    assert_eq!(session.frame("1"), ["closed: transport close"]);
}

#[test]
fn the_first_reason_counts() {
    let mut session = Watched::websocket();
    let done = session.tell(|session, _| {
        session.websocket_lost(CloseReason::TransportClose);
        session.websocket_lost(CloseReason::TransportError);
        session.abort(CloseReason::SlowConsumer);
    });
    assert_eq!(done, ["closed: transport close"]);
}

#[test]
fn a_packet_that_comes_after_the_end_is_not_delivered() {
    let mut session = Watched::websocket();
    assert_eq!(session.frame("1"), ["closed: transport close"]);
    assert!(session.frame("4late").is_empty());
}

#[test]
fn requests_of_polling_are_refused_on_websocket_and_the_session_goes_on() {
    for mut session in [Watched::websocket(), Watched::upgraded()] {
        let get = session.request();
        let done = session.tell(|session, now| session.get(get, now));
        assert_eq!(done, [format!("{get}: OtherTransport")]);
        let post = session.request();
        let done = session.tell(|session, _| session.post(post));
        assert_eq!(done, [format!("{post}: OtherTransport")]);
        assert_eq!(session.frame("4a"), ["app: a"]);
    }
}

// Upgrade.

#[test]
fn an_upgrade_moves_what_waits_to_the_websocket() {
    let mut session = Watched::polling();
    assert!(session.candidate());
    assert_eq!(session.over_candidate("2probe"), ["candidate: 3probe"]);
    session.send("4a");
    session.send("4b");
    assert_eq!(session.over_candidate("5"), ["switch", "ws: 4a", "ws: 4b"]);
}

#[test]
fn a_waiting_get_is_released_by_the_probe_at_once() {
    let mut session = Watched::polling();
    session.get();
    session.candidate();
    assert_eq!(session.over_candidate("2probe"), ["2: 200 6", "candidate: 3probe"]);
}

/// Otherwise a client that asks again and again would be answered in a loop.
#[test]
fn while_probing_further_gets_are_released_some_time_apart() {
    let mut session = Watched::polling();
    session.get();
    session.candidate();
    assert_eq!(session.over_candidate("2probe"), ["2: 200 6", "candidate: 3probe"]);
    assert!(session.get().is_empty());
    assert!(session.pass(MS).is_empty());
    assert_eq!(session.pass(MS), ["3: 200 6"]);
}

/// Often a `POST` is right behind it, and what that is answered with should find the `GET`.
#[test]
fn a_get_that_comes_after_the_probe_has_a_moment_to_bring_something() {
    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    assert!(session.get().is_empty());
    assert_eq!(session.send("4a"), ["2: 200 4a"]);
    assert!(session.get().is_empty());
    assert!(session.pass(MS).is_empty());
    assert_eq!(session.pass(MS), ["3: 200 6"]);
}

/// Its time begins with the first probe, so that a client can not put it off by probing.
#[test]
fn another_probe_does_not_keep_a_get_waiting() {
    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    session.get();
    session.pass(MS);
    session.over_candidate("2probe");
    assert_eq!(session.pass(MS), ["2: 200 6"]);
}

#[test]
fn a_get_that_comes_long_after_the_probe_is_released_at_once() {
    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    session.pass(10 * MS);
    assert_eq!(session.get(), ["2: 200 6"]);
}

#[test]
fn a_candidate_that_was_not_probed_leaves_polls_alone() {
    let mut session = Watched::polling();
    session.candidate();
    assert!(session.get().is_empty());
    assert!(session.pass(9 * SECOND).is_empty());
    assert_eq!(session.send("4a"), ["2: 200 4a"]);
}

#[test]
fn probing_again_is_answered_again() {
    let mut session = Watched::polling();
    session.candidate();
    assert_eq!(session.over_candidate("2probe"), ["candidate: 3probe"]);
    assert_eq!(session.over_candidate("2probe"), ["candidate: 3probe"]);
    assert_eq!(session.over_candidate("5"), ["switch"]);
}

#[test]
fn a_probe_is_not_required() {
    let mut session = Watched::polling();
    session.candidate();
    assert_eq!(session.over_candidate("5"), ["switch"]);
}

#[test]
fn anything_else_over_the_candidate_drops_it_and_polling_goes_on() {
    for frame in ["4early", "2", "3", "1", "6", "0", "", "x", "2probex"] {
        for probed in [false, true] {
            let mut session = Watched::polling();
            session.candidate();
            if probed {
                session.over_candidate("2probe");
            }
            assert_eq!(session.over_candidate(frame), ["drop candidate"], "{frame:?}");
            session.send("4a");
            assert_eq!(session.get(), ["2: 200 4a"]);
            assert!(session.candidate(), "a later one may succeed");
            assert_eq!(session.over_candidate("5"), ["switch"]);
        }
    }
}

#[test]
fn a_candidate_that_is_lost_leaves_polling_as_it_was() {
    let mut session = Watched::polling();
    session.get();
    session.candidate();
    let done = session.tell(|session, now| session.candidate_lost(now));
    assert_eq!(done, ["drop candidate"]);
    assert_eq!(session.send("4a"), ["2: 200 4a"]);
}

#[test]
fn a_candidate_that_takes_too_long_is_dropped() {
    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    assert!(session.pass(10 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["drop candidate"]);
    assert!(session.candidate());
}

#[test]
fn a_second_candidate_is_refused_and_the_first_completes() {
    let mut session = Watched::polling();
    assert!(session.candidate());
    assert!(!session.candidate());
    session.over_candidate("2probe");
    assert!(!session.candidate());
    assert_eq!(session.over_candidate("5"), ["switch"]);
    assert!(!session.candidate());
}

/// The reference server lets a second WebSocket take over a session that was opened on one.
#[test]
fn a_session_that_was_opened_on_websocket_takes_no_other() {
    let mut session = Watched::websocket();
    assert!(!session.candidate());
    assert_eq!(session.frame("4a"), ["app: a"]);
}

#[test]
fn polling_goes_on_until_the_upgrade_packet() {
    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    session.send("4a");
    assert_eq!(session.get(), ["2: 200 4a"]);
    assert_eq!(session.post("4b"), ["app: b", "3: 200 ok"]);
    assert_eq!(session.over_candidate("5"), ["switch"]);
}

/// A client that kept the rules has none waiting.
#[test]
fn a_get_that_waits_at_the_upgrade_is_told_that_polling_is_over() {
    let mut session = Watched::polling();
    session.candidate();
    session.get();
    assert_eq!(session.over_candidate("5"), ["switch", "2: 200 1"]);
}

/// What it was told, that polling is over, is lost with it; and nobody needs it any more.
#[test]
fn a_get_that_goes_away_after_the_upgrade_disturbs_nobody() {
    let mut session = Watched::polling();
    session.candidate();
    session.get();
    session.over_candidate("5");
    assert!(session.tell(|session, _| session.get_lost()).is_empty());
    assert_eq!(session.frame("4a"), ["app: a"]);
}

/// Its packets would come after those of the WebSocket.
#[test]
fn a_post_that_arrives_at_the_upgrade_is_refused_unprocessed() {
    let mut session = Watched::polling();
    session.candidate();
    session.post_begins();
    assert_eq!(session.over_candidate("5"), ["switch", "2: Interrupted"]);
    assert!(session.post_ends(BodyEnd::Complete("4late".into())).is_empty());
}

/// It is complete and came before the upgrade packet, so its packets come first.
#[test]
fn a_post_that_is_here_at_the_upgrade_is_handled_first() {
    let mut session = Watched::polling();
    session.candidate();
    session.reading = false;
    session.post("4a\x1e4b");
    session.over_candidate("5");
    session.reading = true;
    assert_eq!(session.tell(|_, _| {}), ["app: a", "app: b", "2: 200 ok"]);
    assert_eq!(session.frame("4c"), ["app: c"]);
}

#[test]
fn a_session_that_ends_takes_its_candidate_along() {
    let mut session = Watched::polling();
    session.get();
    session.candidate();
    let done = session.post("1");
    let expected = ["2: 200 6", "3: 200 ok", "drop candidate", "closed: transport close"];
    assert_eq!(done, expected);
    // It may speak before it hears of that.
    for frame in ["2probe", "5", "4a"] {
        assert!(session.over_candidate(frame).is_empty(), "{frame}");
    }
}

#[test]
fn a_lost_websocket_that_is_only_a_candidate_does_not_end_the_session() {
    let mut session = Watched::polling();
    session.candidate();
    let lost = |session: &mut Session<u32>, _| session.websocket_lost(CloseReason::TransportClose);
    assert!(session.tell(lost).is_empty());
    assert_eq!(session.over_candidate("5"), ["switch"]);
    assert_eq!(session.tell(lost), ["closed: transport close"]);
}

// The server closes.

#[test]
fn a_waiting_get_is_told_of_the_close() {
    let mut session = Watched::polling();
    session.get();
    assert_eq!(session.close(), ["2: 200 1", "closed: forced close"]);
}

#[test]
fn the_next_get_is_told_of_the_close() {
    let mut session = Watched::polling();
    assert!(session.close().is_empty());
    assert_eq!(session.get(), ["2: 200 6␞1", "closed: forced close"]);
}

#[test]
fn what_was_sent_before_the_close_still_goes_out() {
    let mut session = Watched::polling();
    session.send("4a");
    session.close();
    assert!(session.send("4too late").is_empty());
    assert_eq!(session.get(), ["2: 200 4a"]);
    assert_eq!(session.get(), ["3: 200 6␞1", "closed: forced close"]);
}

#[test]
fn what_does_not_fit_one_body_before_the_close_takes_another() {
    let mut session = Watched::polling();
    let long = format!("4{}", "a".repeat(90));
    session.send(&long);
    session.send(&long);
    session.close();
    assert_eq!(session.get(), [format!("2: 200 {long}")]);
    assert_eq!(session.get(), [format!("3: 200 {long}")]);
    assert_eq!(session.get(), ["4: 200 6␞1", "closed: forced close"]);
}

#[test]
fn a_client_that_does_not_come_back_is_given_up() {
    let options = Options { ping_interval: 600 * SECOND, ..options() };
    let mut session = Watched::with(Transport::Polling, &options);
    session.get();
    session.close();
    assert!(session.pass(30 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["closed: forced close"]);
}

/// "Timers keep running": a ping is due while the session closes, and nobody answers.
#[test]
fn a_session_about_to_close_still_has_a_heart() {
    let mut session = Watched::polling();
    session.pass(25 * SECOND);
    session.close();
    assert!(session.pass(20 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["closed: ping timeout"]);
}

#[test]
fn packets_that_come_while_closing_are_accepted_and_ignored() {
    let mut session = Watched::polling();
    session.close();
    assert_eq!(session.post("4a\x1e4b"), ["2: 200 ok"]);
    assert_eq!(session.get(), ["3: 200 6␞1", "closed: forced close"]);
}

#[test]
fn a_websocket_closes_once_everything_was_written() {
    let mut session = Watched::websocket();
    session.sent.push("4a".to_owned());
    let done = session.tell(|session, now| {
        session.send(Frame::Text("4a".into()), now);
        session.close(CloseReason::ServerShutdown, now);
        session.drained();
    });
    assert_eq!(done, ["ws: 4a"], "it waits for the frame to be taken");
    let done = session.tell(|session, _| session.drained());
    assert_eq!(done, ["closed: server shutting down"]);
}

#[test]
fn a_session_about_to_close_takes_no_candidate_but_one_that_was_there_may_finish() {
    let mut session = Watched::polling();
    session.close();
    assert!(!session.candidate());

    let mut session = Watched::polling();
    session.candidate();
    session.over_candidate("2probe");
    session.send("4a");
    session.close();
    assert_eq!(session.over_candidate("5"), ["switch", "ws: 4a"]);
    assert_eq!(session.tell(|session, _| session.drained()), ["closed: forced close"]);
}

// Heartbeat.

#[test]
fn one_ping_after_the_interval_and_no_other_before_the_answer() {
    let mut session = Watched::websocket();
    assert!(session.pass(25 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["ws: 2"]);
    assert!(session.pass(20 * SECOND - MS).is_empty());
    assert_eq!(session.frame("3"), [""; 0]);
    assert!(session.pass(25 * SECOND - MS).is_empty(), "it counts from the answer");
    assert_eq!(session.pass(MS), ["ws: 2"]);
}

/// Also when no poll has fetched the ping: the time counts from when it was queued.
#[test]
fn a_client_that_does_not_answer_is_gone() {
    for mut session in [Watched::websocket(), Watched::polling()] {
        session.pass(25 * SECOND);
        assert!(session.pass(20 * SECOND - MS).is_empty());
        assert_eq!(session.pass(MS), ["closed: ping timeout"]);
    }
}

#[test]
fn a_get_that_waits_when_the_client_is_gone_is_answered() {
    let mut session = Watched::polling();
    session.get();
    assert_eq!(session.pass(25 * SECOND), ["2: 200 2"]);
    session.get();
    assert_eq!(session.pass(20 * SECOND), ["3: 200 1", "closed: ping timeout"]);
}

#[test]
fn any_answer_to_a_ping_will_do() {
    for pong in ["3", "3probe", "3anything"] {
        let mut session = Watched::websocket();
        session.pass(25 * SECOND);
        session.frame(pong);
        assert_eq!(session.pass(25 * SECOND), ["ws: 2"], "{pong}");
    }
}

#[test]
fn other_packets_extend_the_time_once_for_each_ping() {
    let mut session = Watched::websocket();
    session.pass(25 * SECOND);
    session.pass(15 * SECOND);
    session.frame("4a");
    session.pass(15 * SECOND);
    session.frame("4b");
    assert!(session.pass(5 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["closed: ping timeout"]);
}

/// The reference server clears the timer at an upgrade and never sets it again.
#[test]
fn an_upgrade_while_a_ping_is_out_begins_the_time_anew() {
    let mut session = Watched::polling();
    session.pass(25 * SECOND);
    session.pass(15 * SECOND);
    session.candidate();
    session.over_candidate("2probe");
    assert_eq!(session.over_candidate("5"), ["switch", "ws: 2"]);
    assert!(session.pass(20 * SECOND - MS).is_empty());
    assert_eq!(session.pass(MS), ["closed: ping timeout"]);
}

/// Its silence proves nothing: the answer may stand in what was not read. But what keeps the server
/// from reading may never end, so it is excused three times, and no more.
#[test]
fn a_client_that_is_not_listened_to_is_excused_three_times() {
    let mut session = Watched::websocket();
    session.reading = false;
    assert_eq!(session.pass(25 * SECOND + 4 * 20 * SECOND - MS), ["ws: 2"]);
    assert_eq!(session.pass(MS), ["closed: ping timeout"]);
}

#[test]
fn a_client_that_is_listened_to_again_has_what_is_left_of_its_time() {
    let mut session = Watched::websocket();
    session.reading = false;
    assert_eq!(session.pass(60 * SECOND), ["ws: 2"]);
    session.reading = true;
    assert_eq!(session.pass(20 * SECOND), ["closed: ping timeout"]);
}

// Slow clients.

#[test]
fn a_websocket_that_takes_nothing_is_closed_when_too_much_has_waited_for_too_long() {
    let options = Options { stall_buffered: 10, ..options() };
    let mut now = Instant::now();
    let mut session: Session<u32> =
        Session::open(Sid::new([0; 15]), Transport::WebSocket, Dialect::FOUR, &options, now);
    while session.next_frame(now).is_some() {}
    session.send(Frame::Text("4aaaaaaaaa".into()), now);
    now += 15 * SECOND;
    session.tick(now, true);
    assert!(session.next_action().is_none(), "that much may wait");
    session.send(Frame::Text("4b".into()), now);
    // A piece of a large message leaves: that is progress.
    now += 9 * SECOND;
    session.progressed(now);
    now += 10 * SECOND - MS;
    session.tick(now, true);
    assert!(session.next_action().is_none(), "not yet");
    session.tick(now + MS, true);
    assert_eq!(session.next_action(), Some(Action::Closed(CloseReason::SlowConsumer)));
}

/// On polling nobody can tell whether a client is still busy with the last body.
#[test]
fn a_client_on_polling_that_takes_nothing_is_left_to_the_heartbeat() {
    let options = Options { stall_buffered: 10, ..options() };
    let mut session = Watched::with(Transport::Polling, &options);
    session.get();
    session.send("4aaaaaaaaaaaaaaaaaaaaaaaa");
    session.send("4bbbbbbbbbbbbbbbbbbbbbbbb");
    session.send("4cccccccccccccccccccccccc");
    let done = session.pass(60 * SECOND);
    assert_eq!(done, ["closed: ping timeout"]);
}

#[test]
fn a_client_that_takes_a_little_now_and_then_is_not_closed() {
    let options = Options { stall_buffered: 10, max_payload: 5, ..options() };
    let mut session = Watched::with(Transport::Polling, &options);
    session.get();
    for _ in 0..10 {
        session.send("4abcd");
    }
    for _ in 0..8 {
        session.pass(9 * SECOND);
        assert_eq!(session.closed, None);
        session.get();
        session.post("3");
    }
}

// Everything that can happen, in every order.

/// What may happen next, by number.
const MOVES: usize = 14;

/// One move. `false` when it is nothing that a caller could do now: a body ends only while a
/// `POST` is under way, and only a candidate that may stay says anything.
fn play(session: &mut Watched, which: usize, has_candidate: &mut bool, number: usize) -> bool {
    let on_websocket = session.session.transport() == Transport::WebSocket;
    let probing = *has_candidate && !on_websocket;
    let lost = |session: &mut Session<u32>, _| session.websocket_lost(CloseReason::TransportClose);
    match which {
        _ if session.closed.is_some() => return false,
        0 => drop(session.get()),
        1 => drop(session.post_begins()),
        2 if session.posting.is_some() => {
            drop(session.post_ends(BodyEnd::Complete("4a\x1e3".into())))
        }
        3 if session.posting.is_some() => drop(session.post_lost()),
        4 => *has_candidate |= session.candidate(),
        5 if probing => drop(session.over_candidate("2probe")),
        6 if probing => drop(session.over_candidate("5")),
        7 if probing => {
            session.over_candidate("4early");
            *has_candidate = false;
        }
        8 if on_websocket => drop(session.frame("4b")),
        9 if on_websocket => drop(session.tell(lost)),
        10 => drop(session.send(&format!("4{number}"))),
        11 => drop(session.close()),
        12 => drop(session.pass(10 * SECOND)),
        13 => drop(session.pass(25 * SECOND)),
        _ => return false,
    }
    if session.session.is_closing() && on_websocket {
        session.tell(|session, _| session.drained());
    }
    true
}

/// Threat 37. Every order of five moves, from a session on polling: the checker looks after each
/// of them, and in the end the session is told to close and is closed after 30 s, with all
/// answered.
#[test]
fn whatever_happens_in_whatever_order_every_request_is_answered_and_nothing_is_lost() {
    const DEPTH: u32 = 5;
    let mut ends = 0;
    for mut order in 0..MOVES.pow(DEPTH) {
        let mut session = Watched::polling();
        let mut has_candidate = false;
        let possible = (0..DEPTH as usize).all(|number| {
            let which = order % MOVES;
            order /= MOVES;
            play(&mut session, which, &mut has_candidate, number)
        });
        if possible {
            session.close();
            session.pass(30 * SECOND);
            assert!(session.closed.is_some());
            ends += 1;
        }
    }
    assert!(ends > 10_000, "{ends} orders are possible");
}
