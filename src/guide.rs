//! The guide as pages: ten chapters, in the language that whoever reads it likes best.
//!
//! ```text
//!   /guide                   the first chapter
//!   /guide/zh/05-upgrade     a chapter, in Chinese
//!   ```wire … ```            the example, and a way to try it at /inspect/play
//! ```
//!
//! Shell file: answers requests.

use std::fmt::Write as _;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use sockrates::explain::Lang;

macro_rules! chapter {
    ($name:literal) => {
        (
            $name,
            [
                include_str!(concat!("../docs/guide/en/", $name, ".md")),
                include_str!(concat!("../docs/guide/zh/", $name, ".md")),
                include_str!(concat!("../docs/guide/ladders/", $name, ".svg")),
            ],
        )
    };
}
/// The chapters: their names, what they say in English and in Chinese, and their drawings.
const CHAPTERS: [(&str, [&str; 3]); 10] = [
    chapter!("01-first-get"),
    chapter!("02-packets"),
    chapter!("03-the-numbers"),
    chapter!("04-parked-get"),
    chapter!("05-upgrade"),
    chapter!("06-heartbeat"),
    chapter!("07-namespaces"),
    chapter!("08-acks"),
    chapter!("09-binary"),
    chapter!("10-close"),
];

const STYLE: &str = include_str!("../web/guide/guide.css");

/// Nothing but styles of ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

type Answer = Response<Full<Bytes>>;

/// Whether a request with this path is meant for the guide.
pub fn serves(path: &str) -> bool {
    path == "/guide" || path.starts_with("/guide/")
}

/// Answers a request.
pub fn answer<B>(request: &Request<B>) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answered(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "GET only\n");
    }
    let path = request.uri().path().strip_prefix("/guide").unwrap_or_default();
    let path: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let liked = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    match path.as_slice() {
        [] => lead(if likes_chinese(liked.unwrap_or_default()) { Lang::Zh } else { Lang::En }),
        ["ladders", name] => {
            match CHAPTERS.iter().find(|(it, _)| name.strip_suffix(".svg") == Some(*it)) {
                Some((_, [.., drawing])) => drawn(drawing),
                None => not_found(),
            }
        }
        ["guide.css"] => answered(StatusCode::OK, "text/css; charset=utf-8", STYLE),
        [lang, rest @ ..] => match (lang.parse(), rest) {
            (Ok(lang), []) => lead(lang),
            (Ok(lang), [name]) => match page(lang, name) {
                Some(page) => answered(StatusCode::OK, "text/html; charset=utf-8", page),
                None => not_found(),
            },
            _ => not_found(),
        },
    }
}

/// Whether somebody reads Chinese before English.
fn likes_chinese(accepted: &str) -> bool {
    let mut languages = accepted.split(',').map(str::trim);
    languages
        .find(|it| it.starts_with("zh") || it.starts_with("en"))
        .is_some_and(|it| it.starts_with("zh"))
}

