//! Text to scenario, with every mistake at its place.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_saphyr::Spanned;

use super::discover::name_of;
use super::model::Scenario;
use super::step::Step;
use crate::config::check::check as check_config;
use crate::config::yaml::{self, at, span_of};
use crate::config::{Config, Layer as _, stub};
use crate::mps::Profile;
use backlot_base::source::{Diagnostic, Diagnostics, SourceFile, Span, nearest};

/// A scenario that has been read and makes sense.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file's path without its ending, as [`name_of`] says; snapshots carry it too.
    pub name: String,
    /// The text, for messages about its steps.
    pub source: SourceFile,
    /// Files that steps name are beside the scenario, in this folder.
    pub folder: PathBuf,
    /// When the run begins on its own clock.
    pub start: Option<Timestamp>,
    /// What it says.
    pub scenario: Scenario,
    /// The configuration with what the scenario says on top.
    pub config: Config,
}

/// Why a scenario could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("scenario `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file has mistakes.
    #[error("{0}")]
    Mistakes(Diagnostics),
}

/// Reads one scenario file over `config`.
pub fn load(path: &Path, config: &Config) -> Result<Loaded, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    read(&SourceFile::new(path, text), config).map_err(Error::Mistakes)
}

/// Reads one scenario over `config`; the path of `source` says where files beside it are.
pub fn read(source: &SourceFile, config: &Config) -> Result<Loaded, Diagnostics> {
    let mut scenario: Scenario = yaml::parse(source)?;
    let folder = source.path.parent().unwrap_or(Path::new("")).to_owned();
    let in_stubs = stub::complete(&mut scenario.stubs, &folder);
    let mut layer = scenario.config();
    layer.anchor(&folder);
    let whole = layer.clone().over(config.clone());
    let mut check = Check {
        text: &source.text,
        folder: &folder,
        config: &whole,
        found: [in_stubs, check_config(&layer, &whole)].concat(),
    };
    let start = check.start(scenario.start.as_ref());
    check.triggers();
    if let Some(import) = &scenario.import {
        check.file(import);
    }
    check.steps(&scenario.steps);
    let mut found = check.found;
    let config = check.config.clone();
    if !found.is_empty() {
        found.sort_by_key(|mistake| mistake.span);
        return Err(Diagnostics {
            source: source.clone(),
            found,
        });
    }
    Ok(Loaded {
        name: name_of(&source.path),
        source: source.clone(),
        folder,
        start,
        scenario,
        config,
    })
}

