//! Reading the fields of a configuration: required texts, enumerations, lists; each failure is `MalformedXML` with its reason.

use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// Reads a document with this root.
pub(crate) fn parse(body: &[u8], root: &str) -> Result<Element, Error> {
    let element = Element::parse(body).map_err(|error| {
        tracing::debug!(%error, "a document could not be read");
        Error::from(error::MALFORMED_XML)
    })?;
    if element.name != root {
        return Err(malformed(format!(
            "The root element must be {root}, not {}.",
            element.name
        )));
    }
    Ok(without_attributes(element))
}

/// Attributes are namespaces, or notes of the emulator itself.
pub(crate) fn without_attributes(mut element: Element) -> Element {
    element.attributes.clear();
    let children = element.children.into_iter();
    element.children = children.map(without_attributes).collect();
    element
}

/// `MalformedXML`, with the reason as its message.
pub(crate) fn malformed(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::from(error::MALFORMED_XML).because(why)
}

/// The text of a child that must be there.
pub(crate) fn required<'a>(element: &'a Element, name: &str) -> Result<&'a str, Error> {
    let text = element.text_of(name).map(str::trim);
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| malformed(format!("{} needs {name}.", element.name)))
}

/// The text of a child that is one of these.
pub(crate) fn one_of<'a>(
    element: &'a Element,
    name: &str,
    words: &[&str],
) -> Result<&'a str, Error> {
    let text = required(element, name)?;
    if words.contains(&text) {
        return Ok(text);
    }
    Err(malformed(format!(
        "{name} must be one of {}.",
        words.join(", ")
    )))
}

/// The value of a child that is `true` or `false` in any case: some clients write the literals of their language.
pub(crate) fn flag(element: &Element, name: &str) -> Result<bool, Error> {
    match required(element, name)?.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(malformed(format!("{name} must be true or false."))),
    }
}

/// Whether an optional child says `true`, in any case.
pub(crate) fn says_true(element: &Element, name: &str) -> bool {
    let text = element.text_of(name).map(str::trim);
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The children of one name.
pub(crate) fn all<'a>(element: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    let children = element.children.iter();
    children.filter(move |child| child.name == name)
}

/// The texts of the children of one name.
pub(crate) fn texts(element: &Element, name: &str) -> Vec<String> {
    let children = element.children.iter();
    let named = children.filter(|child| child.name == name);
    named.map(|child| child.text.trim().to_owned()).collect()
}