/// To the first chapter.
fn lead(lang: Lang) -> Answer {
    let mut answer = answered(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    let location = format!("/guide/{}/{}", lang.name(), CHAPTERS[0].0);
    if let Ok(location) = HeaderValue::try_from(location) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    answer
}

fn not_found() -> Answer {
    answered(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there is no such chapter\n")
}

fn answered(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// A drawing has its styles in it.
fn drawn(drawing: &'static str) -> Answer {
    let mut answer = answered(StatusCode::OK, "image/svg+xml", drawing);
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

fn text(lang: Lang, texts: [&'static str; 3]) -> &'static str {
    let [english, chinese, _] = texts;
    if lang == Lang::Zh { chinese } else { english }
}

/// The first line of a chapter, without the mark of a heading.
fn title(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("# ")
}

fn page(lang: Lang, name: &str) -> Option<String> {
    let (_, texts) = CHAPTERS.iter().find(|(found, _)| *found == name)?;
    let chapter = text(lang, *texts);
    let chapters: String = CHAPTERS
        .iter()
        .map(|(other, texts)| {
            let current = if *other == name { " aria-current=\"page\"" } else { "" };
            let (code, title) = (lang.name(), title(text(lang, *texts)));
            format!("<li><a href=\"/guide/{code}/{other}\"{current}>{title}</a></li>\n")
        })
        .collect();
    let other = if lang == Lang::Zh { Lang::En } else { Lang::Zh };
    let say = |english: &'static str, chinese: &'static str| {
        if lang == Lang::Zh { chinese } else { english }
    };
    Some(format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Sockrates</title>\n\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"/guide/guide.css\">\n</head>\n<body>\n\
         <header>\n<strong>Sockrates</strong>\n<nav aria-label=\"{pages}\">\n\
         <a href=\"/inspect\">{inspector}</a>\n<a href=\"/inspect/play\">{playground}</a>\n\
         <a href=\"/guide\" aria-current=\"page\">{guide}</a>\n<a href=\"/\">{chat}</a>\n</nav>\n\
         <a class=\"language\" lang=\"{other}\" hreflang=\"{other}\" href=\"/guide/{other}/{name}\">\
         {switch}</a>\n</header>\n\
         <div class=\"book\">\n<nav class=\"chapters\" aria-label=\"{contents}\">\n\
         <ul>\n{chapters}</ul>\n</nav>\n<main>\n{body}</main>\n</div>\n</body>\n</html>\n",
        code = lang.name(),
        other = other.name(),
        title = title(chapter),
        pages = say("Pages", "页面"),
        inspector = say("Inspector", "检视器"),
        playground = say("Playground", "试验场"),
        guide = say("Guide", "指南"),
        chat = say("Chat", "聊天"),
        switch = say("中文", "English"),
        contents = say("Chapters", "目录"),
        body = body(chapter, say("Try it in the playground", "在试验场里试试")),
    ))
}

/// Markdown as HTML. Examples of the wire get a way to the playground.
fn body(markdown: &str, try_it: &str) -> String {
    let mut example: Option<(String, String)> = None;
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.starts_with("wire") => {
            example = Some((info.to_string(), String::new()));
            Event::Html("<figure class=\"wire\"><pre translate=\"no\"><code>".into())
        }
        Event::Text(text) => {
            if let Some((_, so_far)) = &mut example {
                so_far.push_str(&text);
            }
            Event::Text(text)
        }
        Event::End(TagEnd::CodeBlock) => match example.take() {
            Some((info, text)) => {
                let address = playground(&info, text.lines().next().unwrap_or_default());
                let link = format!("<figcaption><a href=\"{address}\">{try_it}</a></figcaption>");
                Event::Html(format!("</code></pre>{link}</figure>\n").into())
            }
            None => Event::End(TagEnd::CodeBlock),
        },
        // Chapters are files to whoever reads them elsewhere.
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = dest_url
                .strip_suffix(".md")
                .map(|it| CowStr::from(it.to_owned()))
                .unwrap_or(dest_url.clone());
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    written
}

/// Where an example can be tried.
fn playground(info: &str, input: &str) -> String {
    let form = if info.contains(" payload") { "&amp;f=payload" } else { "" };
    let mut address = "/inspect/play#p=".to_owned();
    for byte in input.replace('␞', "\x1e").bytes() {
        if byte.is_ascii_alphanumeric() {
            address.push(char::from(byte));
        } else {
            // Memory takes all that is written into it.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address + form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, accepted: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, accepted);
        answer(&request.body(()).unwrap())
    }

    #[test]
    fn every_chapter_is_there_in_both_languages() {
        for (name, _) in CHAPTERS {
            for lang in Lang::ALL {
                let page = page(lang, name).unwrap();
                assert!(page.contains("<figure class=\"wire\">"), "{name}");
                assert!(!page.contains(".md\""), "{name}");
                assert_eq!(page.matches("<h1>").count(), 1, "{name}");
            }
        }
    }

    #[test]
    fn whoever_reads_chinese_is_led_to_it() {
        for (accepted, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            ("en-US,zh", "en"),
            ("fr", "en"),
            ("de,zh-TW", "zh"),
            ("", "en"),
        ] {
            let answer = get("/guide", accepted);
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert_eq!(answer.headers()[header::LOCATION], format!("/guide/{lang}/01-first-get"));
        }
        assert_eq!(get("/guide/en/nothing", "").status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/guide/xx/01-first-get", "").status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/guide/en/01-first-get/more", "").status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn an_example_can_be_tried() {
        let html = body("```wire payload\n42[\"a\"]␞2\n^ x\n```\n", "try");
        let link = "<a href=\"/inspect/play#p=42%5B%22a%22%5D%1E2&amp;f=payload\">try</a>";
        assert!(html.contains(link), "{html}");
    }
}
