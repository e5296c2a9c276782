//! Languages: in which one somebody is told.
//!
//! ```text
//!   zh_CN.UTF-8  zh  zh-Hans-CN    Chinese
//!   en_GB  C  fr  (nothing)        English
//! ```
//!
//! Core file.

use std::str::FromStr;

use serde::Serialize;

/// A language that all sentences exist in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, in simplified characters.
    Zh,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The language of a locale, as `LC_ALL` has it; English if it is none of ours.
    ///
    /// ```
    /// use sockrates::explain::Lang;
    ///
    /// assert_eq!(Lang::of_locale("zh_CN.UTF-8"), Lang::Zh);
    /// assert_eq!(Lang::of_locale("C"), Lang::En);
    /// ```
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        language.to_ascii_lowercase().parse().unwrap_or_default()
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|lang| lang.name() == name);
        known.ok_or_else(|| format!("unknown language {name:?}, expected en or zh"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_says_which_language() {
        for (locale, lang) in [
            ("zh", Lang::Zh),
            ("zh_TW", Lang::Zh),
            ("zh-Hans-CN", Lang::Zh),
            ("ZH", Lang::Zh),
            ("en_GB.UTF-8", Lang::En),
            ("POSIX", Lang::En),
            ("zhx", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::of_locale(locale), lang, "{locale:?}");
        }
        assert!("fr".parse::<Lang>().is_err());
    }
}
