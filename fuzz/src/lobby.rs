//! Any life of the chat.
//!
//! ```text
//!   !                            (first line) strict mode
//!   ja {"name":"A","room":1}     the socket `a` sends `join` with this argument
//!   ma {"text":"hi","room":1,"user":"A"}
//!   ga                           the socket `a` is gone
//!   .10 ,10                      seconds pass, milliseconds
//! ```
//!
//! Whatever happens, the lobby agrees with a plain list of who joined what:
//!
//! - the list of rooms is JSON with the keys in the order of a JavaScript object, the entries in
//!   the order of joining, every room once, and every room that is remembered;
//! - names and texts mean what they meant, unit by unit, whatever escapes they came with, and are
//!   written as `JSON.stringify` writes them;
//! - who is told what, and in which order, is as in the contract; who is refused changes nothing;
//! - the bounds hold: lengths, joins, events in a time, rooms that are empty;
//! - in strict mode no two names of a room look alike, and nobody speaks who is not there.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use sockrates::chat::event::{Join, Message, ToPage};
use sockrates::chat::likeness::{likeness, looks_like_admin};
use sockrates::chat::lobby::{Lobby, LobbyOptions, Telling, To};
use sockrates::chat::text::JsString;

use super::json::{self, Json};
use super::script::{self, Line};

/// Small limits, so that short scripts meet them.
fn options(strict: bool) -> LobbyOptions {
    LobbyOptions {
        strict,
        max_name: 8,
        max_room: 8,
        max_text: 12,
        max_rooms_per_socket: 4,
        max_empty_rooms: 2,
        empty_room_kept: Duration::from_secs(60),
        burst: 6,
        per_second: 4,
    }
}

/// Checks the properties above.
pub fn check(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut lines = script::lines(&script).peekable();
    let strict = lines.next_if(|line| line.verb == '!').is_some();
    let options = options(strict);
    let mut life = Life {
        lobby: Lobby::new(options.clone()),
        options,
        now: Instant::now(),
        rooms: Vec::new(),
        guests: Vec::new(),
        emptied: 0,
    };
    for line in lines {
        life.happens(line);
    }
}

struct Life {
    lobby: Lobby,
    options: LobbyOptions,
    now: Instant,
    /// In the order in which they were made.
    rooms: Vec<Room>,
    guests: Vec<Guest>,
    /// How many rooms were emptied so far.
    emptied: u64,
}

struct Room {
    /// The name between its quotes.
    inner: String,
    /// Socket, name, and room as it came.
    entries: Vec<(String, JsString, String)>,
    /// Since when it is empty, and how many were emptied before.
    empty: Option<(Instant, u64)>,
}

struct Guest {
    id: String,
    joins: usize,
    /// A thousand for each token, filled in every millisecond.
    tokens: u128,
    filled_at: Instant,
}

impl Life {
    fn happens(&mut self, line: Line<'_>) {
        let id: String = line.rest.chars().take(1).collect();
        let argument = line.rest.get(id.len()..).unwrap_or_default();
        let argument: Option<&RawValue> = serde_json::from_str(argument).ok();
        match line.verb {
            'j' => {
                if let Ok(join) = Join::parse(argument) {
                    self.text_is_what_it_was(argument, &[("name", &join.name)]);
                    self.join(&id, join);
                }
            }
            'm' => {
                if let Ok(message) = Message::parse(argument) {
                    let fields = [("text", &message.text), ("user", &message.user)];
                    self.text_is_what_it_was(argument, &fields);
                    self.message(&id, message);
                }
            }
            'g' => self.gone(&id),
            '.' => self.now += Duration::from_secs(line.number(100)),
            ',' => self.now += Duration::from_millis(line.number(1000)),
            _ => return,
        }
        assert_eq!(self.lobby.group_list().json(), self.list());
    }

