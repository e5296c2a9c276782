//! Bytes that tell how many of them are alive.
//!
//! What shares a buffer keeps all of it, so the length of what somebody holds says little about
//! the memory he holds. Here it is the buffers that are counted, when they are made and when
//! they are let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use bytestring::ByteString;

/// Makes buffers and watches over them.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<AtomicUsize>);

impl Watch {
    /// A buffer of its own with these bytes in it.
    pub fn bytes(&self, bytes: &[u8]) -> Bytes {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Watched { bytes: bytes.to_vec(), watch: self.clone() })
    }

    /// A buffer of its own with this text in it.
    pub fn text(&self, text: &str) -> ByteString {
        ByteString::try_from(self.bytes(text.as_bytes())).expect("it was text before")
    }

    /// How many bytes of all those buffers somebody still holds.
    pub fn alive(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

struct Watched {
    bytes: Vec<u8>,
    watch: Watch,
}

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watch.0.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}
