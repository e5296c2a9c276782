//! The chat's contract, packet by packet, on the live server.
//!
//! ```text
//!   ada ► 42["join",{"name":"Ada","room":"1"}]
//!   bob ◄ 42["message",{"user":"管理员：","text":"Ada进入了房间"}]
//!   ada ◄ 42["groupList",{"1":[{"name":"Ada","room":"1","id":"…"}]}]      and then bob
//! ```

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::time::Duration;

use sockrates::chat::lobby::LobbyOptions;
use sockrates::chat::room;
use sockrates::engineio::cors::Cors;
use sockrates::engineio::options::Options as EngineOptions;
use sockrates::socketio::Options;

use crate::socketio::{Live, Peer};

async fn chat() -> Live {
    chat_with(LobbyOptions::default()).await
}

async fn strict() -> Live {
    chat_with(LobbyOptions { strict: true, ..LobbyOptions::default() }).await
}

async fn chat_with(options: LobbyOptions) -> Live {
    let engine = EngineOptions { cors: Cors::any(), ..Options::default().engine };
    let live = Live::start(Options { engine, ..Options::default() }).await;
    room::open(&live.io, options);
    live
}

/// Clients that are connected, of whom the first is Ada.
async fn people<const N: usize>(live: &Live) -> [Peer; N] {
    let mut people = Vec::new();
    for _ in 0..N {
        people.push(live.join("/").await);
    }
    people.try_into().ok().unwrap()
}

