//! The files of a browser client, which the server gives to pages.
//!
//! ```text
//!   GET /socket.io/socket.io.js ──► 200, ETag: "4.8.3", Cache-Control: public, max-age=0
//! ```

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode};
use sockrates::engineio::cors::Cors;
use sockrates::engineio::encoding::Coding;
use sockrates::socketio::{ClientFiles, Io, Options};

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
const SCRIPT: &str = "application/javascript; charset=utf-8";
const MAP: &str = "application/json; charset=utf-8";

/// A folder as the npm package has it, but for one file, and with one that does not belong to it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let files = ["socket.io", "socket.io.min", "socket.io.esm.min"];
    for file in files {
        let script = format!("/*!\n * Socket.IO v4.8.3\n */\n// {file}\n{}", "io();\n".repeat(400));
        fs::write(folder.join(format!("{file}.js")), script).unwrap();
        fs::write(folder.join(format!("{file}.js.map")), format!("{{\"file\":\"{file}\"}}"))
            .unwrap();
    }
    fs::write(folder.join("package.json"), "{}").unwrap();
    folder
}

fn server(name: &str, cors: Cors) -> Io {
    let client_files = Some(ClientFiles::from_folder(folder(name)).unwrap());
    let mut options = Options { client_files, ..Options::default() };
    options.engine.cors = cors;
    Io::new(options)
}

/// What a server says to a request: status, headers by name, body.
struct Answer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

