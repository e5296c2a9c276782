//! Deserializing: from arguments to the type a handler wants them as.
//!
//! ```text
//!   ["move",3,4]
//!    └────┤ │ └─ second element of the tuple that is wanted
//!         │ └─── first element
//!         └───── stepped over: the event's name
//! ```
//!
//! The work is serde_json's, and each value goes straight from the text into its type.
//! This file adds which element goes where, and what there is when there is none.
//! [`args`](super::args) has the table.
//!
//! Core file. Spec: Socket.IO v5, ["Sending and receiving data"].
//!
//! ["Sending and receiving data"]: https://github.com/socketio/socket.io-protocol#sending-and-receiving-data

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::args::Args;
use super::fill::{Fill, Filling, allowance};
use super::shape::{self, Shape};

/// Reads arguments as a `T`.
pub(super) fn arguments<'a, T>(args: &'a Args) -> Result<T, serde_json::Error>
where
    T: Deserialize<'a>,
{
    let left = Cell::new(allowance(args.attachments()));
    let filling = match args.attachments() {
        [] => None,
        attachments => Some(Filling { attachments, left: &left }),
    };
    let mut json = serde_json::Deserializer::from_str(args.json());
    json.deserialize_seq(Array { args, filling, wanted: PhantomData })
}

/// What to do with the array: read a `T` out of it.
struct Array<'a, T> {
    args: &'a Args,
    filling: Option<Filling<'a>>,
    wanted: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Array<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<T, A::Error> {
        if self.args.is_named() {
            elements.next_element::<IgnoredAny>()?;
        }
        let len = self.args.len();
        let mut list = List { elements, filling: self.filling, read: 0, len };
        let value = match shape::of::<T>() {
            Shape::Nothing => T::deserialize(UnitDeserializer::new())?,
            Shape::Several => T::deserialize(Tuple(&mut list))?,
            Shape::One => list.argument(PhantomData)?,
        };
        while list.elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(value)
    }
}

/// The arguments that have not been read; behind the last, there is nothing without end.
struct List<'a, A> {
    elements: A,
    filling: Option<Filling<'a>>,
    read: usize,
    len: usize,
}

impl<'de, A: SeqAccess<'de>> List<'_, A> {
    fn argument<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.read += 1;
        if self.read > self.len {
            return seed.deserialize(Missing { number: self.read, error: PhantomData });
        }
        let value = match self.filling {
            None => self.elements.next_element_seed(seed),
            Some(filling) => self.elements.next_element_seed(Fill::new(seed, filling)),
        };
        let number = self.read;
        let named = |error| A::Error::custom(format_args!("argument {number}: {error}"));
        value
            .map_err(named)?
            .ok_or_else(|| A::Error::invalid_length(self.len, &"as many arguments as counted"))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for List<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        self.argument(seed).map(Some)
    }
}

/// A list that is to be read as a tuple. Its [`shape`] says that it asks for one.
struct Tuple<'l, 'a, A>(&'l mut List<'a, A>);

impl<'de, A: SeqAccess<'de>> Deserializer<'de> for Tuple<'_, '_, A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_seq(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum
        identifier ignored_any
    }
}

/// An argument that is not there: `null`, for whoever can do with `null`.
struct Missing<E> {
    number: usize,
    error: PhantomData<E>,
}

impl<E: Error> Missing<E> {
    fn refuse<T>(self, expected: &dyn Expected) -> Result<T, E> {
        let Self { number, .. } = self;
        Err(E::custom(format_args!("argument {number} is missing, expected {expected}")))
    }
}

