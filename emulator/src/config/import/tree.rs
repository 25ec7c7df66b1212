//! What an imported file says, as a tree that remembers places. Every format is read into it, so that each is only one way to
//! write a tree and one way to understand it.

use backlot_base::source::Span;

/// A place in one of the files that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the file in the [`Report`](super::report::Report).
    pub(super) file: usize,
    pub(super) span: Span,
}

/// A value and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nothing,
    Flag(bool),
    /// A number as it is spelled.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Pairs(Vec<Pair>),
    /// An expression whose value is not known, with the reason.
    Unresolved(String),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    /// The text of a scalar as people write it.
    pub(super) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Number(text) | Value::Text(text) => Some(text.clone()),
            Value::Nothing | Value::List(_) | Value::Pairs(_) | Value::Unresolved(_) => None,
        }
    }

    /// The pairs of a mapping; none of anything else.
    pub(super) fn pairs(&self) -> &[Pair] {
        match &self.value {
            Value::Pairs(pairs) => pairs,
            _ => &[],
        }
    }

    /// The value of the key that is spelled exactly so.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let found = self.pairs().iter().find(|pair| pair.key == key);
        found.map(|pair| &pair.node)
    }

    /// The value at `a.b.c`; a number is the index in a list.
    pub(super) fn at_path(&self, path: &str) -> Option<&Self> {
        path.split('.')
            .filter(|step| !step.is_empty())
            .try_fold(self, |node, step| match &node.value {
                Value::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => node.get(step),
            })
    }

    /// This tree with all its places at `place`, from where it was referred to.
    pub(super) fn moved_to(mut self, place: Place) -> Self {
        self.place = place;
        match &mut self.value {
            Value::List(items) => {
                for item in items {
                    let moved = std::mem::replace(item, nothing(place)).moved_to(place);
                    *item = moved;
                }
            }
            Value::Pairs(pairs) => {
                for pair in pairs {
                    pair.place = place;
                    let moved = std::mem::replace(&mut pair.node, nothing(place)).moved_to(place);
                    pair.node = moved;
                }
            }
            _ => {}
        }
        self
    }

    /// This tree over another one: mappings are merged, key by key in whatever casing; anything else is replaced.
    pub(super) fn over(&self, below: &Self) -> Self {
        let (Value::Pairs(above), Value::Pairs(lower)) = (&self.value, &below.value) else {
            return match self.value {
                Value::Nothing => below.clone(),
                _ => self.clone(),
            };
        };
        let mut pairs = above.clone();
        for pair in lower {
            let same = pairs
                .iter_mut()
                .find(|own| own.key.eq_ignore_ascii_case(&pair.key));
            match same {
                Some(own) => own.node = own.node.over(&pair.node),
                None => pairs.push(pair.clone()),
            }
        }
        Self {
            place: self.place,
            value: Value::Pairs(pairs),
        }
    }

    /// How many values it has, itself included, and long texts as several.
    pub(super) fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Pairs(pairs) => pairs.iter().map(|pair| pair.node.size()).sum(),
            Value::Text(text) => text.len() / 64,
            _ => 0,
        }
    }

    /// What kind of value it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Nothing => "nothing",
            Value::Flag(_) => "`true` or `false`",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Pairs(_) => "`key: value` pairs",
            Value::Unresolved(_) => "an expression without a known value",
        }
    }
}

fn nothing(place: Place) -> Node {
    Node {
        place,
        value: Value::Nothing,
    }
}
