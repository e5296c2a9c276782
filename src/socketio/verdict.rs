//! Verdicts: what a middleware says about a client at the door.
//!
//! ```text
//!   Ok(())                              40{"sid":"…"}
//!   Err(Refused::new("not today"))      44{"message":"not today"}
//! ```
//!
//! Shell file: writes to the log what is not for the client. Spec: Socket.IO v5, "Connection to a namespace".

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde_json::value::RawValue;

use super::failure::Failure;

/// What a middleware has said, now or later.
pub(super) type Verdict = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send>>;

/// Why a client is not let in. It is told the message, and the data if there are any.
#[derive(Clone, Debug)]
pub struct Refused {
    message: String,
    data: Option<Box<RawValue>>,
}

impl Refused {
    /// A refusal with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds data, which the client finds as `data` of its `connect_error`.
    ///
    /// ```
    /// use sockrates::socketio::Refused;
    ///
    /// fn no_room() -> Result<(), Refused> {
    ///     let refused = Refused::new("full").with_data(&serde_json::json!({ "players": 4 }));
    ///     Err(refused.unwrap_or_else(|error| error.to_string().into()))
    /// }
    /// # assert_eq!(no_room().unwrap_err().to_string(), "full");
    /// ```
    ///
    /// # Errors
    /// When the data can not be written as JSON.
    pub fn with_data<T: Serialize>(self, data: &T) -> Result<Self, serde_json::Error> {
        Ok(Self { data: Some(serde_json::value::to_raw_value(data)?), ..self })
    }

    /// What went wrong is for the log: the client is only told that something did.
    pub(super) fn by_panic(panic: &(dyn Any + Send)) -> Self {
        let failure = Failure::of_panic(panic);
        tracing::warn!(%failure, "middleware failed");
        Self::new("Internal server error")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn data(&self) -> Option<&RawValue> {
        self.data.as_deref()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// A message is enough of a refusal, for `?` behind what is none yet:
///
/// ```
/// # use sockrates::socketio::{Io, Options, Socket};
/// # #[derive(serde::Deserialize)]
/// # struct Auth { token: String }
/// # let io = Io::new(Options::default());
/// io.middleware(|socket: Socket| {
///     let auth: Auth = socket.parse_auth().map_err(|_| "a token is needed")?;
///     if auth.token == "abc" { Ok(()) } else { Err("not authorized".into()) }
/// });
/// ```
impl From<&str> for Refused {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// What a middleware may return. `When` keeps the two kinds apart, and is never written out.
#[diagnostic::on_unimplemented(
    message = "a middleware can not return `{Self}`",
    label = "returned by the middleware",
    note = "it returns `Result<(), Refused>`, or a `Send` future of one: `Ok(())` lets the client \
            in, and `Err(Refused::new(\"…\"))` says why not"
)]
pub trait Decision<When> {
    /// The verdict, if it is there already.
    ///
    /// # Errors
    /// When the client is refused.
    fn verdict(self) -> Result<Option<Verdict>, Refused>;
}

impl Decision<super::handler::Now> for Result<(), Refused> {
    fn verdict(self) -> Result<Option<Verdict>, Refused> {
        self.map(|()| None)
    }
}

impl<F> Decision<super::handler::Later> for F
where
    F: Future<Output = Result<(), Refused>> + Send + 'static,
{
    fn verdict(self) -> Result<Option<Verdict>, Refused> {
        Ok(Some(Box::pin(self)))
    }
}
