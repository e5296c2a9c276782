//! The chat itself: who is in which room, and who is told what.
//!
//! ```text
//!   a page                    everyone else          itself         the others in the room
//!   ───────────────────────   ────────────────────   ────────────   ──────────────────────
//!   join                      1 message "…进入了房间"   2 groupList
//!                             3 groupList
//!   message                                                         1 message
//!   goes, having joined       2 groupList                           1 message "…离开了房间"
//!   goes, never having joined 1 groupList
//! ```
//!
//! The lobby sends nothing. It answers each event with a list of [`Telling`]s, in the
//! order in which they are to be sent, and [`Telling::to`] is as seen from the socket
//! that caused them. So the whole chat can be tested without a socket.
//!
//! Core file. Not in a specification: the contract is that of the tutorial's server.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::bucket::{Bucket, Rate};
use super::event::{GroupList, Ignored, Join, Message, RoomKey, ToPage};
use super::likeness::{likeness, looks_like_admin};
use super::list::RoomList;

/// Every rule and bound of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LobbyOptions {
    /// Whether people are held to what they said when they joined. Off by default, since
    /// the tutorial's server has none of it.
    ///
    /// - Only who is in a room may speak to it, and is heard under the name of joining,
    ///   whatever `user` the page sends.
    /// - A name that [looks like](super::likeness) the server's own is refused.
    /// - A name is refused if one that looks the same is in the room already. The entry of
    ///   a page that lost its network stays until its session times out, and until
    ///   then keeps the name.
    /// - A socket has one entry in a room; a second join to it is ignored.
    pub strict: bool,
    /// Characters in a name. Default: 64.
    pub max_name: usize,
    /// Characters in a room's name. Default: 64.
    pub max_room: usize,
    /// Characters in a message. Default: 4,096.
    pub max_text: usize,
    /// Joins of one socket. Joining one room twice counts twice, since it makes two
    /// entries. Default: 64.
    pub max_rooms_per_socket: usize,
    /// Empty rooms that are remembered; beyond it, the one emptied longest ago is
    /// forgotten. Default: 1,000.
    pub max_empty_rooms: usize,
    /// How long an empty room is remembered. Default: 10 minutes.
    pub empty_room_kept: Duration,
    /// Events accepted at once from a socket that was silent; 0 sets no bound.
    /// Default: 60.
    pub burst: u32,
    /// Events a second from one socket, in the long run; 0 sets no bound. Default: 20.
    pub per_second: u32,
}

impl Default for LobbyOptions {
    fn default() -> Self {
        Self {
            strict: false,
            max_name: 64,
            max_room: 64,
            max_text: 4096,
            max_rooms_per_socket: 64,
            max_empty_rooms: 1000,
            empty_room_kept: Duration::from_secs(600),
            burst: 60,
            per_second: 20,
        }
    }
}

/// Something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Who is to be told.
    pub to: To,
    /// What they are told.
    pub what: ToPage,
}

/// Who is to be told, seen from the socket that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// This socket alone.
    Myself,
    /// All sockets but this one, whatever rooms they are in.
    EveryoneElse,
    /// All sockets of a room but this one.
    RoomElse(RoomKey),
}

/// What follows from a join: first the socket joins the room, then others are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The Socket.IO room to put the socket in.
    pub room: RoomKey,
    /// What to send after that.
    pub tellings: Vec<Telling>,
}

/// Who is in which room.
///
/// ```
/// use std::time::Instant;
/// use sockrates::chat::event::Join;
/// use sockrates::chat::lobby::{Lobby, LobbyOptions, To};
///
/// let mut lobby = Lobby::new(LobbyOptions::default());
/// let argument = serde_json::from_str(r#"{"name":"Ada","room":"1"}"#)?;
/// let joined = lobby.join("x7", Join::parse(Some(argument))?, Instant::now())?;
///
/// assert_eq!(joined.room.as_str(), "chat:1");
/// let [notice, list, _same_list] = &joined.tellings[..] else { panic!() };
/// assert_eq!(notice.to, To::EveryoneElse);
/// assert_eq!(serde_json::to_string(&notice.what)?, r#"{"user":"管理员：","text":"Ada进入了房间"}"#);
/// assert_eq!(list.to, To::Myself);
/// assert_eq!(serde_json::to_string(&list.what)?, r#"{"1":[{"name":"Ada","room":"1","id":"x7"}]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Lobby {
    options: LobbyOptions,
    list: RoomList,
    guests: HashMap<Box<str>, Guest>,
}

