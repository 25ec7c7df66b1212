//! A type of result, and one result under construction: what it is about, the times and the files that its `Output` names.

use std::cell::Cell;

use jiff::SignedDuration;

use crate::mps::failure::{Failure, FailureCode};
use crate::mps::object::OutputObject;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::profile::iso;
use crate::mps::request::AiTask;
use backlot_base::json::{Object, Value};

use super::super::{Context, Made, Outcome, need_video};
use super::family::Family;
use super::members::{Codes, Members, Since};

/// How long the address of a picture is valid, in days. Follows: mps.md section 5.1.
const PICTURE_DAYS: i64 = 7;

/// A row of a family's table.
#[derive(Clone, Copy)]
pub(in crate::mps) struct Kind {
    /// `Type` of the result.
    pub(in crate::mps) name: &'static str,
    /// The member that is about it; not derivable from the type.
    pub(in crate::mps) member: &'static str,
    pub(in crate::mps) since: Since,
    /// Which members the result has.
    pub(super) members: Members,
    /// Whether a source without pictures makes it fail.
    pub(super) needs_video: bool,
    /// Makes `Output`, and the objects that it names.
    pub(super) make: fn(Work<'_>) -> Made,
}

impl Kind {
    /// A type of both profiles that needs pictures and has codes as number and text.
    pub(super) const fn legacy(
        name: &'static str,
        member: &'static str,
        make: fn(Work<'_>) -> Made,
    ) -> Self {
        Self {
            name,
            member,
            since: Since::Legacy,
            members: Members::new(Codes::Both),
            needs_video: true,
            make,
        }
    }
}

/// A result to be made.
#[derive(Clone, Copy)]
pub(in crate::mps) struct Work<'a> {
    pub(super) ctx: Context<'a>,
    pub(super) family: Family,
    /// Whether the sub-task names a template that there is.
    pub(super) has_template: bool,
    pub(super) kind: &'static Kind,
    pub(super) task: &'a AiTask,
    /// How many pictures content review has written in this task.
    pub(super) pictures: &'a Cell<u32>,
}

impl<'a> Work<'a> {
    /// Does the sub-task, unless it cannot be done, a failure is planned or its turn has not come.
    pub(super) fn attempt(self, position: usize) -> Outcome {
        if self.ctx.is_running(position) {
            return Outcome::Running;
        }
        match self.check() {
            Ok(()) => Outcome::Done((self.kind.make)(self)),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    fn check(self) -> Result<(), Failure> {
        let media = self.ctx.media.ok_or_else(FailureCode::source_file)?;
        if let Some(planned) = self.task.failure(self.kind.name) {
            return Err(Failure {
                code: planned.code.clone(),
                message: planned.message.clone(),
            });
        }
        if !self.has_template {
            return Err(FailureCode::no_definition().into());
        }
        if self.kind.needs_video {
            need_video(media)?;
        }
        Ok(())
    }

    /// `Input`: what was asked for.
    pub(super) fn input(self) -> Object {
        let task = self.task;
        let input = Object::new().with("Definition", task.definition);
        let extended = task.extended_parameter.as_deref();
        let has_extended = extended.is_some();
        match self.family {
            Family::Recognition | Family::Review => input,
            Family::Analysis => input.with_if(has_extended, "ExtendedParameter", extended),
            Family::Quality => input.with("ChannelExtPara", extended.unwrap_or_default()),
            Family::Subtitles => input
                .with("RawParameter", task.raw_parameter.clone())
                .with("UserExtPara", extended.unwrap_or_default()),
            Family::Erase => {
                self.with_place(input.with("RawParameter", task.raw_parameter.clone()))
            }
            Family::Dubbing => self
                .with_place(input.with_if(
                    task.raw_parameter.is_some(),
                    "RawParameter",
                    task.raw_parameter.clone(),
                ))
                .with_if(has_extended, "ExtendedParameter", extended),
        }
    }

    /// `Input` of a schedule's activity.
    pub(super) fn activity_input(self) -> Object {
        let extended = self.task.extended_parameter.as_deref();
        let input = Object::new().with("Definition", self.task.definition);
        match self.family {
            Family::Analysis => input.with("ExtendedParameter", extended),
            Family::Recognition => input.with_if(extended.is_some(), "UserExtPara", extended),
            _ => self.input(),
        }
    }

    fn with_place(self, input: Object) -> Object {
        input.with("OutputStorage", self.storage()).with(
            "OutputObjectPath",
            self.task.output_path.as_deref().unwrap_or_default(),
        )
    }

    /// Where outputs are written.
    pub(super) fn storage(self) -> Value {
        self.ctx.storage(self.task.output_bucket.as_deref())
    }

    /// A time of the media, in milliseconds; not after its end.
    pub(super) fn at(self, millis: u64) -> Value {
        let end = self.ctx.media.map_or(millis, |media| media.duration);
        self.ctx.seconds(millis.min(end))
    }

    /// `StartTimeOffset` and `EndTimeOffset`.
    pub(super) fn span(self, segment: Object, (from, to): (u64, u64)) -> Object {
        segment
            .with("StartTimeOffset", self.at(from))
            .with("EndTimeOffset", self.at(to))
    }

    /// Until when the address of a picture is valid.
    pub(super) fn picture_expires(self) -> String {
        let lasts = SignedDuration::from_hours(24 * PICTURE_DAYS);
        let finishes = self.ctx.timeline.finishes;
        iso(finishes.saturating_add(lasts).unwrap_or(finishes))
    }

    pub(super) fn is_modern(self) -> bool {
        self.ctx.profile.is_modern()
    }

    /// No files yet.
    pub(super) fn files(self) -> Files<'a> {
        Files {
            work: self,
            objects: Vec::new(),
        }
    }
}

/// The files that a result names.
pub(super) struct Files<'a> {
    work: Work<'a>,
    objects: Vec<OutputObject>,
}

impl Files<'_> {
    /// Writes a placeholder at a path template, and returns its path.
    pub(super) fn add(&mut self, template: &str, format: &str, number: Option<u32>) -> String {
        let path = self.path(template, format, number);
        let body = placeholder::media(self.work.kind.name, &path);
        self.put(&path, body);
        path
    }

    /// Writes subtitles: a span in milliseconds and a text.
    pub(super) fn add_subtitles(&mut self, template: &str, span: (u64, u64), text: &str) -> String {
        let path = self.path(template, "vtt", None);
        self.put(&path, placeholder::subtitles(span, text));
        path
    }

    /// Writes a picture that content review has found, and returns its address.
    pub(super) fn add_picture(&mut self) -> String {
        let number = self.work.pictures.get();
        self.work.pictures.set(number + 1);
        let path = self.add("/review/{inputName}_{number}.{format}", "jpg", Some(number));
        self.url(&path)
    }

    /// The address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        let bucket = self
            .work
            .ctx
            .bucket(self.work.task.output_bucket.as_deref());
        let region = self.work.ctx.output_region;
        format!("http://{bucket}.cos.{region}.myqcloud.com{path}")
    }

    /// The result that names these files.
    pub(super) fn made(self, output: Object) -> Made {
        Made {
            output,
            objects: self.objects,
        }
    }

    fn path(&self, template: &str, format: &str, number: Option<u32>) -> String {
        let naming = self.work.ctx.naming(self.work.task.definition);
        let numbers = Numbers {
            number: number.map(|number| number.to_string()),
            ..Numbers::default()
        };
        naming.render(template, format, &numbers)
    }

    fn put(&mut self, path: &str, body: String) {
        let own = self.work.task.output_bucket.as_deref();
        self.objects.push(self.work.ctx.object(own, path, body));
    }
}