/// What YAML alone cannot check. All mistakes are collected.
struct Check<'a> {
    text: &'a str,
    folder: &'a Path,
    config: &'a Config,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn start(&mut self, written: Option<&Spanned<String>>) -> Option<Timestamp> {
        let written = written?;
        let start = written.value.parse().ok();
        if start.is_none() {
            let title = format!("`{}` is not a time", written.value);
            let mistake = at(&written.referenced, title);
            self.found
                .push(mistake.hint("write it like `2024-01-01T00:00:00Z`"));
        }
        start
    }

    fn triggers(&mut self) {
        for (event_type, function) in &self.config.triggers {
            if self.config.functions.contains_key(function) {
                continue;
            }
            let title = format!("`{event_type}` is bound to `{function}`, which is not a function");
            let mistake = match self.config.triggers.place(event_type) {
                Some(place) => at(place, title),
                None => Diagnostic::general(title),
            };
            self.found.push(mistake.hint(self.offer(function)));
        }
    }

    fn steps(&mut self, steps: &[Spanned<Step>]) {
        for step in steps {
            match &step.value {
                Step::FinishWorkflow(request) => self.carried(
                    step,
                    request.profile,
                    &[
                        ("session-context", !request.session_context.is_empty()),
                        ("session-id", !request.session_id.is_empty()),
                    ],
                ),
                Step::FinishEdit(request) => self.carried(
                    step,
                    request.profile,
                    &[
                        ("session-context", !request.session_context.is_empty()),
                        ("session-id", !request.session_id.is_empty()),
                        ("id", request.files.iter().any(|file| file.id.is_some())),
                    ],
                ),
                Step::SendLogs(send) => {
                    send.function.iter().for_each(|name| self.function(name));
                }
                Step::SendEvent(send) => {
                    if let Some(function) = &send.function {
                        self.function(function);
                    }
                    if let Some(file) = &send.event_file {
                        self.file(file);
                    }
                }
                Step::PutObject(put) => {
                    if let Some(file) = &put.file {
                        self.file(file);
                    }
                }
                Step::Repeat(repeat) => self.steps(&repeat.steps),
                Step::ExpectCalls(claim) => {
                    claim.function.iter().for_each(|name| self.function(name));
                    claim.stub.iter().for_each(|name| self.stub(name));
                }
                Step::ExpectFindings(claim) => {
                    claim.function.iter().for_each(|name| self.function(name));
                }
                Step::ExpectDeadLetters(claim) => {
                    claim.queue.iter().for_each(|name| self.queue(name));
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, name: &Spanned<String>) {
        if self.config.functions.contains_key(&name.value) {
            return;
        }
        let title = format!("there is no function `{}`", name.value);
        let hint = self.offer(&name.value);
        self.found.push(at(&name.referenced, title).hint(hint));
    }

    /// What is given for an event has to be in the event. Each key comes with whether it is given.
    fn carried(&mut self, step: &Spanned<Step>, profile: Option<Profile>, keys: &[(&str, bool)]) {
        if profile.unwrap_or_default() != Profile::Legacy {
            return;
        }
        for (key, _) in keys.iter().filter(|(_, is_given)| *is_given) {
            let title = format!("events of the profile `legacy` have no member for `{key}`");
            let mistake = match self.place_of(step, key) {
                Some(span) => Diagnostic::at(span, title),
                None => at(&step.referenced, title),
            };
            let hint = format!("say `profile: modern`, or leave `{key}` out");
            self.found.push(mistake.hint(hint));
        }
    }

    /// Where a key is written, from the beginning of a step on.
    fn place_of(&self, step: &Spanned<Step>, key: &str) -> Option<Span> {
        let from = span_of(&step.referenced)?.start;
        let rest = self.text.get(from..)?;
        let is_end = |after: &str| {
            after
                .trim_start_matches(['"', '\''])
                .trim_start()
                .starts_with(':')
        };
        let is_start = |before: &str| {
            !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '-')
        };
        let mut found = rest.match_indices(key);
        let (at, _) =
            found.find(|(at, _)| is_start(&rest[..*at]) && is_end(&rest[at + key.len()..]))?;
        let start = from + at;
        let end = start + key.len();
        Some(Span { start, end })
    }

    /// A claim that a stub answered no call holds for every stub that is not there.
    fn stub(&mut self, name: &Spanned<String>) {
        let stubs = self.config.stubs.iter().enumerate();
        let stubs: Vec<_> = stubs.map(|(index, stub)| stub.stub(index).name).collect();
        if stubs.contains(&name.value) {
            return;
        }
        let title = format!("there is no stub `{}`", name.value);
        let hint = match nearest(&name.value, stubs.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "describe it under `stubs:`".to_owned(),
        };
        self.found.push(at(&name.referenced, title).hint(hint));
    }

    fn queue(&mut self, name: &Spanned<String>) {
        let functions = self.config.functions.values();
        let queues: Vec<_> = functions
            .filter_map(|function| function.dead_letter.as_deref())
            .collect();
        if queues.contains(&name.value.as_str()) {
            return;
        }
        let title = format!("no function has the dead-letter queue `{}`", name.value);
        let hint = match nearest(&name.value, queues.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name it as the `dead-letter:` of a function".to_owned(),
        };
        self.found.push(at(&name.referenced, title).hint(hint));
    }

    fn offer(&self, name: &str) -> String {
        let known: BTreeSet<_> = self.config.functions.keys().map(String::as_str).collect();
        match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "describe it under `functions:`".to_owned(),
        }
    }

    fn file(&mut self, name: &Spanned<String>) {
        let path = self.folder.join(&name.value);
        let Err(error) = std::fs::File::open(&path) else {
            return;
        };
        let title = format!("`{}` cannot be opened: {error}", path.display());
        let mistake = at(&name.referenced, title);
        self.found
            .push(mistake.hint("files are looked for beside the scenario"));
    }
}