/// What is known of a socket that has said something.
#[derive(Debug)]
struct Guest {
    bucket: Bucket,
    joins: usize,
}

impl Lobby {
    /// A lobby without rooms.
    pub fn new(options: LobbyOptions) -> Self {
        Self { options, list: RoomList::default(), guests: HashMap::new() }
    }

    /// The socket `id` sent `join`.
    pub fn join(&mut self, id: &str, join: Join, now: Instant) -> Result<Joined, Ignored> {
        let joins = self.admit(id, now)?;
        let limit = self.options.max_rooms_per_socket;
        within("name", join.name.characters(), self.options.max_name)?;
        within("room", join.room.characters(), self.options.max_room)?;
        if joins >= limit {
            return Err(Ignored::TooManyRooms { limit });
        }
        if self.options.strict {
            self.check_name(id, &join)?;
        }

        self.guest(id, now).joins += 1;
        self.forget(now);
        self.list.add(id, &join);
        let list = ToPage::GroupList(self.group_list());
        let tellings = vec![
            Telling { to: To::EveryoneElse, what: ToPage::entered(&join.name) },
            Telling { to: To::Myself, what: list.clone() },
            Telling { to: To::EveryoneElse, what: list },
        ];
        Ok(Joined { room: join.room.key(), tellings })
    }

    /// The socket `id` sent `message`.
    pub fn message(
        &mut self,
        id: &str,
        message: Message,
        now: Instant,
    ) -> Result<Vec<Telling>, Ignored> {
        self.admit(id, now)?;
        within("text", message.text.characters(), self.options.max_text)?;
        within("room", message.room.characters(), self.options.max_room)?;
        within("user", message.user.characters(), self.options.max_name)?;

        let room = message.room.key();
        let mut user = message.user;
        if self.options.strict {
            let mut entries = self.list.entries(&room).iter();
            let entry = entries.find(|entry| *entry.id == *id).ok_or(Ignored::NotInRoom)?;
            user = entry.name.clone();
        }
        let what = ToPage::Message { text: message.text, user };
        Ok(vec![Telling { to: To::RoomElse(room), what }])
    }

    /// The socket `id` is gone. Nothing may come from it afterwards.
    pub fn gone(&mut self, id: &str, now: Instant) -> Vec<Telling> {
        self.guests.remove(id);
        let mut tellings: Vec<Telling> = self
            .list
            .remove(id, now)
            .into_iter()
            .map(|(room, name)| Telling { to: To::RoomElse(room), what: ToPage::left(&name) })
            .collect();
        self.forget(now);
        let list = ToPage::GroupList(self.group_list());
        tellings.push(Telling { to: To::EveryoneElse, what: list });
        tellings
    }

    /// The list as it is now.
    pub fn group_list(&self) -> GroupList {
        self.list.group_list()
    }

    /// Takes a token of the socket, and says how often it has joined so far.
    fn admit(&mut self, id: &str, now: Instant) -> Result<usize, Ignored> {
        let rate = Rate { burst: self.options.burst, per_second: self.options.per_second };
        let guest = self.guest(id, now);
        if guest.bucket.take(rate, now) { Ok(guest.joins) } else { Err(Ignored::TooFast) }
    }

    fn guest(&mut self, id: &str, now: Instant) -> &mut Guest {
        let new = || Guest { bucket: Bucket::new(now), joins: 0 };
        self.guests.entry(id.into()).or_insert_with(new)
    }

    /// The rules of strict mode for a name.
    fn check_name(&self, id: &str, join: &Join) -> Result<(), Ignored> {
        if looks_like_admin(&join.name) {
            return Err(Ignored::ReservedName);
        }
        let entries = self.list.entries(&join.room.key());
        if entries.iter().any(|entry| *entry.id == *id) {
            return Err(Ignored::AlreadyInRoom);
        }
        let name = likeness(&join.name);
        if entries.iter().any(|entry| likeness(&entry.name) == name) {
            return Err(Ignored::NameTaken);
        }
        Ok(())
    }

