//! What the records of one room have in common, and the macro that declares them.

use bytes::Bytes;
use jiff::Timestamp;

use super::Blob;

/// The records of one room.
pub(super) trait Room {
    /// The values of `what` in JSON, one for each variant.
    const KINDS: &'static [&'static str];

    /// Bytes behind pointers, near enough to keep a limit by.
    fn heap(&self) -> usize;
}

/// What the allocator takes for a text besides its bytes.
const ALLOCATION: usize = 16;

/// A field of a record, as far as memory is concerned.
pub(super) trait Heap {
    /// Bytes behind pointers. A blob counts whole, though others may hold it too.
    fn heap(&self) -> usize {
        0
    }
}

impl Heap for u16 {}
impl Heap for u32 {}
impl Heap for u64 {}
impl Heap for i64 {}
impl Heap for Timestamp {}

impl Heap for String {
    fn heap(&self) -> usize {
        self.len() + ALLOCATION
    }
}

impl Heap for std::borrow::Cow<'static, str> {
    fn heap(&self) -> usize {
        match self {
            Self::Borrowed(_) => 0,
            Self::Owned(text) => text.heap(),
        }
    }
}

impl Heap for Bytes {
    fn heap(&self) -> usize {
        self.len()
    }
}

impl Heap for Blob {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

impl<T: Heap> Heap for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Heap::heap)
    }
}

/// Declares the enum of one room: each variant with its `what` in JSON and its fields. The weight of a record and the list of
/// kinds follow from it, so that a new variant is written in one place.
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
                use $crate::journal::room::Heap as _;
                match self {
                    $( Self::$variant $({ $($field),* })? => 0 $($( + $field.heap() )*)?, )*
                }
            }
        }
    };
}

pub(super) use records;
