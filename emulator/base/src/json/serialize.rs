//! Trees as parts of other values that serde writes as JSON. The spelling of numbers is kept.

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Value;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Number(number) => {
                let raw = RawValue::from_string(number.as_str().to_owned());
                raw.map_err(S::Error::custom)?.serialize(to)
            }
            Self::String(text) => to.serialize_str(text),
            Self::Array(items) => to.collect_seq(items),
            Self::Object(members) => {
                to.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_writes_what_was_read() {
        let text = r#"{"b":[1.50,null,true],"a":{"c":"é","d":{}}}"#;
        let value = Value::parse(text).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
    }
}