/// Answers requests that `null` cannot meet.
macro_rules! refuse {
    ($($method:ident($($type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, E> {
            self.refuse(&visitor)
        }
    )*};
}

/// Answers requests that `null` can meet.
macro_rules! null {
    ($($method:ident($($type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, E> {
            visitor.visit_unit()
        }
    )*};
}

impl<'de, E: Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    /// What asks for anything, as an enum with a tag does, may want `null` or not.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        let Self { number, .. } = self;
        let missing = |error: E| E::custom(format_args!("argument {number} is missing: {error}"));
        visitor.visit_unit().map_err(missing)
    }

    null! {
        deserialize_unit() deserialize_unit_struct(&'static str)
        deserialize_ignored_any()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V>(self, _: &'static str, visitor: V) -> Result<V::Value, E>
    where
        V: Visitor<'de>,
    {
        visitor.visit_newtype_struct(self)
    }

    refuse! {
        deserialize_bool()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_seq()
        deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize)
        deserialize_map() deserialize_struct(&'static str, &'static [&'static str])
        deserialize_enum(&'static str, &'static [&'static str]) deserialize_identifier()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;
    use std::collections::HashMap;
    use std::fmt::Debug;

    use bytes::Bytes;
    use serde::de::DeserializeOwned;
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check<T: DeserializeOwned + Debug + PartialEq>(data: &str, expected: T) {
        let found: T = Args::of_event(data).parse().unwrap();
        assert_eq!(found, expected, "{data}");
    }

    #[track_caller]
    fn refuse<T: DeserializeOwned + Debug>(data: &str, expected: &str) {
        let error = Args::of_event(data).parse::<T>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{data}: {error}");
    }

    #[test]
    fn a_tuple_is_the_arguments() {
        check(r#"["a",1,"b"]"#, (1, "b".to_owned()));
        check(r#"["a",[1],{"b":2}]"#, (vec![1], HashMap::from([("b".to_owned(), 2)])));
        check(r#"["a",1,2]"#, [1, 2]);
        check(r#"["a",[1,2]]"#, ((1, 2),));
        check(r#"["a",1]"#, Box::new((1,)));
    }

    #[test]
    fn anything_else_is_the_first_argument() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Join {
            name: String,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        struct Pair(u8, u8);
        #[derive(Debug, Deserialize, PartialEq)]
        struct Wrapper((u8, u8));
        #[derive(Debug, Deserialize, PartialEq)]
        enum Choice {
            Plain,
            Fields { a: u8 },
        }

        check(r#"["a",1,"b"]"#, 1);
        check(r#"["a",[1,2],3]"#, vec![1, 2]);
        check(r#"["a",{"name":"x","more":1},3]"#, Join { name: "x".to_owned() });
        check(r#"["a",[1,2]]"#, Pair(1, 2));
        check(r#"["a",[1,2]]"#, Wrapper((1, 2)));
        check(r#"["a",[1,2]]"#, Some((1, 2)));
        check(r#"["a","Plain"]"#, Choice::Plain);
        check(r#"["a",{"Fields":{"a":1}}]"#, Choice::Fields { a: 1 });
        check(r#"["a",{"b":[null]}]"#, json!({"b": [null]}));
        check(r#"["a","text"]"#, Bytes::from("text"));
    }

    #[test]
    fn unit_accepts_anything() {
        check(r#"["a"]"#, ());
        check(r#"["a",1,{"b":[1e400,"\ud83d"]}]"#, ());
    }

    #[test]
    fn what_is_missing_is_null_for_whoever_takes_null() {
        check(r#"["a",1]"#, (1, None::<u8>, None::<u8>));
        check(r#"["a"]"#, None::<u8>);
        check(r#"["a",null]"#, None::<u8>);
        check(r#"["a",1]"#, Some(1));
        check(r#"["a",1]"#, (1, Value::Null));
        check(r#"["a"]"#, ((), ()));
        #[derive(Debug, Deserialize, PartialEq)]
        struct Wrapper<T>(T);
        check(r#"["a"]"#, Wrapper(None::<u8>));
        refuse::<Wrapper<u8>>(r#"["a"]"#, "argument 1 is missing, expected u8");
        refuse::<u8>(r#"["a"]"#, "argument 1 is missing, expected u8");
        refuse::<(u8, String)>(r#"["a",1]"#, "argument 2 is missing, expected a string");
        refuse::<(u8, Vec<u8>)>(r#"["a",1]"#, "argument 2 is missing, expected a sequence");
        #[derive(Debug, Deserialize)]
        #[serde(tag = "kind")]
        enum Tagged {
            Add,
        }
        refuse::<Tagged>(r#"["a"]"#, "argument 1 is missing: invalid type: null, expected");
        assert!(matches!(Args::of_event(r#"["a",{"kind":"Add"}]"#).parse(), Ok(Tagged::Add)));
    }

    #[test]
    fn what_is_more_is_ignored() {
        check(r#"["a",1,2,{"deep":["\ud83d"]},1e400]"#, (1, 2));
        check(r#"["a",1,"\ud83d"]"#, 1);
    }

    #[test]
    fn an_error_says_what_was_wanted_and_where() {
        refuse::<String>(r#"["a",5]"#, "argument 1: invalid type: integer `5`, expected a string");
        refuse::<(u8, u8)>(
            r#"["a",1,256]"#,
            "argument 2: invalid value: integer `256`, expected u8",
        );
        refuse::<String>(r#"["a","\ud83d"]"#, "argument 1: unexpected end of hex escape");
        refuse::<f64>(r#"["a",1e400]"#, "argument 1: number out of range");
    }

    #[test]
    fn raw_text_is_an_argument_like_any_other() {
        let args = Args::of_event(r#"["a", {"b":1.0,"a":"\ud83d"} ,2]"#);
        let raw: Box<RawValue> = args.parse().unwrap();
        assert_eq!(raw.get(), r#"{"b":1.0,"a":"\ud83d"}"#);
        let (raw, number): (Box<RawValue>, u8) = args.parse().unwrap();
        assert_eq!((raw.get().len(), number), (22, 2));
    }

    #[test]
    fn text_without_escapes_can_be_borrowed() {
        let args = Args::of_event(r#"["a","b",["é","\n"]]"#);
        let (first, (second, _)): (&str, (&str, &RawValue)) = args.parse().unwrap();
        assert_eq!((first, second), ("b", "é"));
        let (_, [_, third]): (&str, [Cow<'_, str>; 2]) = args.parse().unwrap();
        assert_eq!(third, "\n");
        let error = args.parse::<(&str, [&str; 2])>().unwrap_err().to_string();
        assert!(error.starts_with("argument 2: invalid type: string \"\\n\""), "{error}");
    }

    #[test]
    fn depth_is_an_error_and_no_crash() {
        let nested = |depth| format!(r#"["a",{}{}]"#, "[".repeat(depth), "]".repeat(depth));
        assert!(Args::of_event(&nested(126)).parse::<Value>().is_ok());
        refuse::<Value>(&nested(128), "argument 1: recursion limit exceeded");
        refuse::<(Value, Value)>(&nested(100_000), "argument 1: recursion limit exceeded");
        check(&nested(100_000), ());
    }

    /// In a packet without attachments, a placeholder is an object like any other.
    #[test]
    fn without_attachments_a_placeholder_is_data() {
        let data = r#"["a",{"_placeholder":true,"num":0}]"#;
        check(data, json!({"_placeholder": true, "num": 0}));
        refuse::<Bytes>(data, "argument 1: invalid type: map, expected byte array");
    }
}
