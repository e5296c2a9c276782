//! Arguments of any shape, with the bytes in them: for events that are written down by clients.
//!
//! ```text
//!   52-["send",{"args":[{"_placeholder":true,"num":0},"x"]}]  <ff>  …
//!                       Bytes(ff)                     Plain("x")
//! ```
//!
//! A handler that knows what it is sent says so in its types, and finds `Bytes` where bytes are.

use bytes::Bytes;
use serde::ser::{Serialize, SerializeTuple, Serializer};
use serde_json::{Map, Value, json};
use sockrates::socketio::Args;

/// A value as JSON has it, or bytes, or both together.
#[derive(Clone, Debug)]
pub enum Tree {
    Bytes(Bytes),
    Plain(Value),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Every argument.
    pub fn all(args: &Args) -> Result<Vec<Self>, serde_json::Error> {
        let read = |raw: &&serde_json::value::RawValue| {
            let value = serde_json::from_str(raw.get())?;
            Ok(Self::of(value, args.attachments()))
        };
        args.raw().iter().map(read).collect()
    }

    /// Puts the attachments where their placeholders are. Without attachments there are none.
    fn of(value: Value, attachments: &[Bytes]) -> Self {
        match value {
            plain if attachments.is_empty() => Self::Plain(plain),
            Value::Array(list) => {
                Self::List(list.into_iter().map(|value| Self::of(value, attachments)).collect())
            }
            Value::Object(object) => match placeholder(&object, attachments) {
                Some(bytes) => Self::Bytes(bytes.clone()),
                None => {
                    let each = |(key, value)| (key, Self::of(value, attachments));
                    Self::Object(object.into_iter().map(each).collect())
                }
            },
            plain => Self::Plain(plain),
        }
    }

    /// The same in JSON alone, with bytes written down as `{"$bin":"00ff"}`.
    pub fn described(self) -> Value {
        match self {
            Self::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({ "$bin": hex })
            }
            Self::Plain(value) => value,
            Self::List(list) => list.into_iter().map(Self::described).collect(),
            Self::Object(entries) => {
                entries.into_iter().map(|(key, value)| (key, value.described())).collect()
            }
        }
    }

    /// What is behind a key of an object.
    pub fn take(&mut self, key: &str) -> Option<Self> {
        match self {
            Self::Object(entries) => {
                let at = entries.iter().position(|(name, _)| name == key)?;
                Some(entries.swap_remove(at).1)
            }
            Self::Plain(Value::Object(object)) => object.remove(key).map(Self::Plain),
            _ => None,
        }
    }
}

fn placeholder<'a>(object: &Map<String, Value>, attachments: &'a [Bytes]) -> Option<&'a Bytes> {
    if object.get("_placeholder") != Some(&Value::Bool(true)) {
        return None;
    }
    let number = object.get("num")?.as_u64()?;
    attachments.get(usize::try_from(number).ok()?)
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::Plain(value) => value.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
            Self::Object(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

/// As many arguments as there are in the list: what is sent as a tuple goes out one by one.
pub struct Spread(pub Vec<Tree>);

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for argument in &self.0 {
            tuple.serialize_element(argument)?;
        }
        tuple.end()
    }
}
