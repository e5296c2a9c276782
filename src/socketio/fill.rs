//! Filling: attachments in the place of their placeholders, while values are read.
//!
//! ```text
//!   {"name":"cat.png","data":{"_placeholder":true,"num":0}}       what is written
//!   Upload { name: String, data: Bytes }                          what is wanted
//!                                └───── asks for bytes: here attachment 0 is handed over
//! ```
//!
//! [`Fill`] wraps whatever serde passes around while a value is read: the deserializer
//! itself, the visitor it calls back, the accesses to elements, entries and variants. Each
//! wrapper wraps what it hands on, so a request for bytes is met at any depth. All other
//! requests go to serde_json.
//!
//! Core file. Spec: Socket.IO v5, ["Packet encoding"], "payload without binary".
//!
//! ["Packet encoding"]: https://github.com/socketio/socket.io-protocol#packet-encoding

use std::cell::Cell;
use std::fmt;

use bytes::Bytes;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::value::RawValue;

use super::placeholder::{Candidate, Field};

/// What is at hand to fill placeholders with.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) attachments: &'a [Bytes],
    /// How many bytes may still be copied, see [`allowance`].
    pub(super) left: &'a Cell<usize>,
}

/// How many bytes are copied at most while a packet with these attachments is read.
///
/// Each placeholder copies its attachment, and a thousand of them may name the same one:
/// a megabyte received would be a gigabyte in memory. Twice over, and some small change,
/// is more than any honest packet needs.
pub(super) fn allowance(attachments: &[Bytes]) -> usize {
    const SMALL_CHANGE: usize = 64 * 1024;
    let total: usize = attachments.iter().map(Bytes::len).sum();
    total.saturating_mul(2).saturating_add(SMALL_CHANGE)
}

/// Something of serde's, and what to fill placeholders with on the way through it.
pub(super) struct Fill<'a, T> {
    inner: T,
    filling: Filling<'a>,
}

impl<'a, T> Fill<'a, T> {
    pub(super) fn new(inner: T, filling: Filling<'a>) -> Self {
        Self { inner, filling }
    }
}

/// Passes a request on as it is: no placeholder can be in the answer.
macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        }
    )*};
}

/// Passes a request on with the visitor wrapped: there may be placeholders further in.
macro_rules! containers {
    ($($method:ident($($name:ident: $type:ty),*))*) => {$(
        fn $method<V>(self, $($name: $type,)* visitor: V) -> Result<V::Value, D::Error>
        where
            V: Visitor<'de>,
        {
            self.inner.$method($($name,)* Fill::new(visitor, self.filling))
        }
    )*};
}

/// Meets a request for bytes, which serde_json has no bytes for.
macro_rules! bytes {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.deserialize_any(Place { visitor, filling: self.filling })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Fill<'_, D> {
    type Error = D::Error;

    bytes! { deserialize_bytes deserialize_byte_buf }

    containers! {
        deserialize_any()
        deserialize_option()
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    scalars! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Passes a value on as it is.
macro_rules! values {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fill<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    values! {
        visit_bool(bool)
        visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
        visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Fill::new(inside, self.filling))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Fill::new(inside, self.filling))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Fill::new(elements, self.filling))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Fill::new(entries, self.filling))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Fill::new(variant, self.filling))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Fill<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Fill::new(deserializer, self.filling))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Fill<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        self.inner.next_element_seed(Fill::new(seed, self.filling))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fill<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S>(&mut self, seed: S) -> Result<S::Value, A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        self.inner.next_value_seed(Fill::new(seed, self.filling))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Fill<'a, A> {
    type Error = A::Error;
    type Variant = Fill<'a, A::Variant>;

    fn variant_seed<S>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        let (name, variant) = self.inner.variant_seed(seed)?;
        Ok((name, Fill::new(variant, self.filling)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Fill<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Fill::new(seed, self.filling))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Fill::new(visitor, self.filling))
    }

    fn struct_variant<V>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.struct_variant(fields, Fill::new(visitor, self.filling))
    }
}

