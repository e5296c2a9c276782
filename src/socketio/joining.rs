//! Joining: what is said at the door of a namespace, by clients of either generation.
//!
//! ```text
//!                  clients since 3.0                 clients 1.x and 2.x
//!   may I, to "/"  C: 40                             (whoever opens a session has asked)
//!   yes            S: 40{"sid":"wZX3oN0bSVIh…"}      S: 40
//!   may I          C: 40/admin,{"token":"abc"}       C: 40/admin?token=abc,
//!   yes            S: 40/admin,{"sid":"oSO0OpakM…"}  S: 40/admin,
//!   no             S: 44/admin,{"message":"no"}      S: 44/admin,"no"
//! ```
//!
//! All other packets read the same in both. So there is one decoder, and what an older client
//! says is put into the words of today's right behind it.
//!
//! An older client is told no name for its socket: it makes one up, from the name of its session.
//! That one is a secret here, so it is not the name by which an application knows the socket.
//!
//! Core file. Not in the specification, which is of today's clients: the bytes are those of the
//! reference server. Today's column is Socket.IO v5, "Connection to a namespace".

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytestring::ByteString;
use serde_json::Value;
use serde_json::value::RawValue;

use super::encode::{self, Text};
use super::packet::{Body, MAIN_NAMESPACE, Packet};
use crate::engineio::dialect::Revision;

/// Parameters that are read of what an older client says to be let in.
///
/// Not in the specification: each costs many times the bytes that it takes on the wire. JavaScript
/// readers of queries have the same limit.
const MAX_PARAMETERS: usize = 1000;

/// What a client has asked for when it has opened a session and said nothing.
pub fn at_opening(revision: Revision) -> Option<Packet> {
    let namespace = ByteString::from_static(MAIN_NAMESPACE);
    match revision {
        Revision::Three => Some(Packet { namespace, body: Body::Connect { auth: None } }),
        Revision::Four => None,
    }
}

/// What a client says, in the words of today's clients.
///
/// ```
/// use sockrates::engineio::dialect::Revision;
/// use sockrates::socketio::decode::decode;
/// use sockrates::socketio::joining::read;
///
/// let old = decode(&"0/admin?token=abc,".into(), 10)?.packet;
/// let new = decode(&r#"0/admin,{"token":"abc"}"#.into(), 10)?.packet;
/// assert_eq!(read(Revision::Three, old), new);
/// # Ok::<(), sockrates::socketio::decode::DecodeError>(())
/// ```
pub fn read(revision: Revision, packet: Packet) -> Packet {
    if revision == Revision::Four {
        return packet;
    }
    match packet.namespace.split_once('?') {
        None => Packet { body: with_query("", packet.body), ..packet },
        Some((name, query)) => {
            let namespace = packet.namespace.slice_ref(name);
            Packet { namespace, body: with_query(query, packet.body) }
        }
    }
}

/// Only who wants to join has something to say by a query. Whatever else came with it is nothing
/// that such a client sends, and is not looked at.
fn with_query(query: &str, body: Body) -> Body {
    match body {
        Body::Connect { .. } => Body::Connect { auth: auth(query) },
        other => other,
    }
}

/// The parameters of a query as the text of a JSON object. All values are strings; the last one
/// of a name counts.
fn auth(query: &str) -> Option<ByteString> {
    let parameters = crate::engineio::query::parameters(query).take(MAX_PARAMETERS);
    let parameters: BTreeMap<Cow<'_, str>, Cow<'_, str>> = parameters.collect();
    if parameters.is_empty() {
        return None;
    }
    // Strings always serialise.
    serde_json::to_string(&parameters).ok().map(ByteString::from)
}

/// Tells a client that it is in the namespace now, and by which name, if it wants to hear that.
///
/// With `pid` it is told by which secret it may come [back](super::recovery); an older one can not.
pub fn welcome(revision: Revision, namespace: &str, id: &str, pid: Option<&str>) -> Text {
    match revision {
        Revision::Three => encode::bare('0', namespace, ""),
        Revision::Four => encode::connect(namespace, id, pid),
    }
}

