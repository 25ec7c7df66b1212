//! `?lifecycle`: objects move to colder storage classes and are removed as time passes.
//!
//! [`rule`] reads the document and decides about single objects, [`apply`] carries the decisions out, and the [`Keeper`] waits for the
//! next midnight. Time that passes for another reason fires it on the way; it never moves the clock itself.
//! Follows: COS, "PUT Bucket lifecycle".

mod apply;
mod keeper;
mod rule;

pub(crate) use keeper::Keeper;

use crate::Inner;
use crate::request::error::Error;
use backlot_base::xml::Element;

/// Checks a document.
pub(crate) fn check(cos: &Inner, given: Element) -> Result<Element, Error> {
    rule::read(&given, &cos.settings.storage_classes)?;
    Ok(given)
}
