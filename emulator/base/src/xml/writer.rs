//! The dialect straight to text, for bodies with many elements: an [`Element`] for each would be made only to be written.
//!
//! Follows: COS reference, section 4.4: a tab for each depth, a line for each element, no line end at the end.

use std::fmt::{Display, Write as _};

use super::Element;

/// The first line of bodies that carry a declaration.
const DECLARATION: &str = "<?xml version='1.0' encoding='utf-8' ?>\n";

/// A body in the making.
#[derive(Debug)]
pub struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    /// A body that begins with a declaration.
    pub fn document() -> Self {
        Self {
            out: DECLARATION.to_owned(),
            depth: 0,
        }
    }

    /// A body without a declaration.
    pub fn fragment() -> Self {
        Self {
            out: String::new(),
            depth: 0,
        }
    }

    /// Makes room for `bytes` more bytes, so that a long body is not moved while it grows.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// Adds an element with those that `children` adds.
    pub fn element(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.begin(name);
        self.end_with_children(name, children);
    }

    /// Adds an element with text.
    pub fn field(&mut self, name: &str, text: &str) {
        self.begin(name);
        self.end_with_text(name, text);
    }

    /// Adds an element with text as it is, also with characters that XML 1.0 has not, so that the text can be sent back.
    ///
    /// Strict readers refuse such a body.
    pub fn exact(&mut self, name: &str, text: &str) {
        self.begin(name);
        self.end_with(name, text, as_it_is);
    }

    /// Adds an element with a number, a date or a word: text that is not empty and needs no escape.
    pub fn plain(&mut self, name: &str, text: impl Display) {
        self.begin(name);
        self.out.push('>');
        write!(self.out, "{text}").expect("text can be added to text");
        self.close(name);
    }

    /// Adds an element that has been made before.
    pub fn tree(&mut self, element: &Element) {
        self.begin(&element.name);
        for (name, value) in &element.attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(&mut self.out, value, in_attribute);
            self.out.push('"');
        }
        if element.children.is_empty() {
            return self.end_with_text(&element.name, &element.text);
        }
        self.end_with_children(&element.name, |inside| {
            for child in &element.children {
                inside.tree(child);
            }
        });
    }

    /// The whole body.
    pub fn finish(self) -> String {
        self.out
    }

    /// Up to where attributes would follow.
    fn begin(&mut self, name: &str) {
        if self.depth > 0 {
            self.line();
        }
        self.out.push('<');
        self.out.push_str(name);
    }

    fn end_with_text(&mut self, name: &str, text: &str) {
        self.end_with(name, text, in_text);
    }

    fn end_with(&mut self, name: &str, text: &str, escaped: fn(char) -> Option<&'static str>) {
        if text.is_empty() {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        escape(&mut self.out, text, escaped);
        self.close(name);
    }

    fn end_with_children(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.out.push('>');
        self.depth += 1;
        children(self);
        self.depth -= 1;
        if self.out.len() == start + 1 {
            self.out.truncate(start);
            self.out.push_str("/>");
            return;
        }
        self.line();
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn line(&mut self) {
        const TABS: &str = "\n\t\t\t\t\t\t\t\t";
        match TABS.get(..=self.depth) {
            Some(line) => self.out.push_str(line),
            None => self
                .out
                .extend(std::iter::once('\n').chain(std::iter::repeat_n('\t', self.depth))),
        }
    }
}

/// Choice: what XML 1.0 cannot carry at all is written as U+FFFD, so that clients can still read the rest. Where clients send a
/// text back, [`Writer::exact`] writes it as it is.
///
/// What needs no escape is taken over in runs: texts are mostly keys and numbers.
fn escape(out: &mut String, text: &str, escaped: impl Fn(char) -> Option<&'static str>) {
    let mut done = 0;
    let suspects = text.bytes().enumerate();
    for (at, _) in suspects.filter(|(_, byte)| IS_SUSPECT[usize::from(*byte)]) {
        let char = text[at..].chars().next().expect("a character begins here");
        if let Some(escaped) = escaped(char) {
            out.push_str(&text[done..at]);
            out.push_str(escaped);
            done = at + char.len_utf8();
        }
    }
    out.push_str(&text[done..]);
}

/// The bytes with which those characters begin that may not stand as they are.
const IS_SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table[b'>' as usize] = true;
    table[b'"' as usize] = true;
    table[b'\'' as usize] = true;
    // U+FFFE and U+FFFF, and some thousand more.
    table[0xef] = true;
    table
};

/// What stands for a character of a text that cannot stand as it is.
fn in_text(char: char) -> Option<&'static str> {
    Some(match char {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&apos;",
        '\t' | '\n' => return None,
        '\r' => "&#13;",
        '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
        _ => return None,
    })
}

/// Like [`in_text`], but for characters that XML 1.0 has not.
fn as_it_is(char: char) -> Option<&'static str> {
    in_text(char).filter(|escaped| *escaped != "\u{fffd}")
}

/// Escapes the value of an attribute, where readers make a space of a raw tab or line end.
/// Follows: XML 1.0, section 3.3.3.
fn in_attribute(char: char) -> Option<&'static str> {
    match char {
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        _ => in_text(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_what_a_tree_of_the_same_elements_would_be() {
        let owner = Element::new("Owner").field("ID", "\"'<&>\u{1}\r中\u{ffff}\u{ff01}");
        let made = Element::new("Made").attribute("type", "a&b\"");
        let tree = Element::new("List")
            .field("Prefix", "")
            .field("Size", "7")
            .child(owner)
            .child(Element::new("Empty"))
            .child(made.clone());
        let write = |mut writer: Writer| {
            writer.element("List", |list| {
                list.field("Prefix", "");
                list.plain("Size", 7);
                list.element("Owner", |owner| {
                    owner.field("ID", "\"'<&>\u{1}\r中\u{ffff}\u{ff01}");
                });
                list.element("Empty", |_| ());
                list.tree(&made);
            });
            writer.finish()
        };
        assert_eq!(write(Writer::document()), tree.to_document());
        assert_eq!(write(Writer::fragment()), tree.to_fragment());
    }

    #[test]
    fn an_exact_text_keeps_what_xml_has_not() {
        let mut writer = Writer::fragment();
        writer.exact("Key", "a\u{1}<\r\n\u{fffe}\u{fffd}");
        assert_eq!(
            writer.finish(),
            "<Key>a\u{1}&lt;&#13;\n\u{fffe}\u{fffd}</Key>"
        );
    }
}