/// Sends `join`; name and room are JSON.
async fn join(peer: &mut Peer, name: &str, room: &str) {
    peer.send(&format!(r#"42["join",{{"name":{name},"room":{room}}}]"#)).await;
}

/// Sends `message`; all three are JSON.
async fn say(peer: &mut Peer, text: &str, room: &str, user: &str) {
    let argument = format!(r#"{{"text":{text},"room":{room},"user":{user}}}"#);
    peer.send(&format!(r#"42["message",{argument}]"#)).await;
}

/// Sends an event that wants an answer, which is this one, and the next thing that is heard.
#[track_caller]
fn ask(peer: &mut Peer, event: &str, answer: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        peer.send(&format!("427{event}")).await;
        let got = peer.text().await;
        assert!(got == format!("437[{answer}]"), "{event} gave {got}, at {caller}");
    }
}

/// The notice that `name` has entered.
fn entered(name: &str) -> String {
    format!(r#"42["message",{{"user":"管理员：","text":"{name}进入了房间"}}]"#)
}

/// The notice that `name` has left.
fn left(name: &str) -> String {
    format!(r#"42["message",{{"user":"管理员","text":"{name}离开了房间"}}]"#)
}

/// The list, with rooms and entries as JSON.
fn list(rooms: &str) -> String {
    format!(r#"42["groupList",{{{rooms}}}]"#)
}

/// An entry of the list.
fn entry(name: &str, room: &str, peer: &Peer) -> String {
    format!(r#"{{"name":{name},"room":{room},"id":"{}"}}"#, peer.id)
}

#[tokio::test]
async fn nothing_is_said_to_whoever_connects() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    ada.expect_nothing().await;
    bob.expect_nothing().await;
}

#[tokio::test]
async fn a_join_is_told_to_everybody_and_the_list_goes_to_the_joiner_first() {
    let live = chat().await;
    let [mut ada, mut bob, mut eve] = people(&live).await;
    join(&mut ada, r#""Ada""#, r#""1""#).await;
    let first = format!(r#""1":[{}]"#, entry(r#""Ada""#, r#""1""#, &ada));
    ada.expect(&list(&first)).await;
    ada.expect_nothing().await;
    for other in [&mut bob, &mut eve] {
        other.expect(&entered("Ada")).await;
        other.expect(&list(&first)).await;
        other.expect_nothing().await;
    }
    // In whatever room the others are.
    join(&mut bob, r#""Bob""#, r#""lobby""#).await;
    let both = format!(r#"{first},"lobby":[{}]"#, entry(r#""Bob""#, r#""lobby""#, &bob));
    bob.expect(&list(&both)).await;
    for other in [&mut ada, &mut eve] {
        other.expect(&entered("Bob")).await;
        other.expect(&list(&both)).await;
        other.expect_nothing().await;
    }
    bob.expect_nothing().await;
}

#[tokio::test]
async fn rooms_stand_in_the_order_of_their_making_and_entries_in_that_of_joining() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    for (name, room) in [(r#""A""#, r#""x""#), (r#""B""#, r#""y""#), (r#""C""#, r#""x""#)] {
        join(&mut ada, name, room).await;
        ada.text().await;
    }
    // A second join of the same socket is a second entry, even under the same name.
    join(&mut ada, r#""A""#, r#""x""#).await;
    let entry = |name, room| entry(name, room, &ada);
    let (a, b, c) =
        (entry(r#""A""#, r#""x""#), entry(r#""B""#, r#""y""#), entry(r#""C""#, r#""x""#));
    let rooms = list(&format!(r#""x":[{a},{c},{a}],"y":[{b}]"#));
    ada.expect(&rooms).await;
    ada.expect_nothing().await;
    for _ in 0..7 {
        bob.text().await;
    }
    bob.expect(&rooms).await;
    bob.expect_nothing().await;
}

#[tokio::test]
async fn a_room_that_is_a_number_stays_one_and_is_the_room_of_its_digits() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    join(&mut ada, r#""Ada""#, "7").await;
    let rooms = format!(r#""7":[{}]"#, entry(r#""Ada""#, "7", &ada));
    ada.expect(&list(&rooms)).await;
    bob.expect(&entered("Ada")).await;
    bob.expect(&list(&rooms)).await;
    say(&mut bob, r#""hi""#, r#""7""#, r#""Bob""#).await;
    ada.expect(r#"42["message",{"text":"hi","user":"Bob"}]"#).await;
    join(&mut bob, r#""Bob""#, r#""7""#).await;
    let (a, b) = (entry(r#""Ada""#, "7", &ada), entry(r#""Bob""#, r#""7""#, &bob));
    bob.expect(&list(&format!(r#""7":[{a},{b}]"#))).await;
    say(&mut bob, r#""hi""#, "7", r#""Bob""#).await;
    ada.expect(&entered("Bob")).await;
    ada.expect(&list(&format!(r#""7":[{a},{b}]"#))).await;
    ada.expect(r#"42["message",{"text":"hi","user":"Bob"}]"#).await;
}

#[tokio::test]
async fn a_message_reaches_everyone_else_in_the_room_whoever_sends_it() {
    let live = chat().await;
    let [mut ada, mut bob, mut eve] = people(&live).await;
    for (peer, room) in [(&mut ada, r#""1""#), (&mut bob, r#""1""#), (&mut eve, r#""2""#)] {
        join(peer, r#""x""#, room).await;
        peer.expect_nothing_but_lists().await;
    }
    for peer in [&mut ada, &mut bob, &mut eve] {
        peer.expect_nothing_but_lists().await;
    }
    let message = r#"42["message",{"text":"hi","user":"Ada"}]"#;
    say(&mut ada, r#""hi""#, r#""1""#, r#""Ada""#).await;
    ada.expect_nothing().await;
    bob.expect(message).await;
    bob.expect_nothing().await;
    eve.expect_nothing().await;
    // From outside, under any name.
    say(&mut eve, r#""hi""#, r#""1""#, r#""Ada""#).await;
    eve.expect_nothing().await;
    for peer in [&mut ada, &mut bob] {
        peer.expect(message).await;
        peer.expect_nothing().await;
    }
    say(&mut eve, r#""hi""#, r#""nowhere""#, r#""Eve""#).await;
    for peer in [&mut ada, &mut bob, &mut eve] {
        peer.expect_nothing().await;
    }
}

impl Peer {
    /// Reads what joins have brought, up to now.
    async fn expect_nothing_but_lists(&mut self) {
        self.send("40/nowhere,").await;
        loop {
            let text = self.text().await;
            if text.starts_with("44") {
                return;
            }
            let known = text.starts_with(r#"42["groupList""#) || text.contains("进入了房间");
            assert!(known, "{text}");
        }
    }
}

#[tokio::test]
async fn texts_and_names_pass_through_unchanged() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    join(&mut ada, r#""Ada""#, r#""1""#).await;
    ada.text().await;
    for _ in 0..2 {
        bob.text().await;
    }
    let texts = ["😀", "a\u{2028}b", r"\ud83d", r"\u0000", r#"\"\\"#, "<b>&amp;", "管理员：", ""];
    for text in texts {
        say(&mut bob, &format!(r#""{text}""#), r#""1""#, &format!(r#""{text}""#)).await;
        ada.expect(&format!(r#"42["message",{{"text":"{text}","user":"{text}"}}]"#)).await;
    }
    for name in texts {
        join(&mut bob, &format!(r#""{name}""#), r#""1""#).await;
        ada.expect(&entered(name)).await;
        let listed = ada.text().await;
        assert!(listed.contains(&format!(r#"{{"name":"{name}","room":"1","#)), "{listed}");
        bob.text().await;
    }
}

#[tokio::test]
async fn whoever_goes_is_seen_off_in_each_of_its_rooms_once() {
    let live = chat().await;
    let [mut ada, mut bob, mut eve, mut dan] = people(&live).await;
    // Ada is in two rooms, in one of them twice; Bob in one, Eve in the other, Dan in none.
    for (name, room) in [("Ada", "1"), ("Alias", "1"), ("Ada", "2"), ("Ada", "alone")] {
        join(&mut ada, &format!("{name:?}"), &format!("{room:?}")).await;
    }
    ada.expect_nothing_but_lists().await;
    join(&mut bob, r#""Bob""#, r#""1""#).await;
    bob.expect_nothing_but_lists().await;
    join(&mut eve, r#""Eve""#, r#""2""#).await;
    eve.expect_nothing_but_lists().await;
    for peer in [&mut bob, &mut eve, &mut dan] {
        peer.expect_nothing_but_lists().await;
    }
    let rooms = format!(
        r#""1":[{}],"2":[{}],"alone":[]"#,
        entry(r#""Bob""#, r#""1""#, &bob),
        entry(r#""Eve""#, r#""2""#, &eve)
    );
    ada.close().await;
    for peer in [&mut bob, &mut eve] {
        peer.expect(&left("Ada")).await;
        peer.expect(&list(&rooms)).await;
        peer.expect_nothing().await;
    }
    dan.expect(&list(&rooms)).await;
    dan.expect_nothing().await;
    // Whoever has never joined goes without a word, but the list is sent.
    dan.send("41").await;
    dan.expect_nothing().await;
    bob.expect(&list(&rooms)).await;
    bob.expect_nothing().await;
}

#[tokio::test]
async fn a_room_that_became_empty_stays_in_its_place() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    join(&mut ada, r#""Ada""#, r#""x""#).await;
    join(&mut ada, r#""Ada""#, r#""y""#).await;
    ada.expect_nothing_but_lists().await;
    bob.expect_nothing_but_lists().await;
    ada.vanish();
    bob.expect(&list(r#""x":[],"y":[]"#)).await;
    join(&mut bob, r#""Bob""#, r#""z""#).await;
    join(&mut bob, r#""Bob""#, r#""y""#).await;
    bob.text().await;
    let (y, z) = (entry(r#""Bob""#, r#""y""#, &bob), entry(r#""Bob""#, r#""z""#, &bob));
    bob.expect(&list(&format!(r#""x":[],"y":[{y}],"z":[{z}]"#))).await;
}

/// Threat 84.
#[tokio::test]
async fn what_is_no_join_and_no_message_is_ignored_and_harms_nobody() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    let arguments = [
        "",
        ",null",
        ",1",
        ",\"Ada\"",
        ",[]",
        ",true",
        ",{}",
        r#",{"name":"Ada"}"#,
        r#",{"room":"1"}"#,
        r#",{"name":null,"room":"1"}"#,
        r#",{"name":1,"room":"1"}"#,
        r#",{"name":"Ada","room":null}"#,
        r#",{"name":"Ada","room":{}}"#,
        r#",{"name":"Ada","room":["1"]}"#,
        r#",{"text":"t","room":"1"}"#,
        r#",{"text":"t","user":"u"}"#,
        r#",{"text":{},"room":"1","user":"u"}"#,
        r#",[{"name":"Ada","room":"1","text":"t","user":"u"}]"#,
    ];
    for argument in arguments {
        for event in ["join", "message"] {
            ada.send(&format!(r#"42["{event}"{argument}]"#)).await;
        }
        ada.expect_nothing().await;
    }
    // What else may be there is overlooked, behind the first argument as well.
    bob.expect_nothing().await;
    ada.send(r#"42["join",{"more":[{}],"room":"1","name":"Ada"},"and",{"more":1}]"#).await;
    bob.expect(&entered("Ada")).await;
    // Whoever wants to know is told.
    let missing = r#"{"error":"`name` is missing"}"#;
    ada.expect_nothing_but_lists().await;
    ask(&mut ada, r#"["join",{}]"#, missing).await;
    ask(&mut ada, r#"["message"]"#, r#"{"error":"no argument, expected an object"}"#).await;
    ask(&mut ada, r#"["message",{"text":"t","room":"1","user":"u"}]"#, "{}").await;
}

/// Threat 82.
#[tokio::test]
async fn a_room_is_only_a_name() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    // Named like somebody's socket, it is still not that one's private room.
    let room = format!(r#""{}""#, bob.id);
    say(&mut ada, r#""psst""#, &room, r#""x""#).await;
    bob.expect_nothing().await;
    join(&mut ada, r#""Ada""#, &room).await;
    ada.text().await;
    bob.expect(&entered("Ada")).await;
    bob.text().await;
    live.io.to(&bob.id).emit("private", ()).unwrap();
    bob.expect(r#"42["private"]"#).await;
    ada.expect_nothing().await;
    for (number, room) in ["__proto__", "constructor", "toString", "", "chat:1"].iter().enumerate()
    {
        join(&mut ada, r#""Ada""#, &format!(r#""{room}""#)).await;
        let listed = ada.text().await;
        assert!(listed.contains(&format!(r#""{room}":[{{"#)), "{listed}");
        assert_eq!(listed.matches("[{").count(), number + 2);
        say(&mut bob, r#""hi""#, &format!(r#""{room}""#), r#""Bob""#).await;
        ada.expect(r#"42["message",{"text":"hi","user":"Bob"}]"#).await;
    }
}

/// Threat 85.
#[tokio::test]
async fn names_rooms_and_texts_are_so_long_and_no_longer() {
    let live = chat().await;
    let [mut ada, mut bob] = people(&live).await;
    let long = |characters| {
        format!(r#""{}""#, "é😀".repeat(characters).chars().take(characters).collect::<String>())
    };
    let error = |field: &str, found: usize, limit: usize| {
        format!(r#"{{"error":"`{field}` has {found} characters, at most {limit} are accepted"}}"#)
    };
    let join = |name: &str, room: &str| format!(r#"["join",{{"name":{name},"room":{room}}}]"#);
    let say = |text: &str, room: &str, user: &str| {
        format!(r#"["message",{{"text":{text},"room":{room},"user":{user}}}]"#)
    };
    let x = r#""x""#;
    ask(&mut ada, &join(&long(65), x), &error("name", 65, 64)).await;
    ask(&mut ada, &join(x, &long(65)), &error("room", 65, 64)).await;
    ask(&mut ada, &say(&long(4097), x, x), &error("text", 4097, 4096)).await;
    ask(&mut ada, &say(x, &long(65), x), &error("room", 65, 64)).await;
    ask(&mut ada, &say(x, x, &long(65)), &error("user", 65, 64)).await;
    let digits = "1".repeat(65);
    ask(&mut ada, &join(x, &digits), &error("room", 65, 64)).await;
    bob.expect_nothing().await;
    ask(&mut bob, &say(&long(4096), &long(64), &long(64)), "{}").await;
    ada.send(&format!("42{}", join(&long(64), &long(64)))).await;
    let name = long(64).replace('"', "");
    bob.expect(&entered(&name)).await;
}

/// Threat 85.
#[tokio::test]
async fn a_socket_joins_so_often_and_no_more() {
    let options = LobbyOptions { max_rooms_per_socket: 3, ..LobbyOptions::default() };
    let live = chat_with(options).await;
    let [mut ada, mut bob] = people(&live).await;
    for room in ["1", "2", "1"] {
        join(&mut ada, r#""Ada""#, room).await;
        ada.text().await;
    }
    let refused = r#"{"error":"this socket has joined 3 times, more are not accepted"}"#;
    ask(&mut ada, r#"["join",{"name":"Ada","room":"1"}]"#, refused).await;
    bob.expect_nothing_but_lists().await;
    join(&mut bob, r#""Bob""#, "1").await;
    bob.text().await;
    ada.expect(&entered("Bob")).await;
}

/// Threat 85.
#[tokio::test(start_paused = true)]
async fn empty_rooms_are_so_many_and_stay_so_long() {
    let options = LobbyOptions {
        max_empty_rooms: 2,
        empty_room_kept: Duration::from_secs(600),
        ..LobbyOptions::default()
    };
    let live = Live::in_memory(Options::default());
    room::open(&live.io, options);
    let mut bob = live.join("/").await;
    for room in ["a", "b", "c"] {
        let mut ada = live.join("/").await;
        join(&mut ada, r#""Ada""#, &format!(r#""{room}""#)).await;
        bob.expect(&entered("Ada")).await;
        bob.text().await;
        ada.close().await;
        let rooms = match room {
            "a" => r#""a":[]"#,
            "b" => r#""a":[],"b":[]"#,
            _ => r#""b":[],"c":[]"#,
        };
        bob.expect(&list(rooms)).await;
    }
    // A page that reads all the time answers its pings.
    let begin = tokio::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(599) {
        let rest = Duration::from_secs(599) - begin.elapsed();
        let ping = tokio::time::timeout(rest, bob.expect("never"));
        assert!(ping.await.is_err(), "only pings come, which are answered");
    }
    live.join("/").await.close().await;
    bob.expect(&list(r#""b":[],"c":[]"#)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    live.join("/").await.close().await;
    bob.expect(&list("")).await;
}

/// Threat 85.
#[tokio::test(start_paused = true)]
async fn a_socket_says_so_much_and_then_has_to_wait() {
    let live = Live::in_memory(Options::default());
    room::open(&live.io, LobbyOptions::default());
    let mut ada = live.join("/").await;
    let mut bob = live.join("/").await;
    let message = r#"["message",{"text":"t","room":"1","user":"u"}]"#;
    let refused = r#"{"error":"too many events from this socket in too short a time"}"#;
    for _ in 0..60 {
        ask(&mut ada, message, "{}").await;
    }
    ask(&mut ada, message, refused).await;
    ask(&mut ada, r#"["join",{"name":"Ada","room":"1"}]"#, refused).await;
    ask(&mut bob, message, "{}").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    ask(&mut ada, message, "{}").await;
    ask(&mut ada, message, refused).await;
}

/// Threat 85. With as many clients as this the list is sent for all changes of a moment at once.
#[tokio::test(start_paused = true)]
async fn in_a_crowd_changes_share_a_list() {
    for (size, lists) in [(200, 3), (201, 1)] {
        let live = Live::in_memory(Options::default());
        room::open(&live.io, LobbyOptions::default());
        let mut crowd = Vec::new();
        for _ in 0..size {
            crowd.push(live.join("/").await);
        }
        for (number, peer) in crowd.iter_mut().take(3).enumerate() {
            join(peer, &format!(r#""{number}""#), r#""1""#).await;
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
        let mut heard = Vec::new();
        let last = crowd.last_mut().unwrap();
        for _ in 0..3 + lists {
            heard.push(last.text().await);
        }
        last.expect_nothing().await;
        let complete = heard.last().unwrap();
        assert!(complete.starts_with(r#"42["groupList""#), "{size}: {heard:?}");
        assert_eq!(complete.matches(r#""name""#).count(), 3);
        assert_eq!(heard.iter().filter(|it| it.contains("groupList")).count(), lists);
        // Whoever has joined gets it as well.
        let first = &mut crowd[0];
        for _ in 0..2 + lists {
            first.text().await;
        }
        first.expect_nothing().await;
    }
}

/// Threat 83.
#[tokio::test]
async fn in_strict_mode_people_are_held_to_what_they_joined_as() {
    let live = strict().await;
    let [mut ada, mut bob, mut eve] = people(&live).await;
    for name in
        ["管理员", "管理员：", " 管理员 ", "管 理 员", "管理員", "管理\u{200b}员", "管理员:"]
    {
        let event = format!(r#"["join",{{"name":"{name}","room":"1"}}]"#);
        ask(&mut eve, &event, r#"{"error":"the name looks like the server's own"}"#).await;
    }
    join(&mut ada, r#""Ada""#, r#""1""#).await;
    ada.text().await;
    join(&mut bob, r#""Bob""#, r#""1""#).await;
    bob.expect_nothing_but_lists().await;
    ada.expect_nothing_but_lists().await;
    eve.expect_nothing_but_lists().await;

    let again = r#"{"error":"this socket is in the room already"}"#;
    ask(&mut ada, r#"["join",{"name":"Other","room":"1"}]"#, again).await;
    let taken = r#"{"error":"somebody in the room has a name that looks the same"}"#;
    for name in ["Ada", "ada", " A d a ", "Ａda"] {
        ask(&mut eve, &format!(r#"["join",{{"name":"{name}","room":"1"}}]"#), taken).await;
    }
    // Only members speak, under the name they have.
    let outside = r#"{"error":"this socket is not in the room it speaks to"}"#;
    ask(&mut eve, r#"["message",{"text":"t","room":"1","user":"Ada"}]"#, outside).await;
    ask(&mut eve, r#"["message",{"text":"t","room":"nowhere","user":"Ada"}]"#, outside).await;
    ask(&mut bob, r#"["message",{"text":"t","room":"1","user":"管理员"}]"#, "{}").await;
    ada.expect(r#"42["message",{"text":"t","user":"Bob"}]"#).await;
    ada.expect_nothing().await;
    // A name is free in another room, and again when its owner has gone.
    join(&mut eve, r#""Ada""#, r#""2""#).await;
    eve.expect_nothing_but_lists().await;
    ada.close().await;
    bob.expect_nothing_but(&["进入了房间", "离开了房间", "groupList"]).await;
    eve.expect_nothing_but_lists().await;
    join(&mut eve, r#""Ada""#, r#""1""#).await;
    bob.expect(&entered("Ada")).await;
}

impl Peer {
    /// Reads what contains one of these words, up to now.
    async fn expect_nothing_but(&mut self, known: &[&str]) {
        self.send("40/nowhere,").await;
        loop {
            let text = self.text().await;
            if text.starts_with("44") {
                return;
            }
            assert!(known.iter().any(|known| text.contains(known)), "{text}");
        }
    }
}

/// What the tutorial's page does works unchanged.
#[tokio::test]
async fn in_strict_mode_the_usual_sequence_is_the_same() {
    for live in [chat().await, strict().await] {
        let [mut ada, mut bob] = people(&live).await;
        join(&mut ada, r#""Ada""#, r#""1""#).await;
        let a = entry(r#""Ada""#, r#""1""#, &ada);
        ada.expect(&list(&format!(r#""1":[{a}]"#))).await;
        bob.expect(&entered("Ada")).await;
        bob.expect(&list(&format!(r#""1":[{a}]"#))).await;
        join(&mut bob, r#""Bob""#, r#""1""#).await;
        let b = entry(r#""Bob""#, r#""1""#, &bob);
        bob.expect(&list(&format!(r#""1":[{a},{b}]"#))).await;
        ada.expect(&entered("Bob")).await;
        ada.expect(&list(&format!(r#""1":[{a},{b}]"#))).await;
        say(&mut ada, r#""hi""#, r#""1""#, r#""Ada""#).await;
        bob.expect(r#"42["message",{"text":"hi","user":"Ada"}]"#).await;
        ada.close().await;
        bob.expect(&left("Ada")).await;
        bob.expect(&list(&format!(r#""1":[{b}]"#))).await;
        bob.expect_nothing().await;
    }
}

#[tokio::test]
async fn pages_of_every_origin_are_let_in() {
    let live = chat().await;
    let target = live.target("EIO=4&transport=polling");
    for origin in ["https://example.org", "null"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\r\n");
        let answer = live.request(request).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
        let request = format!(
            "OPTIONS {target} HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\n\r\n"
        );
        let answer = live.request(request).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
    }
}
