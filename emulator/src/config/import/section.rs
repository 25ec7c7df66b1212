//! One mapping of an imported file while it is read: what is taken from it, and so, at the end, what nothing has asked for.

use super::report::Report;
use super::tree::{Node, Pair, Place, Value};
use backlot_base::source::nearest;

/// A mapping, and which of its keys were taken.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pairs: &'a [Pair],
    is_taken: Vec<bool>,
    asked: Vec<&'static str>,
    /// Where the mapping is.
    pub(super) place: Place,
}

/// A value that was understood, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<'a> Section<'a> {
    /// Begins to read a mapping. Nothing is an empty one; anything else is a mistake and then read as an empty one.
    pub(super) fn of(node: &'a Node, report: &mut Report) -> Self {
        let (place, pairs) = (node.place, node.pairs());
        if !matches!(node.value, Value::Pairs(_) | Value::Nothing) {
            wrong(node, "`key: value` pairs", report);
        }
        Self {
            pairs,
            is_taken: vec![false; pairs.len()],
            asked: Vec::new(),
            place,
        }
    }

    /// The pair of a key in whatever casing, as deployment tools read it. One without a value counts as left out.
    pub(super) fn pair(&mut self, key: &'static str, report: &mut Report) -> Option<&'a Pair> {
        self.asked.push(key);
        let mut found = None;
        for (index, pair) in self.pairs.iter().enumerate() {
            if !pair.key.eq_ignore_ascii_case(key) {
                continue;
            }
            self.is_taken[index] = true;
            if found.is_some() {
                let title = format!("`{}` is given twice", pair.key);
                report.mistake(pair.place, title, Some(format!("keep one `{key}`")));
            }
            found = found.or(Some(pair));
        }
        found.filter(|pair| pair.node.value != Value::Nothing)
    }

    /// The value of a key.
    pub(super) fn node(&mut self, key: &'static str, report: &mut Report) -> Option<&'a Node> {
        self.pair(key, report).map(|pair| &pair.node)
    }

    /// A mapping of its own.
    pub(super) fn section(&mut self, key: &'static str, report: &mut Report) -> Option<Self> {
        let node = self.node(key, report)?;
        Some(Self::of(node, report))
    }

    /// A text; numbers and flags are texts as they are spelled.
    pub(super) fn text(&mut self, key: &'static str, report: &mut Report) -> Option<Said<String>> {
        text(self.node(key, report)?, report)
    }

    /// A text that is not empty.
    pub(super) fn filled(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Option<Said<String>> {
        self.text(key, report).filter(|said| !said.value.is_empty())
    }

    /// A whole number, also if it is quoted.
    pub(super) fn whole<T: TryFrom<u64>>(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Option<Said<T>> {
        let node = self.node(key, report)?;
        let value = node.scalar().and_then(|text| text.parse::<u64>().ok());
        let Some(value) = value.and_then(|value| T::try_from(value).ok()) else {
            wrong(node, "a whole number, not negative", report);
            return None;
        };
        let place = node.place;
        Some(Said { value, place })
    }

    /// Whether something is on: `true`, `false`, `OPEN`, `CLOSE`, in whatever casing and quoted or not.
    pub(super) fn flag(&mut self, key: &'static str, report: &mut Report) -> Option<Said<bool>> {
        let node = self.node(key, report)?;
        let text = node.scalar().map(|text| text.to_ascii_lowercase());
        let value = match text.as_deref() {
            Some("true" | "open") => true,
            Some("false" | "close") => false,
            _ => {
                wrong(node, "`true`, `false`, `OPEN` or `CLOSE`", report);
                return None;
            }
        };
        let place = node.place;
        Some(Said { value, place })
    }

    /// Takes keys that are known and have no effect. Those that say nothing, such as `false` or an empty list, are not told.
    pub(super) fn idle(&mut self, keys: &[&'static str], report: &mut Report) {
        for key in keys {
            if let Some(pair) = self.pair(key, report).filter(|pair| !is_off(&pair.node)) {
                report.idle(pair.place, pair.key.clone());
            }
        }
    }

    /// Takes keys that say nothing about how functions run.
    pub(super) fn idle_without_note(&mut self, keys: &[&'static str], report: &mut Report) {
        for key in keys {
            self.pair(key, report);
        }
    }

    /// All pairs that were not taken yet, in order, taken now.
    pub(super) fn others(&mut self) -> Vec<&'a Pair> {
        let pairs = self.pairs.iter().zip(&mut self.is_taken);
        let others = pairs.filter_map(|(pair, is_taken)| {
            let was_taken = std::mem::replace(is_taken, true);
            (!was_taken).then_some(pair)
        });
        others.collect()
    }

    /// Ends the reading: what was not asked for is unknown.
    pub(super) fn end(mut self, report: &mut Report) {
        for pair in self.others() {
            let near = nearest_key(&pair.key, &self.asked);
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "it is not imported; remove it if it means nothing".to_owned(),
            };
            report.warn(
                pair.place,
                format!("unknown key `{}`", pair.key),
                Some(hint),
            );
        }
    }
}

/// The nearest of the known keys, whatever the casing.
fn nearest_key(given: &str, known: &[&'static str]) -> Option<&'static str> {
    let lower: Vec<_> = known.iter().map(|key| key.to_ascii_lowercase()).collect();
    let near = nearest(
        &given.to_ascii_lowercase(),
        lower.iter().map(String::as_str),
    )?;
    let index = lower.iter().position(|key| key == near)?;
    Some(known[index])
}

/// Whether a value says that something is not wanted.
fn is_off(node: &Node) -> bool {
    match &node.value {
        Value::Nothing | Value::Flag(false) => true,
        Value::Text(text) => text.is_empty() || matches!(text.as_str(), "FALSE" | "false"),
        Value::List(items) => items.is_empty(),
        Value::Pairs(pairs) => pairs.is_empty(),
        Value::Flag(true) | Value::Number(_) | Value::Unresolved(_) => false,
    }
}

/// The text of a value, or a mistake.
pub(super) fn text(node: &Node, report: &mut Report) -> Option<Said<String>> {
    let Some(value) = node.scalar() else {
        wrong(node, "a text", report);
        return None;
    };
    let place = node.place;
    Some(Said { value, place })
}

/// The items of a list, or the one item that is not in a list.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Nothing => &[],
        _ => std::slice::from_ref(node),
    }
}

/// A value of the wrong kind, or one that is not known, which is only told.
pub(super) fn wrong(node: &Node, expected: &str, report: &mut Report) {
    if let Value::Unresolved(why) = &node.value {
        let hint = "the setting is left out; set it in `backlot.yaml` beside `import:`";
        return report.warn(node.place, why, Some(hint.to_owned()));
    }
    let found = match node.scalar() {
        Some(text) if !text.is_empty() && !text.contains('\n') => format!("`{text}`"),
        _ => node.kind().to_owned(),
    };
    report.mistake(
        node.place,
        format!("found {found}, expected {expected}"),
        None,
    );
}