    fn forget(&mut self, now: Instant) {
        self.list.forget(self.options.empty_room_kept, self.options.max_empty_rooms, now);
    }
}

fn within(field: &'static str, found: usize, limit: usize) -> Result<(), Ignored> {
    if found > limit { Err(Ignored::TooLong { field, found, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lobby, and the moment at which everything happens unless time is let pass.
    struct Story {
        lobby: Lobby,
        now: Instant,
    }

    impl Story {
        fn new() -> Self {
            Self::with(LobbyOptions::default())
        }

        fn with(options: LobbyOptions) -> Self {
            Self { lobby: Lobby::new(options), now: Instant::now() }
        }

        fn strict() -> Self {
            Self::with(LobbyOptions { strict: true, ..LobbyOptions::default() })
        }

        /// One line for each thing that is sent: to whom, the event, the argument.
        fn join(&mut self, id: &str, argument: &str) -> Result<Vec<String>, Ignored> {
            let join = Join::parse(Some(serde_json::from_str(argument).unwrap())).unwrap();
            let joined = self.lobby.join(id, join, self.now)?;
            let mut lines = vec![format!("enter {}", joined.room)];
            lines.extend(joined.tellings.iter().map(line));
            Ok(lines)
        }

        fn say(&mut self, id: &str, argument: &str) -> Result<Vec<String>, Ignored> {
            let message = Message::parse(Some(serde_json::from_str(argument).unwrap())).unwrap();
            Ok(self.lobby.message(id, message, self.now)?.iter().map(line).collect())
        }

        fn gone(&mut self, id: &str) -> Vec<String> {
            self.lobby.gone(id, self.now).iter().map(line).collect()
        }

        fn list(&self) -> String {
            self.lobby.group_list().json().to_owned()
        }
    }

    fn line(telling: &Telling) -> String {
        let to = match &telling.to {
            To::Myself => "myself".to_owned(),
            To::EveryoneElse => "everyone else".to_owned(),
            To::RoomElse(room) => format!("others in {room}"),
        };
        let json = serde_json::to_string(&telling.what).unwrap();
        format!("{to}: {} {json}", telling.what.event())
    }

    fn name_in(name: &str, room: &str) -> String {
        format!(r#"{{"name":"{name}","room":"{room}"}}"#)
    }

    #[test]
    fn a_join_tells_the_others_then_the_joiner_then_the_others_again() {
        let mut story = Story::new();
        let heard = story.join("a", r#"{"name":"Ada","room":"1"}"#).unwrap();
        assert_eq!(
            heard,
            [
                "enter chat:1",
                r#"everyone else: message {"user":"管理员：","text":"Ada进入了房间"}"#,
                r#"myself: groupList {"1":[{"name":"Ada","room":"1","id":"a"}]}"#,
                r#"everyone else: groupList {"1":[{"name":"Ada","room":"1","id":"a"}]}"#,
            ]
        );
    }

    #[test]
    fn a_message_goes_to_the_others_in_the_room_and_its_sender_need_not_be_a_member() {
        let mut story = Story::new();
        let heard = story.say("a", r#"{"text":"hi 😀","room":"1","user":"管理员"}"#).unwrap();
        assert_eq!(heard, [r#"others in chat:1: message {"text":"hi 😀","user":"管理员"}"#]);
    }

    #[test]
    fn who_goes_is_missed_once_in_each_room_and_then_the_list_is_sent() {
        let mut story = Story::new();
        story.join("a", r#"{"name":"Ada","room":"x"}"#).unwrap();
        story.join("b", r#"{"name":"Bob","room":"x"}"#).unwrap();
        story.join("a", r#"{"name":"Ida","room":"x"}"#).unwrap();
        story.join("a", r#"{"name":"Eve","room":2}"#).unwrap();
        // Rooms in the order of the list, and in each the name of the first entry.
        assert_eq!(
            story.gone("a"),
            [
                r#"others in chat:2: message {"user":"管理员","text":"Eve离开了房间"}"#,
                r#"others in chat:x: message {"user":"管理员","text":"Ada离开了房间"}"#,
                r#"everyone else: groupList {"2":[],"x":[{"name":"Bob","room":"x","id":"b"}]}"#,
            ]
        );
    }

    #[test]
    fn who_never_joined_goes_with_the_list_unchanged() {
        let mut story = Story::new();
        story.join("a", r#"{"name":"Ada","room":"1"}"#).unwrap();
        let list = r#"everyone else: groupList {"1":[{"name":"Ada","room":"1","id":"a"}]}"#;
        assert_eq!(story.gone("b"), [list]);
    }

    #[test]
    fn a_second_join_adds_a_second_entry() {
        let mut story = Story::new();
        story.join("a", &name_in("Ada", "1")).unwrap();
        story.join("a", &name_in("Ada", "1")).unwrap();
        let entry = r#"{"name":"Ada","room":"1","id":"a"}"#;
        assert_eq!(story.list(), format!(r#"{{"1":[{entry},{entry}]}}"#));
    }

    #[test]
    fn proto_is_a_room_like_any_other() {
        let mut story = Story::new();
        story.join("a", &name_in("Ada", "__proto__")).unwrap();
        assert_eq!(story.list(), r#"{"__proto__":[{"name":"Ada","room":"__proto__","id":"a"}]}"#);
        story.gone("a");
        assert_eq!(story.list(), r#"{"__proto__":[]}"#);
    }

    /// One character more than `limit` is ignored, and `limit` is not.
    fn check_length(
        field: &'static str,
        limit: usize,
        send: impl Fn(&mut Story, &str) -> Option<Ignored>,
    ) {
        let mut story = Story::new();
        // Four bytes each, so that bytes are not taken for characters.
        assert_eq!(send(&mut story, &"😀".repeat(limit)), None);
        let found = limit + 1;
        let ignored = Some(Ignored::TooLong { field, found, limit });
        assert_eq!(send(&mut story, &"😀".repeat(found)), ignored);
    }

    #[test]
    fn each_field_has_its_longest_value() {
        let say = |story: &mut Story, text: &str, room: &str, user: &str| {
            story.say("a", &format!(r#"{{"text":"{text}","room":"{room}","user":"{user}"}}"#)).err()
        };
        check_length("name", 64, |story, it| story.join("a", &name_in(it, "1")).err());
        check_length("room", 64, |story, it| story.join("a", &name_in("Ada", it)).err());
        check_length("text", 4096, |story, it| say(story, it, "1", "Ada"));
        check_length("room", 64, |story, it| say(story, "hi", it, "Ada"));
        check_length("user", 64, |story, it| say(story, "hi", "1", it));
    }

    #[test]
    fn a_socket_joins_sixty_four_times_and_not_once_more() {
        let mut story = Story::with(LobbyOptions { burst: 0, ..LobbyOptions::default() });
        for room in 0..64 {
            story.join("a", &name_in("Ada", &room.to_string())).unwrap();
        }
        let before = story.list();
        let limit = 64;
        assert_eq!(story.join("a", &name_in("Ada", "64")), Err(Ignored::TooManyRooms { limit }));
        assert_eq!(story.join("a", &name_in("Ada", "0")), Err(Ignored::TooManyRooms { limit }));
        assert_eq!(story.list(), before);
        assert!(story.join("b", &name_in("Bob", "64")).is_ok(), "the bound is each socket's own");
    }

    #[test]
    fn empty_rooms_are_kept_for_ten_minutes() {
        let mut story = Story::new();
        story.join("a", &name_in("Ada", "1")).unwrap();
        story.gone("a");
        story.now += Duration::from_secs(599);
        assert_eq!(story.gone("nobody"), [r#"everyone else: groupList {"1":[]}"#]);
        story.now += Duration::from_secs(1);
        assert_eq!(story.gone("nobody"), ["everyone else: groupList {}"]);
    }

    #[test]
    fn of_empty_rooms_a_thousand_are_kept() {
        let mut story = Story::new();
        for room in 0..=1000 {
            let id = format!("s{room}");
            story.join(&id, &name_in("Ada", &format!("r{room}"))).unwrap();
            story.gone(&id);
        }
        assert_eq!(story.list().matches("[]").count(), 1000);
        assert!(!story.list().contains(r#""r0""#), "the oldest goes first");
        assert!(story.list().contains(r#""r1""#));
    }

    #[test]
    fn a_socket_says_sixty_things_at_once_and_twenty_a_second() {
        let mut story = Story::new();
        let hi = r#"{"text":"hi","room":"1","user":"Ada"}"#;
        for _ in 0..59 {
            story.say("a", hi).unwrap();
        }
        story.join("a", &name_in("Ada", "1")).unwrap();
        assert_eq!(story.say("a", hi), Err(Ignored::TooFast));
        assert_eq!(story.join("a", &name_in("Ada", "1")), Err(Ignored::TooFast));
        assert!(story.say("b", hi).is_ok(), "each socket has its own tokens");

        story.now += Duration::from_secs(1);
        let passed = (0..60).filter(|_| story.say("a", hi).is_ok()).count();
        assert_eq!(passed, 20);
    }

    #[test]
    fn nothing_is_kept_of_a_socket_that_is_gone() {
        let mut story = Story::new();
        story.join("a", &name_in("Ada", "1")).unwrap();
        story.say("b", r#"{"text":"hi","room":"1","user":"Bob"}"#).unwrap();
        story.gone("a");
        story.gone("b");
        assert!(story.lobby.guests.is_empty());
        assert_eq!(story.list(), r#"{"1":[]}"#);
    }

    #[test]
    fn strict_only_members_speak_and_under_the_name_they_joined_with() {
        let mut story = Story::strict();
        let as_bob = r#"{"text":"hi","room":"1","user":"Bob"}"#;
        assert_eq!(story.say("a", as_bob), Err(Ignored::NotInRoom));
        story.join("b", &name_in("Bob", "1")).unwrap();
        assert_eq!(story.say("a", as_bob), Err(Ignored::NotInRoom));
        story.join("a", &name_in("Ada", "1")).unwrap();
        let heard = story.say("a", as_bob).unwrap();
        assert_eq!(heard, [r#"others in chat:1: message {"text":"hi","user":"Ada"}"#]);
        let elsewhere = r#"{"text":"hi","room":"2","user":"Ada"}"#;
        assert_eq!(story.say("a", elsewhere), Err(Ignored::NotInRoom));
    }

    #[test]
    fn strict_nobody_is_called_like_the_server() {
        let mut story = Story::strict();
        for name in ["管理员", "管理员：", " 管理员:"] {
            assert_eq!(story.join("a", &name_in(name, "1")), Err(Ignored::ReservedName));
        }
        assert_eq!(story.list(), "{}");
        assert!(Story::new().join("a", &name_in("管理员", "1")).is_ok(), "only in strict mode");
    }

    #[test]
    fn strict_a_name_is_unique_in_its_room() {
        let mut story = Story::strict();
        story.join("a", &name_in("Ada", "1")).unwrap();
        assert_eq!(story.join("b", &name_in("ＡＤＡ ", "1")), Err(Ignored::NameTaken));
        assert!(story.join("b", &name_in("Ada", "2")).is_ok(), "another room");
        story.gone("a");
        assert!(story.join("b", &name_in("Ada", "1")).is_ok(), "the name is free again");
    }

    #[test]
    fn strict_a_socket_has_one_entry_in_a_room() {
        let mut story = Story::strict();
        story.join("a", &name_in("Ada", "1")).unwrap();
        assert_eq!(story.join("a", &name_in("Ada", "1")), Err(Ignored::AlreadyInRoom));
        assert_eq!(story.join("a", &name_in("Ida", "1")), Err(Ignored::AlreadyInRoom));
    }

    /// The page of the tutorial: joins when it connects, and sends under the same name.
    #[test]
    fn strict_the_page_of_the_tutorial_works_unchanged() {
        let mut story = Story::strict();
        story.join("a", &name_in("Ada", "1")).unwrap();
        let heard = story.say("a", r#"{"text":"hi","room":"1","user":"Ada"}"#).unwrap();
        assert_eq!(heard, [r#"others in chat:1: message {"text":"hi","user":"Ada"}"#]);
    }
}
