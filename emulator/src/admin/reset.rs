//! Everything as at the start: objects, buckets, queues, dead letters, faults, and an empty journal. Time goes on.

use serde_json::json;

use super::Inner;
use super::answer::{Refusal, value};
use backlot_base::journal::{Lane, StageRecord};
use backlot_http::Response;

impl Inner {
    pub(super) async fn reset(&self) -> Result<Response, Refusal> {
        let _turn = self.turn.lock().await;
        let parts = &self.parts;
        let _hold = parts.context.clock.hold("a reset");
        // Functions first: what still runs could write objects.
        parts.scf.reset().await;
        (parts.forget.0)();
        parts
            .cos
            .clear()
            .await
            .map_err(|error| Refusal::failed(&error))?;
        for bucket in self.facts.buckets.clone() {
            let region = &self.facts.account.region;
            let created = parts.cos.create_bucket(&bucket, region).await;
            created.map_err(|error| Refusal::failed(&error))?;
        }
        parts.switch.replace(self.rules.clone());
        parts.outbound.reset();
        let journal = &parts.context.journal;
        journal.clear();
        journal.append(Lane::Stage, StageRecord::Reset);
        Ok(value(
            &json!({ "reset": true, "journal": { "next": journal.next() } }),
        ))
    }
}
