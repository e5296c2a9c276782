//! Every message of the chat: what a page may say, and what a page may hear.
//!
//! ```text
//!   page ──► server    42["join",{"name":"Ada","room":"1"}]
//!   page ──► server    42["message",{"text":"hi","room":"1","user":"Ada"}]
//!
//!   server ──► page    42["message",{"user":"管理员：","text":"Ada进入了房间"}]
//!   server ──► page    42["message",{"text":"hi","user":"Ada"}]
//!   server ──► page    42["groupList",{"1":[{"name":"Ada","room":"1","id":"…"}]}]
//! ```
//!
//! There is nothing else. The order of the keys is part of the contract: a notice has
//! `user` first, a line that somebody wrote has `text` first.
//!
//! Core file. Not in a specification: the contract is that of the tutorial's server.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::text::{JsString, serialize_raw};

/// A page enters a room.
///
/// | Event  | Argument                        |
/// |--------|---------------------------------|
/// | `join` | `{"name":"Ada","room":"1"}`     |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// How the person wants to be called.
    pub name: JsString,
    /// The room, which is made if it does not exist.
    pub room: RoomName,
}

/// A page says something in a room.
///
/// | Event     | Argument                                   |
/// |-----------|--------------------------------------------|
/// | `message` | `{"text":"hi","room":"1","user":"Ada"}`    |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What is said.
    pub text: JsString,
    /// Where it is said.
    pub room: RoomName,
    /// Who says it, as the page has it.
    pub user: JsString,
}

/// What a page hears.
///
/// | Variant                          | Event       | Argument                                |
/// |----------------------------------|-------------|-----------------------------------------|
/// | [`Notice`](Self::Notice)         | `message`   | `{"user":"管理员","text":"…"}`          |
/// | [`Message`](Self::Message)       | `message`   | `{"text":"hi","user":"Ada"}`            |
/// | [`GroupList`](Self::GroupList)   | `groupList` | `{"1":[{"name":…,"room":…,"id":…},…],…}` |
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum ToPage {
    /// Somebody came or went.
    Notice {
        /// The server's own name, in one of its two spellings.
        user: &'static str,
        /// Who came or went.
        text: JsString,
    },
    /// Somebody said something.
    Message {
        /// What was said.
        text: JsString,
        /// Who said it.
        user: JsString,
    },
    /// All rooms, and who is in them.
    GroupList(GroupList),
}

impl ToPage {
    /// `name` has entered a room. The colon is a full-width one.
    pub fn entered(name: &JsString) -> Self {
        Self::Notice { user: "管理员：", text: name.followed_by("进入了房间") }
    }

    /// `name` has left a room. Here the contract has no colon.
    pub fn left(name: &JsString) -> Self {
        Self::Notice { user: "管理员", text: name.followed_by("离开了房间") }
    }

    /// The name of the event.
    pub fn event(&self) -> &'static str {
        match self {
            Self::Notice { .. } | Self::Message { .. } => "message",
            Self::GroupList(_) => "groupList",
        }
    }
}

/// The list of rooms as JSON, written once and shared by all who hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupList(Arc<str>);

impl GroupList {
    /// A list from its JSON text.
    pub(super) fn new(json: &str) -> Self {
        Self(json.into())
    }

    /// The list as JSON.
    pub fn json(&self) -> &str {
        &self.0
    }
}

impl Serialize for GroupList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_raw(&self.0, serializer)
    }
}

/// What a page calls a room: text, or a number.
///
/// The list shows it as it came, a number as a number. As a key both are text, since
/// the list is an object: `1` and `"1"` are one room. The digits of a number are kept
/// as they came, so that no digit of a long one is lost; `1.0` is not the room `1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomName {
    /// `"room":"lobby"`
    Text(JsString),
    /// `"room":42`, with the number as it was written.
    Number(Box<str>),
}

