//! What the records of one room have in common, and the macro that declares them.

use std::borrow::Cow;

use jiff::Timestamp;
#[cfg(test)]
use proptest::prelude::*;

use super::Blob;

/// The records of one room.
pub(super) trait Room: Sized {
    /// The values of `what` in JSON, one for each variant.
    const KINDS: &'static [&'static str];

    /// Bytes behind pointers, near enough to keep a limit by.
    fn heap(&self) -> usize;

    /// Any record of each kind.
    #[cfg(test)]
    fn strategies() -> Vec<BoxedStrategy<Self>>;
}

/// What the allocator takes for a text besides its bytes.
const ALLOCATION: usize = 16;

/// A value that a record can have in a field.
pub(super) trait Field {
    /// Bytes behind pointers. A blob counts whole, though others may hold it too.
    fn heap(&self) -> usize {
        0
    }

    /// Any such value.
    #[cfg(test)]
    fn any() -> BoxedStrategy<Self>
    where
        Self: Sized;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Field for $number {
            #[cfg(test)]
            fn any() -> BoxedStrategy<Self> {
                any::<$number>().boxed()
            }
        }
    )* };
}

numbers!(bool, u16, u32, u64, i64);

impl Field for Timestamp {
    #[cfg(test)]
    fn any() -> BoxedStrategy<Self> {
        let range = Self::MIN.as_nanosecond()..=Self::MAX.as_nanosecond();
        let made = |nanosecond| Self::from_nanosecond(nanosecond).expect("it is in range");
        range.prop_map(made).boxed()
    }
}

impl Field for String {
    fn heap(&self) -> usize {
        self.len() + ALLOCATION
    }

    #[cfg(test)]
    fn any() -> BoxedStrategy<Self> {
        any::<Self>().boxed()
    }
}

impl Field for Cow<'static, str> {
    fn heap(&self) -> usize {
        match self {
            Self::Borrowed(_) => 0,
            Self::Owned(text) => text.heap(),
        }
    }

    #[cfg(test)]
    fn any() -> BoxedStrategy<Self> {
        any::<String>().prop_map(Self::Owned).boxed()
    }
}

impl Field for Blob {
    fn heap(&self) -> usize {
        self.0.len()
    }

    #[cfg(test)]
    fn any() -> BoxedStrategy<Self> {
        let bytes = any::<Vec<u8>>().prop_map(Self::from);
        let text = any::<String>().prop_map(Self::from);
        prop_oneof![bytes, text].boxed()
    }
}

impl<T: Field + std::fmt::Debug + 'static> Field for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Field::heap)
    }

    #[cfg(test)]
    fn any() -> BoxedStrategy<Self> {
        prop::option::of(T::any()).boxed()
    }
}

/// Declares the enum of one room: each variant with its `what` in JSON and its fields. The weight of a record and the list of
/// kinds follow from it, so that a new variant is written in one place; in tests, so do arbitrary records of every kind.
macro_rules! records {
    (
        $(#[$about:meta])*
        pub enum $room:ident {
            $(
                $(#[$variant_about:meta])*
                $variant:ident = $kind:literal $({
                    $( $(#[$field_about:meta])* $field:ident: $type:ty, )*
                })?,
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "what")]
        pub enum $room {
            $(
                $(#[$variant_about])*
                #[serde(rename = $kind)]
                $variant $({ $( $(#[$field_about])* $field: $type, )* })?,
            )*
        }

        impl $crate::journal::room::Room for $room {
            const KINDS: &'static [&'static str] = &[$($kind),*];

            fn heap(&self) -> usize {
                use $crate::journal::room::Field as _;
                match self {
                    $( Self::$variant $({ $($field),* })? => 0 $($( + $field.heap() )*)?, )*
                }
            }

            #[cfg(test)]
            fn strategies() -> Vec<proptest::prelude::BoxedStrategy<Self>> {
                use proptest::prelude::{Just, Strategy as _};
                vec![$(
                    // The first member is there for kinds without fields.
                    (Just(()), $($( <$type as $crate::journal::room::Field>::any(), )*)?)
                        .prop_map(|((), $($($field,)*)?)| Self::$variant $({ $($field),* })?)
                        .boxed(),
                )*]
            }
        }
    };
}

pub(super) use records;
