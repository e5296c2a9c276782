//! Which names look the same, for `--chat-strict`.
//!
//! ```text
//!   管理员   管理员：   管 理 员   管理員   管理<zero width space>员     all look like 管理员
//!   Ada      ada        ＡＤＡ     " Ada "                              all look alike
//! ```
//!
//! The chat's notices are signed `管理员`. Whoever could take that name, or one that
//! nobody can tell from it, could speak as the server.
//!
//! Core file. Not in a specification: the chat's own rule. Not a full treatment of
//! confusable characters either: `Аda` with a Cyrillic А is a name of its own here.

use super::text::JsString;

/// The name under which the server itself speaks.
pub const ADMIN: &str = "管理员";

/// What is left of a name when everything is taken off that a reader overlooks.
///
/// | Taken                                       | Becomes                   |
/// |---------------------------------------------|---------------------------|
/// | white space, control characters             | nothing                   |
/// | characters that are drawn as nothing        | nothing                   |
/// | accents that are characters of their own    | nothing                   |
/// | colons of every width and script            | nothing                   |
/// | full-width letters, digits and signs        | their half-width twins    |
/// | capital letters                             | small ones                |
/// | `員`, the traditional form, and U+F9E4      | `员` and `理`             |
pub fn likeness(name: &JsString) -> String {
    name.to_text()
        .chars()
        .map(half_width)
        .filter(|character| !is_overlooked(*character))
        .flat_map(char::to_lowercase)
        .map(simplified)
        .collect()
}

/// Whether a name could be taken for the server's own.
pub fn looks_like_admin(name: &JsString) -> bool {
    likeness(name) == ADMIN
}

fn half_width(character: char) -> char {
    // The full-width forms stand in the order of ASCII, from `！` to `～`.
    match u32::from(character) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFF01 + 0x21).unwrap_or(character),
        _ => character,
    }
}

fn simplified(character: char) -> char {
    match character {
        '員' => '员',
        '\u{F9E4}' => '理',
        other => other,
    }
}

fn is_overlooked(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || is_invisible(character)
        || is_mark(character)
        || is_colon(character)
}

/// Characters that Unicode calls "default ignorable", and a blank Braille cell.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The blocks of combining marks that are put on letters and signs of any script.
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{302A}'..='\u{302F}' | '\u{FE20}'..='\u{FE2F}')
}

fn is_colon(character: char) -> bool {
    matches!(
        character,
        ':' | '\u{2D0}' | '\u{589}' | '\u{5C3}' | '\u{2236}' | '\u{A789}' | '\u{FE13}' | '\u{FE55}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admin_is_known_in_every_dress() {
        for name in [
            "管理员",
            "管理员:",
            "管理员：",
            "：管理员",
            " 管 理\t员\n",
            "管理员\u{3000}",
            "管\u{200B}理员",
            "管理员\u{FEFF}",
            "\u{202E}管理员",
            "管理員",
            "管\u{F9E4}员",
            "管理员\u{FE55}",
            "管理员\u{E0041}",
            "管\u{332}理员",
            "管理员\u{0}",
        ] {
            assert!(looks_like_admin(&JsString::from(name)), "{name:?}");
        }
    }

    #[test]
    fn other_names_are_not_the_admin() {
        for name in ["", "管理", "理员", "管理员2", "小管理员", "admin", "Ada"] {
            assert!(!looks_like_admin(&JsString::from(name)), "{name:?}");
        }
    }

    #[test]
    fn width_case_and_space_make_no_difference() {
        for name in ["Ada1", "ada1", "ＡＤＡ１", " A d a 1 ", "Ada:1", "A\u{301}da1"] {
            assert_eq!(likeness(&JsString::from(name)), "ada1", "{name:?}");
        }
        assert_ne!(likeness(&JsString::from("Ada")), likeness(&JsString::from("Eda")));
    }
}
