//! Dialects: the two revisions of the protocol that a client may speak.
//!
//! ```text
//!   GET /socket.io/?EIO=4&transport=polling     revision 4: Socket.IO clients since 3.0
//!   GET /socket.io/?EIO=3&transport=polling     revision 3: Socket.IO clients 1.x and 2.x
//! ```
//!
//! Core file. Spec: Engine.IO v4, "Handshake"; revision 3 is the document of that number.

/// A revision of the protocol. A session keeps the one it was opened with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revision {
    /// Lengths in front of packets, and clients that ping.
    Three,
    /// Separators between packets, and a server that pings.
    Four,
}

impl Revision {
    /// The revision that the parameter `EIO` of a query asks for. Whatever is not `4` is an older
    /// one, as it is for the reference server: the first clients did not send it at all.
    ///
    /// ```
    /// use sockrates::engineio::dialect::Revision;
    ///
    /// assert_eq!(Revision::asked_by(Some("4")), Revision::Four);
    /// assert_eq!(Revision::asked_by(None), Revision::Three);
    /// ```
    pub fn asked_by(version: Option<&str>) -> Self {
        if version == Some("4") { Self::Four } else { Self::Three }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Four => 4,
        }
    }
}