async fn ask(io: &Io, method: &str, file: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/socket.io/{file}");
    let mut request = Request::builder().method(method).uri(path).header("host", "a.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = io.handle(request.body(Empty::<Bytes>::new()).unwrap(), PEER).await;
    let text = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Answer {
        status: answer.status(),
        headers: answer.headers().iter().map(text).collect(),
        body: answer.into_body().collect().await.unwrap().to_bytes(),
    }
}

#[tokio::test]
async fn a_file_is_the_one_in_the_folder_whatever_the_method_and_the_query() {
    let io = server("whole", Cors::off());
    let check = async |method: &str, file: &str, content_type: &str| {
        let answer = ask(&io, method, file, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {file}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{method} {file}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=0"));
        assert_eq!(answer.header("etag"), Some("\"4.8.3\""));
        let file = file.split('?').next().unwrap();
        assert_eq!(answer.body, fs::read(folder("whole").join(file)).unwrap(), "{method} {file}");
    };
    for name in ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"] {
        check("GET", name, SCRIPT).await;
        check("GET", &format!("{name}.map"), MAP).await;
    }
    for method in ["POST", "PUT", "OPTIONS", "DELETE"] {
        check(method, "socket.io.js", SCRIPT).await;
    }
    check("GET", "socket.io.js?v=1&EIO=4&transport=polling", SCRIPT).await;
}

/// Threat 18. A request can name files of the list, and no other.
#[tokio::test]
async fn other_names_are_left_to_the_engine() {
    let io = server("others", Cors::off());
    let names = [
        "package.json",
        "../package.json",
        "..%2fpackage.json",
        "/socket.io.js",
        "socket.io.js/",
        "socket.io.esm.js",
        "socket.io.msgpack.min.js",
        "Socket.io.js",
        "socket%2Eio.js",
    ];
    for name in names {
        let answer = ask(&io, "GET", name, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
        assert!(answer.body.starts_with(b"{\"code\":0,"), "{name}: {:?}", answer.body);
    }
    let without = Io::new(Options::default());
    let answer = ask(&without, "GET", "socket.io.js", &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_has_the_version_is_told_nothing_else() {
    let io = server("known", Cors::off());
    let check = async |known: &str, status: StatusCode| {
        let answer = ask(&io, "GET", "socket.io.js", &[("if-none-match", known)]).await;
        assert_eq!(answer.status, status, "{known}");
        if status == StatusCode::NOT_MODIFIED {
            assert_eq!((answer.names(), answer.body.len()), (vec![], 0), "{known}");
        }
    };
    check("\"4.8.3\"", StatusCode::NOT_MODIFIED).await;
    check("W/\"4.8.3\"", StatusCode::NOT_MODIFIED).await;
    for other in ["4.8.3", "\"4.8.4\"", "*", "\"4.8.3\", \"4.8.2\"", "w/\"4.8.3\"", "W/W/\"4.8.3\""]
    {
        check(other, StatusCode::OK).await;
    }
}

#[tokio::test]
async fn a_client_gets_the_coding_that_it_likes_best() {
    let io = server("coded", Cors::off());
    let plain = ask(&io, "GET", "socket.io.js", &[]).await;
    let check = async |accepted: &str, coding: Option<&str>| {
        let headers = [("accept-encoding", accepted)];
        // The second answer is the kept one.
        for _ in 0..2 {
            let answer = ask(&io, "GET", "socket.io.js", &headers).await;
            assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
            assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{accepted}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{accepted}");
            assert_eq!(answer.body == plain.body, coding.is_none(), "{accepted}");
            assert!(coding.is_none() || answer.body.len() < plain.body.len() / 2, "{accepted}");
        }
    };
    let offered = |name| Some(name).filter(|_| !Coding::OFFERED.is_empty());
    check("br, gzip", offered("br")).await;
    check("gzip, deflate, br", offered("gzip")).await;
    check("deflate, gzip;q=0.5", offered("deflate")).await;
    check("gzip;q=0, identity", None).await;
    check("", None).await;
    // A short file goes out as it is.
    let map = ask(&io, "GET", "socket.io.js.map", &[("accept-encoding", "gzip")]).await;
    assert_eq!((map.header("content-encoding"), map.status), (None, StatusCode::OK));
}

/// The list of origins says which pages may read the answer. It keeps nobody from asking, since a
/// script tag sends no origin.
#[tokio::test]
async fn pages_of_other_origins_are_treated_as_the_list_says() {
    let io = server("origins", Cors::any());
    let origin = [("origin", "http://b.example")];
    let name = "access-control-allow-origin";
    for headers in [&origin[..], &[origin[0], ("if-none-match", "\"4.8.3\"")]] {
        let answer = ask(&io, "GET", "socket.io.js", headers).await;
        assert_eq!(answer.header(name), Some("*"), "{}", answer.status);
    }
    let preflight = ask(&io, "OPTIONS", "socket.io.js", &origin).await;
    assert_eq!((preflight.status, preflight.body.len()), (StatusCode::NO_CONTENT, 0));
    let io = server("origins", Cors::off());
    assert_eq!(ask(&io, "GET", "socket.io.js", &origin).await.header(name), None);
}

#[tokio::test]
async fn a_client_of_ones_own_has_no_version_and_says_whose_it_is() {
    let client_files = Some(ClientFiles::own("script", "module"));
    let io = Io::new(Options { client_files, ..Options::default() });
    for (name, content) in [
        ("socket.io.js", "script"),
        ("socket.io.min.js", "script"),
        ("socket.io.esm.min.js", "module"),
    ] {
        let answer = ask(&io, "GET", name, &[("if-none-match", "*")]).await;
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, content.as_bytes()));
        assert_eq!(answer.header("etag"), None);
        assert_eq!(answer.header("x-socket-io-client"), Some("sockrates"));
    }
    assert_eq!(ask(&io, "GET", "socket.io.js.map", &[]).await.status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_folder_without_a_client_is_refused_by_name() {
    let check = |name: &str, content: Option<&str>, expected: &str| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        if let Some(content) = content {
            fs::write(folder.join("socket.io.js"), content).unwrap();
        }
        let error = ClientFiles::from_folder(&folder).unwrap_err().to_string();
        let file = folder.join("socket.io.js").display().to_string();
        assert!(error.starts_with(&file) && error.contains(expected), "{error}");
    };
    check("nothing", None, "");
    check("nameless", Some("io();"), "name no version, as `Socket.IO v4.8.3` would");
    check("numberless", Some("/* Socket.IO version */"), "name no version");
}
