//! Asking for a namespace that is not there: who may have it made.
//!
//! ```text
//!   40/room-7,{"token":"abc"}
//!       │  asked in the order in which they were registered
//!       ├─ pattern ^/user-\d+$              no
//!       ├─ predicate |asking| …             an error, or a panic: no
//!       └─ pattern ^/room-\d+$              yes ──► "/room-7" becomes a child of this one
//! ```
//!
//! Shell file: runs predicates, which applications wrote, and survives their panics. Not in the
//! specification: as the reference server does it.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use bytestring::ByteString;
use futures_util::FutureExt;
use regex_lite::Regex;
use serde::Deserialize;

use super::failure::Failure;
use super::handler::{Later, Now};
use super::namespace::Namespace;

/// A client that asks for a namespace that is not there.
#[derive(Clone, Debug)]
pub struct Asking {
    name: ByteString,
    pub(super) auth: Option<ByteString>,
}

impl Asking {
    pub(super) fn new(name: ByteString, auth: Option<ByteString>) -> Self {
        Self { name, auth }
    }

    /// The name that it asks for, with the slash in front. For clients of 2.x, what stands
    /// before the query.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the client sent to be let in, as the text of a JSON object: `{}` if nothing.
    pub fn auth(&self) -> &str {
        self.auth.as_deref().unwrap_or("{}")
    }

    /// The same, read as a type.
    ///
    /// # Errors
    /// When it is not what the type expects.
    pub fn parse_auth<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.auth())
    }
}

/// Whether a namespace may be made: known by now, or later.
#[must_use]
pub enum Answered {
    /// Known by now.
    Now(bool),
    /// Known when the future is done.
    Later(Pin<Box<dyn Future<Output = bool> + Send>>),
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(allowed) => write!(f, "Now({allowed})"),
            Self::Later(_) => write!(f, "Later"),
        }
    }
}

/// What a predicate may return: `bool`, a `Result` of it whose error means no, or a future of
/// either. `When` keeps the two kinds apart, and is never written out.
pub trait Answer<When> {
    /// The answer.
    fn answered(self) -> Answered;
}

impl Answer<Now> for bool {
    fn answered(self) -> Answered {
        Answered::Now(self)
    }
}

impl<E: fmt::Display> Answer<Now> for Result<bool, E> {
    fn answered(self) -> Answered {
        Answered::Now(self.unwrap_or_else(|error| {
            let error = format!("{error:.200}");
            tracing::warn!(?error, "a predicate of namespaces failed");
            false
        }))
    }
}

impl<F> Answer<Later> for F
where
    F: Future<Output: Answer<Now>> + Send + 'static,
{
    fn answered(self) -> Answered {
        Answered::Later(Box::pin(self.map(|answer| match answer.answered() {
            Answered::Now(allowed) => allowed,
            Answered::Later(_) => false,
        })))
    }
}

pub(super) type Predicate = dyn Fn(Asking) -> Answered + Send + Sync;

/// What decides on namespaces that are not there, and what those begin with that it allows.
pub(super) struct Matcher {
    template: Namespace,
    test: Test,
}

pub(super) enum Test {
    Pattern(Regex),
    Predicate(Box<Predicate>),
}

impl Matcher {
    pub(super) fn new(template: Namespace, test: Test) -> Self {
        Self { template, test }
    }

    /// Keeps what the application registers for all children to come.
    pub(super) fn template(&self) -> &Namespace {
        &self.template
    }

    /// Whether this is a pattern, and the name is like it.
    pub(super) fn has_pattern_for(&self, name: &str) -> bool {
        matches!(&self.test, Test::Pattern(pattern) if pattern.is_match(name))
    }

    async fn allows(&self, asking: &Asking) -> bool {
        let Test::Predicate(predicate) = &self.test else {
            return self.has_pattern_for(asking.name());
        };
        let answered = catch_unwind(AssertUnwindSafe(|| predicate(asking.clone())));
        let allowed = match answered {
            Ok(Answered::Now(allowed)) => Ok(allowed),
            Ok(Answered::Later(later)) => AssertUnwindSafe(later).catch_unwind().await,
            Err(panic) => Err(panic),
        };
        allowed.unwrap_or_else(|panic| {
            log_panic(&*panic);
            false
        })
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Pattern(pattern) => write!(f, "Matcher({pattern})"),
            Test::Predicate(_) => write!(f, "Matcher(a predicate)"),
        }
    }
}

/// Finds the first that allows the namespace.
pub(super) async fn search(matchers: Vec<Arc<Matcher>>, asking: Asking) -> Option<Arc<Matcher>> {
    for matcher in matchers {
        if matcher.allows(&asking).await {
            return Some(matcher);
        }
    }
    None
}

pub(super) fn log_panic(panic: &(dyn Any + Send)) {
    let failure = format!("{:.200}", Failure::of_panic(panic));
    tracing::warn!(?failure, "a namespace was not made");
}
