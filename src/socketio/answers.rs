//! Answers: what many sockets say to one question.
//!
//! ```text
//!   server ──► 4213["ready?"]  to a, b, c and d      one packet, one number
//!   a ──► 4313["yes"]
//!   b ──► 4313["no"]
//!   c leaves                                         it is waited for no longer
//!   (the time is up)                                 Err: "yes", "no", and one that did not answer
//! ```
//!
//! Each socket that is asked holds one end of a channel. It gives it away with its answer, or loses
//! it when it leaves; so when nobody holds one any more, everybody has answered who ever will.
//!
//! Shell file: watches the time. Spec: Socket.IO v5, "Acknowledgement"; that a question goes to
//! many is the reference server's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::answer::FromAnswer;
use super::args::Args;
use super::ask::AckError;
use super::audience::Audience;
use super::broadcast::Broadcast;
use super::emit::EmitError;
use super::encode::EncodeError;
use super::flags::Flags;
use super::parser::Encoded;
use super::socket::{Purpose, Socket};

/// Where an answer of one socket goes. To drop it is to say that none will come.
///
/// There are never more answers under way than sockets that were asked.
#[derive(Clone, Debug)]
pub struct Collector(UnboundedSender<Args>);

impl Collector {
    /// One answer.
    pub fn answer(self, args: Args) {
        // Whoever asked may not wait any more.
        let _ = self.0.send(args);
    }
}

/// What became of a question that was put to the sockets of this server.
#[derive(Debug, Default)]
pub struct Put {
    /// Those that were asked.
    pub asked: Vec<Socket>,
    /// How many were not, because they owe too many answers already, or too much waits for them.
    pub refused: usize,
}

impl Broadcast {
    /// Sends an event that wants an answer to each socket of the audience, and gives the answers,
    /// read as `R`, in the order in which they came: a tuple takes the arguments one by one,
    /// [`Args`] are all of them, and any other type takes the first. Officially `timeout(limit).emitWithAck`.
    ///
    /// It is sent at once, whether or not the future is awaited. Sockets that leave are not waited
    /// for. Without a [`timeout`](Self::timeout) the limit is
    /// [`ack_timeout`](super::Options::ack_timeout).
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use sockrates::socketio::Io;
    ///
    /// # async fn example(io: Io) {
    /// let ask = io.to("players").timeout(Duration::from_secs(5));
    /// match ask.emit_with_ack::<bool>("ready?", ()).await {
    ///     Ok(all) => println!("{} of {} are ready", all.iter().filter(|it| **it).count(), all.len()),
    ///     Err(some) => println!("{some}; those who did: {:?}", some.answers),
    /// }
    /// # }
    /// ```
    pub fn emit_with_ack<R: FromAnswer + Send + 'static>(
        &self,
        event: &str,
        data: impl Serialize,
    ) -> Answers<R> {
        let asked = self.ask(event, &data);
        Answers(Box::pin(async move {
            match asked {
                Ok(asked) => asked.answered().await,
                Err(error) => Err(PartialAnswers { unsent: Some(error), ..PartialAnswers::none() }),
            }
        }))
    }
}

impl Broadcast {
    /// Puts a question to all.
    pub(super) fn ask<T: Serialize>(&self, event: &str, data: &T) -> Result<Asked, EncodeError> {
        let namespace = &self.namespace;
        let id = namespace.next_ack_id();
        let packet = namespace.options().parser.event(namespace.name(), Some(id), event, data)?;
        let (sender, answers) = unbounded_channel();
        let question = Question { audience: &self.audience, packet: &packet, id };
        let put = namespace.adapter().ask(&question, &self.flags, Collector(sender));
        let until = Instant::now() + self.flags.limit(namespace.options().ack_timeout);
        Ok(Asked { id, put, answers, until })
    }
}

/// A question to all sockets of an audience.
#[derive(Debug)]
pub struct Question<'a> {
    /// Whom it is for.
    pub audience: &'a Audience,
    /// The event.
    pub packet: &'a Encoded,
    /// The number under which it wants answers.
    pub id: u64,
}

