//! The `.tf` files of one folder, and their blocks as trees. The values of expressions are in `terraform_value`.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use hcl_edit::structure::{Attribute, Block, BlockLabel, Body};

use super::report::Report;
use super::surroundings::Surroundings;
use super::tree::{Node, Pair, Place, Value};
use backlot_base::source::{Diagnostic, SourceFile, Span};

/// How deep expressions, references and blocks may be in one another.
const DEPTH: usize = 32;
/// How many values all expressions together may stand for.
const BUDGET: usize = 100_000;

/// A file that was read.
pub(super) struct File {
    pub(super) number: usize,
    text: String,
    pub(super) body: Body,
}

/// The files of a folder.
pub(super) struct Module<'a> {
    files: Vec<File>,
    /// Files of variables' values, the stronger ones first.
    pub(super) values: Vec<File>,
    pub(super) folder: &'a Path,
    pub(super) surroundings: &'a Surroundings<'a>,
    pub(super) budget: Cell<usize>,
}

/// A block of a file, which its number says.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) file: usize,
    pub(super) block: &'a Block,
}

impl Found<'_> {
    /// Where the block begins.
    pub(super) fn place(&self) -> Place {
        place(self.file, hcl_edit::Span::span(&self.block.ident))
    }

    /// The labels: of a resource its type and its name.
    pub(super) fn label(&self, index: usize) -> &str {
        let label = self.block.labels.get(index);
        label.map_or("", |label| label.as_str())
    }
}

impl<'a> Module<'a> {
    /// A module in `folder` without files.
    pub(super) fn new(folder: &'a Path, surroundings: &'a Surroundings<'a>) -> Self {
        Self {
            files: Vec::new(),
            values: Vec::new(),
            folder,
            surroundings,
            budget: Cell::new(BUDGET),
        }
    }

    /// Adds a file: `.tfvars` has values of variables, any other has blocks.
    pub(super) fn add(&mut self, source: &SourceFile, number: usize, report: &mut Report) {
        match hcl_edit::parser::parse_body(&source.text) {
            Ok(body) => {
                let is_values = source
                    .path
                    .extension()
                    .is_some_and(|ending| ending == "tfvars");
                let files = if is_values {
                    &mut self.values
                } else {
                    &mut self.files
                };
                let text = source.text.clone();
                files.push(File { number, text, body });
            }
            Err(error) => {
                let at = error.location().offset().min(source.text.len());
                let span = Span {
                    start: at,
                    end: at + 1,
                };
                let title = format!("this is not valid HCL: {}", error.message());
                report.refused(number, vec![Diagnostic::at(span, title)]);
            }
        }
    }

    /// The blocks of a kind, such as `resource`, in the order of the files.
    pub(super) fn blocks(&self, kind: &'static str) -> impl Iterator<Item = Found<'_>> {
        self.files.iter().flat_map(move |file| {
            let blocks = file
                .body
                .blocks()
                .filter(move |block| block.has_ident(kind));
            blocks.map(move |block| Found {
                file: file.number,
                block,
            })
        })
    }

    /// The block with these labels.
    pub(super) fn block(&self, kind: &'static str, labels: &[&str]) -> Option<Found<'_>> {
        self.blocks(kind).find(|found| {
            let own = found.block.labels.iter().map(BlockLabel::as_str);
            own.eq(labels.iter().copied())
        })
    }

    /// What a block says: its attributes, and the blocks in it, those of one name together in a list.
    pub(super) fn read(&self, found: Found<'_>) -> Node {
        self.body(found.block, found.file, DEPTH)
    }

    fn body(&self, block: &Block, file: usize, depth: usize) -> Node {
        let mut pairs: Vec<Pair> = Vec::new();
        for attribute in block.body.attributes() {
            pairs.push(self.attribute(attribute, file));
        }
        for inner in block.body.blocks() {
            let (key, place) = (inner.ident.as_str(), self.place_of(&inner.ident, file));
            let node = match depth.checked_sub(1) {
                Some(depth) => self.body(inner, file, depth),
                None => unresolved("the blocks are nested too deeply", place),
            };
            let Some(pair) = pairs.iter_mut().find(|pair| pair.key == key) else {
                let key = key.to_owned();
                pairs.push(Pair { key, place, node });
                continue;
            };
            if let Value::List(items) = &mut pair.node.value {
                items.push(node);
            } else {
                let first = pair.node.clone();
                pair.node.value = Value::List(vec![first, node]);
            }
        }
        let value = Value::Pairs(pairs);
        let place = self.place_of(&block.ident, file);
        Node { place, value }
    }

    fn attribute(&self, attribute: &Attribute, file: usize) -> Pair {
        Pair {
            key: attribute.key.as_str().to_owned(),
            place: self.place_of(&attribute.key, file),
            node: self.eval(&attribute.value, file, DEPTH),
        }
    }

    pub(super) fn place_of(&self, spanned: &impl hcl_edit::Span, file: usize) -> Place {
        let mut place = place(file, spanned.span());
        let within = self.text(file).get(place.span.start..place.span.end);
        let within = within.unwrap_or_default();
        place.span.end = place.span.start + within.find('\n').unwrap_or(within.len());
        place
    }

    pub(super) fn text(&self, file: usize) -> &str {
        let mut files = self.files.iter().chain(&self.values);
        files
            .find(|known| known.number == file)
            .map_or("", |file| &file.text)
    }

    /// The path of a file that an expression names.
    pub(super) fn file(&self, named: &str) -> PathBuf {
        self.folder.join(named)
    }
}

fn place(file: usize, span: Option<std::ops::Range<usize>>) -> Place {
    let span = span.unwrap_or_default();
    let (start, end) = (span.start, span.end);
    Place {
        file,
        span: Span { start, end },
    }
}

pub(super) fn unresolved(why: &str, place: Place) -> Node {
    let value = Value::Unresolved(why.to_owned());
    Node { place, value }
}
