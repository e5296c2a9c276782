//! Spreading: a value that is sent becomes several arguments, one, or none.
//!
//! ```text
//!   emit("add", &(1, 2))      ["add",1,2]       a tuple: its elements
//!   emit("add", &vec![1, 2])  ["add",[1,2]]     anything else: the value
//!   emit("add", &())          ["add"]           (): nothing
//!   emit("add", &Value::Null) ["add",null]      it is written as () is, but it is a value
//! ```
//!
//! The mirror of [`shape`](super::shape). There a type is asked what it wants to be read
//! as; here a value is asked to write itself, with a serializer that takes tuples only.
//! Whatever is no tuple is turned away before a byte of it is written, and is then
//! written as one argument.
//!
//! Core file. Not in the specification.

use std::any::type_name;
use std::fmt;

use serde::Serialize;
use serde::ser::{Error, Impossible, SerializeSeq, SerializeTuple, Serializer};

/// Writes a value into an array of arguments.
pub(super) fn spread<T, A>(value: &T, array: &mut A) -> Result<(), A::Error>
where
    T: Serialize + ?Sized,
    A: SerializeSeq,
{
    match value.serialize(Spread(array)) {
        Ok(()) => Ok(()),
        Err(Turned::Unit) if is_unit::<T>() => Ok(()),
        Err(Turned::Unit | Turned::NoTuple) => array.serialize_element(value),
        Err(Turned::Failed(error)) => Err(error),
    }
}

/// Whether a type is `()`, or refers to it. What else is written as `()` is, such as the null of a
/// JSON value, is a value, and serde does not say which of them it sees.
fn is_unit<T: ?Sized>() -> bool {
    type_name::<T>().trim_start_matches(['&', 'm', 'u', 't', ' ']) == "()"
}

/// Why a value did not become several arguments.
#[derive(Debug)]
enum Turned<E> {
    NoTuple,
    Unit,
    Failed(E),
}

impl<E: Error> Error for Turned<E> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Failed(E::custom(message))
    }
}

impl<E: fmt::Display> fmt::Display for Turned<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTuple => f.write_str("not a tuple"),
            Self::Unit => f.write_str("nothing, or null"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error> std::error::Error for Turned<E> {}

struct Spread<'a, A>(&'a mut A);

/// The elements of a tuple are elements of the array.
impl<A: SerializeSeq> SerializeTuple for Spread<'_, A> {
    type Ok = ();
    type Error = Turned<A::Error>;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.0.serialize_element(value).map_err(Turned::Failed)
    }

    fn end(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Turns a kind of value away.
macro_rules! no_tuple {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $type),*) -> Result<$ok, Self::Error> {
            Err(Turned::NoTuple)
        }
    )*};
}

type Never<E> = Impossible<(), Turned<E>>;

impl<A: SerializeSeq> Serializer for Spread<'_, A> {
    type Ok = ();
    type Error = Turned<A::Error>;
    type SerializeSeq = Never<A::Error>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Never<A::Error>;
    type SerializeTupleVariant = Never<A::Error>;
    type SerializeMap = Never<A::Error>;
    type SerializeStruct = Never<A::Error>;
    type SerializeStructVariant = Never<A::Error>;

    fn serialize_tuple(self, _: usize) -> Result<Self, Self::Error> {
        Ok(self)
    }

    fn serialize_unit(self) -> Result<(), Self::Error> {
        Err(Turned::Unit)
    }

    no_tuple! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize)
            -> Self::SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Self::Error> {
        Err(Turned::NoTuple)
    }

    fn serialize_newtype_struct<T>(self, _: &'static str, _: &T) -> Result<(), Self::Error>
    where
        T: Serialize + ?Sized,
    {
        Err(Turned::NoTuple)
    }

    fn serialize_newtype_variant<T>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Self::Error>
    where
        T: Serialize + ?Sized,
    {
        Err(Turned::NoTuple)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Self::Error> {
        Err(Turned::NoTuple)
    }
}
