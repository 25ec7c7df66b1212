//! `POST` of an event of MPS: as it is, or made up. The functions that are bound to its type get it, as they get the
//! notifications of tasks.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use super::Inner;
use super::answer::{AdminError, body_of, json};
use crate::mps::sample::EventKind;
use crate::mps::sample_change::change;
use crate::mps::{Profile, SendError, Sent};
use backlot_base::json::Assignment;
use backlot_http::{Query, Request, Response};

impl Inner {
    /// Sends the event in the body; or with `kind`, one that is made up, changed by each `set`.
    pub(super) async fn send_event(
        &self,
        request: Request,
        query: &Query,
    ) -> Result<Response, AdminError> {
        let body = body_of(request).await?;
        let event = match query.filled("kind") {
            Some(kind) if body.is_empty() => self.made_up(kind, query)?,
            Some(_) => {
                return Err(AdminError::bad(
                    "give either `kind` or an event in the body",
                ));
            }
            None if body.is_empty() => {
                let message =
                    "there is no event: send one in the body, or name one with `?kind=workflow`";
                return Err(AdminError::bad(message));
            }
            None => body,
        };
        let context = &self.services.context;
        let since = context.journal.next();
        let hold = context.clock.hold("an event that is sent by the operator");
        let sent = self.services.mps.send(event, &hold).await;
        drop(hold);
        let sent = sent.map_err(|error| not_sent(&error))?;
        self.answer_sent(&sent, since)
    }

    fn made_up(&self, kind: &str, query: &Query) -> Result<Bytes, AdminError> {
        let bad = |error: &dyn std::error::Error| AdminError::bad(error.to_string());
        let kind: EventKind = kind.parse().map_err(|error| bad(&error))?;
        let profile = query.filled("profile").map(str::parse::<Profile>);
        let profile = profile.transpose().map_err(|error| bad(&error))?;
        let changes = query.iter().filter(|part| part.name == "set");
        let changes = changes.map(|part| part.value.parse::<Assignment>());
        let changes = changes.collect::<Result<Vec<_>, _>>();
        let changes = changes.map_err(|error| bad(&error).about("`set`"))?;
        let may_add = query.get("add").is_some() || query.get("force").is_some();
        let mut event = self.services.mps.made_up(kind, profile);
        change(&mut event, &changes, may_add).map_err(|error| {
            AdminError::bad(format!(
                "`set` cannot be applied: {error}; {}",
                error.hint()
            ))
        })?;
        Ok(event.to_string().into())
    }

    fn answer_sent(&self, sent: &Sent, since: usize) -> Result<Response, AdminError> {
        let event_type = sent.event_type;
        if sent.deliveries.is_empty() {
            let message = format!(
                "no function is bound to `{event_type}`, so the event is not delivered; \
                 bind one with `triggers: {{ {event_type}: FUNCTION }}` in backlot.yaml"
            );
            return Err(AdminError::new(StatusCode::NOT_FOUND, message));
        }
        let deliveries = sent.deliveries.iter().map(|(function, delivery)| {
            json!({
                "function": function,
                "invocation": delivery.invocation,
                "request_id": self.request_id(delivery.invocation, since),
                "refused": delivery.refused,
            })
        });
        let said = json!({
            "event_type": event_type.as_str(),
            "task_id": sent.task_id,
            "since": since,
            "deliveries": deliveries.collect::<Vec<_>>(),
        });
        Ok(json(StatusCode::ACCEPTED, format!("{said}\n")))
    }
}

fn not_sent(error: &SendError) -> AdminError {
    let what_to_do = match error {
        SendError::NotJson(_) => "",
        SendError::NoEventType | SendError::UnknownEventType(_) => {
            "; any event can be given to a function with `backlot invoke FUNCTION --async`"
        }
    };
    AdminError::bad(format!("{error}{what_to_do}"))
}