impl RoomName {
    fn parse(json: &RawValue) -> Option<Self> {
        if json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Some(Self::Number(json.get().into()));
        }
        JsString::parse(json).map(Self::Text)
    }

    /// The room as JSON, of the type it came in.
    pub fn json(&self) -> &str {
        match self {
            Self::Text(text) => text.json(),
            Self::Number(digits) => digits,
        }
    }

    /// The room as text, with the escapes of JSON but without its quotes.
    pub fn inner(&self) -> &str {
        match self {
            Self::Text(text) => text.inner(),
            Self::Number(digits) => digits,
        }
    }

    /// How many characters it has.
    pub fn characters(&self) -> usize {
        match self {
            Self::Text(text) => text.characters(),
            Self::Number(digits) => digits.len(),
        }
    }

    /// The Socket.IO room in which its members are.
    pub fn key(&self) -> RoomKey {
        RoomKey(format!("chat:{}", self.inner()))
    }
}

/// The Socket.IO room that belongs to a room of the chat: `chat:` and the room's text.
///
/// Every socket is in a room of its own that is named by its id. An id has no colon, so
/// a chat room that is named like somebody's id is still no way to reach that person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomKey(String);

impl RoomKey {
    /// The name of the Socket.IO room.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Join {
    /// Reads the argument of `join`; `None` means that there was none.
    pub fn parse(argument: Option<&RawValue>) -> Result<Self, Ignored> {
        let fields = Fields::parse(argument)?;
        Ok(Self { name: fields.string("name")?, room: fields.room()? })
    }
}

impl Message {
    /// Reads the argument of `message`; `None` means that there was none.
    pub fn parse(argument: Option<&RawValue>) -> Result<Self, Ignored> {
        let fields = Fields::parse(argument)?;
        Ok(Self {
            text: fields.string("text")?,
            room: fields.room()?,
            user: fields.string("user")?,
        })
    }
}

/// The fields of an argument that mean something here, not looked into yet.
#[derive(Default)]
struct Fields<'a> {
    name: Option<&'a RawValue>,
    room: Option<&'a RawValue>,
    text: Option<&'a RawValue>,
    user: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    fn parse(argument: Option<&'a RawValue>) -> Result<Self, Ignored> {
        let argument = argument.ok_or(Ignored::NoArgument)?;
        serde_json::Deserializer::from_str(argument.get())
            .deserialize_map(FieldsVisitor)
            .map_err(|_| Ignored::NotAnObject)
    }

    fn string(&self, field: &'static str) -> Result<JsString, Ignored> {
        let value = match field {
            "name" => self.name,
            "text" => self.text,
            _ => self.user,
        };
        let value = value.ok_or(Ignored::Missing { field })?;
        JsString::parse(value).ok_or(Ignored::WrongType { field, wanted: "a string" })
    }

    fn room(&self) -> Result<RoomName, Ignored> {
        let field = "room";
        let value = self.room.ok_or(Ignored::Missing { field })?;
        RoomName::parse(value).ok_or(Ignored::WrongType { field, wanted: "a string or a number" })
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<JsString>()? {
            let field = match key.inner() {
                "name" => &mut fields.name,
                "room" => &mut fields.room,
                "text" => &mut fields.text,
                "user" => &mut fields.user,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            // A key that comes twice: the last one counts, as in JavaScript.
            *field = Some(map.next_value()?);
        }
        Ok(fields)
    }
}

