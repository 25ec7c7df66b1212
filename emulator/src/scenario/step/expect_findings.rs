//! `expect-findings`: a run shows something about a function that is known, so that strict mode does not fail.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::scenario::failure::{ClaimResult, Failure};
use crate::scenario::step_context::StepContext;
use backlot_base::journal::{NoticeRecord, Record, What, finding};
use backlot_base::words;

/// A claim about findings, once the chain is idle. What is left out is not claimed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ExpectFindings {
    /// What kind of finding.
    pub kind: Option<Kind>,
    /// The function.
    pub function: Option<Spanned<String>>,
    /// A part of its sentence, such as a host.
    pub text: Option<String>,
    /// How many such findings there are; at least one if left out.
    pub count: Option<usize>,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The function still worked when its answer was there.
    WorkedAfterAnswer,
    /// The process ended before it had asked for an event.
    EndedBeforeReady,
    /// The answer is larger than SCF accepts.
    AnswerTooLarge,
    /// An asynchronous event is larger than SCF accepts.
    EventTooLarge,
    /// The code names `/tmp`, which its instances share.
    SharedTmp,
    /// It had more memory than it may have, where the limit is not enforced.
    MemoryExceeded,
}

impl Kind {
    /// As records name it.
    fn name(self) -> &'static str {
        match self {
            Self::WorkedAfterAnswer => finding::WORKED_AFTER_ANSWER,
            Self::EndedBeforeReady => finding::ENDED_BEFORE_READY,
            Self::AnswerTooLarge => finding::ANSWER_TOO_LARGE,
            Self::EventTooLarge => finding::EVENT_TOO_LARGE,
            Self::SharedTmp => finding::SHARED_TMP,
            Self::MemoryExceeded => finding::MEMORY_EXCEEDED,
        }
    }
}

impl ExpectFindings {
    pub(super) async fn check(&self, context: &mut StepContext<'_>) -> ClaimResult {
        context.rest().await?;
        let all = &context.so_far().findings;
        let fitting = all.iter().filter(|record| self.fits(&record.what));
        let fitting: Vec<usize> = fitting.map(|record| record.number).collect();
        let found = fitting.len();
        if self.count.map_or(found > 0, |count| count == found) {
            context.claim(fitting);
            return Ok(Vec::new());
        }
        let expected = match self.count {
            Some(count) => words::count(count, "finding like this", "findings like this"),
            None => "at least one finding like this".to_owned(),
        };
        let found = match found {
            0 => "none".to_owned(),
            found => found.to_string(),
        };
        let title = format!("expected {expected}, found {found}");
        Ok(vec![Failure::new(title).hint(explain(all))])
    }

    fn fits(&self, what: &What) -> bool {
        let What::Notice(NoticeRecord::Finding {
            function,
            kind,
            text,
            ..
        }) = what
        else {
            return false;
        };
        let is_kind = self.kind.is_none_or(|wanted| wanted.name() == kind);
        let is_function = self
            .function
            .as_ref()
            .is_none_or(|wanted| wanted.value == *function);
        let has_text = self
            .text
            .as_ref()
            .is_none_or(|wanted| text.contains(wanted.as_str()));
        is_kind && is_function && has_text
    }
}

/// The findings that there are, in the order that does not depend on the machine.
fn explain(findings: &[Record]) -> String {
    let mut findings: Vec<&Record> = findings.iter().collect();
    findings.sort_by_key(|record| record.order());
    let texts = findings.iter().filter_map(|record| match &record.what {
        What::Notice(NoticeRecord::Finding { kind, text, .. }) => Some(format!("{kind}: {text}")),
        _ => None,
    });
    let mut texts: Vec<_> = texts.collect();
    texts.dedup();
    match texts.as_slice() {
        [] => "there are no findings".to_owned(),
        texts => format!("the findings are {}", texts.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_claimed() {
        for kind in finding::KINDS {
            let claim: ExpectFindings = serde_saphyr::from_str(&format!("kind: {kind}")).unwrap();
            let of = |kind: &str| {
                What::Notice(NoticeRecord::Finding {
                    function: "archive".into(),
                    kind: kind.into(),
                    hosts: String::new(),
                    text: "it called `a.example`".into(),
                })
            };
            assert!(claim.fits(&of(kind)), "{kind}");
            assert!(!claim.fits(&of("other")), "{kind}");
        }
        let claim: ExpectFindings = serde_saphyr::from_str("text: a.example").unwrap();
        let other = What::Notice(NoticeRecord::Diagnostic {
            text: "a.example".into(),
        });
        assert!(!claim.fits(&other));
    }
}
