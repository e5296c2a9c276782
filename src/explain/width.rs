//! How wide text is on a terminal, and how it is shown on one line.
//!
//! ```text
//!   4你好␞2      columns 1 2 2 1 1, since each Chinese character takes two
//! ```
//!
//! Core file. Widths are those of most terminals: wide in East Asia, none for what is put on top
//! of another character.

/// A character as it is shown: control characters have pictures.
pub(super) fn shown(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(character),
        '\x7f' => '\u{2421}',
        // They would turn the direction of the text, or vanish.
        '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}' => {
            '\u{fffd}'
        }
        other => other,
    }
}

/// Text on one line.
pub(super) fn on_one_line(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// How many columns the text takes, once it is [`shown`].
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|character| of(shown(character))).sum()
}

fn of(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_width_that_terminals_give_it() {
        for (text, width) in
            [("", 0), ("42", 2), ("你好", 4), ("e\u{301}", 1), ("🙂", 2), ("\x1e\n", 2), ("，", 2)]
        {
            assert_eq!(columns(text), width, "{text:?}");
        }
        assert_eq!(on_one_line("a\x1e\n\u{202e}b"), "a␞␊\u{fffd}b");
    }
}
