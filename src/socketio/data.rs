//! Data: what an application keeps with a socket.
//!
//! ```text
//!   socket.data().insert(User { … })     one value of each type, for this process
//!   socket.data().share("name", "Ada")   JSON, which other servers see in `fetch_sockets`
//! ```
//!
//! Core file. Not in the specification: officially `socket.data`, an object with whatever is put
//! into it.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

/// What is kept with a socket. It lives as long as the socket, and where the client's connection
/// is recovered, as long as all that the client takes for one.
///
/// ```
/// use sockrates::socketio::data::Data;
///
/// struct Name(String);
///
/// let data = Data::default();
/// data.insert(Name("Ada".to_owned()));
/// assert_eq!(data.get::<Name>().map(|name| name.0.clone()), Some("Ada".to_owned()));
/// assert!(data.get::<String>().is_none());
///
/// data.share("room", 7)?;
/// assert_eq!(data.shared()["room"], 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Default)]
pub struct Data(Mutex<Option<Box<Kept>>>);

/// Most sockets keep nothing, and then there is none of this.
#[derive(Clone, Default)]
struct Kept {
    typed: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    shared: Map<String, Value>,
}

impl Data {
    /// Keeps a value in place of the one of its type that was kept before, which is given back.
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) -> Option<Arc<T>> {
        let mut kept = self.kept();
        let typed = &mut kept.get_or_insert_default().typed;
        typed.insert(TypeId::of::<T>(), Arc::new(value))?.downcast().ok()
    }

    /// The value of this type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.kept().as_ref()?.typed.get(&TypeId::of::<T>())?.clone().downcast().ok()
    }

    /// Keeps the value of this type no longer, and gives it back.
    pub fn remove<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.kept().as_mut()?.typed.remove(&TypeId::of::<T>())?.downcast().ok()
    }

    /// Keeps something under a name, for all servers to see.
    ///
    /// # Errors
    /// When it can not be written as JSON.
    pub fn share(&self, name: &str, value: impl Serialize) -> Result<(), serde_json::Error> {
        let value = serde_json::to_value(value)?;
        self.kept().get_or_insert_default().shared.insert(name.to_owned(), value);
        Ok(())
    }

    /// What is shared.
    pub fn shared(&self) -> Map<String, Value> {
        self.kept().as_ref().map(|kept| kept.shared.clone()).unwrap_or_default()
    }

    /// Keeps what another keeps, and nothing else.
    pub fn inherit(&self, other: &Self) {
        let inherited = other.kept().clone();
        let before = mem::replace(&mut *self.kept(), inherited);
        // Dropped here, outside the lock.
        drop(before);
    }

    fn kept(&self) -> MutexGuard<'_, Option<Box<Kept>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        let typed = kept.as_ref().map_or(0, |kept| kept.typed.len());
        write!(f, "Data({typed} typed, shared: {:?})", kept.as_ref().map(|kept| &kept.shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_each_type_is_kept() {
        let data = Data::default();
        assert!(data.insert(1_u8).is_none() && data.insert("one").is_none());
        assert_eq!(data.insert(2_u8).as_deref(), Some(&1));
        assert_eq!(data.get::<u8>().as_deref(), Some(&2));
        assert_eq!(data.remove::<u8>().as_deref(), Some(&2));
        assert!(data.get::<u8>().is_none() && data.remove::<u8>().is_none());
        assert_eq!(data.get::<&str>().as_deref(), Some(&"one"));
    }

    #[test]
    fn what_is_inherited_is_the_same_value() {
        let (old, new) = (Data::default(), Data::default());
        old.insert(Mutex::new(1));
        assert!(old.share("a", [1, 2]).is_ok());
        new.inherit(&old);
        let both = old.get::<Mutex<i32>>().zip(new.get::<Mutex<i32>>());
        assert!(both.is_some_and(|(one, other)| Arc::ptr_eq(&one, &other)));
        assert_eq!(new.shared(), old.shared());
    }
}
