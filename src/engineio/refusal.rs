//! Refusals: the six ways to turn a request down.
//!
//! ```text
//!   HTTP/1.1 400 Bad Request
//!   Content-Type: application/json
//!
//!   {"code":1,"message":"Session ID unknown"}
//! ```
//!
//! The specification only asks for the status. Codes and messages are those of the
//! reference server, since clients and people search for them.
//!
//! Core file. Spec: Engine.IO v4, "Transports".

/// A reason to refuse a request.
///
/// | Variant              | Code | Status | Body                                                  |
/// |----------------------|------|--------|-------------------------------------------------------|
/// | `UnknownTransport`   | 0    | 400    | `{"code":0,"message":"Transport unknown"}`            |
/// | `UnknownSid`         | 1    | 400    | `{"code":1,"message":"Session ID unknown"}`           |
/// | `BadMethod`          | 2    | 400    | `{"code":2,"message":"Bad handshake method"}`         |
/// | `BadRequest`         | 3    | 400    | `{"code":3,"message":"Bad request"}`                  |
/// | `Forbidden`          | 4    | 403    | `{"code":4,"message":"Forbidden"}`                    |
/// | `UnsupportedVersion` | 5    | 400    | `{"code":5,"message":"Unsupported protocol version"}` |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the table above is the documentation")]
pub enum Refusal {
    UnknownTransport,
    UnknownSid,
    BadMethod,
    BadRequest,
    Forbidden,
    UnsupportedVersion,
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::UnknownTransport
            | Self::UnknownSid
            | Self::BadMethod
            | Self::BadRequest
            | Self::UnsupportedVersion => 400,
        }
    }

    /// The body of the answer, which is JSON.
    pub const fn body(self) -> &'static str {
        match self {
            Self::UnknownTransport => r#"{"code":0,"message":"Transport unknown"}"#,
            Self::UnknownSid => r#"{"code":1,"message":"Session ID unknown"}"#,
            Self::BadMethod => r#"{"code":2,"message":"Bad handshake method"}"#,
            Self::BadRequest => r#"{"code":3,"message":"Bad request"}"#,
            Self::Forbidden => r#"{"code":4,"message":"Forbidden"}"#,
            Self::UnsupportedVersion => r#"{"code":5,"message":"Unsupported protocol version"}"#,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal::*;

    #[test]
    fn the_documented_table_is_true() {
        let source = include_str!("refusal.rs");
        for (code, refusal) in
            [UnknownTransport, UnknownSid, BadMethod, BadRequest, Forbidden, UnsupportedVersion]
                .into_iter()
                .enumerate()
        {
            let row: String = source
                .lines()
                .find(|line| line.starts_with(&format!("/// | `{refusal:?}` ")))
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .unwrap_or_default();
            let expected = format!("| {code} | {} | `{}` |", refusal.status(), refusal.body());
            assert!(row.ends_with(&expected), "{refusal:?} should read {expected}");
        }
    }
}
