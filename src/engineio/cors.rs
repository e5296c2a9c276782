//! Cross-origin requests: which pages may use the server, and how they are told.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling      a page of https://app.example asks
//!   Origin: https://app.example
//!
//!   HTTP/1.1 200 OK                              the browser shows it the answer
//!   Vary: Origin
//!   Access-Control-Allow-Origin: https://app.example
//! ```
//!
//! A browser asks first, with a preflight `OPTIONS`, when a page sends headers of its own.
//! It does not ask at all before it opens a WebSocket: there the list of origins has to be
//! held against the `Origin` header by the server, or any page can connect in the name of
//! whoever looks at it. So one list guards both transports.
//!
//! Core file. Spec: the Fetch standard, "CORS protocol"; not in the specification of
//! Engine.IO.

use core::fmt;
use core::time::Duration;
use std::error::Error;
use std::sync::Arc;

/// Who may use the server from a page of another origin, and what such a page may do.
///
/// | Made by | `Access-Control-Allow-Origin` | a page of another origin is |
/// |---|---|---|
/// | [`off`](Self::off) | none | served, but kept from polling by its browser |
/// | [`any`](Self::any) | `*` | served |
/// | [`reflected`](Self::reflected) | the page's own | served |
/// | [`Chosen::exactly`] | always that one | refused |
/// | [`Chosen::list`] | the page's own, if it is in the list | refused, if it is not |
/// | [`Chosen::matching`] | the page's own, if the function says so | refused, if it does not |
///
/// Cookies and other credentials can be allowed to origins that were [`Chosen`], and to no
/// others: a server that reflects whoever asks, with credentials, would hand every visitor's
/// session to every page, and here there is no way to write it.
///
/// ```
/// use sockrates::engineio::cors::{Chosen, Cors};
///
/// let cors = Cors::from(Chosen::list(["https://app.example"])?.with_credentials());
/// assert!(cors.admits(Some("https://app.example"), "chat.example"));
/// assert!(!cors.admits(Some("https://evil.example"), "chat.example"));
/// # Ok::<(), sockrates::engineio::cors::CorsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Origins,
    /// As it stands in the header, like the three below.
    methods: String,
    /// `None` allows whatever a page asks for.
    allowed_headers: Option<String>,
    exposed_headers: String,
    max_age: Option<Duration>,
}

#[derive(Clone, Debug)]
enum Origins {
    Off,
    Any,
    Reflected,
    Chosen(Chosen),
}

/// Origins that somebody has named, by hand or by a function. Only these can be allowed to
/// send credentials.
#[derive(Clone, Debug)]
pub struct Chosen {
    rule: Rule,
    credentials: bool,
}

