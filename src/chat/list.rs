//! The list that every page shows: all rooms, and who is in them.
//!
//! ```text
//!   {"7":[],"10":[{"name":"Bob","room":10,"id":"…"}],"lobby":[{"name":"Ada","room":"lobby","id":"…"}]}
//!    │      │                                          │
//!    │      └ integers first, in ascending order       └ then the others, as they were made
//!    └ empty, but remembered for a while
//! ```
//!
//! In the reference server the list is a JavaScript object, and an object has its own
//! idea of order: a key that is an array index (`0` to `4294967294`, written without a
//! sign or leading zeros) comes before all other keys. Pages see that order, so this
//! list has it too. There is no prototype, though: `__proto__` is a room like any other.
//!
//! Core file. Not in a specification: the contract is that of the tutorial's server.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::event::{GroupList, Join, RoomKey};
use super::text::JsString;

/// One join of one socket.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id of the socket.
    pub id: Box<str>,
    /// The name under which it joined.
    pub name: JsString,
    /// Its place in the list, with the keys in the order of the contract.
    json: Box<str>,
}

impl Entry {
    fn new(id: &str, join: &Join) -> Self {
        let (name, room, quoted_id) = (join.name.json(), join.room.json(), JsString::from(id));
        let json = format!(r#"{{"name":{name},"room":{room},"id":{}}}"#, quoted_id.json());
        Self { id: id.into(), name: join.name.clone(), json: json.into() }
    }
}

/// Rooms in the order of a JavaScript object, entries in the order of joining.
///
/// Invariants:
///
/// - `order` and `rooms` know the same rooms;
/// - `empty` holds exactly the rooms without entries, the one emptied longest ago first.
#[derive(Debug, Default)]
pub struct RoomList {
    order: HashMap<RoomKey, Position>,
    rooms: BTreeMap<Position, Room>,
    empty: VecDeque<(Instant, Position)>,
    made: u64,
}

/// Where a room stands in the list. The derived order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Position {
    /// The room's name is an array index.
    Index(u32),
    /// It is not, and so many rooms were made before.
    Made(u64),
}

#[derive(Debug)]
struct Room {
    key: RoomKey,
    /// What stands between the quotes of its key in the list.
    inner: Box<str>,
    entries: Vec<Entry>,
}

impl RoomList {
    /// Adds an entry for `id`, in a room that is made if it does not exist.
    pub fn add(&mut self, id: &str, join: &Join) {
        let key = join.room.key();
        let position = self.order.get(&key).copied().unwrap_or_else(|| {
            let inner = join.room.inner();
            let position = array_index(inner).map_or(Position::Made(self.made), Position::Index);
            self.made += 1;
            self.order.insert(key.clone(), position);
            position
        });
        let room = self.rooms.entry(position).or_insert_with(|| Room {
            key,
            inner: join.room.inner().into(),
            entries: Vec::new(),
        });
        if room.entries.is_empty() {
            self.empty.retain(|(_, empty)| *empty != position);
        }
        room.entries.push(Entry::new(id, join));
    }

    /// Takes out every entry of `id`, and gives for each room it was in the name of its
    /// first entry there.
    ///
    /// It looks through the whole list: the list is about to be written again anyway.
    pub fn remove(&mut self, id: &str, now: Instant) -> Vec<(RoomKey, JsString)> {
        let mut left = Vec::new();
        for (position, room) in &mut self.rooms {
            let Some(first) = room.entries.iter().find(|entry| *entry.id == *id) else { continue };
            left.push((room.key.clone(), first.name.clone()));
            room.entries.retain(|entry| *entry.id != *id);
            if room.entries.is_empty() {
                self.empty.push_back((now, *position));
            }
        }
        left
    }

    /// Forgets rooms that have been empty for `kept`, and the ones emptied longest ago
    /// while there are more than `most`.
    pub fn forget(&mut self, kept: Duration, most: usize, now: Instant) {
        while let Some((since, position)) = self.empty.front().copied() {
            if self.empty.len() <= most && now.saturating_duration_since(since) < kept {
                return;
            }
            self.empty.pop_front();
            if let Some(room) = self.rooms.remove(&position) {
                self.order.remove(&room.key);
            }
        }
    }

    /// Who is in a room.
    pub fn entries(&self, room: &RoomKey) -> &[Entry] {
        let room = self.order.get(room).and_then(|position| self.rooms.get(position));
        room.map_or(&[], |room| &room.entries)
    }