/// Why the chat did not act on something a page sent. Nobody is told but the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// The event came alone.
    NoArgument,
    /// The argument is something else than an object.
    NotAnObject,
    /// A field is not there.
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field is there, with a value that it cannot have.
    WrongType {
        /// Its name.
        field: &'static str,
        /// What it can be.
        wanted: &'static str,
    },
    /// A field has more characters than are accepted.
    TooLong {
        /// Its name.
        field: &'static str,
        /// How many characters it has.
        found: usize,
        /// How many are accepted.
        limit: usize,
    },
    /// The socket has joined as often as it may.
    TooManyRooms {
        /// How often that is.
        limit: usize,
    },
    /// The socket has used up its tokens.
    TooFast,
    /// Strict mode: the name could be taken for the server's.
    ReservedName,
    /// Strict mode: somebody in the room has a name that looks the same.
    NameTaken,
    /// Strict mode: the socket is in the room already.
    AlreadyInRoom,
    /// Strict mode: the socket is not in the room to which it speaks.
    NotInRoom,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoArgument => f.write_str("no argument, expected an object"),
            Self::NotAnObject => f.write_str("the argument is not an object"),
            Self::Missing { field } => write!(f, "`{field}` is missing"),
            Self::WrongType { field, wanted } => write!(f, "`{field}` is not {wanted}"),
            Self::TooLong { field, found, limit } => {
                write!(f, "`{field}` has {found} characters, at most {limit} are accepted")
            }
            Self::TooManyRooms { limit } => {
                write!(f, "this socket has joined {limit} times, more are not accepted")
            }
            Self::TooFast => f.write_str("too many events from this socket in too short a time"),
            Self::ReservedName => f.write_str("the name looks like the server's own"),
            Self::NameTaken => f.write_str("somebody in the room has a name that looks the same"),
            Self::AlreadyInRoom => f.write_str("this socket is in the room already"),
            Self::NotInRoom => f.write_str("this socket is not in the room it speaks to"),
        }
    }
}

