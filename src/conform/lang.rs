//! Words for people, in the language they read.
//!
//! ```text
//!   told("the connection closes", "连接关闭")      a sentence, twice
//!   packet("3probe")                              `3probe`, in either
//! ```
//!
//! Core file.

use std::borrow::Cow;

pub use sockrates::explain::Lang;

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
        if lang == Lang::Zh { &self.zh } else { &self.en }
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

/// Columns of a line of prose.
const LINE: usize = 84;

/// Prose in lines. Chinese may be cut anywhere, but does not begin a line with a mark.
pub fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    for piece in text.split_inclusive(|it: char| it == ' ' || wide(it)) {
        let columns = piece.chars().map(|it| if wide(it) { 2 } else { 1 }).sum::<usize>();
        let hangs = piece.starts_with(['，', '。', '；', '：', '、', '）', '”']);
        if width + columns > LINE && !hangs {
            lines.push(String::new());
            width = 0;
        }
        width += columns;
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    }
    lines
}

/// Whether a character takes two columns, as those of Chinese and its marks do.
fn wide(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{9FFF}' | '\u{FF00}'..='\u{FF60}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_on_one_line() {
        assert_eq!(cut("40\u{1E}2\r\n\u{0}é"), "40␞2 ↵ \\u{0}é");
        assert_eq!(cut(&"x".repeat(250)), format!("{}… (+10)", "x".repeat(240)));
    }

    #[test]
    fn prose_is_cut_between_words_and_nothing_is_lost() {
        let (en, zh) = ("a word, ".repeat(40), "一个词，".repeat(40));
        for text in [&en, &zh] {
            let lines = wrapped(text);
            assert_eq!(lines.concat(), *text);
            assert!(lines.len() > 3 && lines.iter().all(|it| it.chars().count() <= LINE));
        }
        assert!(wrapped(&en).iter().all(|line| line.ends_with(' ')));
        assert!(wrapped(&zh).iter().all(|line| !line.starts_with('，')));
    }
}
