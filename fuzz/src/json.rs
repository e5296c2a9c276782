//! JSON, read slowly: RFC 8259 with one function for each of its rules.
//!
//! Nothing is lost on the way: a string is its UTF-16 units, so that half a surrogate pair is
//! one; a number is its text; of a repeated key both are kept.

/// How deep this reader goes. It recurses, and the server's does not.
pub const MAX_DEPTH: usize = 200;

/// A JSON value, or bytes in the place of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// A number, as it is written.
    Number(String),
    /// A string, as JavaScript holds it.
    Text(Vec<u16>),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Vec<(Vec<u16>, Json)>),
    /// An attachment. Never read, only put in later.
    Bytes(Vec<u8>),
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// It is not JSON, or not what was wanted.
    Invalid,
    /// It is nested deeper than [`MAX_DEPTH`]: this reader has nothing to say.
    TooDeep,
}

/// The value that a text is, with white space around it.
pub fn read(text: &str) -> Result<Json, Wrong> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    let value = reader.value(0)?;
    if reader.at == reader.chars.len() { Ok(value) } else { Err(Wrong::Invalid) }
}

/// UTF-16 as text, where half a surrogate pair is three replacement characters: one for each of
/// the three bytes that it would have.
pub fn lossy(units: &[u16]) -> String {
    let text = |unit: Result<char, _>| unit.map_or("\u{fffd}".repeat(3), |it| it.to_string());
    char::decode_utf16(units.iter().copied()).map(text).collect()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Result<char, Wrong> {
        let next = self.peek().ok_or(Wrong::Invalid)?;
        self.at += 1;
        Ok(next)
    }

    fn takes(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Wrong> {
        if self.takes(|it| it == wanted) { Ok(()) } else { Err(Wrong::Invalid) }
    }

    fn space(&mut self) {
        while self.takes(|it| matches!(it, ' ' | '\t' | '\n' | '\r')) {}
    }

    fn value(&mut self, depth: usize) -> Result<Json, Wrong> {
        if depth > MAX_DEPTH {
            return Err(Wrong::TooDeep);
        }
        self.space();
        let value = match self.peek().ok_or(Wrong::Invalid)? {
            '[' => self.array(depth)?,
            '{' => self.object(depth)?,
            '"' => Json::Text(self.string()?),
            'n' => self.word("null")?,
            't' => self.word("true")?,
            'f' => self.word("false")?,
            _ => self.number()?,
        };
        self.space();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Json, Wrong> {
        self.expect('[')?;
        self.space();
        let mut elements = Vec::new();
        if !self.takes(|it| it == ']') {
            loop {
                elements.push(self.value(depth + 1)?);
                if !self.takes(|it| it == ',') {
                    break;
                }
            }
            self.expect(']')?;
        }
        Ok(Json::Array(elements))
    }

    fn object(&mut self, depth: usize) -> Result<Json, Wrong> {
        self.expect('{')?;
        self.space();
        let mut entries = Vec::new();
        if !self.takes(|it| it == '}') {
            loop {
                self.space();
                let key = self.string()?;
                self.space();
                self.expect(':')?;
                entries.push((key, self.value(depth + 1)?));
                if !self.takes(|it| it == ',') {
                    break;
                }
            }
            self.expect('}')?;
        }
        Ok(Json::Object(entries))
    }

    fn word(&mut self, word: &'static str) -> Result<Json, Wrong> {
        word.chars().try_for_each(|letter| self.expect(letter))?;
        Ok(Json::Word(word))
    }

    fn string(&mut self) -> Result<Vec<u16>, Wrong> {
        self.expect('"')?;
        let mut units = Vec::new();
        loop {
            let character = match self.next()? {
                '"' => return Ok(units),
                '\\' => match self.next()? {
                    escaped @ ('"' | '\\' | '/') => escaped,
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        units.push(self.unit()?);
                        continue;
                    }
                    _ => return Err(Wrong::Invalid),
                },
                control if control < ' ' => return Err(Wrong::Invalid),
                other => other,
            };
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        }
    }

    /// The four digits behind `\u`.
    fn unit(&mut self) -> Result<u16, Wrong> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.next()?.to_digit(16).ok_or(Wrong::Invalid)?;
            unit = unit << 4 | u16::try_from(digit).map_err(|_| Wrong::Invalid)?;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json, Wrong> {
        let start = self.at;
        self.takes(|it| it == '-');
        if !self.takes(|it| it == '0') {
            self.digits()?;
        }
        if self.takes(|it| it == '.') {
            self.digits()?;
        }
        if self.takes(|it| matches!(it, 'e' | 'E')) {
            self.takes(|it| matches!(it, '+' | '-'));
            self.digits()?;
        }
        Ok(Json::Number(self.chars[start..self.at].iter().collect()))
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        while self.takes(|it| it.is_ascii_digit()) {}
        if self.at > start { Ok(()) } else { Err(Wrong::Invalid) }
    }
}
