//! Headers: settings for pages of other origins and for a cookie, and requests that put them to
//! the test. A script (see `script.rs`), in which `␊` stands for a line break:
//!
//! ```text
//!   -  *  r              pages of other origins: off, any, reflected
//!   =https://a           exactly this origin          lhttps://a    one more in the list
//!   m.example            every origin with this in it  c             with credentials
//!   MGET  Ax-a  Ex-b     methods, headers to allow, headers to expose (none if empty)
//!   X600                 how long a preflight is kept
//!   ha.example:3000      the server's name
//!   ohttps://a           a request from there          O             a request from no page
//!   px-a, x-b            a preflight that asks for this
//!   agzip, br;q=0.5      a request that accepts this   bhello        a body, many times over
//!   Nio  Da.example  P/  a cookie's name, domain, path  G60          how long it is kept
//!   S  H  s0             Secure; not HttpOnly; SameSite: Strict, Lax, None
//!   vabc                 the cookie with this value
//! ```
//!
//! Whatever is in it:
//!
//! - no header has a byte in it that is not printable ASCII or a tab, and none but `Vary` stands
//!   there twice;
//! - a setting is accepted if a slow reader of the grammar finds nothing wrong with it, and then
//!   it stands in the headers as it is;
//! - a list admits exactly the origins in it, and the server's own;
//! - credentials never stand beside `*`, beside `null`, or beside an origin that was not chosen;
//! - the coding is the one that RFC 9110 section 12.5.3, read slowly, prefers; what is made of
//!   a body carries its length and its check sums;
//! - a cookie is its value and its attributes, and nothing between them.

mod accept;
mod cookie;

use std::collections::HashSet;
use std::time::Duration;

use sockrates::engineio::cors::{Chosen, Cors, Header};

use super::script;

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let (mut setting, mut cookie) = (Setting::default(), cookie::Setting::default());
    for line in script::lines(&script) {
        let rest = line.rest.replace('␊', "\n");
        match line.verb {
            'a' => accept::the_best_is_chosen(&rest),
            'b' => accept::bodies_are_whole(&rest),
            'N' | 'D' | 'P' | 'G' | 'S' | 'H' | 's' => cookie.set(line.verb, rest, line.number(99)),
            'v' => cookie.check(&rest),
            'X' => setting.max_age = Some(line.number(u64::MAX)),
            'h' => setting.host = rest,
            'o' => setting.request(Some(&rest)),
            'O' => setting.request(None),
            'p' => setting.preflight(Some(&rest)),
            verb => setting.set(verb, rest),
        }
    }
}

#[derive(Clone, Debug, Default)]
enum Who {
    #[default]
    Off,
    Any,
    Reflected,
    Exactly(String),
    List(Vec<String>),
    Matching(String),
}

/// A plain model of the settings, and of what is to be expected of them.
#[derive(Clone, Debug, Default)]
struct Setting {
    who: Who,
    credentials: bool,
    methods: Option<Vec<String>>,
    allowed: Option<Vec<String>>,
    exposed: Vec<String>,
    max_age: Option<u64>,
    host: String,
}

impl Setting {
    fn set(&mut self, verb: char, rest: String) {
        match verb {
            '-' => self.who = Who::Off,
            '*' => self.who = Who::Any,
            'r' => self.who = Who::Reflected,
            '=' => self.who = Who::Exactly(rest),
            'm' => self.who = Who::Matching(rest),
            'l' => match &mut self.who {
                Who::List(origins) => origins.push(rest),
                other => *other = Who::List(vec![rest]),
            },
            'c' => self.credentials = true,
            'M' => push(self.methods.get_or_insert_default(), rest),
            'A' => push(self.allowed.get_or_insert_default(), rest),
            'E' => push(&mut self.exposed, rest),
            _ => {}
        }
    }

    /// What the library makes of it. `None` if it refuses, which it does for a reason.
    fn build(&self) -> Option<Cors> {
        let chosen = match &self.who {
            Who::Off | Who::Any | Who::Reflected => None,
            Who::Exactly(origin) => Some(Chosen::exactly(origin)),
            Who::List(origins) => Some(Chosen::list(origins)),
            Who::Matching(part) => {
                let part = part.clone();
                Some(Ok(Chosen::matching(move |origin| {
                    assert!(is_origin(origin), "the function was asked about {origin:?}");
                    origin.contains(&part)
                })))
            }
        };
        let named = match &self.who {
            Who::Exactly(origin) => std::slice::from_ref(origin),
            Who::List(origins) => origins,
            _ => &[],
        };
        let good = named.iter().all(|origin| is_origin(origin));
        let cors = match (chosen, &self.who) {
            (Some(chosen), _) => {
                assert_eq!(chosen.is_ok(), good, "{self:?}");
                let chosen = chosen.ok()?;
                Cors::from(if self.credentials { chosen.with_credentials() } else { chosen })
            }
            (None, Who::Any) => Cors::any(),
            (None, Who::Reflected) => Cors::reflected(),
            (None, _) => Cors::off(),
        };
        let (methods, allowed) = (self.methods.as_ref(), self.allowed.as_ref());
        let names = methods.into_iter().chain(allowed).flatten().chain(&self.exposed);
        let good = names.into_iter().all(|name| is_name(name));
        let cors = methods.map_or(Ok(cors.clone()), |methods| cors.methods(methods));
        let cors = cors.and_then(|cors| cors.exposed_headers(&self.exposed));
        let cors = cors.and_then(|cors| match allowed {
            Some(allowed) => cors.allowed_headers(allowed),
            None => Ok(cors),
        });
        assert_eq!(cors.is_ok(), good, "{self:?}");
        let cors = cors.ok()?;
        Some(match self.max_age {
            Some(seconds) => cors.max_age(Duration::from_secs(seconds)),
            None => cors,
        })
    }

