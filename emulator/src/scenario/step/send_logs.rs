//! `send-logs`: CLS delivers records of a log topic.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::step_context::StepContext;
use crate::scf::triggers::cls::{self, CLS, LogTopic};
use backlot_base::signal::FunctionTarget;

/// Records of a log topic, in one event. The functions whose triggers name the topic get it, or one that the step names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SendLogs {
    /// The text of each record.
    pub records: Vec<String>,
    /// The id of the topic; of one that no trigger names if left out.
    #[serde(default)]
    pub topic: Option<Spanned<String>>,
    /// The topic's name; `callbacks` if left out.
    #[serde(default)]
    pub topic_name: Option<String>,
    /// The function that gets the event, whatever triggers there are.
    #[serde(default)]
    pub function: Option<Spanned<String>>,
    /// Whether its first attempt starts cold; if left out, as it comes.
    #[serde(default)]
    pub cold: Option<bool>,
}

impl SendLogs {
    pub(super) fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        let topic = self.topic();
        let targets = match &self.function {
            Some(function) => vec![FunctionTarget::named(function.value.clone())],
            None => context.stage.bound_to_logs(&topic.id),
        };
        if targets.is_empty() {
            let title = format!(
                "no function has an enabled trigger for the log topic `{}`",
                topic.id
            );
            let hint = "give a function `cls-triggers: [{ topic: … }]`, or say `function:`";
            return Err(Failure::new(title).hint(hint));
        }
        let now = context.stage.clock().now();
        let records = self.records.iter().map(String::as_str);
        let event = cls::event(&topic.records(now, records));
        for target in targets {
            context.invoke(target, CLS, event.clone(), self.cold.into());
        }
        Ok(())
    }

    fn topic(&self) -> LogTopic {
        let mut topic = LogTopic::default();
        if let Some(id) = &self.topic {
            topic.id.clone_from(&id.value);
        }
        if let Some(name) = &self.topic_name {
            topic.name.clone_from(name);
        }
        topic
    }
}