#[derive(Clone)]
enum Rule {
    Exactly(String),
    List(Vec<String>),
    Matching(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

/// A header of an answer.
pub type Header = (&'static str, String);

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_HEADERS: &str = "access-control-allow-headers";
const VARY: &str = "vary";

/// What a page may use unless it is said otherwise: what the reference server allows.
const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";

impl Chosen {
    /// The pages of one origin. It stands in every answer, whoever asks.
    ///
    /// # Errors
    /// When this is not an origin as browsers write it: `https://app.example`,
    /// `http://localhost:8080`.
    pub fn exactly(origin: impl Into<String>) -> Result<Self, CorsError> {
        Ok(Self::by(Rule::Exactly(checked(origin.into())?)))
    }

    /// The pages of these origins.
    ///
    /// # Errors
    /// When one of them is not an origin as browsers write it.
    pub fn list<T: Into<String>>(origins: impl IntoIterator<Item = T>) -> Result<Self, CorsError> {
        let origins = origins.into_iter().map(|origin| checked(origin.into()));
        Ok(Self::by(Rule::List(origins.collect::<Result<_, _>>()?)))
    }

    /// The pages of the origins for which `predicate` says so.
    ///
    /// It is asked twice for each request, so it should be quick. It is asked only about what
    /// is an origin: never about `null`, as which every page can pass itself off.
    pub fn matching(predicate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::by(Rule::Matching(Arc::new(predicate)))
    }

    /// Lets their pages send cookies and other credentials. Whoever is not chosen can not be
    /// given that:
    ///
    /// ```compile_fail,E0599
    /// sockrates::engineio::cors::Cors::any().with_credentials();
    /// ```
    #[must_use]
    pub fn with_credentials(self) -> Self {
        Self { credentials: true, ..self }
    }

    fn by(rule: Rule) -> Self {
        Self { rule, credentials: false }
    }

    fn has(&self, origin: &str) -> bool {
        match &self.rule {
            Rule::Exactly(only) => only.eq_ignore_ascii_case(origin),
            Rule::List(origins) => origins.iter().any(|it| it.eq_ignore_ascii_case(origin)),
            Rule::Matching(predicate) => is_origin(origin) && predicate(origin),
        }
    }

    /// The origin that the header names to a page of this one, if any.
    fn allowed<'a>(&'a self, origin: Option<&'a str>, host: &str) -> Option<&'a str> {
        match &self.rule {
            Rule::Exactly(only) => Some(only),
            Rule::List(_) | Rule::Matching(_) => {
                origin.filter(|origin| self.has(origin) || is_same_origin(origin, host))
            }
        }
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self::off()
    }
}

impl From<Chosen> for Cors {
    fn from(chosen: Chosen) -> Self {
        Self::of(Origins::Chosen(chosen))
    }
}

impl Cors {
    /// No headers: browsers keep pages of other origins away from polling. This is the default.
    pub fn off() -> Self {
        Self::of(Origins::Off)
    }

    /// Pages of every origin, without credentials.
    pub fn any() -> Self {
        Self::of(Origins::Any)
    }

    /// Pages of every origin, without credentials, each told its own name instead of `*`.
    pub fn reflected() -> Self {
        Self::of(Origins::Reflected)
    }

    fn of(origins: Origins) -> Self {
        Self {
            origins,
            methods: METHODS.to_owned(),
            allowed_headers: None,
            exposed_headers: String::new(),
            max_age: None,
        }
    }

    /// Which methods a page may use. Default: `GET,HEAD,PUT,PATCH,POST,DELETE`.
    ///
    /// # Errors
    /// When one of them could not be a method.
    pub fn methods(self, methods: &[impl AsRef<str>]) -> Result<Self, CorsError> {
        Ok(Self { methods: joined(methods)?, ..self })
    }

    /// Which headers a page may send. Default: those that it asks for.
    ///
    /// # Errors
    /// When one of them could not be the name of a header.
    pub fn allowed_headers(self, names: &[impl AsRef<str>]) -> Result<Self, CorsError> {
        Ok(Self { allowed_headers: Some(joined(names)?), ..self })
    }

    /// Which headers of an answer a page may read, besides the few that it always can.
    ///
    /// # Errors
    /// When one of them could not be the name of a header.
    pub fn exposed_headers(self, names: &[impl AsRef<str>]) -> Result<Self, CorsError> {
        Ok(Self { exposed_headers: joined(names)?, ..self })
    }

    /// For how long a browser may keep the answer to a preflight, in whole seconds. Without it,
    /// browsers keep it for five.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }

    /// Whether a request with this `Origin` header is served at all by a server that goes
    /// by the name of `host`.
    ///
    /// Without an `Origin` it does not come from a page. Unless origins were [`Chosen`] nothing
    /// is refused: the headers leave it to the browser. The server's own pages always pass. An
    /// `Origin` that is there but is no text is not the same as none: it is to be given as an
    /// empty one, which is nobody's.
    pub fn admits(&self, origin: Option<&str>, host: &str) -> bool {
        match (&self.origins, origin) {
            (Origins::Off | Origins::Any | Origins::Reflected, _) | (_, None) => true,
            (Origins::Chosen(chosen), Some(origin)) => {
                chosen.has(origin) || is_same_origin(origin, host)
            }
        }
    }

    /// Whether pages are told apart by their origin.
    pub fn guards(&self) -> bool {
        matches!(self.origins, Origins::Chosen(_))
    }

    /// Whether no answer has a header of these.
    pub fn is_off(&self) -> bool {
        matches!(self.origins, Origins::Off)
    }

    /// The headers of every answer to a request with this `Origin`, errors included: without
    /// them a browser hides what went wrong behind a message about CORS.
    ///
    /// A page of the server's own needs none, but may be taken for another's where something in
    /// front of the server turns `https` into `http`. So it gets them, but without credentials.
    pub fn headers(&self, origin: Option<&str>, host: &str) -> Vec<Header> {
        let mut headers = Vec::new();
        // Where the answer depends on who asks, a cache must not give it to anyone else.
        if matches!(self.origins, Origins::Reflected | Origins::Chosen(_)) {
            headers.push((VARY, "Origin".to_owned()));
        }
        let (allowed, credentials) = match &self.origins {
            Origins::Off => (None, false),
            Origins::Any => (Some("*"), false),
            Origins::Reflected => (origin.filter(|origin| is_reflectable(origin)), false),
            Origins::Chosen(chosen) => {
                let allowed = chosen.allowed(origin, host);
                let has = allowed.is_some_and(|allowed| chosen.has(allowed));
                (allowed, has && chosen.credentials)
            }
        };
        let Some(allowed) = allowed else { return headers };
        headers.push((ALLOW_ORIGIN, allowed.to_owned()));
        if credentials {
            headers.push(("access-control-allow-credentials", "true".to_owned()));
        }
        if !self.exposed_headers.is_empty() {
            headers.push(("access-control-expose-headers", self.exposed_headers.clone()));
        }
        headers
    }

    /// The headers of the answer to a preflight, besides [`headers`](Self::headers). `None`
    /// when there is nothing to answer: then an `OPTIONS` is a method like any other.
    pub fn preflight(&self, requested_headers: Option<&str>) -> Option<Vec<Header>> {
        if self.is_off() {
            return None;
        }
        let mut headers = Vec::new();
        if !self.methods.is_empty() {
            headers.push(("access-control-allow-methods", self.methods.clone()));
        }
        let allowed = match &self.allowed_headers {
            Some(configured) => Some(configured.as_str()),
            None => {
                headers.push((VARY, "Access-Control-Request-Headers".to_owned()));
                requested_headers.filter(|names| is_list_of_names(names))
            }
        };
        if let Some(allowed) = allowed.filter(|names| !names.is_empty()) {
            headers.push((ALLOW_HEADERS, allowed.to_owned()));
        }
        if let Some(max_age) = self.max_age {
            headers.push(("access-control-max-age", max_age.as_secs().to_string()));
        }
        Some(headers)
    }
}

/// Whether `origin` is a page that this very server has sent: it goes by the name that the client
/// has asked for. Whoever serves only names of its own should let a proxy in front see to that,
/// since a name that somebody else has pointed here is one as well.
pub(super) fn is_same_origin(origin: &str, host: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    is_origin(origin) && authority.is_some_and(|own| own.eq_ignore_ascii_case(host))
}

/// Whether this is a scheme and a host, perhaps with a port, and nothing else.
fn is_origin(text: &str) -> bool {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_of_host = |byte: u8| byte.is_ascii_graphic() && !b"/\\?#@,\"*<>".contains(&byte);
    text.split_once("://").is_some_and(|(scheme, host)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(is_of_scheme)
            && !host.is_empty()
            && host.bytes().all(is_of_host)
    })
}

/// Whether this can be given back to whoever sent it.
fn is_reflectable(origin: &str) -> bool {
    origin == "null" || is_origin(origin)
}

/// Whether this is a name of a header or a method: a token in the words of HTTP.
pub(super) fn is_token(text: &str) -> bool {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_of_token)
}

fn is_list_of_names(text: &str) -> bool {
    text.split(',').all(|name| is_token(name.trim_matches([' ', '\t'])))
}

fn checked(origin: String) -> Result<String, CorsError> {
    if is_origin(&origin) { Ok(origin) } else { Err(CorsError::NotAnOrigin(origin)) }
}

fn joined(names: &[impl AsRef<str>]) -> Result<String, CorsError> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.iter().find(|name| !is_token(name)) {
        Some(name) => Err(CorsError::NotAName((*name).to_owned())),
        None => Ok(names.join(",")),
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(origin) => f.debug_tuple("Exactly").field(origin).finish(),
            Self::List(origins) => f.debug_tuple("List").field(origins).finish(),
            Self::Matching(_) => f.debug_tuple("Matching").finish_non_exhaustive(),
        }
    }
}

