//! Flattened parameters: `A.B.0.C=value` becomes `{"A":{"B":[{"C":"value"}]}}`.
//!
//! Follows: MPS reference, section 14.1: positions from 0, every value is text. Clients send the parameters in any order,
//! for example sorted by bytes, where `.10` comes before `.2`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::ApiError;
use backlot_base::json::Value;

/// Deeper names are refused, so that no request can exhaust the stack. Documented structures have less than ten levels.
const MAX_DEPTH: usize = 64;

#[derive(Default)]
struct Branch {
    nodes: Vec<(String, Node)>,
    places: HashMap<String, usize>,
}

enum Node {
    Leaf(String),
    Branch(Branch),
}

/// Makes a tree of flattened parameters.
pub(super) fn unflatten<'a>(
    parameters: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<Value, ApiError> {
    let mut root = Branch::default();
    for (name, value) in parameters {
        root.put(name, value)?;
    }
    let members = root.nodes.into_iter();
    let members = members.map(|(name, node)| Ok((name, node.into_value()?)));
    Ok(Value::Object(members.collect::<Result<_, ApiError>>()?))
}

impl Branch {
    fn put(&mut self, name: &str, value: String) -> Result<(), ApiError> {
        let conflict = || {
            ApiError::invalid_parameter(format!(
                "The parameter `{name}` is given twice, or as a value and as a structure."
            ))
        };
        let parts: Vec<_> = name.split('.').collect();
        if parts.len() > MAX_DEPTH || parts.iter().any(|part| part.is_empty()) {
            let message = format!("`{name}` is not the name of a parameter.");
            return Err(ApiError::invalid_parameter(message));
        }
        let (last, path) = parts.split_last().expect("a split text has a part");
        let mut place = self;
        for part in path {
            let make = || Node::Branch(Self::default());
            place = match place.enter(part, make).0 {
                Node::Branch(branch) => branch,
                Node::Leaf(_) => return Err(conflict()),
            };
        }
        let (_, is_new) = place.enter(last, || Node::Leaf(value));
        is_new.then_some(()).ok_or_else(conflict)
    }

    /// The node of that name, and whether it has just been made.
    fn enter(&mut self, name: &str, make: impl FnOnce() -> Node) -> (&mut Node, bool) {
        let (place, is_new) = match self.places.entry(name.to_owned()) {
            Entry::Occupied(place) => (*place.get(), false),
            Entry::Vacant(place) => {
                self.nodes.push((name.to_owned(), make()));
                (*place.insert(self.nodes.len() - 1), true)
            }
        };
        (&mut self.nodes[place].1, is_new)
    }
}

impl Node {
    fn into_value(self) -> Result<Value, ApiError> {
        let branch = match self {
            Self::Leaf(text) => return Ok(Value::String(text)),
            Self::Branch(branch) => branch,
        };
        let is_array = branch
            .nodes
            .iter()
            .all(|(name, _)| position(name).is_some());
        if !is_array {
            let members = branch.nodes.into_iter();
            let members = members.map(|(name, node)| Ok((name, node.into_value()?)));
            return Ok(Value::Object(members.collect::<Result<_, ApiError>>()?));
        }
        let mut items = branch.nodes;
        items.sort_by_key(|(name, _)| position(name));
        let mut array = Vec::with_capacity(items.len());
        for (expected, (name, node)) in items.into_iter().enumerate() {
            if position(&name) != Some(expected) {
                let message = format!("An array has a position {name} but no position {expected}.");
                return Err(ApiError::invalid_parameter(message));
            }
            array.push(node.into_value()?);
        }
        Ok(Value::Array(array))
    }
}

fn position(name: &str) -> Option<usize> {
    let is_canonical = name == "0" || !name.starts_with('0');
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && is_canonical;
    is_number.then(|| name.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<String, String> {
        let pairs = pairs.iter().map(|&(name, value)| (name, value.to_owned()));
        match unflatten(pairs) {
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(error.code),
        }
    }

    #[test]
    fn names_become_structures() {
        assert_eq!(read(&[]), Ok("{}".to_owned()));
        let pairs = [
            ("A.B.0.C", "1"),
            ("D", ""),
            ("A.B.0.E", "x y"),
            ("A.B.1.C", "2"),
            ("A.F", "é"),
        ];
        assert_eq!(
            read(&pairs).as_deref(),
            Ok(r#"{"A":{"B":[{"C":"1","E":"x y"},{"C":"2"}],"F":"é"},"D":""}"#)
        );
    }

    #[test]
    fn positions_may_come_in_any_order() {
        let names: Vec<_> = (0..12).map(|number| format!("L.{number}")).collect();
        let mut sorted = names.clone();
        sorted.sort();
        assert_ne!(names, sorted);
        let pairs: Vec<_> = sorted.iter().map(|name| (&name[..], &name[2..])).collect();
        let expected: Vec<_> = (0..12).map(|number| format!("\"{number}\"")).collect();
        let expected = format!("{{\"L\":[{}]}}", expected.join(","));
        assert_eq!(read(&pairs), Ok(expected));
    }

    #[test]
    fn contradictions_are_refused() {
        let deep = ["a"; MAX_DEPTH + 1].join(".");
        for pairs in [
            &[("A", "1"), ("A", "1")][..],
            &[("A", "1"), ("A.B", "1")],
            &[("A.B", "1"), ("A", "1")],
            &[("A.0", "1"), ("A.2", "1")],
            &[("A.1", "1")],
            &[("A..B", "1")],
            &[("", "1")],
            &[(".", "1")],
            &[(&deep, "1")],
        ] {
            assert_eq!(read(pairs), Err("InvalidParameter".to_owned()), "{pairs:?}");
        }
    }

    #[test]
    fn a_number_with_a_leading_zero_is_a_name() {
        assert_eq!(read(&[("A.00", "1")]).as_deref(), Ok(r#"{"A":{"00":"1"}}"#));
    }
}