/// A place where bytes are wanted: by rights a placeholder stands there.
///
/// A string or a list of numbers will do too, as it does in packets without attachments.
struct Place<'a, V> {
    visitor: V,
    filling: Filling<'a>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Place<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<V::Value, A::Error> {
        let mut candidate = Candidate::default();
        while let Some(key) = entries.next_key::<String>()? {
            let value: &RawValue = entries.next_value()?;
            candidate.set(Field::named(&key), value.get());
        }
        let num = candidate.num.filter(|_| candidate.marked);
        let attachment = num
            .and_then(|num| self.filling.attachments.get(num))
            .ok_or_else(|| A::Error::invalid_type(Unexpected::Map, &self.visitor))?;

        let left = self.filling.left.get().checked_sub(attachment.len());
        let too_often = || A::Error::custom("attachments are repeated too often");
        self.filling.left.set(left.ok_or_else(too_often)?);
        self.visitor.visit_bytes(attachment)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.visitor.visit_str(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(numbers)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::super::args::Args;
    use super::*;

    const ZERO: &str = r#"{"_placeholder":true,"num":0}"#;
    const ONE: &str = r#"{"num":1,"more":[],"_placeholder":true}"#;

    /// Arguments with the attachments `zero` and `one`.
    fn args(data: &str) -> Args {
        Args::of_answer(data).complete(vec!["zero".into(), "one".into()]).unwrap()
    }

    #[track_caller]
    fn check<T: DeserializeOwned + Debug + PartialEq>(data: &str, expected: T) {
        assert_eq!(args(data).parse::<T>().unwrap(), expected, "{data}");
    }

    fn zero() -> Bytes {
        "zero".into()
    }

    fn one() -> Bytes {
        "one".into()
    }

    #[test]
    fn bytes_are_found_at_any_depth() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Upload {
            name: String,
            data: Bytes,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        struct Wrapper(Bytes);
        #[derive(Debug, Deserialize, PartialEq)]
        enum Choice {
            New(Bytes),
            Two(Bytes, Bytes),
            Named { data: Bytes },
            Unit,
        }

        check(&format!("[{ZERO}]"), zero());
        check(&format!("[{ZERO},{ONE}]"), (zero(), one()));
        check(&format!("[1,{ONE},{ZERO}]"), (1, one(), zero()));
        check(&format!("[{ZERO}]"), Some(zero()));
        check(&format!("[[{ZERO},{ZERO}]]"), vec![zero(), zero()]);
        check(&format!("[{ZERO}]"), (Some(zero()), None::<Bytes>));
        check("[null]", None::<Bytes>);
        check(
            &format!(r#"[{{"name":"cat","data":{ZERO},"more":{ONE}}}]"#),
            Upload { name: "cat".to_owned(), data: zero() },
        );
        check(&format!(r#"[[[{{"a":{ONE}}}]]]"#), ([[BTreeMap::from([("a".to_owned(), one())])]],));
        check(&format!("[{ZERO}]"), Wrapper(zero()));
        check(&format!(r#"[{{"New":{ZERO}}}]"#), Choice::New(zero()));
        check(&format!(r#"[{{"Two":[{ZERO},{ONE}]}}]"#), Choice::Two(zero(), one()));
        check(&format!(r#"[{{"Named":{{"data":{ONE}}}}}]"#), Choice::Named { data: one() });
        check(r#"["Unit"]"#, Choice::Unit);
    }

    #[test]
    fn other_values_are_read_as_ever() {
        check(
            &format!(r#"[true,-1,2.5,"x",null,[1],{{"a":1}},{ZERO}]"#),
            (true, -1, 2.5, 'x', (), vec![1], json!({"a": 1}), zero()),
        );
        check("[5]", json!(5));
        check(r#"["text"]"#, Bytes::from("text"));
        check("[[1,2]]", Bytes::from(vec![1, 2]));
        // What looks before it decides is shown the placeholder.
        check(&format!("[{ZERO}]"), json!({"_placeholder": true, "num": 0}));
    }

    #[test]
    fn bytes_are_not_found_where_there_are_none() {
        refuse::<Bytes>(r#"[{"num":0}]"#, "argument 1: invalid type: map, expected byte array");
        refuse::<Bytes>("[5]", "argument 1: invalid type: integer `5`, expected byte array");
        refuse::<String>(&format!("[{ZERO}]"), "argument 1: invalid type: map, expected a string");
        refuse::<(Bytes, Bytes)>(
            &format!("[{ZERO}]"),
            "argument 2 is missing, expected byte array",
        );
    }

    #[test]
    fn raw_text_keeps_its_placeholder() {
        let raw: Box<RawValue> = args(&format!("[{ONE}]")).parse().unwrap();
        assert_eq!(raw.get(), ONE);
        #[derive(Deserialize)]
        struct Letter<'a> {
            #[serde(borrow)]
            text: &'a RawValue,
            picture: Bytes,
        }
        let args = args(&format!(r#"[{{"text":[{ONE}],"picture":{ZERO}}},{{}}]"#));
        let (letter, rest): (Letter<'_>, Box<RawValue>) = args.parse().unwrap();
        assert_eq!((letter.text.get(), letter.picture), (&*format!("[{ONE}]"), zero()));
        assert_eq!(rest.get(), "{}");
    }

    /// One attachment, named ten thousand times, is not copied ten thousand times.
    #[test]
    fn repetition_is_bounded() {
        let list = |times| Args::of_answer(&format!("[[{}]]", vec![ZERO; times].join(",")));
        let attachment = Bytes::from(vec![7; 1_000_000]);
        let parse = |times| {
            let args = list(times).complete(vec![attachment.clone()]).unwrap();
            args.parse::<Vec<Bytes>>().map(|list| list.len()).map_err(|error| error.to_string())
        };
        assert_eq!(parse(2), Ok(2));
        let error = parse(10_000).unwrap_err();
        assert!(error.contains("attachments are repeated too often"), "{error}");
    }

    #[test]
    fn depth_is_an_error_and_no_crash() {
        let data = format!("[{}{ZERO}{}]", "[".repeat(126), "]".repeat(126));
        refuse::<Value>(&data, "argument 1: recursion limit exceeded");
    }

    #[track_caller]
    fn refuse<T: DeserializeOwned + Debug>(data: &str, expected: &str) {
        let error = args(data).parse::<T>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{data}: {error}");
    }
}
