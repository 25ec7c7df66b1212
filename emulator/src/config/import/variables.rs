//! `${…}` in YAML files: environment variables, the names of the stage and the application, parts of other files.
//!
//! Follows: SCF reference, section 16.1. `${self:…}`, `${opt:…}`, `${sls:stage}` and fallbacks after a comma are those of the
//! Serverless Framework itself.

use std::cell::Cell;
use std::path::Path;

use super::report::Report;
use super::surroundings::Surroundings;
use super::tree::{Node, Place, Value};
use super::yaml_tree;
use backlot_base::source::SourceFile;

/// How deep references may lead to references.
const DEPTH: usize = 8;
/// How many values all references of a file together may stand for.
const BUDGET: usize = 100_000;

/// What references in one file can mean.
pub(super) struct Variables<'a> {
    /// The whole file, for `${self:…}`.
    root: &'a Node,
    /// The folder of the file.
    folder: &'a Path,
    /// `stage`, `name`, `app`, `org`, as far as they are known.
    names: Vec<(&'static str, String)>,
    surroundings: &'a Surroundings<'a>,
    budget: Cell<usize>,
}

/// A reference without a value: why.
type Unknown = String;

impl<'a> Variables<'a> {
    /// References of the file `root` in `folder`. No name is known yet.
    pub(super) fn new(
        root: &'a Node,
        folder: &'a Path,
        surroundings: &'a Surroundings<'a>,
    ) -> Self {
        Self {
            root,
            folder,
            names: Vec::new(),
            surroundings,
            budget: Cell::new(BUDGET),
        }
    }

    /// Makes a name known, such as `stage`.
    pub(super) fn know(&mut self, name: &'static str, value: String) {
        self.names.retain(|(known, _)| *known != name);
        self.names.push((name, value));
    }

    /// The value of a name.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let found = self.names.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
    /// The tree with its references resolved. What cannot be resolved is told and stays as it is written.
    pub(super) fn resolve(&self, node: &Node, report: &mut Report) -> Node {
        self.resolved(node, DEPTH, report)
    }

    /// A text with its references resolved.
    pub(super) fn resolve_text(&self, text: &str, place: Place, report: &mut Report) -> String {
        let value = Value::Text(text.to_owned());
        let node = self.resolved(&Node { place, value }, DEPTH, report);
        node.scalar().unwrap_or_else(|| text.to_owned())
    }

    fn resolved(&self, node: &Node, depth: usize, report: &mut Report) -> Node {
        let mut node = node.clone();
        match &mut node.value {
            Value::List(items) => {
                for item in items {
                    *item = self.resolved(item, depth, report);
                }
            }
            Value::Pairs(pairs) => {
                for pair in pairs {
                    pair.node = self.resolved(&pair.node, depth, report);
                }
            }
            Value::Text(text) if text.contains("${") => {
                let text = text.clone();
                return self.text(&text, node.place, depth, report);
            }
            _ => {}
        }
        node
    }

