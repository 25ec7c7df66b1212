//! Tree to text: compact as services send it, or indented for people.

use std::fmt;

use super::Value;

/// Compact: no spaces, non-ASCII characters as they are.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, None, out)
    }
}

impl Value {
    /// The value over several lines, indented by two spaces a level, without a line end.
    pub fn to_pretty(&self) -> String {
        let mut text = String::new();
        write(self, Some(0), &mut text).expect("writing to a string does not fail");
        text
    }
}

/// `indent` is the level of the value itself; `None` writes compactly.
fn write(value: &Value, indent: Option<usize>, out: &mut dyn fmt::Write) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => out.write_str(number.as_str()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            write_all(items, ('[', ']'), indent, out)
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (Some(name), value));
            write_all(members, ('{', '}'), indent, out)
        }
    }
}

fn write_all<'a>(
    parts: impl ExactSizeIterator<Item = (Option<&'a String>, &'a Value)>,
    brackets: (char, char),
    indent: Option<usize>,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let inner = indent.map(|level| level + 1);
    let is_empty = parts.len() == 0;
    out.write_char(brackets.0)?;
    for (position, (name, value)) in parts.enumerate() {
        if position > 0 {
            out.write_char(',')?;
        }
        write_break(inner, out)?;
        if let Some(name) = name {
            write_string(name, out)?;
            out.write_str(if inner.is_some() { ": " } else { ":" })?;
        }
        write(value, inner, out)?;
    }
    if !is_empty {
        write_break(indent, out)?;
    }
    out.write_char(brackets.1)
}

fn write_break(indent: Option<usize>, out: &mut dyn fmt::Write) -> fmt::Result {
    match indent {
        Some(level) => write!(out, "\n{:1$}", "", level * 2),
        None => Ok(()),
    }
}

fn write_string(text: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_text_reads_back() {
        let value = Value::parse(r#"{"a":[],"b":{},"c":[1,{"d":"é\u0001"}]}"#).unwrap();
        let pretty = value.to_pretty();
        assert_eq!(
            pretty,
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"é\\u0001\"\n    }\n  ]\n}"
        );
        assert_eq!(Value::parse(&pretty), Ok(value));
    }
}
