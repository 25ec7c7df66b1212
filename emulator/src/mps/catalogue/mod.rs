//! The catalogue of events: one of each shape that MPS can send, by name.
//!
//! An [`Entry`] is a subject, such as the result of a transcode, in a [`Form`], such as its failure. Its event is made by
//! the builders that make the notifications of tasks, from a request that asks for nothing else. [`shapes_of`] goes the
//! other way: it says which entries an event shows. [`Mutation`] makes events that are almost right, and [`drift_of`]
//! compares a captured payload with the model.
//!
//! Follows: mps.md sections 2, 4 to 7.

mod asked;
mod drift;
mod form;
mod mutation;
mod mutation_place;
mod mutilation;
mod shapes;
mod subject;

use std::fmt;
use std::sync::LazyLock;

pub use drift::{Drift, DriftError, Finding, drift_of};
pub use form::Form;
pub use mutation::Mutation;
pub use mutilation::{Broken, InvalidMutation, Mutilation};
pub use shapes::{Shape, shapes_of};

pub(super) use asked::Asked;
pub(super) use subject::Subject;

use super::profile::Profile;
use super::schema;
use backlot_base::json::Value;

/// An event by name.
#[derive(Clone)]
pub struct Entry {
    name: String,
    subject: Subject,
    form: Form,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let subjects = Subject::all().into_iter();
    subjects
        .flat_map(|subject| subject.forms().iter().map(move |&form| (subject, form)))
        .map(|(subject, form)| Entry::new(subject, form))
        .collect()
});

/// All entries, in the order of the documents.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry of that name, for example `workflow/transcode-failure`.
pub fn find(name: &str) -> Option<&'static Entry> {
    entries().iter().find(|entry| entry.name == name)
}

impl Entry {
    fn new(subject: Subject, form: Form) -> Self {
        Self {
            name: format!("{}{}", subject.name(), form.suffix()),
            subject,
            form,
        }
    }

    /// For example `workflow/transcode-failure`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The heading under which it is listed.
    pub fn group(&self) -> &'static str {
        self.subject.group()
    }

    /// Whether it is one of the shapes that coverage counts: what the documents say that the trigger delivers, one result
    /// at a time.
    pub fn is_counted(&self) -> bool {
        let is_delivered = !matches!(
            self.subject,
            Subject::MediaActivity(_) | Subject::AiActivity(_)
        );
        let is_single = match self.subject {
            Subject::Whole(whole) => whole.is_shape(),
            _ => true,
        };
        is_delivered && is_single && self.form != Form::Processing
    }

    /// How it ended.
    pub fn form(&self) -> Form {
        self.form
    }

    /// One line for people.
    pub fn about(&self) -> String {
        match self.subject {
            Subject::Whole(whole) => whole.about().to_owned(),
            subject => format!("{}: {}", subject.about(), self.form.about()),
        }
    }

    /// The request that its event comes of.
    pub(super) fn asked(&self, profile: Profile) -> Asked {
        Asked::of(self.subject, self.form, profile)
    }

    /// The event as this entry has it, made of that of its request.
    pub(super) fn shaped(&self, event: Value) -> Value {
        match self.form {
            Form::Null => schema::with_nulls(schema::NOTIFICATION, event),
            Form::Success | Form::Failure | Form::Processing => event,
        }
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Entry {}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Entry({})", self.name)
    }
}
