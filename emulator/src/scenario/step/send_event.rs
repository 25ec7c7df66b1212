//! `send-event` and `redeliver`: events that do not come from a task of this run.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_saphyr::Spanned;

use super::expect_invocation::delivery;
use crate::config::yaml::span_of;
use crate::mps::EventType;
use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::step_context::StepContext;
use backlot_base::json;
use backlot_base::signal::FunctionTarget;

/// Who sends an event unless the step says otherwise, in SCF's words.
const MPS: &str = "MPS_TRIGGER";

/// An event for a function's asynchronous queue. Exactly one of `event`, `event-file` and `event-text` is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SendEvent {
    /// The function; the one that is bound to `WorkflowTask` if left out.
    pub function: Option<Spanned<String>>,
    /// Who sends it, in SCF's words.
    pub source: Option<String>,
    /// The event, pasted as captured. Pasted JSON keeps its key order and number spelling.
    pub event: Option<Spanned<json::Value>>,
    /// A file beside the scenario, delivered byte for byte.
    pub event_file: Option<Spanned<String>>,
    /// Text that need not be JSON.
    pub event_text: Option<String>,
    /// Whether its first attempt starts cold; if left out, as it comes.
    pub cold: Option<bool>,
}

/// An event that is delivered once more, as MPS may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redeliver {
    /// The number of the invocation whose event it is, from 1.
    pub invocation: u32,
    /// Whether its first attempt starts cold; if left out, as it comes.
    pub cold: Option<bool>,
}

impl SendEvent {
    pub(super) fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        let event = self.bytes(context)?;
        let function = match &self.function {
            Some(function) => FunctionTarget::named(function.value.clone()),
            None => context
                .stage
                .bound_to(EventType::WorkflowTask)
                .ok_or_else(|| {
                    Failure::new("no function is bound to `WorkflowTask`").hint("say `function:`")
                })?,
        };
        let source = self.source.as_deref().unwrap_or(MPS);
        context.invoke(function, source, event, self.cold.into());
        Ok(())
    }

    fn bytes(&self, context: &StepContext<'_>) -> Result<Bytes, Failure> {
        match (&self.event, &self.event_file, &self.event_text) {
            (Some(event), None, None) => Ok(pasted(event, &context.source.text)),
            (None, Some(file), None) => context.file(&file.value),
            (None, None, Some(text)) => Ok(Bytes::from(text.clone())),
            _ => {
                let title = "`send-event` needs one of `event`, `event-file` and `event-text`";
                Err(Failure::new(title).hint("give exactly one of them"))
            }
        }
    }
}

/// The event as compact JSON. Where JSON was pasted, it is read from the file itself, because YAML would respell numbers.
fn pasted(event: &Spanned<json::Value>, text: &str) -> Bytes {
    let start = span_of(&event.referenced).map(|span| span.start);
    let verbatim = start
        .and_then(|start| text.get(start..))
        .and_then(|rest| {
            let values = serde_json::Deserializer::from_str(rest);
            values.into_iter::<Box<RawValue>>().next()?.ok()
        })
        .and_then(|raw| json::Value::parse(raw.get()).ok());
    Bytes::from(verbatim.as_ref().unwrap_or(&event.value).to_string())
}

impl Redeliver {
    pub(super) fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        let before = delivery(&context.so_far().deliveries, self.invocation)?.clone();
        let function = FunctionTarget::named(before.function);
        context.invoke(function, &before.source, before.event, self.cold.into());
        Ok(())
    }
}
