//! The part of gob, Go's own encoding, that `net/rpc` needs for calls of a function: structs of numbers, text and bytes, and
//! lists of them.
//!
//! A stream is a sequence of messages, each with its length before it. A message defines a type (its number negated, then a
//! `wireType`), or is a value (the number of its type, then the value). Fields are named by their distance from the field
//! before, and left out if they are zero.
//!
//! Follows: the documentation of Go's package `encoding/gob`, "Encoding details".

use std::collections::BTreeMap;

const BOOL: i64 = 1;
/// The number of signed integers, of any size.
pub(super) const INT: i64 = 2;
/// The number of unsigned integers, of any size.
pub(super) const UINT: i64 = 3;
/// The number of byte slices.
pub(super) const BYTES: i64 = 5;
/// The number of text.
pub(super) const TEXT: i64 = 6;
/// The type of definitions, which every Go knows, and the types that it is made of.
const WIRE_TYPE: i64 = 16;
const ARRAY_TYPE: i64 = 17;
const COMMON_TYPE: i64 = 18;
const SLICE_TYPE: i64 = 19;
const STRUCT_TYPE: i64 = 20;
const FIELD_TYPE: i64 = 21;
const FIELD_LIST: i64 = 22;
/// How many values may be within each other.
const DEPTH: u8 = 16;

/// What does not follow the encoding, or is none of the supported part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GobError {
    #[error("a message ends too early")]
    Short,
    #[error("a message has {0} bytes more than its value")]
    Long(usize),
    #[error("a number has more than 8 bytes")]
    Number,
    #[error("text is not UTF-8")]
    Text,
    #[error("the type {0} is unknown, or not supported")]
    Type(i64),
    #[error("a value of the type {0} has no field {1}")]
    Field(i64, u64),
    #[error("values are too deep within each other")]
    Depth,
}

/// A value as it was received. Fields that are zero are not there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Value>),
    Struct(BTreeMap<String, Value>),
}

impl Value {
    /// A field of a struct; `None` if it is zero.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.get(name),
            _ => None,
        }
    }

    /// A field that is text; empty if it is zero.
    pub(super) fn text(&self, name: &str) -> &str {
        match self.field(name) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }
}

/// The fields of a struct to be sent.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    fields: u64,
    distance: u64,
}

impl Record {
    /// The next field, a signed number.
    pub(super) fn int(self, value: i64) -> Self {
        self.field(value != 0, |bytes| put_int(bytes, value))
    }

    /// The next field, an unsigned number.
    pub(super) fn uint(self, value: u64) -> Self {
        self.field(value != 0, |bytes| put_uint(bytes, value))
    }

    /// The next field, bytes or text.
    pub(super) fn bytes(self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.field(!value.is_empty(), |bytes| put_bytes(bytes, value))
    }

    /// The next field, a struct.
    pub(super) fn record(self, value: &Self) -> Self {
        self.field(true, |bytes| {
            bytes.extend(&value.bytes);
            bytes.push(0);
        })
    }

    /// The next field, a list of structs.
    fn list(self, values: &[Self]) -> Self {
        self.field(!values.is_empty(), |bytes| {
            put_uint(bytes, values.len() as u64);
            for value in values {
                bytes.extend(&value.bytes);
                bytes.push(0);
            }
        })
    }

    fn field(mut self, is_there: bool, put: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.fields += 1;
        self.distance += 1;
        if is_there {
            put_uint(&mut self.bytes, self.distance);
            put(&mut self.bytes);
            self.distance = 0;
        }
        self
    }

    /// The message with this value, whose type has the number `id`.
    pub(super) fn message(&self, id: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_int(&mut bytes, id);
        bytes.extend(&self.bytes);
        bytes.push(0);
        framed(&bytes)
    }
}

/// The message that gives a struct the number `id`, from 65 on: its name, and name and type of each field.
pub(super) fn definition(id: i64, name: &str, fields: &[(&str, i64)]) -> Vec<u8> {
    let fields = fields.iter();
    let fields: Vec<_> = fields
        .map(|(name, id)| Record::default().bytes(name).int(*id))
        .collect();
    let common = Record::default().bytes(name).int(id);
    let own = Record::default().record(&common).list(&fields);
    // A `wireType` names arrays and slices before structs.
    let wire_type = Record::default().int(0).int(0).record(&own);
    wire_type.message(-id)
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(bytes.len() + 9);
    put_uint(&mut message, bytes.len() as u64);
    message.extend(bytes);
    message
}

