//! Deployment files of other tools, read as they are: functions, what makes them run, and their account, as a layer of
//! configuration below `backlot.yaml`.
//!
//! `kind` tells files apart. Each format is read into a `tree` (`yaml_tree`, `terraform_module`), and the tree by one file
//! a format: `serverless`, `template`, `terraform`. They fill `draft`s of functions, taking keys from `section`s so that unknown ones
//! remain and are reported (`report`). `imported` makes the layer. Follows: SCF reference, section 16.

mod draft;
mod event;
mod imported;
mod kind;
mod report;
mod section;
mod serverless;
mod serverless_event;
mod serverless_function;
mod surroundings;
mod template;
mod terraform;
mod terraform_call;
mod terraform_module;
mod terraform_trigger;
mod terraform_value;
mod tree;
mod variables;
mod written;
mod yaml_tree;

use std::io;
use std::path::{Path, PathBuf};

use draft::Draft;
use imported::Drafts;
use report::Report;
use section::Said;

use super::{Config, Loaded};
use backlot_base::source::{Diagnostic, Diagnostics, SourceFile};

pub use kind::{Kind, find};
pub use surroundings::Surroundings;
pub use written::ImportConfig;

/// What imported files say.
#[derive(Debug, Default)]
pub struct Imported {
    drafts: Drafts,
    report: Report,
}

impl Imported {
    /// Reads the file at `path`, or that of the folder. What it says is added to what was imported before.
    pub fn add(&mut self, path: &Path, surroundings: &Surroundings<'_>) -> io::Result<()> {
        if surroundings.folder(path).is_ok() {
            let files = find(path, surroundings);
            let none = || io::Error::other("there is nothing to import in the folder");
            let file = files.first().ok_or_else(none)?;
            let text = surroundings.file(file)?;
            self.add_text(&SourceFile::new(file, text), surroundings);
            return Ok(());
        }
        let text = surroundings.file(path)?;
        self.add_text(&SourceFile::new(path, text), surroundings);
        Ok(())
    }

    /// Reads a text; the folder of its path is where its code is.
    pub fn add_text(&mut self, source: &SourceFile, surroundings: &Surroundings<'_>) {
        let kind = Kind::of(&source.path, &source.text);
        let folder = source.path.parent().unwrap_or(Path::new("")).to_owned();
        let file = self.report.add(source.clone());
        let report = &mut self.report;
        let Some(kind) = kind else {
            let found = Diagnostic::general("this is no file that can be imported").hint(
                "`serverless.yml`, `template.yaml`, `.tf` files, and the JSON of a Terraform plan can",
            );
            return report.refused(file, vec![found]);
        };
        let text = match kind {
            Kind::Template if path_ends_in_json(&source.path) => {
                template::without_comments(&source.text)
            }
            _ => source.text.clone(),
        };
        let tree = match kind {
            Kind::Terraform => None,
            _ => match yaml_tree::read(&SourceFile::new(&source.path, text), file) {
                Ok(root) => Some(root),
                Err(found) => return report.refused(file, found),
            },
        };
        let drafts = match (kind, tree) {
            (Kind::Serverless, Some(root)) => {
                serverless::read(&root, &folder, surroundings, report)
            }
            (Kind::Template, Some(root)) => template::read(&root, &folder, report),
            (Kind::Plan, Some(root)) => terraform::read_plan(&root, &folder, report),
            (_, _) => terraform::read((source, file), surroundings, report),
        };
        self.drafts.extend(drafts, report);
    }

    /// The names of the functions, in the order of the files.
    pub fn functions(&self) -> Vec<String> {
        self.drafts.names()
    }

    /// The layer that the files are. Code is where it is beside each file.
    pub fn layer(&self) -> Config {
        self.drafts.layer()
    }

    /// The buckets that have to exist for the triggers.
    pub(super) fn buckets(&self) -> Vec<String> {
        self.drafts.buckets()
    }

    /// The mistakes in what is in force of the files, file by file: `written` lies over them, and `whole` is all together.
    pub(super) fn mistakes(&mut self, written: &Config, whole: &Config) -> Vec<Diagnostics> {
        self.drafts.check(written, whole, &mut self.report);
        let is_remedied = |function: &str, key: &str| imported::is_remedied(written, function, key);
        self.report.mistakes(is_remedied)
    }

    /// The configuration that these files are part of, with what is to be told about them.
    pub(super) fn loaded(&self, config: Config, imports: Vec<PathBuf>) -> Loaded {
        Loaded {
            config,
            imports,
            functions: self.functions(),
            notes: self.notes(),
        }
    }

    /// What is to be told: what the files say and the emulator does not do, or reads otherwise.
    pub fn notes(&self) -> Vec<String> {
        self.report.notes()
    }
}

fn path_ends_in_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

/// Refuses a function that is no event function.
fn refuse_kind(kind: &Said<String>, draft: &Draft, report: &mut Report) {
    let title = format!("functions of type `{}` are not emulated", kind.value);
    let hint = format!(
        "only event functions are; leave it out with `functions: {{ {}: null }}` in `backlot.yaml`, beside `import:`",
        draft.name
    );
    report.lacking(kind.place, (&draft.name, "type"), title, hint);
}
