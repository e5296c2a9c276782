//! Relaying: arguments go out as they came in.
//!
//! ```text
//!   client ──► 42["move",1.0,"\ud83d"]     socket.on("move", |args: Args| …
//!   others ◄── 42["moved",1.0,"\ud83d"]        … socket.broadcast().emit("moved", &args))
//! ```
//!
//! An [`Args`] is sent as a tuple of its arguments, each the text it came as. With
//! attachments, that text would carry numbers of another packet. So what contains them
//! is walked: placeholders become bytes again, which are numbered anew as they go out;
//! numbers and strings on the way are still passed on as they are written.
//!
//! Whoever sends nothing else can say so ([`Socket::relay`](super::Socket::relay)). Then nothing
//! is looked at: text and attachments go out as they are.
//!
//! Core file. Not in the specification: clients cannot tell.

use std::cell::Cell;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};
use serde_json::value::RawValue;

use super::args::Args;
use super::json;
use super::placeholder::{self, Placeholder};
use super::scan::{Scanner, Token};

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.len())?;
        if self.attachments().is_empty() {
            let mut written = Ok(());
            let mut name = self.is_named();
            let valid = json::each(self.json(), |element| {
                if !std::mem::take(&mut name) && written.is_ok() {
                    written = tuple.serialize_element(element);
                }
            });
            valid.map_err(S::Error::custom)?;
            written?;
            return tuple.end();
        }
        let count = self.attachments().len();
        let placeholders = placeholder::find(self.json(), count).map_err(S::Error::custom)?;
        let walk = Walk::over(self, &placeholders);
        for _ in 0..self.len() {
            tuple.serialize_element(&walk)?;
        }
        tuple.end()
    }
}

/// A walk over the text of some arguments. Whenever it is serialized, it is the next
/// value of the text, and afterwards stands behind it.
///
/// It goes as deep into itself as values are nested, at most
/// [`MAX_DEPTH`](placeholder::MAX_DEPTH) levels: deeper ones have been refused.
struct Walk<'a> {
    args: &'a Args,
    scanner: Cell<Scanner<'a>>,
    /// Those that have not been passed.
    placeholders: Cell<&'a [Placeholder]>,
}

impl<'a> Walk<'a> {
    fn over(args: &'a Args, placeholders: &'a [Placeholder]) -> Self {
        let scanner = Cell::new(Scanner::new(args.json()));
        let walk = Self { args, scanner, placeholders: Cell::new(placeholders) };
        walk.step(); // into the array
        if args.is_named() {
            walk.step(); // over the name, which is a string or a number
        }
        walk
    }

    fn step(&self) -> Option<(usize, Token<'a>)> {
        let mut scanner = self.scanner.get();
        let token = scanner.next();
        self.scanner.set(scanner);
        token
    }

    /// The next token, unless it is `end`, which is stepped over.
    fn until(&self, end: Token<'a>) -> Option<Token<'a>> {
        let mut ahead = self.scanner.get();
        let (_, token) = ahead.next()?;
        if token == end {
            self.scanner.set(ahead);
            return None;
        }
        Some(token)
    }

    /// If an object that starts here is a placeholder: steps over it, gives its number.
    fn placeholder(&self, start: usize) -> Option<usize> {
        // Those that lie within another placeholder were stepped over with it.
        let ahead = self.placeholders.get();
        let passed = ahead.partition_point(|placeholder| placeholder.range.start < start);
        let ahead = ahead.get(passed..).unwrap_or_default();
        self.placeholders.set(ahead);

        let found = ahead.first().filter(|placeholder| placeholder.range.start == start)?;
        let mut scanner = self.scanner.get();
        scanner.skip_to(found.range.end);
        self.scanner.set(scanner);
        Some(found.num)
    }

    fn array<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut elements = serializer.serialize_seq(None)?;
        while self.until(Token::EndArray).is_some() {
            elements.serialize_element(self)?;
        }
        elements.end()
    }