fn put_uint(bytes: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        Ok(small) if small < 128 => bytes.push(small),
        _ => {
            let all = value.to_be_bytes();
            let used = &all[value.leading_zeros() as usize / 8..];
            // How many there are, negated.
            bytes.push(0u8.wrapping_sub(u8::try_from(used.len()).expect("at most 8")));
            bytes.extend(used);
        }
    }
}

fn put_int(bytes: &mut Vec<u8>, value: i64) {
    // The sign is the last bit.
    put_uint(bytes, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

fn put_bytes(bytes: &mut Vec<u8>, value: &[u8]) {
    put_uint(bytes, value.len() as u64);
    bytes.extend(value);
}

/// The length that begins a message, and how many bytes it takes; `None` if `bytes` do not have all of it.
pub(super) fn length(bytes: &[u8]) -> Result<Option<(u64, usize)>, GobError> {
    let mut rest = bytes;
    match take_uint(&mut rest) {
        Ok(length) => Ok(Some((length, bytes.len() - rest.len()))),
        Err(GobError::Short) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The types of a stream so far.
#[derive(Debug)]
pub(super) struct Decoder {
    shapes: BTreeMap<i64, Shape>,
}

#[derive(Clone, Debug)]
enum Shape {
    Struct(Vec<(String, i64)>),
    List(i64),
}

impl Decoder {
    pub(super) fn new() -> Self {
        let fields = |fields: &[(&str, i64)]| {
            let fields = fields.iter();
            Shape::Struct(fields.map(|(name, id)| ((*name).to_owned(), *id)).collect())
        };
        let common = ("CommonType", COMMON_TYPE);
        let shapes = [
            (
                WIRE_TYPE,
                fields(&[
                    ("ArrayT", ARRAY_TYPE),
                    ("SliceT", SLICE_TYPE),
                    ("StructT", STRUCT_TYPE),
                ]),
            ),
            (ARRAY_TYPE, fields(&[common, ("Elem", INT), ("Len", INT)])),
            (COMMON_TYPE, fields(&[("Name", TEXT), ("Id", INT)])),
            (SLICE_TYPE, fields(&[common, ("Elem", INT)])),
            (STRUCT_TYPE, fields(&[common, ("Field", FIELD_LIST)])),
            (FIELD_TYPE, fields(&[("Name", TEXT), ("Id", INT)])),
            (FIELD_LIST, Shape::List(FIELD_TYPE)),
        ];
        Self {
            shapes: shapes.into(),
        }
    }

    /// The value of a message without its length; `None` if the message defines a type.
    pub(super) fn message(&mut self, bytes: &[u8]) -> Result<Option<Value>, GobError> {
        let mut rest = bytes;
        let id = take_int(&mut rest)?;
        let value = self.value(if id < 0 { WIRE_TYPE } else { id }, &mut rest, DEPTH)?;
        if !rest.is_empty() {
            return Err(GobError::Long(rest.len()));
        }
        if id >= 0 {
            return Ok(Some(value));
        }
        let id = id.checked_neg().ok_or(GobError::Type(id))?;
        let shape = shape(&value).ok_or(GobError::Type(id))?;
        self.shapes.insert(id, shape);
        Ok(None)
    }

    fn value(&self, id: i64, rest: &mut &[u8], depth: u8) -> Result<Value, GobError> {
        let depth = depth.checked_sub(1).ok_or(GobError::Depth)?;
        Ok(match id {
            BOOL => Value::Bool(take_uint(rest)? != 0),
            INT => Value::Int(take_int(rest)?),
            UINT => Value::Uint(take_uint(rest)?),
            BYTES => Value::Bytes(take_bytes(rest)?.to_vec()),
            TEXT => {
                let text = String::from_utf8(take_bytes(rest)?.to_vec());
                Value::Text(text.map_err(|_| GobError::Text)?)
            }
            _ => match self.shapes.get(&id).ok_or(GobError::Type(id))? {
                Shape::List(element) => {
                    let mut values = Vec::new();
                    for _ in 0..take_uint(rest)? {
                        values.push(self.value(*element, rest, depth)?);
                    }
                    Value::List(values)
                }
                Shape::Struct(fields) => Value::Struct(self.fields(id, fields, rest, depth)?),
            },
        })
    }

    fn fields(
        &self,
        id: i64,
        fields: &[(String, i64)],
        rest: &mut &[u8],
        depth: u8,
    ) -> Result<BTreeMap<String, Value>, GobError> {
        let mut values = BTreeMap::new();
        let mut number = 0u64;
        loop {
            let distance = take_uint(rest)?;
            if distance == 0 {
                return Ok(values);
            }
            number = number.saturating_add(distance);
            let index = usize::try_from(number - 1).ok();
            let field = index.and_then(|index| fields.get(index));
            let (name, type_id) = field.ok_or(GobError::Field(id, number))?;
            values.insert(name.clone(), self.value(*type_id, rest, depth)?);
        }
    }
}

/// What a `wireType` defines, if it is supported.
fn shape(wire_type: &Value) -> Option<Shape> {
    let id = |value: &Value, name| match value.field(name) {
        Some(Value::Int(id)) => Some(*id),
        _ => None,
    };
    if let Some(list) = wire_type.field("SliceT") {
        return id(list, "Elem").map(Shape::List);
    }
    let fields = match wire_type.field("StructT")?.field("Field") {
        Some(Value::List(fields)) => fields.as_slice(),
        _ => &[],
    };
    let fields = fields.iter();
    let fields = fields.map(|field| Some((field.text("Name").to_owned(), id(field, "Id")?)));
    fields.collect::<Option<_>>().map(Shape::Struct)
}

fn take_uint(rest: &mut &[u8]) -> Result<u64, GobError> {
    let first = *take(rest, 1)?.first().ok_or(GobError::Short)?;
    if first < 128 {
        return Ok(first.into());
    }
    let length = usize::from(0u8.wrapping_sub(first));
    if length > 8 {
        return Err(GobError::Number);
    }
    let bytes = take(rest, length)?;
    Ok(bytes
        .iter()
        .fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

fn take_int(rest: &mut &[u8]) -> Result<i64, GobError> {
    let value = take_uint(rest)?;
    let half = (value >> 1).cast_signed();
    Ok(if value & 1 == 1 { !half } else { half })
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], GobError> {
    let length = usize::try_from(take_uint(rest)?).map_err(|_| GobError::Short)?;
    take(rest, length)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], GobError> {
    let (taken, others) = rest.split_at_checked(length).ok_or(GobError::Short)?;
    *rest = others;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let digits = digits.map(|pair| std::str::from_utf8(pair).unwrap());
        digits
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    }

    /// The values of a recorded stream.
    fn values(hex: &str) -> Result<Vec<Value>, GobError> {
        let stream = bytes(hex);
        let mut rest = stream.as_slice();
        let mut decoder = Decoder::new();
        let mut values = Vec::new();
        while let Some((length, taken)) = length(rest)? {
            let (message, others) = rest[taken..].split_at(usize::try_from(length).unwrap());
            values.extend(decoder.message(message)?);
            rest = others;
        }
        Ok(values)
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for (value, expected) in [
            (0, "00"),
            (127, "7f"),
            (128, "ff80"),
            (256, "fe0100"),
            (u64::MAX, "f8ffffffffffffffff"),
        ] {
            let mut found = Vec::new();
            put_uint(&mut found, value);
            assert_eq!(found, bytes(expected));
            assert_eq!(take_uint(&mut found.as_slice()), Ok(value));
        }
        for (value, expected) in [
            (0, "00"),
            (-1, "01"),
            (1, "02"),
            (-65, "ff81"),
            (i64::MIN, "f8ffffffffffffffff"),
        ] {
            let mut found = Vec::new();
            put_int(&mut found, value);
            assert_eq!(found, bytes(expected));
            assert_eq!(take_int(&mut found.as_slice()), Ok(value));
        }
    }

    #[test]
    fn a_call_is_what_go_sends() {
        // Recorded: Go 1.19, a call of `Function.Ping` with an empty struct.
        let recorded = "2fff81030101075265717565737401ff82000102010d536572766963654d6574686f64010c000103536571010600000012ff\
                        82010d46756e6374696f6e2e50696e670017ff830301010b50696e675265717565737401ff8400000003ff8400";
        let sent = [
            definition(65, "Request", &[("ServiceMethod", TEXT), ("Seq", UINT)]),
            Record::default().bytes("Function.Ping").uint(0).message(65),
            definition(66, "PingRequest", &[]),
            Record::default().message(66),
        ];
        assert_eq!(sent.concat(), bytes(recorded));
    }

    #[test]
    fn what_go_answers_is_read() {
        // Recorded: Go 1.19, the answer to `Function.Invoke`, without error.
        let answer = "3aff8503010108526573706f6e736501ff86000103010d536572766963654d6574686f64010c00010353657101060001054572726f\
                      72010c00000016ff86010f46756e6374696f6e2e496e766f6b6501010033ff8d0301010e496e766f6b65526573706f6e736501ff\
                      8e00010201075061796c6f6164010a0001054572726f7201ff9000000049ff8f030101074661696c75726501ff90000104010\
                      74d657373616765010c00010454797065010c00010a537461636b547261636501ff9400010a53686f756c6445786974010200\
                      00001cff930201010d5b5d2a6d61696e2e4672616d6501ff940001ff92000028ff91030102ff92000103010450617468010c\
                      0001044c696e6501040001054c6162656c010c000000";
        let success = "0cff8e01077b2261223a317d00";
        let [header, body] = &values(&format!("{answer}{success}")).unwrap()[..] else {
            panic!("a header and a body");
        };
        assert_eq!(header.text("ServiceMethod"), "Function.Invoke");
        assert_eq!(header.field("Seq"), Some(&Value::Uint(1)));
        assert_eq!(
            body.field("Payload"),
            Some(&Value::Bytes(b"{\"a\":1}".into()))
        );
        assert_eq!(body.field("Error"), None);

        let panic = "4cff8e020104626f6f6d010c72756e74696d654572726f72010201076d61696e2e676f01fe0258010b6d61696e2e68616e646c65000104\
                     782e676f010e01096d61696e2e6d61696e0001010000";
        let body = values(&format!("{answer}{panic}")).unwrap().pop().unwrap();
        let error = body.field("Error").unwrap();
        assert_eq!(
            (error.text("Message"), error.text("Type")),
            ("boom", "runtimeError")
        );
        assert_eq!(error.field("ShouldExit"), Some(&Value::Bool(true)));
        let Some(Value::List(frames)) = error.field("StackTrace") else {
            panic!("{error:?}");
        };
        assert_eq!(frames[0].text("Label"), "main.handle");
        assert_eq!(frames[0].field("Line"), Some(&Value::Int(300)));
        assert_eq!(frames[1].text("Path"), "x.go");
    }

    #[test]
    fn what_is_wrong_is_told_and_never_overflows() {
        let mut decoder = Decoder::new();
        for (hex, expected) in [
            ("", GobError::Short),
            ("ff", GobError::Short),
            ("8000", GobError::Number),
            ("ff8400", GobError::Type(66)),
            // An array type is not supported.
            ("ff81010101014101ff8200010c01020000", GobError::Type(65)),
            ("0c0500", GobError::Short),
            // A list of more elements than there are bytes.
            ("2cf8ffffffffffffffff", GobError::Short),
            ("200700", GobError::Field(16, 7)),
            ("2cff", GobError::Short),
            ("240001", GobError::Long(1)),
        ] {
            assert_eq!(decoder.message(&bytes(hex)), Err(expected), "{hex}");
        }
        let own = definition(65, "A", &[("Next", 65)]);
        assert_eq!(decoder.message(&own[1..]), Ok(None));
        let deep = [&bytes("ff82")[..], &[1; 100]].concat();
        assert_eq!(decoder.message(&deep), Err(GobError::Depth));
    }
}
