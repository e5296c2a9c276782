//! The application of a transcript: it does as it is told, and notes what it is told.
//!
//! ```text
//!   A> a emit "hello" 1      socket.emit("hello", 1)
//!   A> io to "r1" emit "x"   io.to("r1").emit("x", ())
//!   A: a event "x" 1         its listener was called
//! ```

#[path = "speaking.rs"]
mod speaking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::value::RawValue;
use sockrates::socketio::asking::Asking;
use sockrates::socketio::parent::Parent;
use sockrates::socketio::rooms::RoomEvent;
use sockrates::socketio::{
    Ack, Args, DisconnectReason, EventName, Incoming, Io, ListenerId, Namespace, Options, Refused,
    Socket,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::manner::Manner;
use super::words::{Value, Words, written};

/// The application.
#[derive(Clone)]
pub struct Application {
    pub io: Io,
    notes: UnboundedSender<String>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whoever connects, or wants to, by its name.
    sockets: HashMap<String, Socket>,
    /// What middleware waits for, by the name of the socket that is asked about.
    doors: HashMap<String, oneshot::Sender<Result<(), Refused>>>,
    /// The same for events.
    events: HashMap<String, oneshot::Sender<Result<(), Refused>>>,
    /// What connection handlers wait for.
    greetings: HashMap<String, oneshot::Sender<()>>,
    /// The same for namespaces that are not there.
    wanted: HashMap<String, oneshot::Sender<bool>>,
    /// Where the latest answer goes.
    acks: HashMap<String, Ack>,
    listeners: HashMap<String, ListenerId>,
    parent: Option<Parent>,
}

/// The name of a socket in a transcript: its client, and its namespace.
fn name(socket: &Socket) -> String {
    let client = socket.handshake().query().find(|(name, _)| name == "client");
    let client = client.expect("a client with a name").1;
    match socket.namespace().name() {
        "/" => client.into_owned(),
        namespace => format!("{client}{namespace}"),
    }
}

/// The rooms of a socket, its own first.
fn rooms(socket: &Socket) -> String {
    let own = socket.id().to_string();
    let mut rooms = socket.rooms();
    rooms.sort_by_key(|room| (*room != own, room.clone()));
    rooms.iter().map(|room| format!(" {room:?}")).collect()
}

impl Application {
    pub fn new(options: Options, notes: UnboundedSender<String>) -> Self {
        let application = Self { io: Io::new(options), notes, state: Arc::default() };
        application.serve(&application.io.of("/"));
        application
    }

    fn note(&self, note: impl Into<String>) {
        // At the end of a transcript nobody listens any more.
        let _ = self.notes.send(note.into());
    }

    fn with<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().expect("no test has failed"))
    }

    /// Hears of whoever connects to a namespace.
    fn serve(&self, namespace: &Namespace) {
        let application = self.clone();
        namespace.on_connect(move |socket: Socket| application.connected(socket));
    }

    fn connected(&self, socket: Socket) {
        let name = name(&socket);
        let how = if socket.recovered() { "connected again" } else { "connected" };
        self.note(format!("A: {name} {how}"));
        let (leaving, left) = (self.clone(), self.clone());
        socket.on_disconnecting(move |socket: Socket, reason: DisconnectReason| {
            let (name, reason) = (self::name(&socket), reason.as_str());
            leaving.note(format!("A: {name} disconnecting {reason:?} in{}", rooms(&socket)));
        });
        socket.on_disconnect(move |socket: Socket, reason: DisconnectReason| {
            let (name, rooms) = (self::name(&socket), rooms(&socket));
            left.note(format!("A: {name} disconnected {:?}{rooms}", reason.as_str()));
        });
        self.with(|state| state.sockets.insert(name, socket));
    }

    /// Does what it is told.
    pub fn order(&self, order: &str) {
        let mut words = Words::new(order);
        let subject = words.word();
        match &*subject {
            "io" => self.of_io(words),
            "parent" => self.of_parent(words),
            namespace if namespace.starts_with('/') => {
                self.of_namespace(&self.io.of(namespace), &subject, words);
            }
            socket => {
                let socket = self.with(|state| state.sockets.get(socket).cloned());
                self.of_socket(&socket.unwrap_or_else(|| panic!("nobody is {subject}")), words);
            }
        }
    }

    fn of_io(&self, mut words: Words<'_>) {
        let mut ahead = words.clone();
        match &*ahead.word() {
            "of" => match ahead.texts().pop() {
                Some(name) => self.serve(&self.io.of(&name)),
                None => self.find_parent(ahead),
            },
            verb @ ("allow" | "deny") => {
                let wanted = self.with(|state| state.wanted.remove(&ahead.text()));
                wanted.expect("somebody who asks").send(verb == "allow").expect("a client");
            }
            "namespaces" => {
                let application = self.clone();
                self.io.on_new_namespace(move |namespace: Namespace| {
                    application.note(format!("A: new namespace {:?}", namespace.name()));
                });
            }
            "close" => {
                let io = self.io.clone();
                tokio::spawn(async move { io.close(Duration::from_secs(1)).await });
            }
            "servers" => self.ask_servers(ahead.text()),
            _ => {
                let rest = &mut words;
                self.of_namespace(&self.io.of("/"), "io", rest.clone());
            }
        }
    }

    /// `io of pattern "^/x"`, or `io of asking`.
    fn find_parent(&self, mut words: Words<'_>) {
        let application = self.clone();
        let parent = match &*words.word() {
            "pattern" => self.io.of_pattern(&words.text()).expect("a pattern"),
            "asking" => self.io.of_where(move |asking: Asking| {
                let (sender, allowed) = oneshot::channel();
                let name = asking.name().to_owned();
                application.note(format!("A: asked for {name:?}"));
                application.with(|state| state.wanted.insert(name, sender));
                async move { allowed.await.unwrap_or(false) }
            }),
            other => panic!("no order: {other}"),
        };
        let application = self.clone();
        parent.on_connect(move |socket: Socket| application.connected(socket));
        self.with(|state| state.parent = Some(parent));
    }

    fn of_parent(&self, mut words: Words<'_>) {
        let parent = self.with(|state| state.parent.clone()).expect("a parent");
        let application = self.clone();
        if words.takes("use") {
            parent.middleware(move |socket: Socket| application.door(socket));
        } else if words.takes("connection") {
            let order = words.rest().to_owned();
            parent.on_connect(move |socket: Socket| {
                application.of_socket(&socket, Words::new(&order))
            });
        } else {
            Manner::read(&mut words).of_parent(&parent, words);
        }
    }

    fn of_namespace(&self, namespace: &Namespace, subject: &str, mut words: Words<'_>) {
        let application = self.clone();
        let mut ahead = words.clone();
        let verb = ahead.word();
        match &*verb {
            "use" => {
                namespace.middleware(move |socket: Socket| application.door(socket));
            }
            "connection" if ahead.takes("wait") => {
                namespace.on_connect(move |socket: Socket| application.greeting(&socket));
            }
            "connection" => {
                let order = ahead.rest().to_owned();
                namespace.on_connect(move |socket: Socket| {
                    application.of_socket(&socket, Words::new(&order));
                });
            }
            "rooms" => {
                let only = ahead.texts();
                namespace.on_room(move |event: &RoomEvent| application.room(event, &only));
            }
            _ => {
                let broadcast = Manner::read(&mut words).broadcast(namespace);
                self.of_broadcast(broadcast, subject.to_owned(), words);
            }
        }
    }

    /// A connection handler that waits for an order.
    fn greeting(&self, socket: &Socket) -> impl Future<Output = ()> + use<> {
        let (sender, greeted) = oneshot::channel();
        self.with(|state| state.greetings.insert(name(socket), sender));
        async move { greeted.await.unwrap_or(()) }
    }

    /// Tells of a room: of any, if none is named.
    fn room(&self, event: &RoomEvent, only: &[String]) {
        let (RoomEvent::Created { room }
        | RoomEvent::Joined { room, .. }
        | RoomEvent::Left { room, .. }
        | RoomEvent::Deleted { room }) = event;
        if !only.is_empty() && !only.iter().any(|it| **it == **room) {
            return;
        }
        self.note(match event {
            RoomEvent::Created { room } => format!("A: room {room:?} created"),
            RoomEvent::Joined { room, id } => format!("A: room {room:?} joined \"{id}\""),
            RoomEvent::Left { room, id } => format!("A: room {room:?} left \"{id}\""),
            RoomEvent::Deleted { room } => format!("A: room {room:?} deleted"),
        });
    }

    /// Middleware that waits for an order.
    fn door(&self, socket: Socket) -> impl Future<Output = Result<(), Refused>> + use<> {
        let (sender, decided) = oneshot::channel();
        let name = name(&socket);
        self.note(format!("A: {name} wants in"));
        self.with(|state| {
            state.doors.insert(name.clone(), sender);
            state.sockets.insert(name, socket);
        });
        async move { decided.await.unwrap_or_else(|_| Err(Refused::new("never decided"))) }
    }

    fn of_socket(&self, socket: &Socket, words: Words<'_>) {
        let name = name(socket);
        let mut ahead = words.clone();
        let verb = ahead.word();
        match &*verb {
            "use" => self.guard_events(socket),
            "on" | "once" => self.listen(socket, &verb, ahead),
            "off" => {
                let listener = self.with(|state| state.listeners.remove(&ahead.text()));
                assert!(socket.off(listener.expect("a listener")));
            }
            "go" => {
                let greeting = self.with(|state| state.greetings.remove(&name));
                greeting.expect("a connection handler").send(()).expect("a client");
            }
            "next" => self.decide(&name, Ok(())),
            "refuse" => self.decide(&name, Err(refusal(ahead))),
            "answer" => {
                let ack = self.with(|state| state.acks.get(&name).cloned());
                let _ = ack.expect("a question").send(ahead.values());
            }
            "join" => drop(socket.join(ahead.texts())),
            "leave" => drop(socket.leave(ahead.text())),
            "rooms" => self.note(format!("A: {name} in{}", rooms(socket))),
            "keep" => {
                let (key, value) = (ahead.text(), ahead.values().0.pop());
                let value = serde_json::to_value(value.expect("something")).expect("JSON");
                socket.data().share(&key, value).expect("JSON");
            }
            "kept" => {
                let kept = Json::from(socket.data().shared());
                self.note(format!("A: {name} keeps {kept}"));
            }
            "state" => {
                let state = if socket.is_connected() { "connected" } else { "disconnected" };
                self.note(format!("A: {name} is {state}"));
            }
            "disconnect" if ahead.takes("close") => socket.disconnect_client(),
            "disconnect" => socket.disconnect(),
            "disconnecting" => {
                let (application, order) = (self.clone(), ahead.rest().to_owned());
                socket.on_disconnecting(move |socket: Socket, _: DisconnectReason| {
                    application.of_socket(&socket, Words::new(&order));
                });
            }
            "disconnected" => {
                let (application, order) = (self.clone(), ahead.rest().to_owned());
                socket.on_disconnect(move |socket: Socket, _: DisconnectReason| {
                    application.of_socket(&socket, Words::new(&order));
                });
            }
            _ => self.speak(socket, name, words),
        }
    }

    /// `on "x"`, `once "x"`, `on any`, `on outgoing`, `on error`.
    fn listen(&self, socket: &Socket, verb: &str, mut words: Words<'_>) {
        let (application, name) = (self.clone(), name(socket));
        let Some(event) = words.texts().pop() else {
            match &*words.word() {
                "any" => {
                    socket.on_any(move |event: EventName, args: Args| {
                        application.note(format!("A: {name} any {:?}{}", &*event, written(&args)));
                    });
                }
                "outgoing" => {
                    socket.on_any_outgoing(move |event, args: &Args| {
                        application.note(format!("A: {name} outgoing {event:?}{}", written(args)));
                    });
                }
                "error" => socket.on_error(move |failure| {
                    application.note(format!("A: {name} error {:?}", failure.message));
                }),
                other => panic!("no order: {other}"),
            }
            return;
        };
        let heard = event.clone();
        let listener = move |args: Args, ack: Ack| {
            let what = if ack.is_wanted() { "question" } else { "event" };
            application.note(format!("A: {name} {what} {heard:?}{}", written(&args)));
            application.with(|state| state.acks.insert(name.clone(), ack));
        };
        let listener = match verb {
            "once" => socket.once(&event, listener),
            _ => socket.on(&event, listener),
        };
        self.with(|state| state.listeners.insert(event, listener));
    }

    /// Event middleware that waits for an order.
    fn guard_events(&self, socket: &Socket) {
        let (application, name) = (self.clone(), name(socket));
        socket.middleware(move |incoming: Incoming| {
            let (sender, decided) = oneshot::channel();
            let Incoming { name: event, args, .. } = incoming;
            application.note(format!("A: {name} asked about {:?}{}", &*event, written(&args)));
            application.with(|state| state.events.insert(name.clone(), sender));
            async move { decided.await.unwrap_or(Ok(())) }
        });
    }

    /// What somebody waits for at the door, or with an event.
    fn decide(&self, name: &str, verdict: Result<(), Refused>) {
        let door =
            self.with(|state| state.doors.remove(name).or_else(|| state.events.remove(name)));
        let _ = door.expect("somebody who waits").send(verdict);
    }
}

/// `refuse "text" {"data":1}`.
fn refusal(mut words: Words<'_>) -> Refused {
    let refused = Refused::new(words.text());
    match words.values().0.pop() {
        Some(Value::Json(data)) => refused.with_data::<Box<RawValue>>(&data).expect("JSON"),
        _ => refused,
    }
}
