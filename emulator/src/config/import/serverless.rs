//! `serverless.yml` of the Serverless Framework, in its four forms: the component `scf`, the component `multi-scf` with several
//! functions, components under names of their own, and the provider `tencent` with `functions`.
//!
//! Follows: SCF reference, section 16.1, and the documentation of the component `multi-scf` and of the provider.

use std::path::Path;

use super::draft::Draft;
use super::imported::Drafts;
use super::report::Report;
use super::section::{Section, items, text};
use super::serverless_event::trigger;
use super::serverless_function::fill;
use super::surroundings::Surroundings;
use super::tree::{Node, Pair, Place, Value};
use super::variables::Variables;

/// A file while it is read.
struct Reading<'a> {
    folder: &'a Path,
    variables: Variables<'a>,
    drafts: Drafts,
}

/// Reads the functions of a file in `folder`.
pub(super) fn read(
    root: &Node,
    folder: &Path,
    surroundings: &Surroundings<'_>,
    report: &mut Report,
) -> Drafts {
    let mut top = Section::of(root, report);
    let mut reading = Reading {
        folder,
        variables: Variables::new(root, folder, surroundings),
        drafts: Drafts::default(),
    };
    for key in ["org", "stage", "name", "app"] {
        let said = top.filled(key, report);
        let variables = &mut reading.variables;
        let said = said.map(|said| variables.resolve_text(&said.value, said.place, report));
        let unsaid = match key {
            "stage" => Some("dev".to_owned()),
            // The instance's name is the application's too.
            "app" => variables.named("name").map(str::to_owned),
            _ => None,
        };
        if let Some(value) = said.or(unsaid) {
            variables.know(key, value);
        }
    }
    top.idle(&["description"], report);
    let component = top.text("component", report);
    let component = component.map(|said| (component_name(&said.value).to_owned(), said.place));
    match component
        .as_ref()
        .map(|(name, place)| (name.as_str(), *place))
    {
        Some(("scf", _)) => reading.one(&mut top, report),
        Some(("multi-scf", _)) => reading.several(&mut top, report),
        Some((other, place)) => {
            let title = format!("the component `{other}` is not supported");
            let hint = "`scf` and `multi-scf` are imported".to_owned();
            report.mistake(place, title, Some(hint));
        }
        None => reading.without_component(&mut top, report),
    }
    // What other parts refer to with `${self:…}`.
    top.idle_without_note(&["custom", "params"], report);
    top.end(report);
    reading.drafts
}

/// `scf` for `scf`, `scf@1.2` and `@serverless/tencent-scf`.
fn component_name(written: &str) -> &str {
    let name = written.trim_start_matches("@serverless/tencent-");
    name.split('@').next().unwrap_or(name)
}

