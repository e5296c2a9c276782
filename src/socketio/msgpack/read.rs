//! Reading MessagePack: from bytes to one item after another.
//!
//! ```text
//!   82           a map of two entries follows
//!   a4 74797065  text of four bytes: "type"
//!   02           the number 2
//!   a4 64617461  "data"
//!   91 a1 68     an array of one element, "h"
//! ```
//!
//! The first byte of an item says what it is. Of an array or a map, this is only the
//! beginning: its elements are the items that follow. A length is never believed: nothing
//! is set aside for what has not been seen.
//!
//! Core file. Spec: [MessagePack], "Formats".
//!
//! [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md#formats

use super::DecodeError;

/// What one item says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item<'a> {
    Nil,
    /// What JavaScript calls `undefined`: there is no value. Written as `d4 00 00`.
    Undefined,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    /// Text, which may be none: nobody has looked.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// A moment, in milliseconds since 1970.
    Date(i64),
    /// Bytes of a kind that the application knows.
    Extension(i8, &'a [u8]),
    /// So many elements follow.
    Array(usize),
    /// So many keys follow, each with its value.
    Map(usize),
}

/// Where we are in the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes have not been read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next item.
    pub(super) fn item(&mut self) -> Result<Item<'a>, DecodeError> {
        Ok(match self.byte()? {
            small @ 0x00..=0x7f => Item::Unsigned(small.into()),
            map @ 0x80..=0x8f => Item::Map((map & 0x0f).into()),
            array @ 0x90..=0x9f => Item::Array((array & 0x0f).into()),
            text @ 0xa0..=0xbf => Item::Text(self.take((text & 0x1f).into())?),
            0xc0 => Item::Nil,
            0xc1 => return Err(DecodeError::ReservedByte),
            0xc2 => Item::Bool(false),
            0xc3 => Item::Bool(true),
            0xc4 => Item::Bytes(self.sized(1)?),
            0xc5 => Item::Bytes(self.sized(2)?),
            0xc6 => Item::Bytes(self.sized(4)?),
            0xc7 => self.long_extension(1)?,
            0xc8 => self.long_extension(2)?,
            0xc9 => self.long_extension(4)?,
            0xca => Item::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Item::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Item::Unsigned(self.unsigned(1)?),
            0xcd => Item::Unsigned(self.unsigned(2)?),
            0xce => Item::Unsigned(self.unsigned(4)?),
            0xcf => Item::Unsigned(self.unsigned(8)?),
            0xd0 => signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.array()?)),
            0xd4 => match self.extension(1)? {
                Item::Extension(0, _) => Item::Undefined,
                other => other,
            },
            0xd5 => self.extension(2)?,
            0xd6 => self.extension(4)?,
            0xd7 => match self.extension(8)? {
                Item::Extension(0, moment) => Item::Date(Reader::new(moment).date()?),
                other => other,
            },
            0xd8 => self.extension(16)?,
            0xd9 => Item::Text(self.sized(1)?),
            0xda => Item::Text(self.sized(2)?),
            0xdb => Item::Text(self.sized(4)?),
            0xdc => Item::Array(self.length(2)?),
            0xdd => Item::Array(self.length(4)?),
            0xde => Item::Map(self.length(2)?),
            0xdf => Item::Map(self.length(4)?),
            negative @ 0xe0..=0xff => Item::Negative(i64::from(negative) - 0x100),
        })
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn unsigned(&mut self, width: usize) -> Result<u64, DecodeError> {
        let digits = self.take(width)?;
        Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }

    /// A length that does not fit the machine is one that the bytes do not have.
    fn length(&mut self, width: usize) -> Result<usize, DecodeError> {
        usize::try_from(self.unsigned(width)?).map_err(|_| DecodeError::Truncated)
    }

    fn sized(&mut self, width: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.length(width)?;
        self.take(length)
    }

    fn extension(&mut self, length: usize) -> Result<Item<'a>, DecodeError> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Item::Extension(kind, self.take(length)?))
    }

    /// Not in the specification: kind 0 of these is how the reference client writes what is
    /// bytes in JavaScript and not called so.
    fn long_extension(&mut self, width: usize) -> Result<Item<'a>, DecodeError> {
        let length = self.length(width)?;
        Ok(match self.extension(length)? {
            Item::Extension(0, bytes) => Item::Bytes(bytes),
            other => other,
        })
    }

    /// Not in the specification: the reference writes the upper half of the milliseconds with a
    /// sign, and the lower one without. Together that is one number with a sign.
    fn date(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_be_bytes(self.array()?))
    }
}

/// The same number, however it was written.
fn signed(number: i64) -> Item<'static> {
    u64::try_from(number).map_or(Item::Negative(number), Item::Unsigned)
}
