//! The border at which several servers meet: two in one process, joined by a bus of channels, act
//! as one. Not in the specification.
//!
//! ```text
//!   server 1 ──► what it does, as a value ──► server 2, which does the local part of it
//!            ◄── answers ────────────────────
//! ```

#[path = "support/socketio.rs"]
mod socketio;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use sockrates::socketio::adapter::{Adapter, AdapterError, InMemory, Later, RoomListener};
use sockrates::socketio::answers::{Collector, Put, Question};
use sockrates::socketio::audience::Audience;
use sockrates::socketio::flags::Flags;
use sockrates::socketio::namespace::WeakNamespace;
use sockrates::socketio::parser::Encoded;
use sockrates::socketio::{
    Args, Io, Namespace, Options, RemoteSocket, ServerEvent, Socket, SocketId,
};
use tokio::sync::mpsc::unbounded_channel;

use crate::socketio::{Live, Peer};

/// All servers that stand on the bus, and whether it works.
#[derive(Debug, Default)]
struct Bus {
    members: Mutex<Vec<Arc<Local>>>,
    broken: AtomicBool,
}

/// What a member of the bus has of its own.
#[derive(Debug, Default)]
struct Local {
    sockets: InMemory,
    namespace: OnceLock<WeakNamespace>,
}

/// The adapter of one server on the bus.
#[derive(Clone, Debug)]
struct OnBus {
    bus: Arc<Bus>,
    local: Arc<Local>,
}

impl OnBus {
    fn join(bus: &Arc<Bus>) -> Self {
        let local = Arc::new(Local::default());
        bus.members.lock().unwrap().push(local.clone());
        Self { bus: bus.clone(), local }
    }

    /// The others, unless what is done is for this server only, or the bus is broken.
    fn others(&self, flags: &Flags) -> Vec<Arc<Local>> {
        if flags.local || self.bus.broken.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let members = self.bus.members.lock().unwrap();
        members.iter().filter(|it| !Arc::ptr_eq(it, &self.local)).cloned().collect()
    }
}

impl Adapter for OnBus {
    fn init(&self, namespace: &Namespace) {
        self.local.namespace.set(namespace.downgrade()).unwrap();
    }

    fn add(&self, socket: &Socket) {
        self.local.sockets.add(socket);
    }

    fn remove(&self, id: SocketId) {
        self.local.sockets.remove(id);
    }

    fn join(&self, id: SocketId, room: &str) -> bool {
        self.local.sockets.join(id, room)
    }

    fn leave(&self, id: SocketId, room: &str) -> bool {
        self.local.sockets.leave(id, room)
    }

    fn rooms_of(&self, id: SocketId) -> Vec<String> {
        self.local.sockets.rooms_of(id)
    }

    fn rooms(&self) -> Vec<String> {
        self.local.sockets.rooms()
    }

    fn sockets(&self, audience: &Audience) -> Vec<Socket> {
        self.local.sockets.sockets(audience)
    }

    fn on_room(&self, listener: RoomListener) {
        self.local.sockets.on_room(listener);
    }

    fn broadcast(&self, audience: &Audience, packet: &Encoded, flags: &Flags) -> usize {
        for other in self.others(flags) {
            other.sockets.broadcast(audience, packet, flags);
        }
        self.local.sockets.broadcast(audience, packet, flags)
    }

    fn ask(&self, question: &Question<'_>, flags: &Flags, collector: Collector) -> Put {
        let mut put = self.local.sockets.ask(question, flags, collector.clone());
        for other in self.others(flags) {
            put.asked.extend(other.sockets.ask(question, flags, collector.clone()).asked);
        }
        put
    }

    fn fetch_sockets(&self, audience: &Audience, flags: &Flags) -> Later<Vec<RemoteSocket>> {
        let mut all = vec![self.local.sockets.fetch_sockets(audience, flags)];
        all.extend(self.others(flags).iter().map(|it| it.sockets.fetch_sockets(audience, flags)));
        Box::pin(async move {
            let mut found = Vec::new();
            for sockets in all {
                found.extend(sockets.await?);
            }
            Ok(found)
        })
    }

    fn sockets_join(&self, audience: &Audience, rooms: &[String], flags: &Flags) {
        self.local.sockets.sockets_join(audience, rooms, flags);
        for other in self.others(flags) {
            other.sockets.sockets_join(audience, rooms, flags);
        }
    }

    fn sockets_leave(&self, audience: &Audience, rooms: &[String], flags: &Flags) {
        self.local.sockets.sockets_leave(audience, rooms, flags);
        for other in self.others(flags) {
            other.sockets.sockets_leave(audience, rooms, flags);
        }
    }

    fn disconnect_sockets(&self, audience: &Audience, close: bool, flags: &Flags) {
        self.local.sockets.disconnect_sockets(audience, close, flags);
        for other in self.others(flags) {
            other.sockets.disconnect_sockets(audience, close, flags);
        }
    }

