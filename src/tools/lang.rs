//! Which language whoever sits there reads: what `--lang` says, or else the locale.
//!
//! ```text
//!   LC_ALL, or else LC_MESSAGES, or else LANG     zh_CN.UTF-8 ──► Chinese
//! ```
//!
//! Shell file: reads the environment.

use std::env;

use clap::Args;
use sockrates::explain::Lang;

#[derive(Args, Clone, Copy, Debug)]
pub struct LangArgs {
    /// Language, en or zh [default: that of the locale]
    #[arg(long, env = "SOCKRATES_LANG", value_name = "LANG")]
    lang: Option<Lang>,
}

impl LangArgs {
    pub fn get(self) -> Lang {
        self.lang.unwrap_or_else(|| {
            let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
            Lang::of_locale(&locale.unwrap_or_default())
        })
    }
}
