//! What must hold for every input, whatever its bytes: one file and one function for each kind of input.
//!
//! They panic if it does not hold. The nightly fuzzer in `tests/fuzz` looks for such inputs; the tests on the stable compiler
//! give each of them the inputs that are kept in `tests/fuzz/corpus`. A property ignores an input that it has no use for.

mod chunked;
mod cloud_api;
mod connection;
mod documents;
mod form;
mod hosts;
mod imports;
mod input;
mod json;
mod keys;
mod parameters;
mod policy;
mod requests;
mod rig;
mod scenario;
mod signatures;
mod state;
mod workflow;
mod xml;

/// Holds for every input, or panics.
pub type Property = fn(&[u8]);

/// All properties by name; a folder of `tests/fuzz/corpus` has the inputs of each.
pub const ALL: &[(&str, Property)] = &[
    ("chunked", chunked::check),
    ("cloud_api", cloud_api::check),
    ("connection", connection::check),
    ("documents", documents::check),
    ("form", form::check),
    ("hosts", hosts::check),
    ("imports", imports::check),
    ("json", json::check),
    ("keys", keys::check),
    ("parameters", parameters::check),
    ("policy", policy::check),
    ("requests", requests::check),
    ("scenario", scenario::check),
    ("signatures", signatures::check),
    ("state", state::check),
    ("workflow", workflow::check),
    ("xml", xml::check),
];

/// Checks the property of this name.
///
/// # Panics
///
/// If it does not hold, or if there is no property of this name.
pub fn check(name: &str, data: &[u8]) {
    let found = ALL.iter().find(|(known, _)| *known == name);
    let (_, property) = found.unwrap_or_else(|| panic!("there is no property `{name}`"));
    property(data);
}
