//! The contract of a benchmarked server, as plain text: what a floor has to look at, and no more.
//!
//! ```text
//!   40                          ►  40{"sid":"x"}
//!   42["echo","x"]              ►  the same bytes
//!   451-["bin",{…}] and bytes   ►  the same two frames
//!   427["ack-me","x"]           ►  437["x"]
//!   420["join","r"]             ►  430[]                 and from now on in the room r
//!   42["bcast","r","x"]         ►  42["bcast","x"]       to everybody in the room r
//! ```

/// The handshake of a session that nobody looks up again.
#[allow(dead_code, reason = "a floor on polling needs ids")]
pub const OPEN: &str =
    r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// The answer to `40`.
pub const CONNECTED: &str = r#"40{"sid":"x"}"#;

/// What a packet from a client asks for.
#[derive(Debug)]
pub enum Wish<'a> {
    Connect,
    /// The same, back.
    Same,
    Answer(String),
    #[allow(dead_code, reason = "not every floor has rooms")]
    Join {
        room: &'a str,
        answer: String,
    },
    #[allow(dead_code, reason = "not every floor has rooms")]
    Broadcast {
        room: &'a str,
        packet: String,
    },
    Nothing,
}

impl<'a> Wish<'a> {
    pub fn read(packet: &'a str) -> Self {
        let id_end = packet.find('[').unwrap_or(packet.len());
        let (head, args) = packet.split_at(id_end);
        let id = head.get(2..).unwrap_or_default();
        if packet.starts_with(r#"42["echo","#) || packet.starts_with("451-") {
            Self::Same
        } else if let Some(args) = args.strip_prefix(r#"["ack-me","#) {
            Self::Answer(format!("43{id}[{args}"))
        } else if let Some(room) = args.strip_prefix(r#"["join",""#) {
            Self::Join { room: room.trim_end_matches("\"]"), answer: format!("43{id}[]") }
        } else if let Some(rest) = args.strip_prefix(r#"["bcast",""#) {
            let Some((room, payload)) = rest.split_once(r#"","#) else { return Self::Nothing };
            Self::Broadcast { room, packet: format!(r#"42["bcast",{payload}"#) }
        } else if packet == "40" {
            Self::Connect
        } else {
            Self::Nothing
        }
    }
}