    fn join(&mut self, id: &str, join: Join) {
        let enough = self.admit(id);
        let inner = join.room.inner().to_owned();
        let there = self.rooms.iter().find(|room| room.inner == inner);
        let there = there.map_or(&[][..], |room| &room.entries);
        let alike =
            |(_, name, _): &(String, JsString, String)| likeness(name) == likeness(&join.name);
        let welcome = !self.options.strict
            || !(looks_like_admin(&join.name)
                || there.iter().any(|(other, ..)| other == id)
                || there.iter().any(alike));
        let short = units(join.name.json()) <= self.options.max_name
            && units(&format!("\"{inner}\"")) <= self.options.max_room;
        let first = self.guest(id).joins < self.options.max_rooms_per_socket;

        let found = self.lobby.join(id, join.clone(), self.now);
        assert_eq!(found.is_ok(), enough && welcome && short && first, "{join:?}: {found:?}");
        let Ok(joined) = found else { return };
        assert_eq!(joined.room.as_str(), format!("chat:{inner}"));

        self.guest(id).joins += 1;
        self.forget();
        let entry = (id.to_owned(), join.name.clone(), join.room.json().to_owned());
        match self.rooms.iter_mut().find(|room| room.inner == inner) {
            Some(room) => {
                room.entries.push(entry);
                room.empty = None;
            }
            None => self.rooms.push(Room { inner, entries: vec![entry], empty: None }),
        }
        let list = self.list();
        let notice = format!(r#"{{"user":"管理员：","text":"{}进入了房间"}}"#, join.name.inner());
        let told =
            [(To::EveryoneElse, notice), (To::Myself, list.clone()), (To::EveryoneElse, list)];
        told_is(&joined.tellings, &told);
    }

    fn message(&mut self, id: &str, message: Message) {
        let enough = self.admit(id);
        let key = message.room.key();
        let room = self.rooms.iter().find(|room| room.inner == message.room.inner());
        let entry = room.and_then(|room| room.entries.iter().find(|(other, ..)| other == id));
        let user = if self.options.strict {
            entry.map(|(_, name, _)| name.clone())
        } else {
            Some(message.user.clone())
        };
        let short = units(message.text.json()) <= self.options.max_text
            && units(&format!("\"{}\"", message.room.inner())) <= self.options.max_room
            && units(message.user.json()) <= self.options.max_name;

        let found = self.lobby.message(id, message.clone(), self.now);
        let expected = user.filter(|_| enough && short);
        assert_eq!(found.is_ok(), expected.is_some(), "{message:?}: {found:?}");
        if let (Ok(tellings), Some(user)) = (found, expected) {
            let line = format!(r#"{{"text":{},"user":{}}}"#, message.text.json(), user.json());
            told_is(&tellings, &[(To::RoomElse(key), line)]);
        }
    }

    fn gone(&mut self, id: &str) {
        self.guests.retain(|guest| guest.id != id);
        let mut told = Vec::new();
        for room in in_order(&mut self.rooms) {
            let Some((_, name, _)) = room.entries.iter().find(|(other, ..)| other == id) else {
                continue;
            };
            let notice = format!(r#"{{"user":"管理员","text":"{}离开了房间"}}"#, name.inner());
            told.push((room.inner.clone(), notice));
            room.entries.retain(|(other, ..)| other != id);
            if room.entries.is_empty() {
                room.empty = Some((self.now, self.emptied));
                self.emptied += 1;
            }
        }
        self.forget();

        let tellings = self.lobby.gone(id, self.now);
        let list = self.list();
        let (last, notices) = tellings.split_last().expect("the list");
        told_is(std::slice::from_ref(last), &[(To::EveryoneElse, list)]);
        assert_eq!(notices.len(), told.len(), "{notices:?}");
        for (notice, (inner, expected)) in notices.iter().zip(told) {
            let To::RoomElse(room) = &notice.to else { panic!("{notice:?}") };
            assert_eq!((room.as_str(), json(&notice.what)), (&*format!("chat:{inner}"), expected));
        }
    }

    /// Takes a token, and says whether there was one.
    fn admit(&mut self, id: &str) -> bool {
        let (now, full) = (self.now, u128::from(self.options.burst) * 1000);
        let rate = u128::from(self.options.per_second);
        let guest = self.guest(id);
        let passed = (now - guest.filled_at).as_millis();
        guest.tokens = full.min(guest.tokens + passed * rate);
        guest.filled_at = now;
        let enough = guest.tokens >= 1000;
        guest.tokens -= if enough { 1000 } else { 0 };
        enough
    }

    fn guest(&mut self, id: &str) -> &mut Guest {
        if !self.guests.iter().any(|guest| guest.id == id) {
            let tokens = u128::from(self.options.burst) * 1000;
            let new = Guest { id: id.to_owned(), joins: 0, tokens, filled_at: self.now };
            self.guests.push(new);
        }
        self.guests.iter_mut().find(|guest| guest.id == id).expect("it was put there")
    }

    /// Forgets what is empty for too long, and the oldest of too many.
    fn forget(&mut self) {
        let kept = self.options.empty_room_kept;
        let old = |room: &Room| room.empty.is_some_and(|(since, _)| self.now >= since + kept);
        self.rooms.retain(|room| !old(room));
        while self.rooms.iter().filter(|room| room.empty.is_some()).count()
            > self.options.max_empty_rooms
        {
            let oldest = self.rooms.iter().filter_map(|room| room.empty).map(|(_, at)| at).min();
            self.rooms.retain(|room| room.empty.is_none_or(|(_, at)| Some(at) != oldest));
        }
    }

    fn list(&mut self) -> String {
        let rooms = in_order(&mut self.rooms).into_iter().map(|room| {
            let entries = room.entries.iter().map(|(id, name, room)| {
                let id = serde_json::Value::from(id.as_str());
                format!(r#"{{"name":{},"room":{room},"id":{id}}}"#, name.json())
            });
            format!(r#""{}":[{}]"#, room.inner, entries.collect::<Vec<_>>().join(","))
        });
        let list = format!("{{{}}}", rooms.collect::<Vec<_>>().join(","));
        assert!(json::read(&list).is_ok(), "{list}");
        list
    }

    fn text_is_what_it_was(&self, argument: Option<&RawValue>, fields: &[(&str, &JsString)]) {
        let Ok(Json::Object(entries)) = json::read(argument.map_or("", RawValue::get)) else {
            return; // nested too deep for the slow reader
        };
        for (field, found) in fields {
            let sent = entries.iter().rfind(|(key, _)| json::lossy(key) == *field);
            let Some((_, Json::Text(units))) = sent else { panic!("{field} is no text") };
            assert_eq!(found.json(), stringify(units), "{field}");
            assert_eq!(found.to_text(), json::lossy(units), "{field}");
        }
    }
}

/// Rooms in the order of a JavaScript object: array indices, then the others as they were made.
fn in_order(rooms: &mut [Room]) -> Vec<&mut Room> {
    let index = |room: &Room| {
        let canonical = room.inner == "0" || !room.inner.starts_with('0');
        let digits = room.inner.bytes().all(|byte| byte.is_ascii_digit());
        let index = room.inner.parse::<u64>().ok().filter(|_| canonical && digits);
        index.filter(|index| *index < u64::from(u32::MAX)).unwrap_or(u64::MAX)
    };
    let mut rooms: Vec<&mut Room> = rooms.iter_mut().collect();
    rooms.sort_by_key(|room| index(room));
    rooms
}

/// How many characters a JSON string has; half a surrogate pair is one.
fn units(json: &str) -> usize {
    let Ok(Json::Text(units)) = json::read(json) else { panic!("{json} is no text") };
    char::decode_utf16(units).count()
}

/// What `JSON.stringify` makes of a string.
fn stringify(units: &[u16]) -> String {
    let written = char::decode_utf16(units.iter().copied()).map(|unit| match unit {
        Err(half) => format!("\\u{:04x}", half.unpaired_surrogate()),
        Ok(it @ ('"' | '\\')) => format!("\\{it}"),
        Ok('\u{8}') => "\\b".into(),
        Ok('\u{c}') => "\\f".into(),
        Ok('\n') => "\\n".into(),
        Ok('\r') => "\\r".into(),
        Ok('\t') => "\\t".into(),
        Ok(control @ '\0'..' ') => format!("\\u{:04x}", u32::from(control)),
        Ok(other) => other.to_string(),
    });
    format!("\"{}\"", written.collect::<String>())
}

fn json(what: &ToPage) -> String {
    serde_json::to_string(what).expect("what a page hears is JSON")
}

fn told_is(found: &[Telling], expected: &[(To, String)]) {
    let found: Vec<(To, String)> =
        found.iter().map(|telling| (telling.to.clone(), json(&telling.what))).collect();
    assert_eq!(found, expected);
}
