//! Shape: whether a type stands for several arguments, for one, or for none.
//!
//! ```text
//!   ("a", 1)        several   "a",1
//!   ["a", "b"]      several   "a","b"       an array of fixed length
//!   ()              none
//!   vec!["a", "b"]  one       ["a","b"]
//!   "a"             one       "a"
//! ```
//!
//! Rust has no question *is this a tuple?*, but serde asks each type which of its thirty
//! kinds it wants to be read as. So here is a deserializer that reads nothing: it listens
//! to what is asked for, and gives that back as its error. The compiler sees through all
//! of it, and what remains at run time is a constant.
//!
//! Core file. Not in the specification.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// How a type relates to a list of arguments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// `()`: it wants no argument.
    Nothing,
    /// A tuple or an array: each element is an argument.
    Several,
    /// Anything else: it is the first argument.
    One,
}

/// The shape of `T`.
pub(super) fn of<'de, T: Deserialize<'de>>() -> Shape {
    // A type that makes do with failure never wanted a tuple.
    T::deserialize(Listener).err().unwrap_or(Shape::One)
}

struct Listener;

impl<'de> Deserializer<'de> for Listener {
    type Error = Shape;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Shape> {
        Err(Shape::One)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Shape> {
        Err(Shape::Nothing)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Shape> {
        Err(Shape::Several)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit_struct newtype_struct seq tuple_struct map struct enum identifier
        ignored_any
    }
}

/// An answer that travels as an error, since that is the way out of a deserializer.
impl Error for Shape {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::One
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "no argument",
            Self::Several => "several arguments",
            Self::One => "one argument",
        })
    }
}

impl std::error::Error for Shape {}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn tuples_and_arrays_are_several_arguments() {
        assert_eq!(of::<(u8, String)>(), Shape::Several);
        assert_eq!(of::<(Vec<u8>,)>(), Shape::Several);
        assert_eq!(of::<[u8; 3]>(), Shape::Several);
        assert_eq!(of::<[u8; 0]>(), Shape::Several);
        assert_eq!(of::<Box<(u8, u8)>>(), Shape::Several);
    }

    #[test]
    fn everything_else_is_one() {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Named {
            field: u8,
        }
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Pair(u8, u8);
        #[derive(Deserialize)]
        struct Unit;

        assert_eq!(of::<()>(), Shape::Nothing);
        assert_eq!(of::<u8>(), Shape::One);
        assert_eq!(of::<String>(), Shape::One);
        assert_eq!(of::<Vec<u8>>(), Shape::One);
        assert_eq!(of::<Option<(u8, u8)>>(), Shape::One);
        assert_eq!(of::<serde_json::Value>(), Shape::One);
        assert_eq!(of::<Box<RawValue>>(), Shape::One);
        assert_eq!(of::<bytes::Bytes>(), Shape::One);
        assert_eq!(of::<Named>(), Shape::One);
        assert_eq!(of::<Pair>(), Shape::One);
        assert_eq!(of::<Unit>(), Shape::One);
    }
}
