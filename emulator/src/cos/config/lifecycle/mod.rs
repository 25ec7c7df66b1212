//! `?lifecycle`: objects that move to colder classes and go away as time passes.
//!
//! [`rule`] reads the document and judges single things, [`apply`] carries the judgments out, and the [`Keeper`] waits for the
//! next midnight. Time that passes for another reason fires it on the way; it never moves the clock itself.
//! Follows: COS, "PUT Bucket lifecycle".

mod apply;
mod keeper;
mod rule;

pub(in crate::cos) use keeper::Keeper;

use crate::base::xml::Element;
use crate::cos::Inner;
use crate::cos::error::Error;

/// Checks a document.
pub(super) fn check(cos: &Inner, given: Element) -> Result<Element, Error> {
    rule::read(&given, &cos.settings.storage_classes)?;
    Ok(given)
}
