//! The state of the emulator, and the request to stop it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use http::StatusCode;
use hyper::body::Frame;
use serde_json::{Value, json};

use super::Inner;
use super::answer::{value, with_body};
use crate::scf::Waiting;
use backlot_http::{Body, Response};

impl Inner {
    pub(super) fn health(&self) -> Response {
        let info = &self.services.info;
        let account = &info.account;
        let context = &self.services.context;
        // In this order the first one is not beyond the next.
        let (first, next) = (context.journal.first(), context.journal.next());
        let waiting = self.services.scf.waiting();
        let by_function = self.services.scf.waiting_by_function().into_iter();
        let by_function: Vec<_> = by_function
            .map(|(function, waiting)| {
                json!({
                    "function": function.to_string(),
                    "queued": waiting.queued,
                    "retries": waiting.retries,
                    "next": waiting.next,
                })
            })
            .collect();
        let functions = self.services.scf.functions();
        let functions: Vec<_> = functions.iter().map(ToString::to_string).collect();
        value(&json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "address": info.address.to_string(),
            "started": info.started,
            "clock": self.clock_kind(),
            "seed": info.seed.0,
            "keys_file": info.keys_file,
            "store": info.store.to_string(),
            "data": info.data,
            "ca_bundle": info.ca_bundle,
            "python": info.python,
            "account": { "app_id": account.app_id, "uin": account.uin, "region": account.region },
            "functions": functions,
            "journal": { "first": first, "next": next, "kept": next - first },
            "findings": self.findings.to_json(&context.journal),
            "busy": context.clock.busy(),
            "waiting": {
                "queued": waiting.queued,
                "retries": waiting.retries,
                "next": waiting.next,
                "functions": by_function,
            },
            "kept": self.services.scf.kept().map(|kept| described(&kept)),
        }))
    }

    /// Asks the owner of the stage to stop it. The answer ends when the stage has nearly stopped; its last line says what
    /// waits in the data folder until the next start, and how many events are lost.
    pub(super) fn stop(self: &Arc<Self>) -> Response {
        self.stop_wanted.cancel();
        let said = json!({ "stopping": true, "pid": std::process::id() });
        let inner = Arc::clone(self);
        let end = async move {
            inner.closing.cancelled().await;
            let kept = inner.services.scf.kept();
            let kept = kept.map(|waiting| described(&waiting));
            let lost = inner.lost.get().copied().unwrap_or_default();
            json!({ "stopped": true, "kept": kept, "lost": lost })
        };
        let lines = stream::once(future::ready(said)).chain(stream::once(end));
        let body = lines.map(|line| {
            let text = Bytes::from(format!("{line}\n"));
            Ok::<_, std::io::Error>(Frame::data(text))
        });
        with_body(
            StatusCode::ACCEPTED,
            "application/x-ndjson",
            Body::streaming(body),
        )
    }
}

fn described(waiting: &Waiting) -> Value {
    json!({ "queued": waiting.queued, "retries": waiting.retries, "next": waiting.next })
}