impl Reading<'_> {
    /// The component `scf`: one function under `inputs`.
    fn one(&mut self, top: &mut Section<'_>, report: &mut Report) {
        let Some(pair) = top.pair("inputs", report) else {
            let hint = "the function is described under `inputs:`".to_owned();
            return report.mistake(top.place, "there are no `inputs`", Some(hint));
        };
        let inputs = self.variables.resolve(&pair.node, report);
        let named = |name| self.variables.named(name).unwrap_or("function");
        let name = format!("{}-{}-{}", named("name"), named("stage"), named("app"));
        self.function(&inputs, &name, pair.place, report);
    }

    /// The component `multi-scf`: `functions` by name or in a list, over the other `inputs`, and `triggers` that name them.
    fn several(&mut self, top: &mut Section<'_>, report: &mut Report) {
        let Some(pair) = top.pair("inputs", report) else {
            let hint = "the functions are described under `inputs: { functions: … }`".to_owned();
            return report.mistake(top.place, "there are no `inputs`", Some(hint));
        };
        let inputs = self.variables.resolve(&pair.node, report);
        let mut section = Section::of(&inputs, report);
        let functions = section.pair("functions", report);
        let triggers = section.node("triggers", report);
        section.idle_without_note(&["name"], report);
        let shared = Node {
            place: inputs.place,
            value: Value::Pairs(section.others().into_iter().cloned().collect()),
        };
        let Some(functions) = functions else {
            return report.mistake(pair.place, "there are no `functions`", None);
        };
        // Under which name `triggers` refer to a function, and which it is.
        let mut known = Vec::new();
        for (key, place, node) in Self::named_functions(&functions.node, report) {
            let name = self.function(&node.over(&shared), &key, place, report);
            known.push((key, name));
        }
        for node in triggers.map_or(&[][..], items) {
            self.separate_trigger(node, &known, report);
        }
    }

    /// The functions of a mapping, or of a list in which each has a `name`.
    fn named_functions(node: &Node, report: &mut Report) -> Vec<(String, Place, Node)> {
        if let Value::Pairs(pairs) = &node.value {
            let pairs = pairs.iter();
            return pairs
                .map(|pair| (pair.key.clone(), pair.place, pair.node.clone()))
                .collect();
        }
        let mut functions = Vec::new();
        for item in items(node) {
            match item.get("name").and_then(Node::scalar) {
                Some(name) => functions.push((name, item.place, item.clone())),
                None => report.mistake(item.place, "the function has no `name`", None),
            }
        }
        functions
    }

    /// An item of `triggers`: `type`, the `function` by its name, and `parameters`.
    fn separate_trigger(&mut self, node: &Node, known: &[(String, String)], report: &mut Report) {
        let mut section = Section::of(node, report);
        let kind = section.pair("type", report);
        let function = section.node("function", report);
        section.idle_without_note(&["parameters"], report);
        let (Some(kind), Some(function)) = (kind, function) else {
            let title = "a trigger needs a `type` and a `function`";
            return report.mistake(node.place, title, None);
        };
        section.end(report);
        let named = function.get("name").unwrap_or(function);
        let (Some(key), Some(name)) = (kind.node.scalar(), text(named, report)) else {
            return;
        };
        let found = known
            .iter()
            .find(|(key, full)| *key == name.value || *full == name.value);
        let Some(draft) = found.and_then(|(_, full)| self.drafts.named(full)) else {
            let title = format!("there is no function `{}`", name.value);
            return report.mistake(name.place, title, None);
        };
        let parameters = node.pairs().iter();
        let parameters = parameters.filter(|pair| pair.key.eq_ignore_ascii_case("parameters"));
        let pair = Pair {
            key,
            place: kind.node.place,
            node: Node {
                place: node.place,
                value: Value::Pairs(parameters.cloned().collect()),
            },
        };
        trigger(&pair, draft, report);
    }

    /// A file without `component`: that of the provider `tencent`, or components by names of their own.
    fn without_component(&mut self, top: &mut Section<'_>, report: &mut Report) {
        if let Some(provider) = top.node("provider", report) {
            return self.provider(provider, top, report);
        }
        let parts = top.others().into_iter();
        let parts: Vec<_> = parts
            .filter(|pair| pair.node.get("component").is_some())
            .collect();
        if parts.is_empty() {
            let hint = "files with `component: scf` or `multi-scf`, or with `provider: { name: tencent }`, are imported";
            return report.mistake(top.place, "there is no `component`", Some(hint.to_owned()));
        }
        for part in parts {
            let node = self.variables.resolve(&part.node, report);
            let mut section = Section::of(&node, report);
            let component = section.text("component", report);
            let is_function = component
                .is_some_and(|said| matches!(component_name(&said.value), "scf" | "cloudfunction"));
            match section.node("inputs", report).filter(|_| is_function) {
                Some(inputs) => drop(self.function(inputs, &part.key, part.place, report)),
                None => report.idle(part.place, part.key.clone()),
            }
            section.end(report);
        }
    }

    /// The provider `tencent`: `functions` by name, over the settings of the provider.
    fn provider(&mut self, provider: &Node, top: &mut Section<'_>, report: &mut Report) {
        let unsupported = |place, report: &mut Report| {
            let hint = "only `name: tencent` is imported".to_owned();
            report.mistake(place, "the provider is not supported", Some(hint));
        };
        let mut section = Section::of(provider, report);
        match section.text("name", report) {
            Some(name) if name.value == "tencent" => {}
            Some(name) => return unsupported(name.place, report),
            None => return unsupported(provider.place, report),
        }
        if let Some(stage) = section.filled("stage", report) {
            let stage = self
                .variables
                .resolve_text(&stage.value, stage.place, report);
            self.variables.know("stage", stage);
        }
        section.idle(&["cosBucket", "credentials"], report);
        let shared = Node {
            place: provider.place,
            value: Value::Pairs(section.others().into_iter().cloned().collect()),
        };
        let shared = self.variables.resolve(&shared, report);
        let service = top.node("service", report);
        let service = service.map(|service| service.get("name").unwrap_or(service));
        let service = service.and_then(|service| text(service, report));
        let service = service.map_or_else(|| "service".to_owned(), |said| said.value);
        top.idle(&["package", "resources"], report);
        top.idle_without_note(
            &["plugins", "frameworkVersion", "configValidationMode"],
            report,
        );
        let Some(functions) = top.node("functions", report) else {
            return report.mistake(top.place, "there are no `functions`", None);
        };
        for pair in functions.pairs() {
            let node = self.variables.resolve(&pair.node, report).over(&shared);
            let stage = self.variables.named("stage").unwrap_or("dev");
            let name = format!("{service}-{stage}-{}", pair.key);
            let node = node.over(&code_beside(pair.place));
            self.function(&node, &name, pair.place, report);
        }
    }

    /// Adds a function that is called `name` unless it says its own. Returns its name in the configuration.
    fn function(&mut self, node: &Node, name: &str, place: Place, report: &mut Report) -> String {
        let mut inputs = Section::of(node, report);
        let own = inputs.filled("name", report);
        let (name, place) = own.map_or((name.to_owned(), place), |said| (said.value, said.place));
        let namespace = inputs.filled("namespace", report);
        let namespace = namespace.map_or(String::new(), |said| said.value);
        let mut draft = Draft::new(&namespace, &name, place);
        fill(&mut inputs, &mut draft, self.folder, report);
        self.drafts.region(inputs.filled("region", report), report);
        inputs.end(report);
        let name = draft.name.clone();
        self.drafts.add(draft, report);
        name
    }
}

/// The folder of the file as the folder of the code.
fn code_beside(place: Place) -> Node {
    let value = Value::Text(".".to_owned());
    let pair = Pair {
        key: "src".to_owned(),
        place,
        node: Node { place, value },
    };
    let value = Value::Pairs(vec![pair]);
    Node { place, value }
}
