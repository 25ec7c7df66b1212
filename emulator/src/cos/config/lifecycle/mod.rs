//! `?lifecycle`: objects that move to colder classes and go away as time passes.
//!
//! [`rule`] reads the document and judges single things, [`apply`] carries the judgments out, and the [`Keeper`] waits for the
//! next midnight. Time that passes for another reason fires it on the way; it never moves the clock itself.
//! Follows: COS, "PUT Bucket lifecycle".

mod apply;
mod keeper;
mod rule;

pub(in crate::cos) use keeper::Keeper;

use rule::Rule;

use crate::base::xml::Element;
use crate::cos::Inner;
use crate::cos::error::Error;
use crate::cos::visit::Visit;

/// Checks a document, and writes down what of it cannot happen here.
pub(super) fn check(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
    given: Element,
) -> Result<Element, Error> {
    let rules = rule::read(&given, &cos.settings.storage_classes)?;
    for (is_asked, why) in [
        (
            rules.iter().any(Rule::is_about_versions),
            "versions that are not current are kept",
        ),
        (
            rules.iter().any(Rule::is_about_uploads),
            "unfinished uploads are kept",
        ),
    ] {
        if is_asked {
            cos.confess_that(visit, bucket, "lifecycle", why);
        }
    }
    Ok(given)
}
