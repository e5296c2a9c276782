//! What hooks attach to a request: values, each found by its type.
//!
//! ```text
//!   request.insert(User("Ada"))          in a hook
//!   request.get::<User>()                in a later one
//!   handshake.extensions().get::<User>() in the session that it has opened
//! ```
//!
//! Shell file: owns a lock, under which a value is neither cloned nor dropped: that is code of the
//! application. Not in the specification.

use std::any::{Any, TypeId};
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;

/// The values that were attached. There is one of each type.
#[derive(Default)]
pub(super) struct Attached(Mutex<Vec<Value>>);

#[derive(Clone)]
struct Value {
    value: Arc<dyn Any + Send + Sync>,
    /// Puts a copy of it there.
    put: fn(&dyn Any, &mut Extensions),
}

impl Attached {
    /// Attaches a value, in place of the one of this type.
    pub(super) fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) {
        let mut value = Value { value: Arc::new(value), put: put::<T> };
        let mut values = self.lock();
        match values.iter_mut().find(|it| it.is::<T>()) {
            Some(place) => mem::swap(place, &mut value),
            None => return values.push(value),
        }
        // The one that was there is dropped when the lock is not held any more.
        drop(values);
    }

    /// The value of this type.
    pub(super) fn get<T: Clone + 'static>(&self) -> Option<T> {
        let found = self.lock().iter().find(|it| it.is::<T>()).cloned()?;
        found.value.downcast_ref().cloned()
    }

    /// Copies all of them.
    pub(super) fn copy_to(&self, extensions: &mut Extensions) {
        let values = self.lock().clone();
        for Value { value, put } in values {
            put(&*value, extensions);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        // Nothing that can panic happens under the lock, so there is nothing to mend.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Value {
    fn is<T: 'static>(&self) -> bool {
        (*self.value).type_id() == TypeId::of::<T>()
    }
}

fn put<T: Clone + Send + Sync + 'static>(value: &dyn Any, extensions: &mut Extensions) {
    if let Some(value) = value.downcast_ref::<T>() {
        extensions.insert(value.clone());
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").field("values", &self.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_value_of_each_type() {
        let attached = Attached::default();
        attached.insert(1_u8);
        attached.insert("a".to_owned());
        attached.insert(2_u8);
        assert_eq!((attached.get::<u8>(), attached.get::<u16>()), (Some(2), None));
        let mut extensions = Extensions::new();
        extensions.insert(3_u16);
        extensions.insert(4_u8);
        attached.copy_to(&mut extensions);
        assert_eq!(extensions.get::<u8>(), Some(&2), "a hook has the last word");
        assert_eq!(extensions.get::<String>(), Some(&"a".to_owned()));
        assert_eq!(extensions.get::<u16>(), Some(&3));
    }

    /// A value whose copies and whose end look at what is attached.
    struct Curious(Arc<Attached>);

    impl Clone for Curious {
        fn clone(&self) -> Self {
            self.0.insert(self.0.get().unwrap_or(0_u8) + 1);
            Self(self.0.clone())
        }
    }

    impl Drop for Curious {
        fn drop(&mut self) {
            self.0.insert(self.0.get().unwrap_or(0_u8) + 1);
        }
    }

    #[test]
    fn a_value_may_look_at_the_others() {
        let attached = Arc::new(Attached::default());
        attached.insert(Curious(attached.clone()));
        drop(attached.get::<Curious>());
        assert_eq!(attached.get::<u8>(), Some(2), "copied and dropped");
        attached.insert(Curious(attached.clone()));
        assert_eq!(attached.get::<u8>(), Some(3), "replaced");
        attached.copy_to(&mut Extensions::new());
        assert_eq!(attached.get::<u8>(), Some(5));
    }
}
