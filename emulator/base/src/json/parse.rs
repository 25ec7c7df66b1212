//! Text to tree.

use super::{Number, Value};

/// Deeper texts are refused, so that no input can exhaust the stack.
pub(super) const MAX_DEPTH: u32 = 128;

/// The text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct ParseError {
    /// Position in the text, in bytes from 0.
    pub at: usize,
    /// What is wrong there, as a fragment.
    pub what: &'static str,
}

impl ParseError {
    pub(super) fn new(at: usize, what: &'static str) -> Self {
        Self { at, what }
    }
}

impl Value {
    /// Reads one JSON value surrounded by nothing but white space.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0)?;
        parser.skip_blanks();
        if parser.at < text.len() {
            return Err(parser.error("unexpected text after the value"));
        }
        Ok(value)
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Always at the boundary of a character.
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: u32) -> Result<Value, ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("unexpected end of text")),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Value, ParseError> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key in quotes"));
            }
            let name = self.string()?;
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.error("expected `:`"));
            }
            members.push((name, self.value(depth + 1)?));
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
        }
    }

    fn array(&mut self, depth: u32) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.error("expected `,` or `]`"));
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, ParseError> {
        if !self.rest().starts_with(word) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(Number::from_spelling(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let count = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        if count == 0 {
            return Err(self.error("expected a digit"));
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let plain = self
                .rest()
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| ParseError::new(self.text.len(), "unexpected end of text"))?;
            text.push_str(&self.rest()[..plain]);
            self.at += plain;
            if self.take(b'"') {
                return Ok(text);
            }
            if !self.take(b'\\') {
                return Err(self.error("control character in a string"));
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let escape = self.peek();
        let meant = match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.error("unknown escape")),
        };
        self.at += 1;
        Ok(meant)
    }

    /// `\u….`, at the `u`; a pair of surrogates makes one character, half a pair makes none.
    fn code_point(&mut self) -> Result<char, ParseError> {
        let first = self.code_unit()?;
        if let Some(found) = char::from_u32(first) {
            return Ok(found);
        }
        if !self.rest().starts_with("\\u") {
            return Err(self.error("half of a surrogate pair"));
        }
        self.at += 1;
        let second = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
            return Err(self.error("half of a surrogate pair"));
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code).expect("a surrogate pair is a character"))
    }

    fn code_unit(&mut self) -> Result<u32, ParseError> {
        let digits = self.rest().get(1..5);
        let code = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.error("expected four hexadecimal digits"))?;
        self.at += 5;
        Ok(code)
    }

    fn skip_blanks(&mut self) {
        let spaces = self.rest().bytes();
        self.at += spaces
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, what: &'static str) -> ParseError {
        ParseError::new(self.at, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_spelling_and_repeated_keys_are_kept() {
        let text = r#"{"z":11.260,"a":[1e2,-0.0,123456789012345678901234567890],"z":null}"#;
        let value = Value::parse(text).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(value.get("z"), Some(&Value::Null), "the last one wins");
    }

    #[test]
    fn escapes_are_undone() {
        let value = Value::parse(r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00""#).unwrap();
        assert_eq!(value, "\"\\/\u{8}\u{c}\n\r\té😀".into());
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, at, what) in [
            ("", 0, "unexpected end of text"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("{\"a\":1,}", 7, "expected a key in quotes"),
            ("01", 1, "unexpected text after the value"),
            ("1.", 2, "expected a digit"),
            ("\"a", 2, "unexpected end of text"),
            ("\"\n\"", 1, "control character in a string"),
            (r#""\ud800""#, 7, "half of a surrogate pair"),
            (r#""\ud800\ud800""#, 13, "half of a surrogate pair"),
            (r#""\x""#, 2, "unknown escape"),
            (r#""\u00e""#, 2, "expected four hexadecimal digits"),
            ("nul", 0, "expected a value"),
        ] {
            assert_eq!(Value::parse(text), Err(ParseError::new(at, what)), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Value::parse(&nested(100)).is_ok());
        assert!(Value::parse(&nested(100_000)).is_err());
    }
}