    /// The list as pages get it.
    pub fn group_list(&self) -> GroupList {
        let mut json = String::from("{");
        for (room, comma) in self.rooms.values().zip(commas()) {
            json.push_str(comma);
            json.push('"');
            json.push_str(&room.inner);
            json.push_str("\":[");
            for (entry, comma) in room.entries.iter().zip(commas()) {
                json.push_str(comma);
                json.push_str(&entry.json);
            }
            json.push(']');
        }
        json.push('}');
        GroupList::new(&json)
    }
}

/// What stands before each element of a list: nothing, and then a comma each.
fn commas() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(std::iter::repeat(","))
}

/// The number that a key is, if JavaScript counts it among the array indices.
fn array_index(key: &str) -> Option<u32> {
    let index: u32 = key.parse().ok().filter(|index| *index < u32::MAX)?;
    // `+1` and `007` are numbers to Rust, and ordinary keys to JavaScript.
    (index.to_string() == key).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(room: &str) -> Join {
        let argument = format!(r#"{{"name":"a","room":{room}}}"#);
        Join::parse(Some(serde_json::from_str(&argument).unwrap())).unwrap()
    }

    /// The keys of the list, after rooms of these names were made in this order.
    fn check_order(rooms: &[&str], expected: &str) {
        let mut list = RoomList::default();
        for room in rooms {
            list.add("i", &join(room));
        }
        list.remove("i", Instant::now());
        let json = list.group_list().json().to_owned();
        assert_eq!(json.replace(":[]", ""), expected);
        serde_json::from_str::<&serde_json::value::RawValue>(&json).unwrap();
    }

    /// Each right-hand side is what Node gives for an object with these keys.
    #[test]
    fn keys_come_in_the_order_of_a_javascript_object() {
        check_order(&[], "{}");
        check_order(&[r#""b""#, r#""a""#], r#"{"b","a"}"#);
        check_order(&[r#""b""#, r#""10""#, r#""2""#], r#"{"2","10","b"}"#);
        check_order(&[r#""007""#, r#""+1""#, r#""-1""#, "0"], r#"{"0","007","+1","-1"}"#);
        check_order(
            &[r#""b""#, r#""4294967295""#, r#""4294967294""#, r#""4294967296""#, "1.5"],
            r#"{"4294967294","b","4294967295","4294967296","1.5"}"#,
        );
        check_order(&[r#""__proto__""#, r#""constructor""#], r#"{"__proto__","constructor"}"#);
        check_order(&[r#""q\"\\\n""#, r#""\ud83d""#], r#"{"q\"\\\n","\ud83d"}"#);
    }

    #[test]
    fn one_room_whether_text_or_number_and_each_entry_as_it_came() {
        let mut list = RoomList::default();
        list.add("i", &join("1"));
        list.add("j\"", &join(r#""1""#));
        let expected = concat!(
            r#"{"1":[{"name":"a","room":1,"id":"i"},"#,
            r#"{"name":"a","room":"1","id":"j\""}]}"#
        );
        assert_eq!(list.group_list().json(), expected);
    }

    #[test]
    fn an_empty_room_is_kept_for_its_time_and_not_longer() {
        let start = Instant::now();
        let kept = Duration::from_secs(600);
        let mut list = RoomList::default();
        list.add("i", &join(r#""a""#));
        list.remove("i", start);

        list.forget(kept, 1000, start + kept - Duration::from_nanos(1));
        assert_eq!(list.group_list().json(), r#"{"a":[]}"#);
        list.forget(kept, 1000, start + kept);
        assert_eq!(list.group_list().json(), "{}");
        assert!(list.order.is_empty() && list.rooms.is_empty() && list.empty.is_empty());
    }

    #[test]
    fn a_room_that_fills_again_is_kept() {
        let start = Instant::now();
        let mut list = RoomList::default();
        list.add("i", &join(r#""a""#));
        list.remove("i", start);
        list.add("j", &join(r#""a""#));
        list.forget(Duration::ZERO, 0, start + Duration::from_secs(3600));
        assert_eq!(list.entries(&join(r#""a""#).room.key()).len(), 1);
    }

    #[test]
    fn beyond_the_limit_the_room_emptied_longest_ago_goes_first() {
        let start = Instant::now();
        let mut list = RoomList::default();
        for room in [r#""a""#, r#""b""#, r#""c""#] {
            list.add(room, &join(room));
        }
        for room in [r#""b""#, r#""a""#, r#""c""#] {
            list.remove(room, start);
        }
        list.forget(Duration::MAX, 3, start);
        assert_eq!(list.group_list().json(), r#"{"a":[],"b":[],"c":[]}"#);
        list.forget(Duration::MAX, 2, start);
        assert_eq!(list.group_list().json(), r#"{"a":[],"c":[]}"#);
        list.forget(Duration::MAX, 1, start);
        assert_eq!(list.group_list().json(), r#"{"c":[]}"#);
    }
}
