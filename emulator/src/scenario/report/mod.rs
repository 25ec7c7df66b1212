//! What a run looks like to its reader. Reports read results; they keep no books of their own.

mod attempts;
pub mod terminal;