    fn object<S: Serializer>(&self, start: usize, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(num) = self.placeholder(start) {
            let attachment = self.args.attachments().get(num).map_or(&[][..], |bytes| bytes);
            return serializer.serialize_bytes(attachment);
        }
        let mut entries = serializer.serialize_map(None)?;
        while let Some(Token::Key(raw)) = self.until(Token::EndObject) {
            self.step();
            entries.serialize_entry(&json::string(raw), self)?;
        }
        entries.end()
    }
}

impl Serialize for Walk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.step() {
            Some((_, Token::BeginArray)) => self.array(serializer),
            Some((start, Token::BeginObject)) => self.object(start, serializer),
            Some((_, Token::Scalar(raw))) => {
                let raw: &RawValue = serde_json::from_str(raw).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
            _ => Err(S::Error::custom("the arguments end too early")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;

    use super::super::encode::{self, Text};
    use super::*;

    const ZERO: &str = r#"{"_placeholder":true,"num":0}"#;
    const ONE: &str = r#"{"_placeholder":true,"num":1}"#;
    const TWO: &str = r#"{"_placeholder":true,"num":2}"#;

    /// The arguments of `data`, with the attachments `zero` and `one`.
    fn with_attachments(data: &str) -> Args {
        Args::of_event(data).complete(vec!["zero".into(), "one".into()]).unwrap()
    }

    #[track_caller]
    fn check(data: impl Serialize, head: &str, attachments: &[&'static str]) {
        let encoded = encode::event("/", None, "on", &data).unwrap();
        let attachments = attachments.iter().map(|text| Bytes::from(*text)).collect();
        assert_eq!(encoded, Text { head: head.into(), attachments });
    }

    #[test]
    fn text_is_relayed_unchanged() {
        let rest = r#","\ud83d",1e400,{"b":1, "a":1.0,"b":[]},123456789012345678901234567890]"#;
        let args = Args::of_event(&format!(r#"["a"{rest}"#));
        check(&args, &format!(r#"42["on"{rest}"#), &[]);

        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let args = Args::of_event(&format!(r#"["a",{deep}]"#));
        check(&args, &format!(r#"42["on",{deep}]"#), &[]);

        let data = format!(r#"["a",{ZERO}]"#);
        check(Args::of_event(&data), &format!(r#"42["on",{ZERO}]"#), &[]);
    }

    /// Relayed as they came, and not as one value among others.
    #[track_caller]
    fn check_whole(args: &Args, name: &str, event: &str, ack: &str, attachments: &[&'static str]) {
        let text = |head: &str| Text {
            head: head.into(),
            attachments: attachments.iter().map(|text| Bytes::from(*text)).collect(),
        };
        assert_eq!(encode::relay("/", name, args).unwrap(), text(event));
        assert_eq!(encode::relay_ack("/a", 7, args).unwrap(), text(ack));
    }

    #[test]
    fn as_a_whole_they_go_out_as_they_came_in() {
        check_whole(&Args::of_event(r#"["a"]"#), "on", r#"42["on"]"#, "43/a,7[]", &[]);
        check_whole(&Args::of_event(r#"[ "a" ]"#), "on", r#"42["on"]"#, "43/a,7[]", &[]);
        check_whole(&Args::of_answer("[]"), "on", r#"42["on"]"#, "43/a,7[]", &[]);
        check_whole(&Args::of_answer("[1, 2]"), "on", r#"42["on",1, 2]"#, "43/a,7[1, 2]", &[]);
        check_whole(
            &Args::of_event(r#"[ "a\"]" , 1.0,["\ud83d" ], 1e400 ]"#),
            "on",
            r#"42["on", 1.0,["\ud83d" ], 1e400]"#,
            r#"43/a,7[ 1.0,["\ud83d" ], 1e400]"#,
            &[],
        );
        // A name is escaped as anywhere else, and an event may be named by a number.
        check_whole(&Args::of_event("[12,1]"), "\"\\\n", r#"42["\"\\\n",1]"#, "43/a,7[1]", &[]);
        // Places of bytes keep their numbers, whatever their order, and those that nobody asks for
        // come along.
        check_whole(
            &with_attachments(&format!(r#"["a",{ONE},{ZERO}]"#)),
            "on",
            &format!(r#"452-["on",{ONE},{ZERO}]"#),
            &format!(r#"462-/a,7[{ONE},{ZERO}]"#),
            &["zero", "one"],
        );
        check_whole(
            &with_attachments(r#"["a"]"#),
            "on",
            r#"452-["on"]"#,
            "462-/a,7[]",
            &["zero", "one"],
        );
    }

    #[test]
    fn what_can_not_be_sent_is_not_relayed_either() {
        let args = Args::of_event(r#"["a"]"#);
        let error = encode::relay("/", "disconnect", &args).unwrap_err();
        assert_eq!(
            error.to_string(),
            encode::event("/", None, "disconnect", &()).unwrap_err().to_string()
        );
        let many = args.complete(vec![Bytes::new(); 11]).unwrap();
        let error = encode::relay_ack("/", 1, &many).unwrap_err();
        assert_eq!(error.to_string(), "data with 11 attachments, expected at most 10");
    }

    #[test]
    fn no_arguments_are_relayed_as_none() {
        check(Args::of_event(r#"["a"]"#), r#"42["on"]"#, &[]);
        check(Args::of_answer("[]"), r#"42["on"]"#, &[]);
        check(Args::of_answer("[1]"), r#"42["on",1]"#, &[]);
    }

    #[test]
    fn within_other_data_they_are_an_array() {
        let args = Args::of_event(r#"["a",1,2]"#);
        check(("x", &args), r#"42["on","x",[1,2]]"#, &[]);
        check(Some(&args), r#"42["on",[1,2]]"#, &[]);
    }

    #[test]
    fn attachments_are_relayed_with_their_places() {
        let args = with_attachments(&format!(
            r#"[ "a" , {ZERO}, [true , {{"b":{ONE}, "\ud83d":"\ud83d","c":{{}}}}],1e400,{{}}]"#
        ));
        let fffd = "\u{fffd}\u{fffd}\u{fffd}";
        check(
            &args,
            &format!(
                r#"452-["on",{ZERO},[true,{{"b":{ONE},"{fffd}":"\ud83d","c":{{}}}}],1e400,{{}}]"#
            ),
            &["zero", "one"],
        );
        check(
            with_attachments(&format!(r#"[1,{{"_placeholder":false}},{ZERO}]"#)),
            &format!(r#"451-["on",{{"_placeholder":false}},{ZERO}]"#),
            &["zero"],
        );
    }

    #[test]
    fn attachments_are_numbered_as_they_go_out() {
        // Turned round, repeated, and left out.
        let args = with_attachments(&format!(r#"["a",{ONE},{ZERO}]"#));
        check(&args, &format!(r#"452-["on",{ZERO},{ONE}]"#), &["one", "zero"]);
        let args = with_attachments(&format!(r#"["a",{ONE},{ONE}]"#));
        check(&args, &format!(r#"452-["on",{ZERO},{ONE}]"#), &["one", "one"]);
        check(with_attachments(r#"["a",1]"#), r#"42["on",1]"#, &[]);

        // Behind bytes of one's own.
        let args = with_attachments(&format!(r#"["a",{ZERO},{ONE}]"#));
        check(
            (Bytes::from("own"), &args),
            &format!(r#"453-["on",{ZERO},[{ONE},{TWO}]]"#),
            &["own", "zero", "one"],
        );
    }

    #[test]
    fn a_placeholder_within_a_placeholder_goes_with_it() {
        let args = with_attachments(&format!(
            r#"["a",{{"x":{ZERO},"_placeholder":true,"num":1}},{ZERO}]"#
        ));
        check(&args, &format!(r#"452-["on",{ZERO},{ONE}]"#), &["one", "zero"]);
    }

    #[test]
    fn depth_costs_no_stack() {
        let nested = format!("{}{ZERO}{}", "[".repeat(126), "]".repeat(126));
        let args = with_attachments(&format!(r#"["a",{nested}]"#));
        check(args, &format!(r#"451-["on",{nested}]"#), &["zero"]);
    }
}
