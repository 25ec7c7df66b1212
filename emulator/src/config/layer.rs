//! Layers of configuration: what one leaves out comes from the layer below. A key is declared once, with its description.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

/// A value that a layer above can complete or replace.
pub trait Layer {
    /// This value, with what it leaves out taken from `below`.
    #[must_use]
    fn over(self, below: Self) -> Self;
}

/// A key as it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key as Rust spells it.
    pub(crate) field: &'static str,
    /// The lines of its description.
    pub(crate) about: &'static [&'static str],
}

impl Key {
    /// The key as it is written, for example `cos-events`.
    pub fn name(&self) -> String {
        self.field.replace('_', "-")
    }

    /// The description, in sentences.
    pub fn about(&self) -> String {
        let lines: Vec<_> = self.about.iter().map(|line| line.trim()).collect();
        lines.join(" ")
    }
}

/// Declares a mapping in which every key may be left out: the struct with its fields, [`Key`]s with their descriptions, and how
/// one layer lies over another. A macro, because a new key was written in as many places.
macro_rules! layer {
    (
        $(#[$about:meta])*
        pub struct $layer:ident {
            $( $(#[doc = $key_about:literal])* $key:ident: $type:ty, )*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct $layer {
            $( $(#[doc = $key_about])* pub $key: $type, )*
        }

        impl $layer {
            /// The keys with their descriptions.
            pub const KEYS: &'static [$crate::config::layer::Key] = &[
                $( $crate::config::layer::Key {
                    field: stringify!($key),
                    about: &[$($key_about),*],
                }, )*
            ];

            /// Whether this layer says something under a key, which is named as in Rust.
            pub fn says(&self, key: &str) -> bool {
                let nothing = Self::default();
                $( if key == stringify!($key) { return self.$key != nothing.$key; } )*
                false
            }

            /// Key by key, this layer over `below`.
            fn each_key_over(self, below: Self) -> Self {
                Self {
                    $( $key: $crate::config::layer::Layer::over(self.$key, below.$key), )*
                }
            }
        }
    };
}

pub(crate) use layer;

impl<T> Layer for Option<T> {
    fn over(self, below: Self) -> Self {
        self.or(below)
    }
}

/// An item of a list that can have a name.
pub trait Named {
    /// The name that it was given, if it was given one.
    fn name(&self) -> Option<&str>;
}

impl<T: Named> Named for Spanned<T> {
    fn name(&self) -> Option<&str> {
        self.value.name()
    }
}

/// Both, the nearer ones first. A named one replaces the one of the same name in the layer below.
impl<T: Named> Layer for Vec<T> {
    fn over(mut self, below: Self) -> Self {
        let is_replaced = |lower: &T| {
            let name = lower.name();
            name.is_some() && self.iter().any(|nearer| nearer.name() == name)
        };
        let kept: Vec<_> = below
            .into_iter()
            .filter(|lower| !is_replaced(lower))
            .collect();
        self.extend(kept);
        self
    }
}

/// All names of both; a name that both have is that of the nearer layer over the other.
impl<V: Layer> Layer for BTreeMap<String, V> {
    fn over(self, mut below: Self) -> Self {
        for (name, value) in self {
            let value = match below.remove(&name) {
                Some(lower) => value.over(lower),
                None => value,
            };
            below.insert(name, value);
        }
        below
    }
}

impl Layer for String {
    fn over(self, _below: Self) -> Self {
        self
    }
}

impl<T> Layer for Spanned<T> {
    fn over(self, _below: Self) -> Self {
        self
    }
}
