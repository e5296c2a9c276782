//! The command line of the inspector.
//!
//! ```text
//!   sockrates                                     /inspect, for this machine
//!   sockrates --host ::                           none: others could look as well
//!   sockrates --host :: --inspect-token abc       /inspect?token=abc
//!   sockrates --inspect=false                     none
//! ```
//!
//! Shell file: reads the environment.

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::{ArgAction, Args};
use sockrates::inspect::guard::Guard;

#[derive(Args, Debug)]
#[command(next_help_heading = "The inspector")]
pub struct InspectArgs {
    /// Show at /inspect what goes over the wire [default: yes, where only this machine can connect]
    #[arg(long, env = "SOCKRATES_INSPECT", value_name = "BOOL", action = ArgAction::Set,
          num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    inspect: Option<bool>,

    /// Who knows it may look, from wherever he comes
    #[arg(long, env = "SOCKRATES_INSPECT_TOKEN", value_name = "TOKEN", hide_env_values = true,
          value_parser = NonEmptyStringValueParser::new())]
    inspect_token: Option<String>,

    /// Show cookies, authorization and what clients say to be let in
    #[arg(long, env = "SOCKRATES_INSPECT_SECRETS", value_parser = FalseyValueParser::new())]
    pub inspect_secrets: bool,
}

impl InspectArgs {
    /// Who may look, if anybody may.
    ///
    /// # Errors
    /// When others could look, and no token keeps them from it.
    pub fn guard(&self, only_this_machine: bool) -> Result<Option<Guard>, &'static str> {
        match (self.inspect, &self.inspect_token) {
            (Some(false), _) => Ok(None),
            (_, Some(token)) if token.bytes().all(is_token) => {
                Ok(Some(Guard::Token(token.clone())))
            }
            (_, Some(_)) => Err("--inspect-token: letters, digits, '-', '_' and '.' are taken"),
            (_, None) if only_this_machine => Ok(Some(Guard::ThisMachine)),
            (None, None) => Ok(None),
            (Some(true), None) => Err("--inspect where others can connect needs --inspect-token"),
        }
    }
}

/// What needs no escape in an address and in a cookie.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::options::Cli;

    #[track_caller]
    fn check(args: &[&str], only_this_machine: bool, expected: Result<Option<Guard>, ()>) {
        let cli = Cli::parse_from([&["sockrates"], args].concat());
        assert_eq!(
            cli.serve.inspect.guard(only_this_machine).map_err(|_| ()),
            expected,
            "{args:?}"
        );
    }

    #[test]
    fn others_may_look_who_know_the_token() {
        let token = || Ok(Some(Guard::Token("abc".to_owned())));
        check(&[], true, Ok(Some(Guard::ThisMachine)));
        check(&[], false, Ok(None));
        check(&["--inspect"], false, Err(()));
        check(&["--inspect=false"], true, Ok(None));
        check(&["--inspect-token", "abc"], true, token());
        check(&["--inspect-token", "abc"], false, token());
        check(&["--inspect=false", "--inspect-token", "abc"], false, Ok(None));
        check(&["--inspect-token", "a b"], false, Err(()));
    }
}
