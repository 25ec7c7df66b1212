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

/// Checks a document. Rules without an `ID` get one, as in S3.
pub(crate) fn check(cos: &Inner, bucket: &str, mut given: Element) -> Result<Element, Error> {
    rule::read(&given, &cos.settings.storage_classes)?;
    let rules = given.children.iter_mut().filter(|rule| rule.name == "Rule");
    for (index, rule) in rules.enumerate() {
        if rule.text_of("ID").is_some_and(|id| !id.trim().is_empty()) {
            continue;
        }
        rule.children.retain(|child| child.name != "ID");
        let (index, text) = (index.to_string(), rule.to_fragment());
        let drawn = cos
            .context
            .seed
            .draw(&["cos-lifecycle-rule", bucket, &index, &text]);
        rule.children
            .insert(0, Element::with_text("ID", drawn.hex(48)));
    }
    Ok(given)
}
