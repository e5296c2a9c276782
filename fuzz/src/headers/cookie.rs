//! Cookies: a plain model of one, and what has to stand in its header.

use std::time::Duration;

use sockrates::engineio::cookie::{Cookie, CookieError, SameSite};

use super::{is_name, is_printable};

#[derive(Debug, Default)]
pub(super) struct Setting {
    name: String,
    domain: Option<String>,
    path: Option<String>,
    max_age: Option<u64>,
    scripts: bool,
    secure: bool,
    same_site: Option<u64>,
}

impl Setting {
    pub(super) fn set(&mut self, verb: char, rest: String, number: u64) {
        match verb {
            'N' => self.name = rest,
            'D' => self.domain = Some(rest),
            'P' => self.path = Some(rest),
            'G' => self.max_age = Some(number),
            'S' => self.secure = true,
            'H' => self.scripts = true,
            _ => self.same_site = Some(number),
        }
    }

    fn build(&self) -> Result<Cookie, CookieError> {
        let mut cookie = Cookie::new(&self.name)?.http_only(!self.scripts);
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain)?;
        }
        if let Some(path) = &self.path {
            cookie = cookie.path(path)?;
        }
        if let Some(seconds) = self.max_age {
            cookie = cookie.max_age(Duration::from_millis(seconds * 1000 + 999));
        }
        if self.secure {
            cookie = cookie.secure();
        }
        match self.same_site {
            None => Ok(cookie),
            Some(0) => cookie.same_site(SameSite::Strict),
            Some(1) => cookie.same_site(SameSite::Lax),
            Some(_) => cookie.same_site(SameSite::None),
        }
    }

    fn is_good(&self) -> bool {
        is_name(&self.name)
            && self.domain.as_deref().is_none_or(is_domain)
            && self.path.as_deref().is_none_or(is_path)
            && (self.secure || self.same_site.is_none_or(|it| it < 2))
    }

    pub(super) fn check(&self, value: &str) {
        let cookie = self.build();
        assert_eq!(cookie.is_ok(), self.is_good(), "{self:?}");
        let Ok(cookie) = cookie else { return };
        let header = cookie.header(value);
        assert!(is_printable(&header), "{header:?}");

        // A browser cuts at semicolons, whatever they stand in.
        let mut parts = header.split(';');
        let first = parts.next().and_then(|pair| pair.split_once('='));
        let (name, escaped) = first.expect("a name and a value");
        assert_eq!(name, self.name);
        assert!(
            escaped
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()%".contains(&byte))
        );
        assert_eq!(plain(escaped), value.as_bytes(), "{header:?}");
        assert_eq!(parts.collect::<Vec<_>>(), self.attributes(), "{header:?}");
    }

    fn attributes(&self) -> Vec<String> {
        let same_site =
            ["Strict", "Lax", "None"][self.same_site.map_or(1, |it| it.min(2)) as usize];
        let all = [
            self.max_age.map(|seconds| format!(" Max-Age={seconds}")),
            self.domain.as_ref().map(|domain| format!(" Domain={domain}")),
            Some(format!(" Path={}", self.path.as_deref().unwrap_or("/"))),
            (!self.scripts).then(|| " HttpOnly".to_owned()),
            self.secure.then(|| " Secure".to_owned()),
            Some(format!(" SameSite={same_site}")),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Labels with points between, character by character.
fn is_domain(text: &str) -> bool {
    let mut label = String::new();
    let text = text.strip_prefix('.').unwrap_or(text).to_owned() + ".";
    for c in text.chars() {
        match c {
            '.' if label.is_empty() || label.ends_with('-') || label.len() > 63 => return false,
            '.' => label.clear(),
            '-' if label.is_empty() => return false,
            '-' | '0'..='9' | 'a'..='z' | 'A'..='Z' => label.push(c),
            _ => return false,
        }
    }
    true
}

/// RFC 6265 section 4.1.1: any character but control characters and `;`; from the root.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && is_printable(text) && !text.contains([';', '\t'])
}

/// What the escapes stand for.
fn plain(escaped: &str) -> Vec<u8> {
    let mut bytes = escaped.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two digits")
            }
            other => other,
        });
    }
    plain
}