    fn has_chosen(&self, origin: &str) -> bool {
        let small = origin.to_ascii_lowercase();
        let same = |it: &String| it.to_ascii_lowercase() == small;
        match &self.who {
            Who::Off | Who::Any | Who::Reflected => false,
            Who::Exactly(only) => same(only),
            Who::List(origins) => origins.iter().any(same),
            Who::Matching(part) => is_origin(origin) && origin.contains(part),
        }
    }

    fn is_own(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        is_origin(&origin)
            && origin[origin.find("://").map_or(0, |at| at + 3)..] == self.host.to_ascii_lowercase()
    }

    fn request(&self, origin: Option<&str>) {
        let Some(cors) = self.build() else { return };
        let guards = !matches!(self.who, Who::Off | Who::Any | Who::Reflected);
        let passes = |origin| self.has_chosen(origin) || self.is_own(origin);
        let admitted = !guards || origin.is_none_or(passes);
        assert_eq!(cors.admits(origin, &self.host), admitted, "{self:?} {origin:?}");

        let allowed = match &self.who {
            Who::Off => None,
            Who::Any => Some("*"),
            Who::Reflected => origin.filter(|origin| *origin == "null" || is_origin(origin)),
            Who::Exactly(only) => Some(only.as_str()),
            Who::List(_) | Who::Matching(_) => origin.filter(|origin| passes(origin)),
        };
        let credentials = self.credentials && allowed.is_some_and(|it| self.has_chosen(it));
        let exposed = Some(self.exposed.join(",")).filter(|it| allowed.is_some() && !it.is_empty());
        let expected = [
            ("access-control-allow-origin", allowed.map(str::to_owned)),
            ("access-control-allow-credentials", credentials.then(|| "true".to_owned())),
            ("access-control-expose-headers", exposed),
            ("vary", (guards || matches!(self.who, Who::Reflected)).then(|| "Origin".to_owned())),
        ];
        self.same(cors.headers(origin, &self.host), &expected);
    }

    fn preflight(&self, requested: Option<&str>) {
        let Some(cors) = self.build() else { return };
        let Some(headers) = cors.preflight(requested) else {
            return assert!(matches!(self.who, Who::Off), "{self:?}");
        };
        let methods = self.methods.as_ref().map(|it| it.join(","));
        let methods = methods.unwrap_or_else(|| "GET,HEAD,PUT,PATCH,POST,DELETE".to_owned());
        let allowed = match (&self.allowed, requested) {
            (Some(names), _) => Some(names.join(",")).filter(|it| !it.is_empty()),
            (None, requested) => requested.filter(|it| is_list(it)).map(str::to_owned),
        };
        let vary = "Access-Control-Request-Headers".to_owned();
        let expected = [
            ("access-control-allow-methods", Some(methods).filter(|it| !it.is_empty())),
            ("access-control-allow-headers", allowed),
            ("access-control-max-age", self.max_age.map(|seconds| seconds.to_string())),
            ("vary", self.allowed.is_none().then_some(vary)),
        ];
        self.same(headers, &expected);
    }

    fn same(&self, found: Vec<Header>, expected: &[(&'static str, Option<String>)]) {
        for (_, value) in &found {
            assert!(is_printable(value), "{value:?} of {self:?}");
        }
        let expected = expected.iter().filter_map(|(name, value)| Some((*name, value.clone()?)));
        let expected: HashSet<Header> = expected.collect();
        assert_eq!(found.len(), expected.len(), "{found:?} of {self:?}");
        assert_eq!(found.into_iter().collect::<HashSet<_>>(), expected, "{self:?}");
    }
}

fn push(names: &mut Vec<String>, name: String) {
    if !name.is_empty() {
        names.push(name);
    }
}

/// Whether HTTP can carry this as a header's value.
fn is_printable(value: &str) -> bool {
    value.chars().all(|c| matches!(c, '\t' | ' '..='~'))
}

/// Scheme, `://` and authority, character by character.
fn is_origin(text: &str) -> bool {
    let Some(at) = text.find("://") else { return false };
    let (scheme, host) = (&text[..at], &text[at + 3..]);
    let mut letters = scheme.chars();
    matches!(letters.next(), Some('a'..='z' | 'A'..='Z'))
        && letters.all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.'))
        && !host.is_empty()
        && host.chars().all(|c| matches!(c, '!'..='~') && !"/\\?#@,\"*<>".contains(c))
}

/// RFC 9110 section 5.6.2: any visible character that is no delimiter.
fn is_name(text: &str) -> bool {
    let is_delimiter = |c| "\"(),/:;<=>?@[\\]{}".contains(c);
    !text.is_empty() && text.chars().all(|c| matches!(c, '!'..='~') && !is_delimiter(c))
}

fn is_list(text: &str) -> bool {
    text.split(',').all(|name| is_name(name.trim_matches(&[' ', '\t'][..])))
}
