//! XML: what is read and written is read as the same.

use backlot::base::xml::Element;

/// A document.
pub(super) fn check(data: &[u8]) {
    let Ok(read) = Element::parse(data) else {
        return;
    };
    let written = read.to_document();
    let again = Element::parse(written.as_bytes());
    let again = again.unwrap_or_else(|error| panic!("{error}: {written}"));
    // What XML cannot carry is replaced once, and then stays.
    assert_eq!(written, again.to_document());
    let fragment = Element::parse(again.to_fragment().as_bytes());
    assert_eq!(fragment.ok(), Some(again.clone()));
    if !holds_unprintable(&read) {
        assert_eq!(read, again);
    }
}

/// Whether there is something that XML cannot carry: it comes back as another character.
fn holds_unprintable(element: &Element) -> bool {
    let is_bad = |text: &str| {
        text.contains(|letter| {
            matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
        })
    };
    is_bad(&element.text)
        || element.attributes.iter().any(|(_, value)| is_bad(value))
        || element.children.iter().any(holds_unprintable)
}
