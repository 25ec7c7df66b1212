//! The part of its list that `GetFunctionLogs` returns: by `Offset` and `Limit`, or by `SearchContext`.
//!
//! Follows: SCF reference, section 13.3. Choice: a call without `SearchContext` is answered with the empty one of the
//! documented answer. A call with one gets the `Offset` of the next page in it, which is empty after the last page;
//! `Keyword` keeps attempts whose log has it, and `Type` the lines of the function (`Application`) or those of the platform
//! (`Platform`).

use super::names::filled;
use super::window::{choice, count};
use crate::scf::history::Run;
use crate::scf::log::LogRecord;
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

/// Rows of a page unless a call says otherwise.
const DEFAULT_LIMIT: usize = 20;
/// What `Offset` and `Limit` may be together.
const LAST: usize = 10_000;

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    offset: usize,
    limit: usize,
    search: Option<Search>,
}

/// `SearchContext`.
#[derive(Debug)]
struct Search {
    keyword: String,
    /// As it was sent.
    kind: String,
    lines: Option<Lines>,
}

/// The lines of a log that are wanted.
#[derive(Clone, Copy, Debug)]
enum Lines {
    Application,
    Platform,
}

impl Page {
    pub(super) fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let context = parameters.optional("SearchContext", Parameter::object)?;
        let page = match &context {
            Some(context) => Self::of_context(context)?,
            None => Self {
                offset: offset(count(parameters, "Offset"))?.unwrap_or(0),
                limit: count(parameters, "Limit")?.unwrap_or(DEFAULT_LIMIT),
                search: None,
            },
        };
        if page.offset.saturating_add(page.limit) > LAST {
            let message = format!("`Offset` and `Limit` must be {LAST} together at most.");
            return Err(ApiError::new("LimitExceeded.Offset", message));
        }
        Ok(page)
    }

    fn of_context(context: &Parameters<'_>) -> Result<Self, ApiError> {
        const CHOICES: &[(&str, Lines)] = &[
            ("Application", Lines::Application),
            ("Platform", Lines::Platform),
        ];
        let offset = match filled(context, "Offset")? {
            None => 0,
            Some(_) => offset(count(context, "Offset"))?.unwrap_or(0),
        };
        let limit = count(context, "Limit")?.filter(|limit| *limit > 0);
        let kind = filled(context, "Type")?.unwrap_or_default();
        Ok(Self {
            offset,
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            search: Some(Search {
                keyword: filled(context, "Keyword")?.unwrap_or_default().to_owned(),
                kind: kind.to_owned(),
                lines: choice(context, "Type", "InvalidParameterValue", CHOICES)?,
            }),
        })
    }

    /// Whether an attempt's log has the keyword.
    pub(super) fn has(&self, run: &Run) -> bool {
        let keyword = self.search.as_ref().map(|search| search.keyword.as_str());
        keyword.is_none_or(|keyword| run.lines.iter().any(|line| line.message.contains(keyword)))
    }

    /// The page of all rows.
    pub(super) fn of<'a, T>(&self, rows: &'a [T]) -> &'a [T] {
        let start = self.offset.min(rows.len());
        let end = self.offset.saturating_add(self.limit).min(rows.len());
        &rows[start..end]
    }

    /// The log of an attempt, line by line.
    pub(super) fn log(&self, run: &Run) -> String {
        let wanted = self.search.as_ref().and_then(|search| search.lines);
        let is_wanted = |line: &&LogRecord| match wanted {
            None => true,
            Some(Lines::Application) => line.kind == LogRecord::CUSTOM,
            Some(Lines::Platform) => line.kind == LogRecord::PLATFORM,
        };
        let lines = run.lines.iter().filter(is_wanted);
        let lines: Vec<_> = lines.map(|line| line.message.as_str()).collect();
        lines.join("\n")
    }

    /// `SearchContext` of the answer, when there are `total` rows.
    pub(super) fn next(&self, total: usize) -> Value {
        let Some(search) = &self.search else {
            return context("", 0, "", "");
        };
        let next = self.offset.saturating_add(self.limit);
        let next = (next < total).then(|| next.to_string());
        context(
            &next.unwrap_or_default(),
            self.limit,
            &search.keyword,
            &search.kind,
        )
    }
}

fn context(offset: &str, limit: usize, keyword: &str, kind: &str) -> Value {
    Object::new()
        .with("Offset", offset)
        .with("Limit", limit as u64)
        .with("Keyword", keyword)
        .with("Type", kind)
        .into()
}

fn offset<T>(read: Result<T, backlot_http::cloud_api::ParameterError>) -> Result<T, ApiError> {
    read.map_err(|error| error.with_code("InvalidParameterValue.Offset"))
}
