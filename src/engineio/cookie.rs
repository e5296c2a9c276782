//! The cookie that names a session, for what stands in front of the server.
//!
//! ```text
//!   HTTP/1.1 200 OK
//!   Set-Cookie: io=lv_VI97HAXpY6yYWAAAC; Path=/; HttpOnly; SameSite=Lax
//!
//!   0{"sid":"lv_VI97HAXpY6yYWAAAC",…}
//! ```
//!
//! Nothing here ever reads it. Several servers can share the work only if all requests of one
//! session reach the same one, and a load balancer that knows no better can go by a cookie. It
//! comes with the answer that opens a session, whatever the transport.
//!
//! Whatever could end the attribute it stands in, and begin another, is refused when the cookie
//! is set up, so that a header made of it needs no second look.
//!
//! Core file. Spec: RFC 6265 section 4.1; not in the specification of Engine.IO.

use core::fmt;
use core::time::Duration;
use std::error::Error;

use super::cors::is_token;

/// A cookie without its value.
///
/// | Attribute | Default | What a browser makes of it |
/// |---|---|---|
/// | `Max-Age` | none | forgets the cookie after so many seconds, or else when it is closed |
/// | `Domain` | none | sends it to names below this one, too |
/// | `Path` | `/` | sends it with requests below this path |
/// | `HttpOnly` | set | hides it from the page's scripts |
/// | `Secure` | not set | sends it over TLS only |
/// | `SameSite` | `Lax` | see [`SameSite`] |
///
/// ```
/// use sockrates::engineio::cookie::Cookie;
///
/// let cookie = Cookie::new("io")?;
/// let header = cookie.header("lv_VI97HAXpY6yYWAAAC");
/// assert_eq!(header, "io=lv_VI97HAXpY6yYWAAAC; Path=/; HttpOnly; SameSite=Lax");
/// # Ok::<(), sockrates::engineio::cookie::CookieError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cookie {
    name: String,
    max_age: Option<Duration>,
    domain: Option<String>,
    path: String,
    http_only: bool,
    secure: bool,
    same_site: SameSite,
}

/// With which requests that a page of another site brings about a cookie is sent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SameSite {
    /// With none.
    Strict,
    /// With none but a link to the server itself.
    #[default]
    Lax,
    /// With all. Browsers take such a cookie over TLS only, so it has to be
    /// [`secure`](Cookie::secure).
    None,
}

impl Cookie {
    /// A cookie of this name. The reference server calls it `io`.
    ///
    /// # Errors
    /// When the name is no token: letters, digits, and few signs.
    pub fn new(name: impl Into<String>) -> Result<Self, CookieError> {
        let name = name.into();
        if !is_token(&name) {
            return Err(CookieError::Name(name));
        }
        Ok(Self {
            name,
            max_age: None,
            domain: None,
            path: "/".to_owned(),
            http_only: true,
            secure: false,
            same_site: SameSite::default(),
        })
    }

    /// For how long a browser keeps it, in whole seconds.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }

    /// The name of the host that gets it back, with all names below. Without it, it goes back
    /// to where it came from and nowhere else.
    ///
    /// # Errors
    /// When this is not the name of a host.
    pub fn domain(self, domain: impl Into<String>) -> Result<Self, CookieError> {
        let domain = domain.into();
        if !is_domain(&domain) {
            return Err(CookieError::Domain(domain));
        }
        Ok(Self { domain: Some(domain), ..self })
    }

    /// The path below which requests carry it.
    ///
    /// # Errors
    /// When this does not begin with a slash, or has in it what a header can not carry.
    pub fn path(self, path: impl Into<String>) -> Result<Self, CookieError> {
        let path = path.into();
        let is_of_path = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
        if !path.starts_with('/') || !path.bytes().all(is_of_path) {
            return Err(CookieError::Path(path));
        }
        Ok(Self { path, ..self })
    }

    /// Whether it is hidden from scripts.
    #[must_use]
    pub fn http_only(self, http_only: bool) -> Self {
        Self { http_only, ..self }
    }

    /// Sends it over TLS only.
    #[must_use]
    pub fn secure(self) -> Self {
        Self { secure: true, ..self }
    }

    /// With which requests from pages of other sites it is sent.
    ///
    /// # Errors
    /// When it is to be sent with all of them, and is not [`secure`](Self::secure) by now.
    pub fn same_site(self, same_site: SameSite) -> Result<Self, CookieError> {
        if same_site == SameSite::None && !self.secure {
            return Err(CookieError::NotSecure);
        }
        Ok(Self { same_site, ..self })
    }

    /// The value of the `Set-Cookie` header that sets it to `value`.
    ///
    /// What a value can not hold is escaped, as in a URL. A sid needs no escapes.
    pub fn header(&self, value: &str) -> String {
        let mut header = format!("{}={}", self.name, Escaped(value));
        if let Some(max_age) = self.max_age {
            header += &format!("; Max-Age={}", max_age.as_secs());
        }
        if let Some(domain) = &self.domain {
            header.extend(["; Domain=", domain]);
        }
        header.extend(["; Path=", &self.path]);
        if self.http_only {
            header += "; HttpOnly";
        }
        if self.secure {
            header += "; Secure";
        }
        header += match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        };
        header
    }
}

