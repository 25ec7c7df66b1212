//! Elements of the COS dialect of XML, in and out.
//!
//! Follows: COS reference, section 4.4 (byte shape of replies) and 6.4 (requests: namespaces are ignored). What an element
//! means is left to others.

mod writer;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

pub use writer::Writer;

/// How deep a body that is read may nest.
const MAX_DEPTH: usize = 32;

/// An element with either text or children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The name, without a namespace prefix when it was read.
    pub name: Cow<'static, str>,
    /// Attributes in order, as they are written.
    pub attributes: Vec<(Cow<'static, str>, String)>,
    /// The text, if there are no children.
    pub text: String,
    /// Elements inside.
    pub children: Vec<Element>,
}

/// Why bytes are not a body of the dialect.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// Not UTF-8.
    #[error("the body is not UTF-8")]
    NotText,
    /// Not well-formed.
    #[error("the body is not well-formed")]
    Malformed(#[source] quick_xml::Error),
    /// Well-formed as far as the parser sees, but not one element with its content.
    #[error("{0}")]
    Unexpected(&'static str),
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// An element with text.
    pub fn with_text(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            ..Self::default()
        }
    }

    /// The element with one more child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The element with one more child that holds text.
    #[must_use]
    pub fn field(self, name: &'static str, text: impl Into<String>) -> Self {
        self.child(Self::with_text(name, text))
    }

    /// The element with one more attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The first child of this name.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name; `None` if it is absent or empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        let text = self.find(name)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// The element as a body with a declaration: a tab for each depth, a line for each element, no line end at the end.
    pub fn to_document(&self) -> String {
        self.written(Writer::document())
    }

    /// The element as a body without a declaration, in the same layout.
    pub fn to_fragment(&self) -> String {
        self.written(Writer::fragment())
    }

    fn written(&self, mut writer: Writer) -> String {
        writer.tree(self);
        writer.finish()
    }

    /// Reads a body: one element, perhaps after a byte order mark and a declaration.
    ///
    /// Namespaces, comments and white space between elements are ignored; of attributes that differ in nothing but a prefix the
    /// first counts. A document type is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotText)?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        loop {
            let closed = match reader.read_event().map_err(XmlError::Malformed)? {
                Event::Start(start) => {
                    if open.len() == MAX_DEPTH {
                        return Err(XmlError::Unexpected("elements nest too deep"));
                    }
                    open.push(opened(&start)?);
                    continue;
                }
                Event::Empty(start) => opened(&start)?,
                Event::End(_) => open
                    .pop()
                    .ok_or(XmlError::Unexpected("an end without a start"))?,
                Event::Text(text) => {
                    add_text(&mut open, &text.xml10_content())?;
                    continue;
                }
                Event::CData(text) => {
                    add_text(&mut open, &text.xml10_content())?;
                    continue;
                }
                Event::GeneralRef(reference) => {
                    add_text(&mut open, resolve(&reference)?.encode_utf8(&mut [0; 4]))?;
                    continue;
                }
                Event::DocType(_) => {
                    return Err(XmlError::Unexpected("a document type is not allowed"));
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
                Event::Eof => break,
            };
            let closed = settled(closed);
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if root.is_none() => root = Some(closed),
                None => return Err(XmlError::Unexpected("more than one root element")),
            }
        }
        if !open.is_empty() {
            return Err(XmlError::Unexpected("an element is not closed"));
        }
        root.ok_or(XmlError::Unexpected("there is no element"))
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Element, XmlError> {
    check_name(start.name().as_ref())?;
    let mut element = Element::new(start.local_name().as_ref().to_owned());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| XmlError::Malformed(error.into()))?;
        check_name(attribute.key.as_ref())?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(XmlError::Malformed)?;
        let name = attribute.key.local_name();
        let is_declaration = attribute
            .key
            .prefix()
            .is_some_and(|prefix| prefix.as_ref() == "xmlns");
        // Two that differ in nothing but a prefix would be written as one name twice.
        let is_known = element
            .attributes
            .iter()
            .any(|(known, _)| known == name.as_ref());
        if !is_declaration && !is_known {
            let name = name.as_ref().to_owned();
            element.attributes.push((name.into(), value.into_owned()));
        }
    }
    Ok(element)
}

