//! Finding a value by where it is. Follows: RFC 6901.

use super::Value;

impl Value {
    /// The value at a JSON pointer: `""` is the whole, `/a/0` the first item of member `a`, `~1` a slash, `~0` a tilde.
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |value, token| {
                let token = token.replace("~1", "/").replace("~0", "~");
                match value {
                    Value::Array(items) => items.get(index(&token)?),
                    value => value.get(&token),
                }
            })
    }
}

/// An array index: digits without leading zeros.
pub(super) fn index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_of_the_standard() {
        let text = r#"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8}"#;
        let value = Value::parse(text).unwrap();
        for (pointer, expected) in [
            ("/foo/0", Some("\"bar\"")),
            ("/", Some("0")),
            ("/a~1b", Some("1")),
            ("/m~0n", Some("8")),
            ("/foo/2", None),
            ("/foo/01", None),
            ("/foo/-", None),
            ("foo", None),
        ] {
            let found = value.pointer(pointer).map(ToString::to_string);
            assert_eq!(found.as_deref(), expected, "{pointer}");
        }
        assert_eq!(value.pointer(""), Some(&value));
    }
}
