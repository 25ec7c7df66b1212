//! What is written by name: functions, triggers. A layer adds names, says more about a name, or takes one away with `null`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::layer::Layer;

/// Values by name, and the names that a layer takes away from the layers below it.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    values: BTreeMap<String, T>,
    removed: BTreeSet<String>,
    /// Where this layer's own values are in its text.
    places: BTreeMap<String, Location>,
}

impl<T> ByName<T> {
    /// Whether the name was taken away and not given anew.
    pub fn is_removed(&self, name: &str) -> bool {
        self.removed.contains(name)
    }

    /// Where the value of a name is in the text of the uppermost layer; `None` if it comes from a layer below.
    pub fn place(&self, name: &str) -> Option<&Location> {
        self.places.get(name)
    }
}

impl<T> Deref for ByName<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl<T> DerefMut for ByName<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.values
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            removed: BTreeSet::new(),
            places: BTreeMap::new(),
        }
    }
}

/// Equal if they say the same, wherever it is written.
impl<T: PartialEq> PartialEq for ByName<T> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.removed == other.removed
    }
}

impl<T, const N: usize> From<[(String, T); N]> for ByName<T> {
    fn from(values: [(String, T); N]) -> Self {
        Self {
            values: values.into(),
            ..Self::default()
        }
    }
}

impl<'a, T> IntoIterator for &'a ByName<T> {
    type Item = (&'a String, &'a T);
    type IntoIter = std::collections::btree_map::Iter<'a, String, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut ByName<T> {
    type Item = (&'a String, &'a mut T);
    type IntoIter = std::collections::btree_map::IterMut<'a, String, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter_mut()
    }
}

impl<T: Layer> Layer for ByName<T> {
    fn over(self, mut below: Self) -> Self {
        for name in &self.removed {
            below.values.remove(name);
        }
        below.removed.retain(|name| !self.values.contains_key(name));
        Self {
            values: self.values.over(below.values),
            removed: &self.removed | &below.removed,
            places: self.places,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = ByName<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`name: value` pairs")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
                let mut read = ByName::default();
                while let Some((name, value)) = map.next_entry::<String, Spanned<Option<T>>>()? {
                    match value.value {
                        Some(said) => drop(read.values.insert(name.clone(), said)),
                        None => drop(read.removed.insert(name.clone())),
                    }
                    read.places.insert(name, value.referenced);
                }
                Ok(read)
            }
        }

        from.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ByName<String> {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn a_layer_adds_replaces_and_removes() {
        let both = read("{a: up, b: null, c: up}").over(read("{a: low, b: low, d: low}"));
        let values: Vec<_> = both
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(values, ["a=up", "c=up", "d=low"]);
        assert!(both.is_removed("b"));
        assert!(both.place("a").is_some() && both.place("d").is_none());
    }

    #[test]
    fn what_was_removed_can_be_given_again() {
        let both = read("{b: up}").over(read("{b: null}"));
        assert_eq!(both["b"], "up");
        assert!(!both.is_removed("b"));
    }
}
