//! Everything that can happen, by the room that records it.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::room::Room;
use super::{CosRecord, HttpRecord, MpsRecord, NoticeRecord, ScfRecord, StageRecord};

/// The member of the JSON object that tells the kinds of records apart.
const TAG: &str = "what";

macro_rules! rooms {
    ($( $(#[$about:meta])* $room:ident($records:ident), )*) => {
        /// Everything that can happen on a stage, grouped by the room that records it.
        ///
        /// Durations are virtual, in milliseconds. `request_id` is the id that the service gave, not one of ours.
        ///
        /// In JSON the room does not show: the member `what` names the kind, whose names are unique among all rooms.
        #[derive(Clone, Debug, PartialEq)]
        pub enum What {
            $( $(#[$about])* $room($records), )*
        }

        $(
            impl From<$records> for What {
                fn from(record: $records) -> Self {
                    Self::$room(record)
                }
            }
        )*

        impl What {
            /// Bytes of memory behind pointers.
            pub(super) fn heap(&self) -> usize {
                match self {
                    $( Self::$room(record) => record.heap(), )*
                }
            }

            /// The record of that kind, read from the members of its JSON object.
            fn read(fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
                let Some(kind) = fields.get(TAG).and_then(Value::as_str) else {
                    return Err(serde_json::Error::missing_field(TAG));
                };
                $(
                    if $records::KINDS.contains(&kind) {
                        return serde_json::from_value(Value::Object(fields)).map(Self::$room);
                    }
                )*
                Err(serde_json::Error::custom(format!("`{kind}` is not a kind of record")))
            }
        }

        #[cfg(test)]
        impl What {
            /// The names of all kinds.
            pub(super) fn kinds() -> Vec<&'static str> {
                [$( $records::KINDS ),*].concat()
            }

            /// Any record of each kind.
            pub(super) fn strategies() -> Vec<proptest::strategy::BoxedStrategy<Self>> {
                use proptest::strategy::Strategy as _;
                let mut all = Vec::new();
                $( all.extend($records::strategies().into_iter().map(|any| any.prop_map(Self::$room).boxed())); )*
                all
            }
        }

        impl Serialize for What {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$room(record) => record.serialize(to), )*
                }
            }
        }
    };
}

rooms! {
    /// The stage and the scenario on it.
    Stage(StageRecord),
    /// Tasks of MPS.
    Mps(MpsRecord),
    /// Invocations, attempts and instances of SCF.
    Scf(ScfRecord),
    /// Requests to COS and changes of objects.
    Cos(CosRecord),
    /// Calls of the Cloud API and of other hosts.
    Http(HttpRecord),
    /// Remarks that every room can make.
    Notice(NoticeRecord),
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // Not an untagged enum: its only message is that no variant fits.
        let fields = Map::deserialize(from)?;
        Self::read(fields).map_err(D::Error::custom)
    }
}
