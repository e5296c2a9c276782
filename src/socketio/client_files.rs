//! The files of a browser client: `/socket.io/socket.io.js` and its siblings.
//!
//! ```text
//!   <script src="/socket.io/socket.io.js"></script>
//!
//!   GET /socket.io/socket.io.js              200, ETag: "4.8.3"
//!   GET /socket.io/socket.io.js              304
//!   If-None-Match: "4.8.3"
//! ```
//!
//! They are asked for under the path of the server, before any of it is taken for Engine.IO. None
//! are part of this crate: the npm packages `socket.io` (in `client-dist`) and `socket.io-client`
//! (in `dist`) have the official ones, and an application may bring a client of its own.
//!
//! Shell file: reads a folder once, when it is made. Spec: not in it; what is answered is what the
//! reference server answers.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response as HttpResponse, StatusCode};

use crate::engineio::encoding::{self, Coding};
use crate::engineio::http::{Response, response};

/// The names of all files that a client has: no other is ever looked for.
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

/// The files of a browser client, in memory. Cloning it is cheap. Official name: `serveClient`.
///
/// ```
/// use sockrates::socketio::{ClientFiles, Options};
///
/// // After `npm install socket.io-client`. Without it pages have to get a client elsewhere.
/// let files = ClientFiles::from_folder("node_modules/socket.io-client/dist").ok();
/// let options = Options { client_files: files, ..Options::default() };
/// ```
#[derive(Clone, Debug)]
pub struct ClientFiles {
    files: Arc<HashMap<&'static str, File>>,
    /// The `ETag`, with its quotes, if the client says of which version it is.
    etag: Option<HeaderValue>,
}

/// One file. What a client of the network likes better than the plain text is made once.
#[derive(Debug)]
struct File {
    plain: Bytes,
    coded: [OnceLock<Option<Bytes>>; Coding::OFFERED.len()],
}

impl File {
    fn new(plain: Bytes) -> Self {
        Self { plain, coded: [const { OnceLock::new() }; Coding::OFFERED.len()] }
    }

    /// The file in the coding that suits this `Accept-Encoding` best.
    fn coded(&self, accept_encoding: &str) -> Option<(Coding, Bytes)> {
        if self.plain.len() < encoding::THRESHOLD {
            return None;
        }
        let coding = encoding::choose(accept_encoding)?;
        let place = Coding::OFFERED.iter().position(|offered| *offered == coding)?;
        let make = || encoding::compress(coding, &self.plain).map(Bytes::from);
        Some((coding, self.coded.get(place)?.get_or_init(make).clone()?))
    }
}

impl ClientFiles {
    /// The official client's files in a folder: `client-dist` of the npm package `socket.io`, or
    /// `dist` of `socket.io-client`. Files that are not there are not served.
    ///
    /// # Errors
    /// When `socket.io.js` can not be read, or does not say in its first lines of which version
    /// it is.
    pub fn from_folder(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = folder.as_ref();
        let named = |error: io::Error| {
            let path = folder.join("socket.io.js");
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        let main = fs::read(folder.join("socket.io.js")).map_err(named)?;
        let version = version(&main).ok_or_else(|| {
            let wanted = "its first lines name no version, as `Socket.IO v4.8.3` would";
            named(io::Error::new(io::ErrorKind::InvalidData, wanted))
        })?;
        let etag = HeaderValue::try_from(format!("\"{version}\"")).map_err(io::Error::other)?;
        let read = |name| Some((name, File::new(fs::read(folder.join(name)).ok()?.into())));
        let files = Arc::new(NAMES.into_iter().filter_map(read).collect());
        Ok(Self { files, etag: Some(etag) })
    }

    /// A client of one's own: a script that leaves a global `io`, served as `socket.io.js` and
    /// `socket.io.min.js`, and a module that exports it, served as `socket.io.esm.min.js`.
    ///
    /// Nothing says when it changes, so browsers load it each time. The header
    /// `X-Socket-IO-Client: sockrates` tells it from the official one.
    pub fn own(script: impl Into<Bytes>, module: impl Into<Bytes>) -> Self {
        let script = script.into();
        let files = [
            ("socket.io.js", script.clone()),
            ("socket.io.min.js", script),
            ("socket.io.esm.min.js", module.into()),
        ];
        let files = files.map(|(name, content)| (name, File::new(content)));
        Self { files: Arc::new(files.into()), etag: None }
    }

    /// The answer to a request for the file of this name, if there is one.
    ///
    /// The method makes no difference, and neither does the query.
    pub(super) fn answer(&self, name: &str, request: &HeaderMap) -> Option<Response> {
        let (name, file) = self.files.get_key_value(name)?;
        if self.etag.as_ref().is_some_and(|etag| is_known(request, etag)) {
            let mut unchanged = HttpResponse::default();
            *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
            return Some(unchanged);
        }
        let content_type = if name.ends_with(".map") {
            "application/json; charset=utf-8"
        } else {
            "application/javascript; charset=utf-8"
        };
        let accepted = request.get_all(header::ACCEPT_ENCODING).iter();
        let accepted: Vec<_> = accepted.filter_map(|value| value.to_str().ok()).collect();
        let coded = file.coded(&accepted.join(","));
        let body = coded.as_ref().map_or(&file.plain, |(_, coded)| coded).clone();
        let mut answer = response(StatusCode::OK, content_type, body);
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=0"));
        // For caches in between, which keep one answer for each coding.
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((coding, _)) = coded {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        match &self.etag {
            Some(etag) => headers.insert(header::ETAG, etag.clone()),
            None => headers.insert(
                HeaderName::from_static("x-socket-io-client"),
                HeaderValue::from_static("sockrates"),
            ),
        };
        Some(answer)
    }
}

/// Whether the client has this version. Two spellings are understood, and no lists of them.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known = request.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    known.is_some_and(|known| known.strip_prefix(b"W/").unwrap_or(known) == etag.as_bytes())
}

/// The version that the file names in its first lines: `Socket.IO v4.8.3`.
fn version(file: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(file.get(..200).unwrap_or(file));
    let (_, rest) = head.split_once("Socket.IO v")?;
    let version = rest.split_whitespace().next()?;
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| version.to_owned())
}
