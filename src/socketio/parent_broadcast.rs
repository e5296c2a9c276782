//! Broadcasts over all children of a parent.
//!
//! ```text
//!   rooms.to("vip").emit("news", 1)     42/room-7,["news",1]     to those in "vip" there
//!                                       42/room-9,["news",1]     and there
//! ```
//!
//! Each child has rooms of its own, so the same room is meant in each of them.
//!
//! Shell file: hands on to each child's adapter. Not in the specification: as the reference
//! server has it. There is no way to fetch sockets or to await answers of all children, since the
//! reference server has none that works.

use serde::Serialize;

use super::audience::{Audience, IntoRooms};
use super::broadcast::Broadcast;
use super::encode::EncodeError;
use super::flags::{Flags, flag_verbs};
use super::parent::Parent;
use super::socket::Socket;

/// An audience in each child of a parent. Who the children are is looked at when something is
/// sent.
#[derive(Clone, Debug)]
pub struct ParentBroadcast {
    parent: Parent,
    audience: Audience,
    flags: Flags,
}

impl ParentBroadcast {
    flag_verbs!(Self, self, self);

    pub(super) fn flagged(mut self, change: impl FnOnce(&mut Flags)) -> Self {
        change(&mut self.flags);
        self
    }

    pub(super) fn new(parent: &Parent) -> Self {
        let (audience, flags) = (Audience::default(), Flags::default());
        Self { parent: parent.clone(), audience, flags }
    }

    /// Only those that are on this server. Officially `local`.
    #[must_use]
    pub fn local(self) -> Self {
        self.flagged(|flags| flags.local = true)
    }

    /// Those in a room as well, or in any of several. Officially `to` and `in`.
    #[must_use]
    pub fn to(self, rooms: impl IntoRooms) -> Self {
        Self { audience: self.audience.to(rooms), ..self }
    }

    /// But not those in a room, or in any of several, whatever else they are in.
    #[must_use]
    pub fn except(self, rooms: impl IntoRooms) -> Self {
        Self { audience: self.audience.except(rooms), ..self }
    }

    /// Sends an event to each socket of the audience in each child: see [`Broadcast::emit`].
    /// Returns how many sockets it was sent to.
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn emit<T: Serialize>(&self, event: &str, data: T) -> Result<usize, EncodeError> {
        let children = self.children();
        children.iter().try_fold(0, |sent, child| Ok(sent + child.emit(event, &data)?))
    }

    /// Sends an event named `message` to each: see [`emit`](Self::emit).
    ///
    /// # Errors
    /// When the event can not be encoded. Then nobody gets it.
    pub fn send<T: Serialize>(&self, data: T) -> Result<usize, EncodeError> {
        self.emit("message", data)
    }

    /// The sockets of the audience that are on this server, as they are now.
    pub fn sockets(&self) -> Vec<Socket> {
        self.children().iter().flat_map(Broadcast::sockets).collect()
    }

    /// Puts the sockets of the audience into a room of their namespace, or into several.
    /// Officially `socketsJoin`.
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        self.children().iter().for_each(|child| child.sockets_join(&rooms));
    }

    /// Takes the sockets of the audience out of a room of their namespace, or of several.
    /// Officially `socketsLeave`.
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        self.children().iter().for_each(|child| child.sockets_leave(&rooms));
    }

    /// Disconnects the sockets of the audience from their namespaces: see
    /// [`Broadcast::disconnect_sockets`].
    pub fn disconnect_sockets(&self, close: bool) {
        self.children().iter().for_each(|child| child.disconnect_sockets(close));
    }

    fn children(&self) -> Vec<Broadcast> {
        let children = self.parent.children();
        let same = |child| Broadcast::of(child, self.audience.clone(), self.flags.clone());
        children.iter().map(same).collect()
    }
}
