//! Cross-origin requests: which pages may use the server, and how they are told.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling      a page of https://app.example asks
//!   Origin: https://app.example
//!
//!   HTTP/1.1 200 OK                              the browser shows it the answer
//!   Access-Control-Allow-Origin: https://app.example
//!   Vary: Origin
//! ```
//!
//! A browser asks first, with a preflight `OPTIONS`, when a page sends headers of its own.
//! It does not ask at all before it opens a WebSocket: there the list of origins has to be
//! held against the `Origin` header by the server, or any page can connect in the name of
//! whoever looks at it. So one list guards both transports.
//!
//! Core file. Spec: the Fetch standard, "CORS protocol"; not in the specification of
//! Engine.IO.

/// Who may use the server from a page of another origin.
///
/// There is no way to write "any origin, with credentials", which would hand every
/// visitor's session to every page.
///
/// ```
/// use sockrates::engineio::cors::Cors;
///
/// let cors = Cors::List { origins: vec!["https://app.example".into()], credentials: true };
/// assert!(cors.admits(Some("https://app.example"), "chat.example"));
/// assert!(!cors.admits(Some("https://evil.example"), "chat.example"));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Cors {
    /// No headers: browsers keep pages of other origins away from polling.
    #[default]
    Off,
    /// Pages of every origin, without credentials.
    Any,
    /// Pages of these origins, and of the server's own.
    List {
        /// Origins as browsers write them: `https://app.example`, `http://localhost:8080`.
        origins: Vec<String>,
        /// Whether requests may carry cookies.
        credentials: bool,
    },
}

/// A header of an answer.
pub type Header = (&'static str, String);

impl Cors {
    /// Whether a request with this `Origin` header is served at all by a server that goes
    /// by the name of `host`.
    ///
    /// Without an `Origin` it does not come from a page. Without a list nothing is refused:
    /// the headers leave it to the browser.
    pub fn admits(&self, origin: Option<&str>, host: &str) -> bool {
        match (self, origin) {
            (Self::Off | Self::Any, _) | (_, None) => true,
            (Self::List { origins, .. }, Some(origin)) => {
                origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
                    || is_same_origin(origin, host)
            }
        }
    }

    /// The headers of every answer to a request with this `Origin`, errors included: without
    /// them a browser hides what went wrong behind a message about CORS.
    pub fn headers(&self, origin: Option<&str>, host: &str) -> Vec<Header> {
        match self {
            Self::Off => Vec::new(),
            Self::Any => vec![(ALLOW_ORIGIN, "*".to_owned())],
            Self::List { credentials, .. } => {
                // A cache must not give one origin's answer to another.
                let mut headers = vec![("vary", "Origin".to_owned())];
                if let Some(origin) = origin.filter(|_| self.admits(origin, host)) {
                    headers.push((ALLOW_ORIGIN, origin.to_owned()));
                    if *credentials {
                        headers.push(("access-control-allow-credentials", "true".to_owned()));
                    }
                }
                headers
            }
        }
    }

    /// The headers of the answer to a preflight, besides [`headers`](Self::headers). `None`
    /// when there is nothing to answer: then an `OPTIONS` is a method like any other.
    pub fn preflight(&self, requested_headers: Option<&str>) -> Option<Vec<Header>> {
        if *self == Self::Off {
            return None;
        }
        let mut headers =
            vec![("access-control-allow-methods", "GET,HEAD,PUT,PATCH,POST,DELETE".to_owned())];
        if let Some(requested) = requested_headers {
            headers.push(("vary", "Access-Control-Request-Headers".to_owned()));
            headers.push(("access-control-allow-headers", requested.to_owned()));
        }
        Some(headers)
    }
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Whether `origin` is a page that this very server has sent.
fn is_same_origin(origin: &str, host: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| !host.is_empty() && authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "chat.example:3000";

    fn list(credentials: bool) -> Cors {
        Cors::List { origins: vec!["https://app.example".into()], credentials }
    }

    #[track_caller]
    fn check(cors: &Cors, origin: Option<&str>, expected: &[(&str, &str)]) {
        let found = cors.headers(origin, HOST);
        let found: Vec<_> = found.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(found, expected, "{cors:?} for {origin:?}");
    }

    #[test]
    fn the_headers_of_each_setting() {
        let star = [("access-control-allow-origin", "*")];
        check(&Cors::Off, Some("https://app.example"), &[]);
        check(&Cors::Any, Some("https://app.example"), &star);
        check(&Cors::Any, Some("null"), &star);
        check(&Cors::Any, None, &star);

        let allowed = [("vary", "Origin"), ("access-control-allow-origin", "https://app.example")];
        check(&list(false), Some("https://app.example"), &allowed);
        check(&list(false), Some("https://evil.example"), &[("vary", "Origin")]);
        check(&list(false), None, &[("vary", "Origin")]);

        let with_cookies = [allowed[0], allowed[1], ("access-control-allow-credentials", "true")];
        check(&list(true), Some("https://app.example"), &with_cookies);
        check(&list(true), Some("null"), &[("vary", "Origin")]);
    }

    #[test]
    fn the_list_guards_and_the_own_page_always_passes() {
        for origin in [
            "https://evil.example",
            "null",
            "https://app.example.evil.example",
            "https://app.example:8080",
            "http://app.example",
            "",
        ] {
            assert!(!list(false).admits(Some(origin), HOST), "{origin:?}");
        }
        assert!(list(false).admits(Some("http://chat.example:3000"), HOST));
        assert!(list(false).admits(Some("https://APP.example"), HOST));
        assert!(list(false).admits(None, HOST));
        assert!(Cors::Any.admits(Some("https://evil.example"), HOST));
    }

    #[test]
    fn a_preflight_reflects_what_the_page_wants_to_send() {
        assert_eq!(Cors::Off.preflight(Some("x-token")), None);
        let headers = Cors::Any.preflight(Some("x-token")).unwrap();
        assert!(headers.contains(&("access-control-allow-headers", "x-token".to_owned())));
        assert_eq!(Cors::Any.preflight(None).unwrap().len(), 1);
    }
}
