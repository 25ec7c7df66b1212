//! YAML and JSON text, read into a [tree](Node).

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::tree::{Node, Pair, Place, Value};
use crate::config::yaml::{self, span_of};
use backlot_base::source::{Diagnostic, SourceFile, Span};

/// Reads the text of the file that has the number `file`.
pub(super) fn read(source: &SourceFile, file: usize) -> Result<Node, Vec<Diagnostic>> {
    let raw: Spanned<Raw> = yaml::parse(source).map_err(|mistakes| mistakes.found)?;
    Ok(node(raw, &source.text, file))
}

/// A value before its places are known in bytes.
#[derive(Debug)]
enum Raw {
    Nothing,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Self>>),
    Pairs(Vec<(Spanned<String>, Spanned<Self>)>),
}

fn node(raw: Spanned<Raw>, text: &str, file: usize) -> Node {
    let span = span_of(&raw.referenced).unwrap_or_default();
    let value = match raw.value {
        Raw::Nothing => Value::Nothing,
        Raw::Flag(flag) => Value::Flag(flag),
        Raw::Number(number) => {
            let spelled = span_of(&raw.defined).and_then(|span| text.get(span.start..span.end));
            Value::Number(spelled.map_or(number, |spelled| spelled.trim().to_owned()))
        }
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => {
            let items = items.into_iter().map(|item| node(item, text, file));
            Value::List(items.collect())
        }
        Raw::Pairs(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Pair {
                place: Place {
                    file,
                    span: span_of(&key.referenced).unwrap_or_default(),
                },
                key: key.value,
                node: node(value, text, file),
            });
            Value::Pairs(pairs.collect())
        }
    };
    let span = first_line(text, span);
    let place = Place { file, span };
    Node { place, value }
}

/// A span cut down to its first line: what is wrong with a whole block is shown where the block begins.
fn first_line(text: &str, span: Span) -> Span {
    let within = text.get(span.start..span.end).unwrap_or_default();
    let length = within.find('\n').unwrap_or(within.len());
    Span {
        start: span.start,
        end: span.start + length.max(1),
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Anything;

        impl<'de> Visitor<'de> for Anything {
            type Value = Raw;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value")
            }

            fn visit_unit<E: Error>(self) -> Result<Raw, E> {
                Ok(Raw::Nothing)
            }

            fn visit_none<E: Error>(self) -> Result<Raw, E> {
                Ok(Raw::Nothing)
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Raw, E> {
                Ok(Raw::Flag(flag))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Raw, E> {
                Ok(Raw::Number(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Raw, E> {
                Ok(Raw::Number(number.to_string()))
            }

            fn visit_i128<E: Error>(self, number: i128) -> Result<Raw, E> {
                Ok(Raw::Number(number.to_string()))
            }

            fn visit_u128<E: Error>(self, number: u128) -> Result<Raw, E> {
                Ok(Raw::Number(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Raw, E> {
                Ok(Raw::Number(number.to_string()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Raw::Pairs(pairs))
            }
        }

        from.deserialize_any(Anything)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Node {
        read(&SourceFile::new("serverless.yml", text), 0).unwrap()
    }

    #[test]
    fn values_keep_their_places_and_numbers_their_spelling() {
        let text = "inputs:\n  memorySize: 1.10\n  on: true\n  list: [a, '1']\n  none:\n";
        let tree = tree(text);
        let memory = tree.at_path("inputs.memorySize").unwrap();
        assert_eq!(memory.value, Value::Number("1.10".into()));
        assert_eq!(memory.place.span, Span { start: 22, end: 26 });
        let pair = &tree.get("inputs").unwrap().pairs()[0];
        assert_eq!(
            &text[pair.place.span.start..pair.place.span.end],
            "memorySize"
        );
        assert_eq!(
            tree.at_path("inputs.list.1").unwrap().value,
            Value::Text("1".into())
        );
        assert_eq!(tree.at_path("inputs.none").unwrap().value, Value::Nothing);
        assert_eq!(tree.at_path("inputs.on").unwrap().value, Value::Flag(true));
    }

    #[test]
    fn anchors_merges_and_tags_are_read() {
        let tree = tree("a: &a { x: 1, y: 2 }\nb:\n  <<: *a\n  y: 3\nc: *a\nd: !Ref thing\n");
        let scalar = |path| tree.at_path(path).and_then(Node::scalar);
        assert_eq!(scalar("b.x").as_deref(), Some("1"));
        assert_eq!(scalar("b.y").as_deref(), Some("3"));
        assert_eq!(scalar("c.y").as_deref(), Some("2"));
        assert_eq!(scalar("d").as_deref(), Some("thing"));
    }
}