/// What is wrong with a setting.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CorsError {
    /// This is no origin that could be chosen.
    NotAnOrigin(String),
    /// This is no name of a header or a method.
    NotAName(String),
}

impl fmt::Display for CorsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnOrigin(found) => {
                write!(f, "found {found:?}, wanted an origin such as https://app.example")
            }
            Self::NotAName(found) => {
                write!(f, "found {found:?}, wanted the name of a header or a method")
            }
        }
    }
}

impl Error for CorsError {}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "chat.example:3000";
    const APP: &str = "https://app.example";
    const EVIL: &str = "https://evil.example";

    fn list() -> Chosen {
        Chosen::list([APP, "http://localhost:8080"]).unwrap()
    }

    /// One header a line, as they stand in an answer.
    #[track_caller]
    fn check(cors: &Cors, origin: Option<&str>, expected: &[&str]) {
        assert_eq!(lines(cors.headers(origin, HOST)), expected, "{cors:?} for {origin:?}");
    }

    fn lines(headers: Vec<Header>) -> Vec<String> {
        headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
    }

    const VARIES: &str = "vary: Origin";
    const FOR_APP: &str = "access-control-allow-origin: https://app.example";
    const WITH_COOKIES: &str = "access-control-allow-credentials: true";

    #[test]
    fn without_a_choice_everybody_is_told_the_same_or_nothing() {
        for origin in [Some(APP), Some("null"), Some(""), None] {
            check(&Cors::off(), origin, &[]);
            check(&Cors::any(), origin, &["access-control-allow-origin: *"]);
        }
        assert!(Cors::default().headers(Some(APP), HOST).is_empty());
    }

    #[test]
    fn one_origin_always_stands_in_the_header() {
        let cors = Cors::from(Chosen::exactly(APP).unwrap());
        for origin in [Some(APP), Some(EVIL), Some("http://chat.example:3000"), None] {
            check(&cors, origin, &[VARIES, FOR_APP]);
        }
    }

    #[test]
    fn a_list_and_a_function_reflect_whom_they_choose() {
        let matching = Chosen::matching(|origin| origin.ends_with("//app.example"));
        for cors in [list(), matching].map(Cors::from) {
            check(&cors, Some(APP), &[VARIES, FOR_APP]);
            check(&cors, Some(EVIL), &[VARIES]);
            check(&cors, Some("null"), &[VARIES]);
            check(&cors, None, &[VARIES]);
        }
    }

    /// Threat 17.
    #[test]
    fn what_is_reflected_is_an_origin() {
        let matching = Cors::from(Chosen::matching(|_| true));
        check(&matching, Some("null"), &[VARIES]);
        for cors in [Cors::reflected(), matching] {
            check(
                &cors,
                Some(EVIL),
                &[VARIES, "access-control-allow-origin: https://evil.example"],
            );
            for origin in ["", "*", "a", "https://", "https://a\r\nx: y", "https://a, https://b"] {
                check(&cors, Some(origin), &[VARIES]);
            }
        }
        let null = [VARIES, "access-control-allow-origin: null"];
        check(&Cors::reflected(), Some("null"), &null);
    }

    /// Threat 20. `Cors::any().with_credentials()` does not compile, nor does any other way to
    /// give them to everybody; who is not chosen gets none.
    #[test]
    fn credentials_go_to_whom_they_were_given() {
        let exactly = Chosen::exactly(APP).unwrap();
        for chosen in [exactly, list(), Chosen::matching(|origin| origin == APP)] {
            let cors = Cors::from(chosen.with_credentials());
            check(&cors, Some(APP), &[VARIES, FOR_APP, WITH_COOKIES]);
        }
        let cors = Cors::from(list().with_credentials());
        check(&cors, Some(EVIL), &[VARIES]);
        let own = "access-control-allow-origin: http://chat.example:3000";
        check(&cors, Some("http://chat.example:3000"), &[VARIES, own]);
    }

    /// Threat 22.
    #[test]
    fn a_choice_guards_and_the_own_page_always_passes() {
        let exactly = Chosen::exactly(APP).unwrap();
        for chosen in [exactly, list(), Chosen::matching(|origin| origin == APP)] {
            let cors = Cors::from(chosen);
            for origin in [
                EVIL,
                "null",
                "https://app.example.evil.example",
                "https://app.example:8080",
                "https://app.example/",
                "http://app.example",
                "app.example",
                "",
            ] {
                assert!(!cors.admits(Some(origin), HOST), "{cors:?} {origin:?}");
                assert!(!cors.admits(Some(origin), ""), "{cors:?} {origin:?}");
            }
            assert!(cors.admits(Some("http://chat.example:3000"), HOST));
            assert!(cors.admits(Some(APP), HOST));
            assert!(cors.admits(None, HOST));
            assert!(cors.guards());
        }
        assert!(Cors::from(list()).admits(Some("https://APP.example"), HOST));
        for cors in [Cors::off(), Cors::any(), Cors::reflected()] {
            assert!(cors.admits(Some(EVIL), HOST));
            assert!(!cors.guards());
        }
    }

    #[test]
    fn a_log_line_shows_who_is_chosen_but_for_a_function() {
        let matching = Chosen::matching(|_| true);
        for (chosen, expected) in [
            (Chosen::exactly(APP).unwrap(), r#"Exactly("https://app.example")"#),
            (Chosen::list([APP]).unwrap(), r#"List(["https://app.example"])"#),
            (matching, "Matching(..)"),
        ] {
            assert_eq!(format!("{:?}", chosen.rule), expected);
        }
    }

    #[test]
    fn a_preflight_allows_what_is_set_or_what_the_page_asks_for() {
        #[track_caller]
        fn check(cors: &Cors, requested: Option<&str>, expected: &[&str]) {
            let found = cors.preflight(requested).map(lines);
            assert_eq!(found.unwrap(), expected, "{requested:?}");
        }
        assert_eq!(Cors::off().preflight(Some("x-token")), None);
        let methods = "access-control-allow-methods: GET,HEAD,PUT,PATCH,POST,DELETE";
        let varies = "vary: Access-Control-Request-Headers";
        let reflected = "access-control-allow-headers: x-token, x-b";
        check(&Cors::any(), Some("x-token, x-b"), &[methods, varies, reflected]);
        for requested in [None, Some(""), Some("x-token\r\nx: y"), Some("a b"), Some("é")] {
            check(&Cors::any(), requested, &[methods, varies]);
        }

        let cors = Cors::any().methods(&["GET", "POST"]).unwrap();
        let cors = cors.allowed_headers(&["x-a", "x-b"]).unwrap().max_age(Duration::from_secs(600));
        let all = [
            "access-control-allow-methods: GET,POST",
            "access-control-allow-headers: x-a,x-b",
            "access-control-max-age: 600",
        ];
        check(&cors, Some("x-token"), &all);
        let none = cors.allowed_headers(&[""; 0]).unwrap().methods(&[""; 0]).unwrap();
        check(&none, Some("x-token"), &all[2..]);
    }

    #[test]
    fn a_page_that_may_see_the_answer_may_read_the_headers_that_are_set() {
        let exposed = |cors: Cors| cors.exposed_headers(&["x-a", "x-b"]).unwrap();
        let line = "access-control-expose-headers: x-a,x-b";
        check(&exposed(Cors::from(list())), Some(APP), &[VARIES, FOR_APP, line]);
        check(&exposed(Cors::from(list())), Some(EVIL), &[VARIES]);
        check(&exposed(Cors::off()), Some(APP), &[]);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_in_a_sentence() {
        for origin in ["*", "null", "app.example", "https://a/", "https://*.a", "a\r\n://b", "://b"]
        {
            assert!(Chosen::exactly(origin).is_err(), "{origin:?}");
            assert!(Chosen::list([APP, origin]).is_err(), "{origin:?}");
        }
        for name in ["", "a b", "a,b", "a:", "a\n", "é"] {
            assert!(Cors::any().methods(&[name]).is_err(), "{name:?}");
            assert!(Cors::any().allowed_headers(&["a", name]).is_err(), "{name:?}");
            assert!(Cors::any().exposed_headers(&[name]).is_err(), "{name:?}");
        }
        let error = Chosen::exactly("https://a/").unwrap_err().to_string();
        assert_eq!(error, r#"found "https://a/", wanted an origin such as https://app.example"#);
        let error = Cors::any().methods(&["a b"]).unwrap_err().to_string();
        assert_eq!(error, r#"found "a b", wanted the name of a header or a method"#);
    }
}
