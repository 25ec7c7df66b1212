//! A look into a JSON object that copies nothing it is not asked for and minds neither nulls nor absences.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The members of one JSON object, unparsed. Of a name that occurs twice the last one counts.
#[derive(Clone, Debug)]
pub struct View<'a>(BTreeMap<String, &'a RawValue>);

/// The JSON document that `bytes` are, if they are one.
pub(super) fn document(bytes: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(bytes).ok()
}

impl<'a> View<'a> {
    /// The members of `value`, if it is an object.
    pub fn of(value: &'a RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok().map(Self)
    }

    /// The member `name`, if it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The member `name`, if it is a whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The member `name`, if it is an object.
    pub fn object(&self, name: &str) -> Option<View<'a>> {
        View::of(self.0.get(name)?)
    }

    /// The objects in the member `name`; none if it is not a list.
    pub fn list(&self, name: &str) -> Vec<View<'a>> {
        let items: Vec<&'a RawValue> = self
            .0
            .get(name)
            .and_then(|list| serde_json::from_str(list.get()).ok())
            .unwrap_or_default();
        items.into_iter().filter_map(View::of).collect()
    }

    /// Those members that are objects.
    pub fn objects(&self) -> impl Iterator<Item = View<'a>> {
        self.0.values().filter_map(|value| View::of(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_there_when_they_have_the_right_kind() {
        let text =
            br#"{"s":"a\u0041","n":3,"f":1.5,"o":{"x":null},"l":[{"i":1},null,{"i":2}],"z":null}"#;
        let view = View::of(document(text).unwrap()).unwrap();
        assert_eq!(view.text("s").unwrap(), "aA");
        assert_eq!(view.integer("n"), Some(3));
        assert_eq!(view.integer("f"), None);
        assert_eq!(view.text("z"), None);
        assert_eq!(view.text("absent"), None);
        assert!(view.object("o").is_some() && view.object("z").is_none());
        let list: Vec<_> = view
            .list("l")
            .iter()
            .map(|item| item.integer("i"))
            .collect();
        assert_eq!(list, [Some(1), Some(2)]);
        assert!(view.list("s").is_empty());
    }
}