/// Whether these are the labels of a host's name, perhaps with a point in front.
fn is_domain(text: &str) -> bool {
    let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.strip_prefix('.').unwrap_or(text).split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_of_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// Text with an escape in place of each byte that JavaScript's `encodeURIComponent` escapes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => write!(f, "{}", char::from(byte)),
            _ if b"-_.!~*'()".contains(&byte) => write!(f, "{}", char::from(byte)),
            _ => write!(f, "%{byte:02X}"),
        })
    }
}

/// What is wrong with a setting.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CookieError {
    /// This is no name of a cookie.
    Name(String),
    /// This is no name of a host.
    Domain(String),
    /// This is no path.
    Path(String),
    /// It was to be sent with requests of all sites, and not over TLS only.
    NotSecure,
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(found) => write!(f, "found {found:?}, wanted a cookie's name such as io"),
            Self::Domain(found) => {
                write!(f, "found {found:?}, wanted the name of a host such as chat.example")
            }
            Self::Path(found) => {
                write!(f, "found {found:?}, wanted a path such as /chat, in ASCII, without ;")
            }
            Self::NotSecure => {
                f.write_str("found SameSite=None on its own, wanted Secure beside it")
            }
        }
    }
}

impl Error for CookieError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn io() -> Cookie {
        Cookie::new("io").unwrap()
    }

    #[track_caller]
    fn check(cookie: &Cookie, expected: &str) {
        assert_eq!(cookie.header("abc"), expected, "{cookie:?}");
    }

    /// The expected headers are what version 0.7 of the package `cookie` writes, with which the
    /// reference server makes them.
    #[test]
    fn attributes_are_written_as_the_reference_server_does() {
        check(&io(), "io=abc; Path=/; HttpOnly; SameSite=Lax");
        let all = io().max_age(Duration::from_millis(3_600_700)).domain("a.example").unwrap();
        let all = all.path("/x").unwrap().secure().same_site(SameSite::None).unwrap();
        check(
            &all,
            "io=abc; Max-Age=3600; Domain=a.example; Path=/x; HttpOnly; Secure; SameSite=None",
        );
        let strict = io().http_only(false).same_site(SameSite::Strict).unwrap();
        check(&strict, "io=abc; Path=/; SameSite=Strict");
        check(&io().domain(".a.example").unwrap().path("/a b").unwrap(), {
            "io=abc; Domain=.a.example; Path=/a b; HttpOnly; SameSite=Lax"
        });
    }

    /// Threat 17.
    #[test]
    fn a_value_can_not_leave_its_place() {
        let header = io().header("a b;é\r\nSet-Cookie: x=y");
        let value = "io=a%20b%3B%C3%A9%0D%0ASet-Cookie%3A%20x%3Dy";
        assert_eq!(header, format!("{value}; Path=/; HttpOnly; SameSite=Lax"));
        let sid = "lv_VI97HAXpY6yYWAA-C";
        assert!(io().header(sid).starts_with(&format!("io={sid}; ")));
    }

    /// Threat 17.
    #[test]
    fn settings_that_would_add_an_attribute_are_refused() {
        for name in ["", "a b", "a=b", "a;b", "a,b", "io\r\n", "é", "userName=<script>"] {
            assert_eq!(Cookie::new(name), Err(CookieError::Name(name.to_owned())));
        }
        for path in ["", "x", "/; Secure", "/a\r\nX: y", "/\0", "/\x7f", "/é", "/a\tb"] {
            assert_eq!(io().path(path), Err(CookieError::Path(path.to_owned())));
        }
        let long = "a".repeat(64);
        for domain in
            ["", ".", "a;b", "a_b", "-a.b", "a-.b", "a..b", "a.", "a b", "a\n", "é", "..a", &long]
        {
            assert_eq!(io().domain(domain), Err(CookieError::Domain(domain.to_owned())));
        }
    }

    #[test]
    fn what_is_sent_from_every_site_is_secure() {
        assert_eq!(io().same_site(SameSite::None), Err(CookieError::NotSecure));
        assert!(io().secure().same_site(SameSite::None).is_ok());
    }

    #[test]
    fn errors_say_what_was_found_and_what_was_wanted() {
        #[track_caller]
        fn check(result: Result<Cookie, CookieError>, expected: &str) {
            assert_eq!(result.unwrap_err().to_string(), expected);
        }
        check(Cookie::new("a b"), r#"found "a b", wanted a cookie's name such as io"#);
        let domain = r#"found "a_b", wanted the name of a host such as chat.example"#;
        check(io().domain("a_b"), domain);
        let path = r#"found "/\n", wanted a path such as /chat, in ASCII, without ;"#;
        check(io().path("/\n"), path);
        let same_site = "found SameSite=None on its own, wanted Secure beside it";
        check(io().same_site(SameSite::None), same_site);
    }
}
