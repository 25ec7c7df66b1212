//! Where documents and samples disagree: one reading is the default, the other can be switched on.

use serde::{Deserialize, Serialize};

/// Readings other than the default ones. All off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, named where it is set"
)]
pub struct Switches {
    /// `Output.Definition` is 0, as in two samples, rather than that of the input. Follows: mps.md section 9, row 5,
    /// `quirk_zero_definition`.
    pub zero_definition: bool,
    /// `ErrCodeExt` of a success is empty, as the model's text says, rather than `SUCCESS`. Section 9, row 4.
    pub empty_success_code: bool,
    /// Time-point screenshots are called `…_snapshotByOffset_…` by default, as in old samples. Section 9, row 8.
    pub old_snapshot_names: bool,
    /// What `Size` and `Md5` of outputs are.
    pub size_mode: SizeMode,
    /// The event is an array with the JSON text in it, which the platform's Python template for MPS expects.
    /// Section 1.2.
    pub string_array: bool,
}

/// What `Size` and `Md5` of outputs are. Follows: mps.md section 12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SizeMode {
    /// Those that real media would plausibly have.
    #[default]
    Plausible,
    /// Those of the placeholder objects that are really written.
    Actual,
}