/// The parser takes anything for a name that ends where one should, and names are written as they were read.
/// Follows: XML 1.0, section 2.3, with the letters of all scripts.
fn check_name(name: &str) -> Result<(), XmlError> {
    let is_first = |letter: char| letter.is_alphabetic() || letter == '_';
    let is_later = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let is_name = |part: &str| part.starts_with(is_first) && part.chars().all(is_later);
    let (prefix, local) = name.split_once(':').unwrap_or(("_", name));
    if is_name(prefix) && is_name(local) {
        return Ok(());
    }
    Err(XmlError::Unexpected(
        "the name of an element or attribute is invalid",
    ))
}

/// White space between children are layout, not text.
fn settled(mut element: Element) -> Element {
    if !element.children.is_empty() {
        element.text.clear();
    }
    element
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Unexpected("text outside of the root element")),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(char) = reference.resolve_char_ref().map_err(XmlError::Malformed)? {
        return Ok(char);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlError::Unexpected("an unknown entity")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_one_of_the_service() {
        let owner = Element::new("Owner").field("ID", "\"'<&>");
        let list = Element::new("List")
            .field("Name", "n")
            .field("Prefix", "")
            .child(owner);
        let expected = "<?xml version='1.0' encoding='utf-8' ?>\n<List>\n\t<Name>n</Name>\n\t<Prefix/>\n\t<Owner>\n\
                        \t\t<ID>&quot;&apos;&lt;&amp;&gt;</ID>\n\t</Owner>\n</List>";
        assert_eq!(list.to_document(), expected);
        assert_eq!(
            Element::new("DeleteResult").to_fragment(),
            "<DeleteResult/>"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let list = Element::new("List")
            .field("Text", " a \"b\" & <c>\r\n'd' 中 ")
            .child(Element::new("Empty").attribute("type", "a&b\"\t\r\n c "))
            .child(Element::new("Box").field("Inner", "1"));
        assert_eq!(Element::parse(list.to_document().as_bytes()).unwrap(), list);
        assert_eq!(Element::parse(list.to_fragment().as_bytes()).unwrap(), list);
    }

    #[test]
    fn tabs_and_line_ends_of_attributes_are_references() {
        let element = Element::with_text("a", "\t\n\r").attribute("b", "\t\n\r");
        let written = element.to_fragment();
        assert_eq!(written, "<a b=\"&#9;&#10;&#13;\">\t\n&#13;</a>");
        assert_eq!(Element::parse(written.as_bytes()).unwrap(), element);
    }

    #[test]
    fn marks_namespaces_and_sections_are_understood() {
        let body = "\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><a:Delete xmlns:a=\"urn:x\">\n <a:Key><![CDATA[<k>]]></a:Key> \
                    <Quiet></Quiet></a:Delete>\n";
        let parsed = Element::parse(body.as_bytes()).unwrap();
        assert_eq!(parsed.name, "Delete");
        assert_eq!(parsed.text_of("Key"), Some("<k>"));
        assert_eq!(parsed.text_of("Quiet"), None);
        assert!(parsed.find("Quiet").is_some());
    }

    #[test]
    fn attributes_that_differ_in_a_prefix_are_one() {
        let parsed = Element::parse(b"<a xmlns:b='urn:x' b:b='1' c:b='2' d='3'/>").unwrap();
        assert_eq!(parsed.to_fragment(), "<a b=\"1\" d=\"3\"/>");
    }

    #[test]
    fn what_is_not_one_element_is_refused() {
        for body in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a>&x;</a>",
            "<!DOCTYPE a><a/>",
            "<a/>x",
            "<a<b/>",
            "<a b<c=\"\"/>",
            "<a x:<y:z=\"\"/>",
            "<1/>",
            "<:a/>",
            "<a:b:c/>",
            "<a\"b/>",
        ] {
            assert!(Element::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Element::parse(b"<a>\xff</a>").is_err());
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        assert!(Element::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn what_xml_cannot_carry_is_replaced() {
        let text = Element::with_text("Key", "a\u{1}b").to_fragment();
        assert_eq!(text, "<Key>a\u{fffd}b</Key>");
    }
}
