//! Questions to many: not in the specification, whose acknowledgements are between two.

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::time::Duration;

use bytes::Bytes;
use sockrates::socketio::{Options, PartialAnswers, Socket};
use tokio::time::Instant;

use crate::socketio::{Live, Peer};

const LIMIT: Duration = Duration::from_secs(5);

fn socket(live: &Live, peer: &Peer) -> Socket {
    live.io.to(&peer.id).sockets().remove(0)
}

/// What is left of an answer that is not whole.
fn parts<R>(outcome: Result<Vec<R>, PartialAnswers<R>>) -> (Vec<R>, usize, usize) {
    let Err(found) = outcome else { panic!("expected some answers, found all") };
    (found.answers, found.timed_out, found.unreadable)
}

/// Trap 43.
#[tokio::test(start_paused = true)]
async fn nobody_answers_at_once() {
    let live = Live::in_memory(Options::default());
    let begin = Instant::now();
    let answers = live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ()).await;
    assert!(answers.unwrap().is_empty());
    let answers = live.io.to("nowhere").emit_with_ack::<i64>("q", ()).await;
    assert!(answers.unwrap().is_empty());
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// Trap 43. One packet, one number, and of each client the first answer.
#[tokio::test]
async fn all_who_are_asked_answer_once() {
    let live = Live::start(Options::default()).await;
    let mut peers = [live.join("/").await, live.join("/").await, live.join("/").await];
    let other = live.join("/").await;
    socket(&live, &other).join("others");
    let ask = live.io.except("others").timeout(LIMIT);
    let answers = ask.emit_with_ack::<(String, i64)>("q", (1, "x"));
    for peer in &mut peers {
        peer.expect(r#"420["q",1,"x"]"#).await;
    }
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.send(&format!(r#"430["a",{number}]"#)).await;
        peer.send(r#"430["again",7]"#).await;
    }
    let mut answers = answers.await.unwrap();
    answers.sort();
    assert_eq!(answers, [0, 1, 2].map(|number| ("a".to_owned(), number)));
    // Any other type takes the first of what a client answers, and bytes are bytes.
    let answers = live.io.to(&peers[0].id).emit_with_ack::<Bytes>("q", ());
    peers[0].expect(r#"421["q"]"#).await;
    peers[0].send_all(r#"461-1[{"_placeholder":true,"num":0},7]"#, &[b"xyz"]).await;
    assert_eq!(answers.await.unwrap(), ["xyz"]);
}

/// Trap 43.
#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_there_are_the_answers_that_came() {
    let live = Live::in_memory(Options::default());
    let [mut ada, mut bob] = [live.join("/").await, live.join("/").await];
    let begin = Instant::now();
    let answers = live.io.timeout(LIMIT).emit_with_ack::<String>("q", ());
    ada.expect(r#"420["q"]"#).await;
    bob.expect(r#"420["q"]"#).await;
    ada.send(r#"430["yes"]"#).await;
    let outcome = answers.await;
    assert_eq!(begin.elapsed(), LIMIT);
    let text = outcome.as_ref().unwrap_err().to_string();
    assert_eq!(text, "1 answered in time, 1 did not, and 0 as was not expected");
    assert_eq!(parts(outcome), (vec!["yes".to_owned()], 1, 0));
    // A late answer is nobody's, and owes nothing.
    bob.send(r#"430["late"]"#).await;
    bob.expect_nothing().await;

    // Unless the caller says otherwise, it is the time of any answer.
    let begin = Instant::now();
    let outcome = live.io.to(&bob.id).emit_with_ack::<String>("q", ()).await;
    assert_eq!((begin.elapsed().as_secs(), parts(outcome)), (30, (vec![], 1, 0)));
}

/// The reference server waits for them until the time is up.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_is_not_waited_for() {
    let live = Live::in_memory(Options::default());
    let peers = [live.join("/").await, live.join("/").await, live.join("/").await];
    let begin = Instant::now();
    let answers = tokio::spawn(live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ()));
    let [mut ada, mut bob, mut carl] = peers;
    for peer in [&mut ada, &mut bob, &mut carl] {
        peer.expect(r#"420["q"]"#).await;
    }
    ada.send("430[7]").await;
    bob.send("41").await;
    carl.vanish();
    assert_eq!(answers.await.unwrap().unwrap(), [7]);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_answer_of_another_type_is_counted() {
    let live = Live::start(Options::default()).await;
    let [mut ada, mut bob] = [live.join("/").await, live.join("/").await];
    let answers = live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ());
    ada.expect(r#"420["q"]"#).await;
    bob.expect(r#"420["q"]"#).await;
    ada.send(r#"430["seven"]"#).await;
    bob.send("430[8]").await;
    assert_eq!(parts(answers.await), (vec![8], 0, 1));
}

/// Threat 74. A socket that owes too much is not asked, and that is no reason to wait.
#[tokio::test(start_paused = true)]
async fn whoever_owes_too_many_answers_is_not_asked() {
    let live = Live::in_memory(Options { max_acks: 1, ..Options::default() });
    let [mut ada, mut bob] = [live.join("/").await, live.join("/").await];
    let owed = socket(&live, &ada).emit_with_ack::<i64>("first", ());
    ada.expect(r#"420["first"]"#).await;
    let begin = Instant::now();
    let answers = tokio::spawn(live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ()));
    bob.expect(r#"421["q"]"#).await;
    bob.send("431[8]").await;
    assert_eq!(parts(answers.await.unwrap()), (vec![8], 1, 0));
    assert!(begin.elapsed() < LIMIT);
    ada.expect_nothing().await;
    drop(owed);
}

/// What nobody waits for is owed no longer.
#[tokio::test]
async fn a_question_that_is_dropped_is_forgotten() {
    let live = Live::start(Options { max_acks: 1, ..Options::default() }).await;
    let mut ada = live.join("/").await;
    for number in 0..3 {
        drop(live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ()));
        ada.expect(&format!(r#"42{number}["q"]"#)).await;
    }
    let answers = live.io.timeout(LIMIT).emit_with_ack::<i64>("q", ());
    ada.expect(r#"423["q"]"#).await;
    ada.send("433[7]").await;
    assert_eq!(answers.await.unwrap(), [7]);
}

#[tokio::test]
async fn what_can_not_be_encoded_is_asked_of_nobody() {
    let live = Live::start(Options::default()).await;
    let mut ada = live.join("/").await;
    let found = live.io.emit_with_ack::<i64>("disconnect", ()).await.unwrap_err();
    assert_eq!(found.to_string(), r#"event named "disconnect", which is reserved"#);
    assert!(found.unsent.is_some());
    ada.expect_nothing().await;
}