/// Tells a client that it was not let in. An older one hears the application's data, or if there
/// are none, the message.
pub fn refusal(
    revision: Revision,
    namespace: &str,
    message: &str,
    data: Option<&RawValue>,
) -> Text {
    match (revision, data) {
        (Revision::Four, data) => encode::connect_error(namespace, message, data),
        // What JavaScript takes for nothing does not stand in for the message.
        (Revision::Three, Some(data))
            if !matches!(data.get(), "null" | "false" | "0" | r#""""#) =>
        {
            encode::bare('4', namespace, data)
        }
        (Revision::Three, _) => encode::bare('4', namespace, Value::from(message)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::decode::decode;
    use super::*;

    /// Reads a packet of an older client; `today` is the same as a client of today writes it.
    #[track_caller]
    fn check(old: &str, today: &str) {
        let decoded = |text: &str| decode(&text.into(), 10).unwrap().packet;
        assert_eq!(read(Revision::Three, decoded(old)), decoded(today), "{old}");
    }

    #[test]
    fn the_query_of_a_namespace_is_what_a_client_says_to_be_let_in() {
        check("0/admin", "0/admin,");
        check("0/admin,", "0/admin,");
        check("0/admin?", "0/admin,");
        check("0/admin?&&,", "0/admin,");
        check("0/admin?token=abc", r#"0/admin,{"token":"abc"}"#);
        check("0/admin?token=abc,", r#"0/admin,{"token":"abc"}"#);
        check("0/admin?b=2&a=1,", r#"0/admin,{"a":"1","b":"2"}"#);
        check("0/?a=1", r#"0{"a":"1"}"#);
    }

    #[test]
    fn parameters_are_strings_and_the_last_of_a_name_counts() {
        check("0/a?n=1&n=2&t=true&z", r#"0/a,{"n":"2","t":"true","z":""}"#);
        check("0/a?=1", r#"0/a,{"":"1"}"#);
        check("0/a?a?b=c", r#"0/a,{"a?b":"c"}"#);
        check("0/a?x=%20b+%22%5C&y=é%C3%A9", r#"0/a,{"x":" b \"\\","y":"éé"}"#);
        check("0/a?x=%zz%ff", "0/a,{\"x\":\"%zz\u{fffd}\"}");
        check("0/a?__proto__=1", r#"0/a,{"__proto__":"1"}"#);
    }

    /// The reference server takes it for an URL: it escapes letters, and goes up at `..`.
    #[test]
    fn the_name_of_a_namespace_is_what_was_written() {
        for name in ["/你好", "/a b", "/a%20b", "/a/../b", "/a#b", "//a"] {
            check(&format!("0{name}?x=1,"), &format!(r#"0{name},{{"x":"1"}}"#));
        }
    }

    #[test]
    fn only_so_many_parameters_are_read() {
        let query: String = (0..2000).map(|n| format!("&p{n}=1")).collect();
        let Body::Connect { auth: Some(auth) } =
            read(Revision::Three, decode(&format!("0/a?{query}").into(), 10).unwrap().packet).body
        else {
            unreachable!("a CONNECT stays one");
        };
        let auth: BTreeMap<String, String> = serde_json::from_str(&auth).unwrap();
        assert_eq!(auth.len(), 1000);
        assert!(auth.contains_key("p999") && !auth.contains_key("p1000"));
    }

    #[test]
    fn what_comes_beside_the_query_is_not_looked_at() {
        check(r#"0/a,{"q":1}"#, "0/a,");
        check(r#"0/a?x=1,{"q":1}"#, r#"0/a,{"x":"1"}"#);
    }

    #[test]
    fn other_packets_are_as_today_but_for_a_query_that_means_nothing() {
        for (old, today) in [
            (r#"2["e",1]"#, r#"2["e",1]"#),
            (r#"2/a,7["e"]"#, r#"2/a,7["e"]"#),
            (r#"2/a?x=1,7["e"]"#, r#"2/a,7["e"]"#),
            (r#"51-/a?x,["e"]"#, r#"51-/a,["e"]"#),
            ("3/a?x=1,7[]", "3/a,7[]"),
            ("1/a?x=1,", "1/a,"),
            ("1", "1"),
        ] {
            check(old, today);
        }
    }

    /// Since the fifth revision of Socket.IO's protocol a question mark is part of the name.
    #[test]
    fn clients_of_today_are_not_read_anew() {
        for text in ["0", "0/a?x=1,", r#"0/a?x=1,{"q":1}"#, r#"2/a?x=1,["e"]"#] {
            let packet = decode(&text.into(), 10).unwrap().packet;
            assert_eq!(read(Revision::Four, packet.clone()), packet, "{text}");
        }
    }

    #[test]
    fn whoever_opens_a_session_with_an_older_client_wants_into_the_main_namespace() {
        let asked = decode(&"0".into(), 10).unwrap().packet;
        assert_eq!(at_opening(Revision::Three), Some(asked));
        assert_eq!(at_opening(Revision::Four), None);
    }

    #[test]
    fn an_older_client_is_welcomed_without_a_name() {
        assert_eq!(welcome(Revision::Three, "/", "oSO0O", Some("p")).head, "40");
        assert_eq!(welcome(Revision::Three, "/admin", "oSO0O", None).head, "40/admin,");
        assert_eq!(welcome(Revision::Four, "/", "oSO0O", None).head, r#"40{"sid":"oSO0O"}"#);
        assert_eq!(welcome(Revision::Four, "/a", "oSO0O", None).head, r#"40/a,{"sid":"oSO0O"}"#);
    }

    #[test]
    fn an_older_client_is_refused_with_data_or_a_message() {
        let told = |revision, namespace, data: Option<&str>| {
            let data = data.map(|data| RawValue::from_string(data.to_owned()).unwrap());
            refusal(revision, namespace, "not \"you\"", data.as_deref()).head
        };
        assert_eq!(told(Revision::Three, "/", None), r#"44"not \"you\"""#);
        assert_eq!(told(Revision::Three, "/a", None), r#"44/a,"not \"you\"""#);
        assert_eq!(told(Revision::Three, "/a", Some(r#"{"b":1.0}"#)), r#"44/a,{"b":1.0}"#);
        for nothing in ["null", "false", "0", r#""""#] {
            assert_eq!(told(Revision::Three, "/a", Some(nothing)), r#"44/a,"not \"you\"""#);
        }
        let today = r#"44/a,{"message":"not \"you\"","data":[]}"#;
        assert_eq!(told(Revision::Four, "/a", Some("[]")), today);
    }
}
