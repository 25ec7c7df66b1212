//! What the account has defined: what its templates do.
//!
//! [`Templates`] says what definition N is, for the mock engine and for the Cloud API alike. `family` lists the families of
//! templates, `fields` what each consists of, in the words of `field`; `preset` has the templates of the platform. `book` is
//! what is in force, and keeps what the API makes; `read` and `rules` say what the API may make.

mod book;
mod error;
mod family;
mod field;
mod fields;
mod kept;
mod preset;
mod read;
mod rules;
mod template;
mod templates;

pub use book::Definitions;
pub use error::DefinitionError;
pub use family::{Family, Verb};
pub use preset::Presets;
pub(crate) use rules::{changed_members, new_members};
pub use template::Template;
pub use templates::Templates;
