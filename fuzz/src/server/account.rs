//! The application of the server under test: it sends every message back, and keeps account.
//!
//! ```text
//!   opened   a greeting, "4@k", which is the first that the client of session k hears
//!   message  noted; sent back, and what was sent is noted as well
//!   closed   noted, once
//! ```

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sockrates::engineio::close::CloseReason;
use sockrates::engineio::delivery::Delivery;
use sockrates::engineio::handler::{Client, Handler};
use sockrates::engineio::handshake::Handshake;
use sockrates::engineio::mailbox::SessionHandle;
use sockrates::engineio::packet::{Frame, Message, Packet};

/// What is known of all sessions, by the order in which they were opened.
#[derive(Clone, Debug, Default)]
pub struct Accounts(Arc<Mutex<Vec<Account>>>);

/// What is known of one session.
#[derive(Debug)]
pub struct Account {
    /// The session, seen from above.
    pub handle: SessionHandle,
    /// Its name, once its client was told.
    pub sid: Option<String>,
    /// How it ended.
    pub end: Option<End>,
    /// What the application has sent, and the client has not seen yet.
    pub sent: VecDeque<Frame>,
    /// What the application was told.
    pub told: Vec<Message>,
    /// What the client has sent, and the application was not told yet.
    pub posted: Vec<Message>,
    /// Part of what the application sends may be lost, since its client goes away or does not
    /// read.
    pub lossy: bool,
    /// Bytes of any kind were sent to the session, so nobody knows what they mean.
    pub wild: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// The application was told.
    Told(CloseReason),
    /// It was given up at a shutdown, after the time for that.
    GivenUp,
}

impl Accounts {
    /// All of them, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Vec<Account>> {
        // A property that does not hold panics, maybe under this lock, and that is the news.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The application sends, if the session takes it.
    pub fn send(&self, k: usize, frame: Frame) {
        if let Some(account) = self.lock().get_mut(k) {
            if account.handle.send([frame.clone()], Delivery::default()).is_ok() {
                account.sent.push_back(frame);
            }
        }
    }

    fn ends(&self, k: usize, end: End) {
        let account = &mut self.lock()[k];
        assert_eq!(account.end.replace(end), None, "session {k} ends twice");
    }
}

impl Handler for Accounts {
    type Client = Echo;

    fn opened(&self, handle: SessionHandle, _: Arc<Handshake>, _: Instant) -> Echo {
        let k = {
            let mut accounts = self.lock();
            accounts.push(Account {
                handle,
                sid: None,
                end: None,
                sent: VecDeque::new(),
                told: Vec::new(),
                posted: Vec::new(),
                lossy: false,
                wild: false,
            });
            accounts.len() - 1
        };
        self.send(k, Frame::Text(format!("4@{k}").into()));
        Echo { k, accounts: self.clone(), ended: false }
    }
}

/// One session.
#[derive(Debug)]
pub struct Echo {
    k: usize,
    accounts: Accounts,
    ended: bool,
}

impl Client for Echo {
    fn message(&mut self, message: Message, _: Instant) {
        {
            let account = &mut self.accounts.lock()[self.k];
            assert_eq!(account.end, None, "{message:?} for session {} after its end", self.k);
            account.told.push(message.clone());
        }
        self.accounts.send(self.k, Packet::Message(message).to_frame());
    }

    fn closed(mut self, reason: CloseReason) {
        self.ended = true;
        self.accounts.ends(self.k, End::Told(reason));
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if !self.ended {
            self.accounts.ends(self.k, End::GivenUp);
        }
    }
}