impl Question<'_> {
    /// Puts it to one socket of this server.
    pub(super) fn put(&self, socket: Socket, flags: &Flags, collector: Collector, put: &mut Put) {
        match socket.expect(self.id, Purpose::OneOfMany(collector)) {
            Ok(()) => {}
            Err(EmitError::TooManyAcks) => {
                put.refused += 1;
                return;
            }
            Err(_) => return,
        }
        match socket.write(self.packet.clone(), flags) {
            Ok(()) => put.asked.push(socket),
            Err(error) => {
                socket.forget(self.id);
                // It may still be there. Whoever has gone is not missed.
                put.refused += usize::from(matches!(error, EmitError::Full));
            }
        }
    }
}

/// A question that was put.
pub(super) struct Asked {
    id: u64,
    put: Put,
    answers: UnboundedReceiver<Args>,
    until: Instant,
}

impl Asked {
    /// The first answer that comes, for a question to one.
    pub(super) async fn first(mut self) -> Result<Args, AckError> {
        match timeout_at(self.until, self.answers.recv()).await {
            Ok(Some(args)) => Ok(args),
            Ok(None) if self.put.refused > 0 => Err(EmitError::TooManyAcks.into()),
            Ok(None) => Err(AckError::gone()),
            Err(_) => Err(AckError::TimedOut),
        }
    }

    /// All answers, read.
    async fn answered<R: FromAnswer>(mut self) -> Result<Vec<R>, PartialAnswers<R>> {
        let mut found = PartialAnswers { timed_out: self.put.refused, ..PartialAnswers::none() };
        loop {
            match timeout_at(self.until, self.answers.recv()).await {
                Ok(Some(args)) => match R::from_answer(&args) {
                    Ok(answer) => found.answers.push(answer),
                    Err(_) => found.unreadable += 1,
                },
                Ok(None) => break,
                Err(_) => {
                    found.timed_out += self.answers.sender_strong_count();
                    break;
                }
            }
        }
        if found.timed_out == 0 && found.unreadable == 0 { Ok(found.answers) } else { Err(found) }
    }
}

/// Whoever does not wait any more has the answers forgotten that did not come.
impl Drop for Asked {
    fn drop(&mut self) {
        self.put.asked.iter().for_each(|socket| socket.forget(self.id));
    }
}

/// The answers of many sockets, once they are there.
#[must_use = "the answers are not awaited; to send an event without any, use `emit`"]
pub struct Answers<R>(BoxFuture<'static, Result<Vec<R>, PartialAnswers<R>>>);

impl<R> Future for Answers<R> {
    type Output = Result<Vec<R>, PartialAnswers<R>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R> fmt::Debug for Answers<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers")
    }
}

/// Some of the answers: not all sockets answered in time, or not all as was expected.
#[derive(Debug)]
pub struct PartialAnswers<R> {
    /// Those that came and could be read.
    pub answers: Vec<R>,
    /// How many sockets did not answer in time, or could not be asked, since they owe too many
    /// answers already or too much waits for them.
    pub timed_out: usize,
    /// How many answers were something else than what was expected.
    pub unreadable: usize,
    /// Why nobody was asked, if the event could not be encoded.
    pub unsent: Option<EncodeError>,
}

impl<R> PartialAnswers<R> {
    fn none() -> Self {
        Self { answers: Vec::new(), timed_out: 0, unreadable: 0, unsent: None }
    }
}

impl<R> fmt::Display for PartialAnswers<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, timed_out, unreadable, unsent } = self;
        if let Some(error) = unsent {
            return write!(f, "{error}");
        }
        write!(
            f,
            "{} answered in time, {timed_out} did not, and {unreadable} as was not expected",
            answers.len()
        )
    }
}

impl<R: fmt::Debug> std::error::Error for PartialAnswers<R> {}