impl std::error::Error for Ignored {}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    /// A `join`: its name and room as JSON, or the sentence in the log.
    fn check_join(argument: &str, expected: Result<(&str, &str), &str>) {
        let found = Join::parse(Some(raw(argument)));
        let found = found.as_ref().map(|join| (join.name.json(), join.room.json()));
        assert_eq!(
            found.map_err(Ignored::to_string),
            expected.map_err(str::to_owned),
            "{argument}"
        );
    }

    fn check_message(argument: &str, expected: Result<(&str, &str, &str), &str>) {
        let found = Message::parse(Some(raw(argument)));
        let found = found.as_ref().map(|it| (it.text.json(), it.room.json(), it.user.json()));
        assert_eq!(
            found.map_err(Ignored::to_string),
            expected.map_err(str::to_owned),
            "{argument}"
        );
    }

    #[test]
    fn a_join_has_a_name_and_a_room() {
        check_join(r#"{"name":"Ada","room":"1"}"#, Ok((r#""Ada""#, r#""1""#)));
        check_join(r#"{ "room" : "1", "more": [{}], "name" : "Ada" }"#, Ok((r#""Ada""#, r#""1""#)));
        check_join(r#"{"name":"","room":""}"#, Ok((r#""""#, r#""""#)));
        check_join(r#"{"name":"a","name":"b","room":"1"}"#, Ok((r#""b""#, r#""1""#)));
        check_join(r#"{"n\u0061me":"a","room":"1","\ud83d":0}"#, Ok((r#""a""#, r#""1""#)));
        check_join(r#"{"name":"\ud83d","room":"\ude00"}"#, Ok((r#""\ud83d""#, r#""\ude00""#)));
    }

    #[test]
    fn a_room_that_is_a_number_stays_the_number_it_was() {
        for number in ["1", "-1", "0", "1.0", "1e400", "123456789012345678901234567890"] {
            check_join(&format!(r#"{{"name":"a","room":{number}}}"#), Ok((r#""a""#, number)));
        }
    }

    #[test]
    fn a_message_has_a_text_a_room_and_a_user() {
        check_message(
            r#"{"text":"hi 😀\u2028","room":1,"user":"Ada"}"#,
            Ok(("\"hi 😀\u{2028}\"", "1", r#""Ada""#)),
        );
    }

    #[test]
    fn what_cannot_be_a_join_or_a_message_is_ignored_and_the_log_says_why() {
        for other in ["null", "1", r#""Ada""#, "true", "[]", r#"[{"name":"a","room":"1"}]"#] {
            check_join(other, Err("the argument is not an object"));
            check_message(other, Err("the argument is not an object"));
        }
        check_join("{}", Err("`name` is missing"));
        check_join(r#"{"name":"a"}"#, Err("`room` is missing"));
        check_join(r#"{"name":null,"room":"1"}"#, Err("`name` is not a string"));
        check_join(r#"{"name":1,"room":"1"}"#, Err("`name` is not a string"));
        check_join(r#"{"name":[97],"room":"1"}"#, Err("`name` is not a string"));
        for room in ["null", "true", "[]", r#"["1"]"#, "{}"] {
            let argument = format!(r#"{{"name":"a","room":{room}}}"#);
            check_join(&argument, Err("`room` is not a string or a number"));
        }
        check_message(r#"{"room":"1","user":"a"}"#, Err("`text` is missing"));
        check_message(r#"{"text":"t","user":"a"}"#, Err("`room` is missing"));
        check_message(r#"{"text":"t","room":"1"}"#, Err("`user` is missing"));
        check_message(r#"{"text":{},"room":"1","user":"a"}"#, Err("`text` is not a string"));
        check_message(r#"{"text":"t","room":"1","user":false}"#, Err("`user` is not a string"));
        assert_eq!(Join::parse(None).unwrap_err().to_string(), "no argument, expected an object");
        assert_eq!(Message::parse(None), Err(Ignored::NoArgument));
    }

    #[test]
    fn a_hundred_thousand_levels_do_not_overflow_the_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        check_join(
            &format!(r#"{{"x":{deep},"name":"a","room":{deep}}}"#),
            Err("`room` is not a string or a number"),
        );
        check_join(&deep, Err("the argument is not an object"));
    }

    /// What a page hears: the event and its argument, to the byte.
    fn check_heard(heard: &ToPage, event: &str, json: &str) {
        assert_eq!(heard.event(), event);
        assert_eq!(serde_json::to_string(heard).unwrap(), json);
    }

    #[test]
    fn the_keys_of_what_a_page_hears_come_in_the_order_of_the_contract() {
        let ada = JsString::from("Ada");
        let text = JsString::from("\"hi\"");
        check_heard(
            &ToPage::entered(&ada),
            "message",
            r#"{"user":"管理员：","text":"Ada进入了房间"}"#,
        );
        check_heard(&ToPage::left(&ada), "message", r#"{"user":"管理员","text":"Ada离开了房间"}"#);
        check_heard(
            &ToPage::Message { text, user: ada },
            "message",
            r#"{"text":"\"hi\"","user":"Ada"}"#,
        );
        check_heard(&ToPage::GroupList(GroupList::new("{}")), "groupList", "{}");
    }

    #[test]
    fn rooms_have_keys_of_their_own() {
        let key = |json| RoomName::parse(raw(json)).unwrap().key();
        assert_eq!(key(r#""1""#).as_str(), "chat:1");
        assert_eq!(key("1"), key(r#""1""#));
        assert_eq!(key(r#""\u0061""#), key(r#""a""#));
        assert_eq!(key(r#""lv_VI97HAXpY6yYWAAAC""#).to_string(), "chat:lv_VI97HAXpY6yYWAAAC");
        assert_ne!(key(r#""\ud83d""#), key(r#""\\ud83d""#), "half an emoji, and its spelling");
    }

    #[test]
    fn every_reason_is_a_sentence() {
        let too_long = Ignored::TooLong { field: "name", found: 65, limit: 64 };
        for (reason, sentence) in [
            (too_long, "`name` has 65 characters, at most 64 are accepted"),
            (
                Ignored::TooManyRooms { limit: 64 },
                "this socket has joined 64 times, more are not accepted",
            ),
            (Ignored::TooFast, "too many events from this socket in too short a time"),
            (Ignored::ReservedName, "the name looks like the server's own"),
            (Ignored::NameTaken, "somebody in the room has a name that looks the same"),
            (Ignored::AlreadyInRoom, "this socket is in the room already"),
            (Ignored::NotInRoom, "this socket is not in the room it speaks to"),
        ] {
            assert_eq!(reason.to_string(), sentence);
        }
    }
}
