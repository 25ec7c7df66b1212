//! Deployment files of other tools, read as they are: functions, what makes them run, and their account, as a layer of
//! configuration below `backlot.yaml`.
//!
//! [`kind`] tells files apart. Each format is read into a [`tree`] ([`yaml_tree`]), and the tree by one file a format:
//! [`serverless`]. They fill [`draft`]s of functions, taking keys from [`section`]s so that unknown ones
//! remain and are [reported](report). [`imported`] makes the layer. Follows: SCF reference, section 16.

mod draft;
mod event;
mod imported;
mod kind;
mod report;
mod section;
mod serverless;
mod surroundings;
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
    /// Reads the file at `path`. What it says is added to what was imported before.
    pub fn add(&mut self, path: &Path, surroundings: &Surroundings<'_>) -> io::Result<()> {
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
            let found = Diagnostic::general("this is no file that can be imported")
                .hint("`serverless.yml` with `component: scf` can");
            return report.refused(file, vec![found]);
        };
        let drafts = match kind {
            Kind::Serverless => match yaml_tree::read(source, file) {
                Ok(root) => serverless::read(&root, &folder, surroundings, report),
                Err(found) => return report.refused(file, found),
            },
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

/// Refuses a function that is no event function.
fn refuse_kind(kind: &Said<String>, draft: &Draft, report: &mut Report) {
    let title = format!("functions of type `{}` are not emulated", kind.value);
    let hint = format!(
        "only event functions are; leave it out with `functions: {{ {}: null }}` in `backlot.yaml`, beside `import:`",
        draft.name
    );
    report.lacking(kind.place, (&draft.name, "type"), title, hint);
}