    fn server_side_emit(&self, event: &Encoded) {
        for other in self.others(&Flags::default()) {
            let namespace = other.namespace.get().and_then(WeakNamespace::upgrade).unwrap();
            namespace.receive_server_event(&ServerEvent::new(event, None).unwrap());
        }
    }

    fn server_side_ask(&self, event: &Encoded, limit: Duration) -> Later<Vec<Args>> {
        let (sender, mut answers) = unbounded_channel();
        let others = self.others(&Flags::default());
        let asked = others.len();
        for other in others {
            let sender = sender.clone();
            let respond = Box::new(move |args| sender.send(args).unwrap_or_default());
            let namespace = other.namespace.get().and_then(WeakNamespace::upgrade).unwrap();
            namespace.receive_server_event(&ServerEvent::new(event, Some(respond)).unwrap());
        }
        drop(sender);
        Box::pin(async move {
            let mut found = Vec::new();
            let all = async {
                while let Some(answer) = answers.recv().await {
                    found.push(answer);
                }
            };
            // Those who hear of nothing let go of their end at once.
            let _ = tokio::time::timeout(limit, all).await;
            let answered = found.len();
            if answered == asked {
                Ok(found)
            } else {
                Err(AdapterError::TimedOut { answered, asked })
            }
        })
    }

    fn server_count(&self) -> Later<usize> {
        let count = 1 + self.others(&Flags::default()).len();
        Box::pin(std::future::ready(Ok(count)))
    }

    fn close(&self) {
        self.bus.members.lock().unwrap().retain(|it| !Arc::ptr_eq(it, &self.local));
    }
}

/// Two servers on one bus, and one client on each.
async fn two() -> (Arc<Bus>, [Live; 2], [Peer; 2]) {
    let bus = Arc::new(Bus::default());
    let io = || {
        let bus = bus.clone();
        let builder = Io::builder(Options::default());
        builder.adapter(move |_| Arc::new(OnBus::join(&bus))).build()
    };
    let lives = [Live::of(io()).await, Live::of(io()).await];
    let peers = [lives[0].join("/").await, lives[1].join("/").await];
    (bus, lives, peers)
}

/// The socket of a client on its own server.
fn socket(live: &Live, peer: &Peer) -> Socket {
    live.io.to(&peer.id).sockets().remove(0)
}

