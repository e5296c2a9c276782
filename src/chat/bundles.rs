//! The browser client that pages load from the server: `/socket.io/socket.io.js` and others.
//!
//! ```text
//!   <script src="/socket.io/socket.io.js"></script>
//! ```
//!
//! They are the official client's files where those are installed, byte for byte, and our own
//! client where they are not.
//!
//! Shell file: reads the official files once, when the program starts.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;

use super::assets::Assets;
use super::bundle::Kind;

/// The names under which the reference server serves the official client.
const NAMES: [&str; 8] = [
    "socket.io.js",
    "socket.io.js.map",
    "socket.io.min.js",
    "socket.io.min.js.map",
    "socket.io.esm.min.js",
    "socket.io.esm.min.js.map",
    "socket.io.msgpack.min.js",
    "socket.io.msgpack.min.js.map",
];

/// The files of a browser client.
#[derive(Clone, Debug)]
pub enum Bundles {
    /// The official client's.
    Official {
        /// By name.
        files: HashMap<&'static str, Bytes>,
        /// What it calls itself: `4.8.3`.
        version: String,
    },
    /// Our own client's.
    Own(Assets),
}

/// One file, ready to be sent.
#[derive(Clone, Debug)]
pub struct BundleFile {
    /// What is in it.
    pub content: Bytes,
    /// What it is.
    pub content_type: &'static str,
    /// The version of the official client; `None` for our own.
    pub version: Option<String>,
}

impl Bundles {
    /// The official client in `folder`, if it is there.
    pub fn official(folder: &Path) -> Option<Self> {
        let read = |name: &'static str| Some((name, fs::read(folder.join(name)).ok()?.into()));
        let files: HashMap<_, Bytes> = NAMES.into_iter().filter_map(read).collect();
        let version = version(files.get("socket.io.js")?)?;
        Some(Self::Official { files, version })
    }

    /// The file of this name.
    pub fn find(&self, name: &str) -> Option<BundleFile> {
        let name = NAMES.into_iter().find(|known| *known == name)?;
        let content_type = if name.ends_with(".map") {
            "application/json; charset=utf-8"
        } else {
            "application/javascript; charset=utf-8"
        };
        let (content, version) = match self {
            Self::Official { files, version } => (files.get(name)?.clone(), Some(version.clone())),
            Self::Own(assets) => {
                let kind = match name {
                    "socket.io.js" | "socket.io.min.js" => Kind::Classic,
                    "socket.io.esm.min.js" => Kind::Module,
                    _ => return None,
                };
                (assets.bundle(kind).into(), None)
            }
        };
        Some(BundleFile { content, content_type, version })
    }
}

/// The version that the file names in its first lines: `Socket.IO v4.8.3`.
fn version(file: &Bytes) -> Option<String> {
    let head = String::from_utf8_lossy(file.get(..200).unwrap_or(file)).into_owned();
    let (_, rest) = head.split_once("Socket.IO v")?;
    Some(rest.chars().take_while(|c| !c.is_whitespace()).collect())
}
