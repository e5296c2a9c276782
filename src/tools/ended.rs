//! How a tool that is over says so.
//!
//! ```text
//!   0   all is well
//!   1   what was looked at is wrong, and the tool has said why
//!   2   the tool was not given what it needs
//! ```
//!
//! Shell file.

use std::error::Error;
use std::process::ExitCode;

/// Whether what was looked at is right.
pub fn ended(outcome: Result<bool, Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            anstream::eprintln!("sockrates: {error}");
            ExitCode::from(2)
        }
    }
}
