//! `?tagging` of buckets, and tags that come as a header. Follows: COS reference, sections 7 and 7.8.

use super::fields::{all, malformed};
use crate::Inner;
use crate::request::error::{self, Error};
use backlot_base::xml::Element;
use backlot_http::Query;

/// The maximal number of tags of a bucket.
const MAX_TAGS: usize = 50;

/// A key and its value.
pub(crate) type Tag = (String, String);

/// Checks a document.
pub(super) fn check(given: Element) -> Result<Element, Error> {
    check_tags(&read(&given)?, MAX_TAGS)?;
    Ok(given)
}

/// The document of tags that came as `k1=v1&k2=v2`.
pub(crate) fn of_header(header: &str) -> Result<Element, Error> {
    let query = Query::parse(header);
    let tags: Vec<Tag> = query
        .iter()
        .map(|part| (part.name.clone(), part.value.clone()))
        .collect();
    check_tags(&tags, MAX_TAGS)?;
    let mut set = Element::new("TagSet");
    set.children.extend(
        tags.into_iter()
            .map(|(key, value)| Element::new("Tag").field("Key", key).field("Value", value)),
    );
    Ok(Element::new("Tagging").child(set))
}

/// The tags of a document.
pub(crate) fn read(document: &Element) -> Result<Vec<Tag>, Error> {
    let set = document
        .find("TagSet")
        .ok_or_else(|| malformed("Tagging needs a TagSet."))?;
    let tags = all(set, "Tag").map(|tag| {
        let text = |name| tag.find(name).map(|found| found.text.clone());
        let key = text("Key").ok_or_else(|| malformed("A Tag needs a Key."))?;
        Ok((key, text("Value").unwrap_or_default()))
    });
    tags.collect()
}

/// Checks number, lengths and letters.
pub(crate) fn check_tags(tags: &[Tag], max: usize) -> Result<(), Error> {
    let wrong = |why: String| Err(Error::from(error::INVALID_TAG).because(why));
    if tags.len() > max {
        return wrong(format!("There are more than {max} tags."));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        let is_valid = |text: &str, max| {
            text.chars().count() <= max
                && text
                    .chars()
                    .all(|char| char.is_alphanumeric() || " +-_=.:/".contains(char))
        };
        if key.is_empty() || !is_valid(key, 128) || !is_valid(value, 256) {
            return wrong(format!("The tag {key} is not valid."));
        }
        if tags[..index].iter().any(|(other, _)| other == key) {
            return wrong(format!("The tag {key} occurs twice."));
        }
    }
    Ok(())
}

impl Inner {
    /// The tags of a bucket.
    pub(crate) async fn bucket_tags(&self, bucket: &str) -> Result<Vec<Tag>, Error> {
        match self.configuration(bucket, "tagging").await? {
            Some(document) => read(&document),
            None => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked() {
        let code = |header: &str| of_header(header).err().map(|error| error.code);
        assert_eq!(code("a=1&b="), None);
        assert_eq!(code("%E4%B8%AD=x+y"), None);
        for bad in ["=1", "a=1&a=2", "a=%3F", &format!("{}=1", "k".repeat(129))] {
            assert_eq!(code(bad).as_deref(), Some("InvalidTag"), "{bad}");
        }
        let many: Vec<_> = (0..51).map(|number| format!("k{number}=v")).collect();
        assert_eq!(code(&many.join("&")).as_deref(), Some("InvalidTag"));
    }
}
