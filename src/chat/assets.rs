//! The files of the page and of our browser client, compiled in.
//!
//! Shell file: reads them from a folder instead, when one is given, so that whoever works on
//! them sees a change by loading the page again.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::bundle::{Kind, bundle};

/// All files under `web/`, by their name there.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Where files come from.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    folder: Option<PathBuf>,
}

/// One file, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    /// What is in it.
    pub content: Cow<'static, [u8]>,
    /// What it is.
    pub content_type: &'static str,
}

impl Assets {
    /// The files that were compiled in, or those of `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The file of this name. Only names that were compiled in are found, so no request can
    /// reach another file of the folder.
    pub fn find(&self, name: &str) -> Option<Asset> {
        let (name, compiled) = FILES.iter().find(|(found, _)| *found == name)?;
        let content = match &self.folder {
            Some(folder) => Cow::Owned(std::fs::read(folder.join(name)).ok()?),
            None => Cow::Borrowed(*compiled),
        };
        Some(Asset { content, content_type: content_type(name) })
    }

    /// Our browser client in one file.
    pub fn bundle(&self, kind: Kind) -> String {
        let read = |name: &str| {
            let asset = self.find(&format!("client/{name}"));
            asset.map(|asset| String::from_utf8_lossy(&asset.content).into_owned())
        };
        let order = read("order.txt").unwrap_or_default();
        let modules: Vec<_> = order.lines().filter_map(read).collect();
        bundle(kind, modules.iter().map(String::as_str))
    }
}

fn content_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat 18. Files are compiled in, so there is no path to walk out by.
    #[test]
    fn what_was_not_compiled_in_is_not_found() {
        let assets = Assets::new(Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))));
        for name in
            ["../Cargo.toml", "Cargo.toml", "/etc/passwd", "", "client", "client/../index.html"]
        {
            assert!(assets.find(name).is_none(), "{name:?}");
        }
        assert!(Assets::default().find("index.html").is_some());
    }

    #[test]
    fn the_bundle_holds_all_modules_and_no_import() {
        for kind in [Kind::Classic, Kind::Module] {
            let bundle = Assets::default().bundle(kind);
            assert!(bundle.contains("class Socket"), "{kind:?}");
            assert!(!bundle.contains("\nimport "), "{kind:?}");
        }
    }
}