#[tokio::test]
async fn a_broadcast_reaches_all_servers_unless_it_is_local() {
    let (_bus, [one, two], [mut ada, mut bob]) = two().await;
    one.io.emit("all", ()).unwrap();
    ada.expect(r#"42["all"]"#).await;
    bob.expect(r#"42["all"]"#).await;
    two.io.local().emit("here", ()).unwrap();
    bob.expect(r#"42["here"]"#).await;
    // The sender is known by its name, wherever it is.
    socket(&one, &ada).broadcast().emit("others", ()).unwrap();
    bob.expect(r#"42["others"]"#).await;
    assert_eq!(one.io.to([&ada.id, &bob.id]).emit_and_wait("both", ()).await.unwrap(), 1);
    ada.expect(r#"42["both"]"#).await;
    bob.expect(r#"42["both"]"#).await;
    socket(&one, &ada).local().emit("nobody", ()).unwrap();
    // And so is whoever is meant.
    two.io.to(&ada.id).emit("you", ()).unwrap();
    ada.expect(r#"42["you"]"#).await;
    ada.expect_nothing().await;
    bob.expect_nothing().await;
}

/// Trap 46.
#[tokio::test]
async fn what_other_servers_do_not_get_this_one_does() {
    let (bus, [one, _two], [mut ada, mut bob]) = two().await;
    bus.broken.store(true, Ordering::Relaxed);
    assert_eq!(one.io.emit("all", ()).unwrap(), 1);
    ada.expect(r#"42["all"]"#).await;
    bob.expect_nothing().await;
}

/// The caller's time limit holds for all of them.
#[tokio::test]
async fn a_question_is_put_to_the_clients_of_all_servers() {
    let (_bus, [one, _two], [mut ada, mut bob]) = two().await;
    let limit = Duration::from_secs(3600);
    let answers = one.io.timeout(limit).emit_with_ack::<i64>("q", ());
    ada.expect(r#"420["q"]"#).await;
    bob.expect(r#"420["q"]"#).await;
    ada.send("430[1]").await;
    bob.send("430[2]").await;
    let mut answers = answers.await.unwrap();
    answers.sort_unstable();
    assert_eq!(answers, [1, 2]);

    let answers = one.io.timeout(limit).emit_with_ack::<i64>("q", ());
    ada.expect(r#"421["q"]"#).await;
    bob.expect(r#"421["q"]"#).await;
    bob.vanish();
    ada.send("431[7]").await;
    assert_eq!(answers.await.unwrap(), [7], "who leaves another server is gone here as well");
}

#[tokio::test]
async fn sockets_are_fetched_moved_and_disconnected_on_all_servers() {
    let (_bus, [one, two], [mut ada, mut bob]) = two().await;
    socket(&two, &bob).data().share("name", "Bob").unwrap();
    one.io.sockets_join(["red", "blue"]);
    let found = one.io.to("red").fetch_sockets().await.unwrap();
    assert_eq!(found.len(), 2);
    let remote = found.iter().find(|it| it.id().to_string() == bob.id).unwrap();
    let mut rooms = remote.rooms().to_vec();
    rooms.retain(|room| *room != bob.id);
    rooms.sort();
    assert_eq!(rooms, ["blue", "red"]);
    assert_eq!(remote.data()["name"], "Bob");
    assert_eq!(remote.handshake()["query"]["transport"], "websocket");
    assert_eq!(remote.handshake()["auth"], serde_json::json!({}));

    remote.emit("hello", 7).unwrap();
    bob.expect(r#"42["hello",7]"#).await;
    let answer = remote.emit_with_ack::<i64>("q", ());
    bob.expect(r#"420["q"]"#).await;
    bob.send("430[8]").await;
    assert_eq!(answer.await.unwrap(), 8);

    remote.leave("red");
    remote.join("green");
    assert!(two.io.to("red").sockets().is_empty());
    assert_eq!(two.io.to("green").sockets().len(), 1);
    one.io.to("green").disconnect_sockets(false);
    bob.expect("41").await;
    one.io.to("blue").disconnect_sockets(true);
    ada.expect("41").await;
    ada.expect_closed().await;
    assert!(one.io.fetch_sockets().await.unwrap().is_empty());
}

#[tokio::test]
async fn servers_tell_each_other_what_clients_do_not_hear() {
    let (_bus, [one, two], [mut ada, mut bob]) = two().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    for (number, live) in [(1, &one), (2, &two)] {
        let heard = heard.clone();
        live.io.on_server_event("reload", move |event: &ServerEvent| {
            let what: (String, i64) = event.args.parse().unwrap();
            heard.lock().unwrap().push((number, what.clone()));
            event.answer(what.1 * 10).unwrap();
            event.answer("nobody hears that").unwrap();
        });
        live.io.on_server_event("panic", |_| panic!("in the application"));
    }
    one.io.server_side_emit("reload", ("config", 7)).unwrap();
    assert_eq!(*heard.lock().unwrap(), [(2, ("config".to_owned(), 7))]);
    let answers = two.io.server_side_emit_with_ack::<i64>("reload", ("config", 8)).await;
    assert_eq!(answers.unwrap(), [80]);
    two.io.server_side_emit("panic", ()).unwrap();
    for reserved in ["connect", "connection", "new_namespace"] {
        assert!(one.io.server_side_emit(reserved, ()).is_err());
    }
    assert_eq!(one.io.of("/").adapter().server_count().await, Ok(2));
    ada.expect_nothing().await;
    bob.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let bus = Arc::new(Bus::default());
    let made = |bus: &Arc<Bus>| {
        let bus = bus.clone();
        Io::builder(Options::default()).adapter(move |_| Arc::new(OnBus::join(&bus))).build()
    };
    let (one, _two) = (made(&bus), made(&bus));
    let failed = one.server_side_emit_with_ack::<i64>("unheard", ()).await.unwrap_err();
    assert_eq!(failed.to_string(), "0 of 1 servers have answered in time");
}

/// The reference server warns, and never calls back.
#[tokio::test]
async fn a_server_that_is_alone_has_all_answers_of_the_others() {
    let live = Live::start(Options::default()).await;
    live.io.on_server_event("x", |_| panic!("it does not come back"));
    live.io.server_side_emit("x", ()).unwrap();
    assert!(live.io.server_side_emit_with_ack::<i64>("x", ()).await.unwrap().is_empty());
    assert_eq!(live.io.of("/").adapter().server_count().await, Ok(1));
}

#[tokio::test]
async fn an_adapter_is_closed_when_its_namespace_ends_and_when_the_server_does() {
    let bus = Arc::new(Bus::default());
    let options = Options { cleanup_empty_child_namespaces: true, ..Options::default() };
    let on_bus = bus.clone();
    let builder = Io::builder(options).adapter(move |_| Arc::new(OnBus::join(&on_bus)));
    let live = Live::of(builder.build()).await;
    let rooms = live.io.of_pattern("^/room-").unwrap();
    let members = || bus.members.lock().unwrap().len();
    let mut ada = live.join("/").await;
    assert_eq!(members(), 1);
    ada.join("/room-1").await;
    assert_eq!((members(), rooms.children().len()), (2, 1));
    ada.send("41/room-1,").await;
    ada.expect_nothing().await;
    assert_eq!((members(), rooms.children().len()), (1, 0));
    live.io.close(Duration::ZERO).await;
    assert_eq!(members(), 0);
}
