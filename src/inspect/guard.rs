//! The guard: who may look at what others send.
//!
//! ```text
//!   bound to this machine alone   Host: localhost:3000, and no page of another site
//!   otherwise                     Authorization: Bearer TOKEN
//!                                 or ?token=TOKEN once, and a cookie from then on
//! ```
//!
//! A page that somebody visits can make his browser ask this machine for anything. It can not lie
//! about `Host`, `Origin` and `Sec-Fetch-Site`, so these are looked at, and a name that points here
//! only since a moment ago is no way in. Neither is a proxy on this machine, behind which everybody is.
//!
//! Core file. Not in any specification.

/// The cookie that stands for the token.
pub const COOKIE: &str = "sockrates-inspect";

/// Who may look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Guard {
    /// Whoever is on this machine, and asks by one of its own names.
    ThisMachine,
    /// Whoever knows the token.
    Token(String),
}

/// What a request says of who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asker<'a> {
    /// `Host`.
    pub host: Option<&'a str>,
    /// `Origin`, which browsers add when a page asks.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`, by which browsers say whose page it is.
    pub site: Option<&'a str>,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `Cookie`.
    pub cookie: Option<&'a str>,
    /// Whether a proxy says that it passes on what somebody else asks.
    pub forwarded: bool,
    /// The token in the query.
    pub token: Option<&'a str>,
}

/// What becomes of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is answered.
    Welcome,
    /// The token is right: it goes into a cookie, and out of the address.
    Remember,
    /// It is not.
    Refused,
}

impl Guard {
    /// What becomes of a request.
    ///
    /// ```
    /// use sockrates::inspect::guard::{Asker, Guard, Verdict};
    ///
    /// let asker = Asker { host: Some("localhost:3000"), ..Asker::default() };
    /// assert_eq!(Guard::ThisMachine.judge(&asker), Verdict::Welcome);
    /// let asker = Asker { host: Some("evil.example"), ..Asker::default() };
    /// assert_eq!(Guard::ThisMachine.judge(&asker), Verdict::Refused);
    /// ```
    pub fn judge(&self, asker: &Asker<'_>) -> Verdict {
        let foreign = asker.site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
            || asker.origin.is_some_and(|origin| !is_same(origin, asker.host));
        match self {
            _ if foreign => Verdict::Refused,
            Self::ThisMachine if asker.forwarded => Verdict::Refused,
            Self::ThisMachine if asker.host.is_some_and(is_this_machine) => Verdict::Welcome,
            Self::ThisMachine => Verdict::Refused,
            Self::Token(token) => {
                let bearer = asker.authorization.and_then(|it| it.strip_prefix("Bearer "));
                let cookies = asker.cookie.unwrap_or_default().split(';');
                let mut known = cookies
                    .filter_map(|it| it.trim().strip_prefix(COOKIE)?.strip_prefix('='))
                    .chain(bearer);
                if known.any(|it| is_equal(it, token)) {
                    Verdict::Welcome
                } else if asker.token.is_some_and(|it| is_equal(it, token)) {
                    Verdict::Remember
                } else {
                    Verdict::Refused
                }
            }
        }
    }
}

/// Whether an origin is the one that the request went to, whatever the scheme.
fn is_same(origin: &str, host: Option<&str>) -> bool {
    origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
}

/// Whether a `Host` names this machine by one of the names that nobody else can have.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Compares in a time that does not tell how much of it is right.
fn is_equal(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |all, (l, r)| all | (l ^ r));
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Asker<'_> = Asker {
        host: Some("localhost:3000"),
        origin: None,
        site: None,
        authorization: None,
        cookie: None,
        forwarded: false,
        token: None,
    };

    #[track_caller]
    fn check(guard: &Guard, asker: &Asker<'_>, expected: Verdict) {
        assert_eq!(guard.judge(asker), expected, "{asker:?}");
    }

    #[test]
    fn this_machine_is_asked_by_its_own_names() {
        for host in ["localhost", "localhost:3000", "127.0.0.1:80", "[::1]:3000", "[::1]"] {
            check(&Guard::ThisMachine, &Asker { host: Some(host), ..HERE }, Verdict::Welcome);
        }
        for host in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil:80", "[::2]"] {
            check(&Guard::ThisMachine, &Asker { host: Some(host), ..HERE }, Verdict::Refused);
        }
        check(&Guard::ThisMachine, &Asker { host: None, ..HERE }, Verdict::Refused);
    }

    #[test]
    fn a_page_of_another_site_sees_nothing() {
        let token = Guard::Token("secret".to_owned());
        let known = Asker { cookie: Some("sockrates-inspect=secret"), ..HERE };
        for (guard, asker) in [(&Guard::ThisMachine, HERE), (&token, known)] {
            check(
                guard,
                &Asker { origin: Some("http://localhost:3000"), ..asker },
                Verdict::Welcome,
            );
            check(guard, &Asker { site: Some("same-origin"), ..asker }, Verdict::Welcome);
            for origin in ["http://evil.example", "http://localhost:4000", "null", ""] {
                check(guard, &Asker { origin: Some(origin), ..asker }, Verdict::Refused);
            }
            for site in ["cross-site", "same-site"] {
                check(guard, &Asker { site: Some(site), ..asker }, Verdict::Refused);
            }
        }
    }

    /// Everybody who comes through a proxy on this machine seems to be here.
    #[test]
    fn who_comes_through_a_proxy_is_not_here() {
        check(&Guard::ThisMachine, &Asker { forwarded: true, ..HERE }, Verdict::Refused);
        let token = Guard::Token("secret".to_owned());
        let known = Asker { authorization: Some("Bearer secret"), forwarded: true, ..HERE };
        check(&token, &known, Verdict::Welcome);
    }

    #[test]
    fn a_token_is_taken_in_three_ways() {
        let guard = Guard::Token("secret".to_owned());
        let afar = Asker { host: Some("chat.example"), ..HERE };
        check(&guard, &afar, Verdict::Refused);
        check(&guard, &Asker { token: Some("secret"), ..afar }, Verdict::Remember);
        check(&guard, &Asker { authorization: Some("Bearer secret"), ..afar }, Verdict::Welcome);
        let cookie = Some("a=b; sockrates-inspect=secret");
        check(&guard, &Asker { cookie, ..afar }, Verdict::Welcome);
        for wrong in ["", "secre", "secrets", "Secret"] {
            check(&guard, &Asker { token: Some(wrong), ..afar }, Verdict::Refused);
        }
    }
}