    /// A text with references. If it is one reference and nothing else, the value can be of any kind.
    fn text(&self, text: &str, place: Place, depth: usize, report: &mut Report) -> Node {
        let as_written = |text: String| Node {
            place,
            value: Value::Text(text),
        };
        let mut made = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = closing(&rest[start + 2..]) else {
                break;
            };
            let (inside, end) = (&rest[start + 2..start + 2 + length], start + 2 + length + 1);
            let whole = &rest[start..end];
            made.push_str(&rest[..start]);
            match self.reference(inside, place, depth, report) {
                Ok(node) if whole == text => return node.moved_to(place),
                Ok(node) if node.scalar().is_some() => {
                    made.push_str(&node.scalar().unwrap_or_default());
                }
                Ok(node) => {
                    let why = format!("it is {}, which is not a part of a text", node.kind());
                    unresolved(whole, &why, place, report);
                    made.push_str(whole);
                }
                Err(why) => {
                    unresolved(whole, &why, place, report);
                    made.push_str(whole);
                }
            }
            rest = &rest[end..];
        }
        made.push_str(rest);
        as_written(made)
    }

    /// What is between the braces: the first of several, separated by commas, that has a value.
    fn reference(
        &self,
        inside: &str,
        place: Place,
        depth: usize,
        report: &mut Report,
    ) -> Result<Node, Unknown> {
        let (Some(depth), Some(())) = (depth.checked_sub(1), self.spend(1)) else {
            return Err("its references lead to one another".to_owned());
        };
        let mut first = None;
        for part in alternatives(inside) {
            let part = self.text(part.trim(), place, depth, report);
            let part = part.scalar().unwrap_or_default();
            match self.one(&part, place) {
                Ok(node) if self.spend(node.size()).is_none() => {
                    return Err("the references stand for too much".to_owned());
                }
                Ok(node) => return Ok(self.resolved(&node, depth, report)),
                Err(why) => first = first.or(Some(why)),
            }
        }
        Err(first.unwrap_or_else(|| "it is empty".to_owned()))
    }

    /// Takes what a value costs off what all references may stand for.
    fn spend(&self, cost: usize) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(cost)?);
        Some(())
    }

    fn one(&self, part: &str, place: Place) -> Result<Node, Unknown> {
        let text = |text: &str| {
            let value = Value::Text(text.to_owned());
            Ok(Node { place, value })
        };
        if let Some(quoted) = quoted(part) {
            return text(quoted);
        }
        if let Some(name) = part.strip_prefix("env:").or(part.strip_prefix("env.")) {
            let found = self.surroundings.variable(name.trim(), self.folder);
            let unset = || format!("the environment variable `{}` is not set", name.trim());
            return text(&found.ok_or_else(unset)?);
        }
        if let Some(path) = part.strip_prefix("self:") {
            let found = self.root.at_path(path.trim()).cloned();
            return found.ok_or_else(|| format!("the file has no `{}`", path.trim()));
        }
        if let Some(rest) = part.strip_prefix("file(") {
            return self.file(rest, place);
        }
        if part.starts_with("output:") {
            return Err("outputs of other deployments are not known here".to_owned());
        }
        let name = part.strip_prefix("sls:").unwrap_or(part);
        let name = name.strip_prefix("opt:").unwrap_or(name);
        if let Some(value) = self.named(name) {
            return text(value);
        }
        match part {
            "true" | "false" => Ok(Node {
                place,
                value: Value::Flag(part == "true"),
            }),
            _ if part.parse::<f64>().is_ok() => Ok(Node {
                place,
                value: Value::Number(part.to_owned()),
            }),
            _ => Err("it is none of the variables that are known here".to_owned()),
        }
    }

    /// `file(PATH)` or `file(PATH):a.b`, without its beginning.
    fn file(&self, rest: &str, place: Place) -> Result<Node, Unknown> {
        let (path, rest) = rest.split_once(')').ok_or("the `)` is missing")?;
        let path = self.folder.join(path.trim());
        let text = self
            .surroundings
            .file(&path)
            .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        let ending = path.extension().and_then(|ending| ending.to_str());
        let value = Value::Text(text.trim_end().to_owned());
        let whole = match ending {
            Some("yml" | "yaml" | "json") => {
                let read = yaml_tree::read(&SourceFile::new(&path, text), place.file);
                read.map_err(|found| {
                    let first = found.first().map_or("", |mistake| &mistake.title);
                    format!("`{}` cannot be read: {first}", path.display())
                })?
            }
            _ => Node { place, value },
        };
        let within = rest.trim_start_matches([':', '.']);
        let found = whole.at_path(within).cloned();
        let found = found.ok_or_else(|| format!("`{}` has no `{within}`", path.display()))?;
        Ok(found.moved_to(place))
    }
}

fn unresolved(whole: &str, why: &str, place: Place, report: &mut Report) {
    let title = format!("`{whole}` is not resolved: {why}");
    let hint = "the text stays as it is; set the value in `backlot.yaml` beside `import:`";
    report.warn(place, title, Some(hint.to_owned()));
}

/// Where the brace closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas that are not in quotes, parentheses or braces.
fn alternatives(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_i64, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) => quote = (open != letter).then_some(open),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '{') => depth += 1,
            (None, ')' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn quoted(text: &str) -> Option<&str> {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"'))
}
