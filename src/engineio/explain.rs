//! What the pieces of an Engine.IO packet, body or frame are called.
//!
//! ```text
//!   4hello␞2probe␞bAQID
//!   │├───┘│││    │││
//!   ││    │││    ││└─ base64
//!   ││    │││    │└── mark of base64
//!   ││    │││    └─── separator
//!   ││    ││└──────── probe
//!   │└ data└───────── type
//!   └─ type
//! ```
//!
//! The parsers of this layer say these names to their [observer](super::observe).
//!
//! Core file. Spec: Engine.IO v4, "Packet encoding".

/// What a piece is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The character, or the byte, that says what the packet is.
    Type,
    /// What a message carries, or what nobody asks for behind another packet.
    Data,
    /// The word `probe` behind a ping or a pong.
    Probe,
    /// What stands between two packets of a body.
    Separator,
    /// The `b` that says that base64 follows.
    Base64Mark,
    /// Bytes that travel as text.
    Base64,
    /// What the server says of the session.
    Handshake,
    /// In revision 3: how long the next packet is, and what ends that number.
    Length,
    /// Of a WebSocket frame: whether it is the last of its message, and what it is.
    FrameHead,
    /// Of a WebSocket frame: how long it is, and whether there is a mask.
    FrameLength,
    /// Of a WebSocket frame: the mask.
    FrameMask,
    /// Of a WebSocket frame: what it carries, where that is not taken apart.
    FramePayload,
}

impl Kind {
    /// Its name for programs, which does not change.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "engineio.type",
            Self::Data => "engineio.data",
            Self::Probe => "engineio.probe",
            Self::Separator => "engineio.separator",
            Self::Base64Mark => "engineio.base64.mark",
            Self::Base64 => "engineio.base64",
            Self::Handshake => "engineio.handshake",
            Self::Length => "engineio.length",
            Self::FrameHead => "frame.head",
            Self::FrameLength => "frame.length",
            Self::FrameMask => "frame.mask",
            Self::FramePayload => "frame.payload",
        }
    }
}
