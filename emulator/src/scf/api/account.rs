//! `GetAccount`: what the account uses, and its limits.
//!
//! Follows: SCF reference, sections 12, 15.2 and 17, sample `api-get-account.json`.

use super::super::Scf;
use super::super::registry::Definitions;
use super::changes::FUNCTIONS;
use super::concurrency::TOTAL;
use super::namespaces::NAMESPACES;
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::ApiResult;

/// The kinds of triggers, of each of which a function may have ten.
const TRIGGERS: [&str; 10] = [
    "Apigw", "Ckafka", "Clb", "Cls", "Cm", "Cmq", "Cos", "Eb", "Mps", "Timer",
];

/// `GetAccount`.
pub(super) fn get(scf: &Scf) -> ApiResult {
    scf.read(|definitions| {
        let answer = Object::new()
            .with("AccountUsage", usage(definitions))
            .with("AccountLimit", limit(definitions));
        Ok(answer.into())
    })
}

fn usage(definitions: &Definitions) -> Object {
    let names = definitions.namespace_names();
    let count = names.len() as u64;
    let reserved = |namespace: Option<&str>| {
        let functions = definitions.functions.iter();
        let counted =
            functions.filter(|(key, _)| namespace.is_none_or(|name| key.namespace == name));
        counted
            .filter_map(|(_, entry)| entry.reserved_mb)
            .sum::<u64>()
    };
    let namespaces = names.into_iter().map(|name| {
        let functions = definitions.in_namespace(name);
        let functions: Vec<_> = functions.map(|(key, _)| key.name.as_str()).collect();
        let count = functions.len() as u64;
        Object::new()
            .with("Namespace", name)
            .with("Functions", functions.into_iter().collect::<Value>())
            .with("TotalConcurrencyMem", 0_u32)
            .with("TotalAllocatedConcurrencyMem", reserved(Some(name)))
            .with("TotalAllocatedProvisionedMem", 0_u32)
            .with("FunctionsCount", count)
    });
    Object::new()
        .with("NamespacesCount", count)
        .with("Namespace", namespaces.collect::<Value>())
        .with("TotalConcurrencyMem", TOTAL)
        .with("TotalAllocatedConcurrencyMem", reserved(None))
        .with("UserConcurrencyMemLimit", TOTAL)
}

fn limit(definitions: &Definitions) -> Object {
    let names = definitions.namespace_names();
    let namespaces = names.into_iter().map(|name| {
        let each = TRIGGERS.into_iter();
        let triggers = each.fold(Object::new(), |all, kind| all.with(kind, 10_u32));
        Object::new()
            .with("Namespace", name)
            .with("FunctionsCount", FUNCTIONS as u64)
            .with("TimeoutLimit", 900_u32)
            .with("InitTimeoutLimit", 300_u32)
            .with("TestModelLimit", 20_u32)
            .with("RetryNumLimit", 2_u32)
            .with("MinMsgTTL", 60_u32)
            .with("MaxMsgTTL", 21_600_u32)
            .with("ConcurrentExecutions", 100_u32)
            .with(
                "Trigger",
                triggers.with("Total", 110_u32).with("Vod", 10_u32),
            )
    });
    Object::new()
        .with("NamespacesCount", NAMESPACES as u64)
        .with("Namespace", namespaces.collect::<Value>())
}
