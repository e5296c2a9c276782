//! Words for people, in the language they read.
//!
//! ```text
//!   told("the connection closes", "连接关闭")      a sentence, twice
//!   packet("3probe")                              `3probe`, in either
//! ```
//!
//! Core file: what the environment says is an argument.

use std::borrow::Cow;

use clap::ValueEnum;

/// A language that this program speaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Lang {
    #[default]
    En,
    Zh,
}

impl Lang {
    /// The language of a locale such as `zh_CN.UTF-8`: the first of the variables that is set.
    pub fn of_locale(variables: impl IntoIterator<Item = Option<String>>) -> Self {
        let locale = variables.into_iter().flatten().find(|it| !it.is_empty());
        if locale.is_some_and(|it| it.starts_with("zh")) { Self::Zh } else { Self::En }
    }
}

/// The same sentence in every language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    pub en: Cow<'static, str>,
    pub zh: Cow<'static, str>,
}

impl Told {
    pub const fn fixed(en: &'static str, zh: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
    }

    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// A sentence.
pub fn told(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Told {
    Told { en: en.into(), zh: zh.into() }
}

/// What goes over the wire needs no translation.
pub fn wire(text: impl AsRef<str>) -> Told {
    let shown = format!("`{}`", cut(text.as_ref()));
    told(shown.clone(), shown)
}

/// Characters of one message that are shown.
const SHOWN: usize = 240;

/// A message as people can read it: on one line, and not longer than that.
pub fn cut(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(SHOWN) {
        match character {
            '\u{1E}' => shown.push('␞'),
            '\r' => {}
            '\n' => shown.push_str(" ↵ "),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    match text.chars().count().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}… (+{more})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_language() {
        let check = |variables: [Option<&str>; 3], lang| {
            let variables = variables.map(|it| it.map(str::to_owned));
            assert_eq!(Lang::of_locale(variables.clone()), lang, "{variables:?}");
        };
        check([None, None, None], Lang::En);
        check([None, None, Some("zh_CN.UTF-8")], Lang::Zh);
        check([Some("C"), None, Some("zh_CN.UTF-8")], Lang::En);
        check([Some(""), Some("zh_TW"), Some("en_GB")], Lang::Zh);
    }

    #[test]
    fn what_is_shown_is_short_and_on_one_line() {
        assert_eq!(cut("40\u{1E}2\r\n\u{0}é"), "40␞2 ↵ \\u{0}é");
        assert_eq!(cut(&"x".repeat(250)), format!("{}… (+10)", "x".repeat(240)));
    }
}
