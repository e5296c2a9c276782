//! What is measured: each scenario is one way to call `sockrates load`, and a question.
//!
//! ```text
//!   echo16   sockrates load URL echo --in-flight 16   ►  what does a message cost the server?
//!   idle-ws  sockrates load URL idle --clients 10000  ►  what does a client weigh?
//! ```

/// What the figures of a run are looked at for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Question {
    /// CPU time of the server for each message, messages a second, latency.
    Cost,
    /// Bytes of memory for each client.
    Memory,
    /// How much the server grows while one client does not read, and what the others feel.
    Slow,
    /// What is left when a storm is over.
    Storm,
    /// How the cost changes with a second thread.
    Cores,
    /// What those who talk quietly feel while others make noise.
    Strain,
}

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    pub question: Question,
    pub load: &'static str,
    /// Another load at the same time, to disturb it.
    pub noise: Option<&'static str>,
    /// Threads of the server; with more than one it is not bound to one core.
    pub threads: usize,
}

const fn cost(name: &'static str, title: &'static str, load: &'static str) -> Scenario {
    Scenario { name, title, question: Question::Cost, load, noise: None, threads: 1 }
}

const fn other(
    question: Question,
    name: &'static str,
    title: &'static str,
    load: &'static str,
) -> Scenario {
    Scenario { name, title, question, load, noise: None, threads: 1 }
}

const fn noisy(name: &'static str, title: &'static str, noise: Option<&'static str>) -> Scenario {
    let load = "echo --rate 3000";
    Scenario { name, title, question: Question::Strain, load, noise, threads: 1 }
}

/// The name of a scenario begins with what a server has to be able to do for it.
pub const SCENARIOS: &[Scenario] = &[
    cost("echo1", "echo, 50 clients, 32 B, one in flight", "echo"),
    cost("echo16", "echo, 32 B, 16 in flight", "echo --in-flight 16"),
    cost("echo16-1k", "echo, 1 KiB, 16 in flight", "echo --in-flight 16 --size 1024"),
    cost("ack16", "ack, 32 B, 16 in flight", "ack --in-flight 16"),
    cost(
        "bcast1000",
        "broadcast, room of 1,000, 128 B",
        "broadcast --clients 1000 --size 128 --warm-up 2",
    ),
    cost(
        "bcast100x8",
        "broadcast, room of 100, 8 in flight",
        "broadcast --clients 100 --in-flight 8 --size 128",
    ),
    cost(
        "bcast20x50",
        "broadcast, 20 rooms of 50",
        "broadcast --clients 1000 --rooms 20 --size 128 --warm-up 2",
    ),
    cost("bin1k", "binary echo, 1 KiB, 16 in flight", "binary --in-flight 16 --size 1024"),
    cost("bin64k", "binary echo, 64 KiB, 2 in flight", "binary --in-flight 2 --size 65536"),
    cost("poll1", "polling echo, one in flight", "echo --transport polling"),
    cost("poll10", "polling echo, 10 in flight", "echo --transport polling --in-flight 10"),
    cost("churn-ws", "connect, CONNECT, close", "churn --clients 20"),
    cost(
        "churn-upgrade",
        "open, upgrade, first ack, close; 32 at a time",
        "churn --clients 32 --transport upgrade",
    ),
    other(Question::Memory, "idle-ws", "idle, 10,000 over WebSocket", "idle --clients 10000"),
    other(
        Question::Memory,
        "idle-polls",
        "idle, 9,000 waiting polls",
        "idle --clients 9000 --transport polling",
    ),
    other(
        Question::Slow,
        "slow-none",
        "room of 20, 2,000 a second of 4 KiB, for 15 s",
        "broadcast --clients 20 --rate 2000 --size 4096 --seconds 15",
    ),
    other(
        Question::Slow,
        "slow-one",
        "the same, and one that does not read",
        "broadcast --clients 20 --silent 1 --rate 2000 --size 4096 --seconds 15",
    ),
    other(
        Question::Storm,
        "storm",
        "5,000 clients, 100 KB to each; 20,000 come and go",
        "storm --clients 5000 --size 100000 --seconds 2",
    ),
    Scenario {
        name: "echo-cores1",
        title: "echo, 16 in flight, one thread",
        question: Question::Cores,
        load: "echo --in-flight 16 --clients 100",
        noise: None,
        threads: 1,
    },
    Scenario {
        name: "echo-cores2",
        title: "echo, 16 in flight, two threads",
        question: Question::Cores,
        load: "echo --in-flight 16 --clients 100",
        noise: None,
        threads: 2,
    },
    Scenario {
        name: "bcast-cores1",
        title: "broadcast, 20 rooms of 50, one thread",
        question: Question::Cores,
        load: "broadcast --clients 1000 --rooms 20 --size 128 --warm-up 2",
        noise: None,
        threads: 1,
    },
    Scenario {
        name: "bcast-cores2",
        title: "broadcast, 20 rooms of 50, two threads",
        question: Question::Cores,
        load: "broadcast --clients 1000 --rooms 20 --size 128 --warm-up 2",
        noise: None,
        threads: 2,
    },
    noisy("strain-none", "echo at 3,000 a second", None),
    noisy(
        "strain-slow",
        "… beside a slow consumer",
        Some("broadcast --clients 20 --silent 1 --rate 200 --size 4096"),
    ),
    noisy("strain-burst", "… beside a burst of handshakes", Some("churn --clients 100")),
    noisy(
        "strain-huge",
        "… beside broadcasts to 5,000",
        Some("broadcast --clients 5000 --rate 1 --size 128"),
    ),
];
