//! One answer: what an acknowledgement can be read as.
//!
//! ```text
//!   server ──► 4213["question",1]
//!   client ──► 4313["yes",2]
//!
//!   emit_with_ack::<String>        "yes"           the first argument
//!   emit_with_ack::<(String, i64)> ("yes", 2)      the arguments
//!   emit_with_ack::<Args>          ["yes",2]       all of them, whatever they are
//! ```
//!
//! Core file. Spec: Socket.IO v5, ["Acknowledgement"].
//!
//! ["Acknowledgement"]: https://github.com/socketio/socket.io-protocol#acknowledgement

use serde::de::DeserializeOwned;

use super::args::{Args, ArgsError};

/// What an answer can be read as: whatever serde can read, or [`Args`] as they came.
pub trait FromAnswer: Sized {
    /// Reads an answer.
    ///
    /// # Errors
    /// When the client has answered something else: which argument, and what was expected.
    fn from_answer(args: &Args) -> Result<Self, ArgsError>;
}

impl<T: DeserializeOwned> FromAnswer for T {
    fn from_answer(args: &Args) -> Result<Self, ArgsError> {
        args.parse()
    }
}

impl FromAnswer for Args {
    fn from_answer(args: &Args) -> Result<Self, ArgsError> {
        Ok(args.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_what_is_wanted() {
        let args = Args::of_answer(r#"["yes",2]"#);
        assert_eq!(String::from_answer(&args).unwrap(), "yes");
        assert_eq!(<(String, i64)>::from_answer(&args).unwrap(), ("yes".to_owned(), 2));
        assert_eq!(Args::from_answer(&args).unwrap(), args);
        let error = i64::from_answer(&args).unwrap_err().to_string();
        assert_eq!(error, r#"argument 1: invalid type: string "yes", expected i64"#);
    }
}
