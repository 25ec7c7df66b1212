//! `PublishVersion`, `ListVersionByFunction` and `DeleteFunctionVersion`.
//!
//! Follows: SCF reference, sections 1 and 15.2.
//!
//! Deviates: a published version of a function whose code is a folder of the configuration runs what is in the folder now.

use jiff::Timestamp;

use super::super::Scf;
use super::super::local_time;
use super::super::registry::{Definition, Entry};
use super::functions::{Page, delete_version};
use super::names::{existing, filled};
use backlot_base::json::{Object, Value};
use backlot_base::signal::LATEST;
use backlot_http::cloud_api::{ApiCall, ApiResult, Parameter, Parameters};

/// `PublishVersion`.
pub(super) fn publish(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let description = filled(&parameters, "Description")?.map(str::to_owned);
    let (version, definition) = scf.change(&key, |entry, now| {
        Ok::<_, backlot_http::cloud_api::ApiError>(publish_latest(entry, description, now))
    })?;
    let answer = Object::new()
        .with("FunctionVersion", version)
        .with("CodeSize", definition.code.size())
        .with("MemorySize", definition.memory_size)
        .with("Description", definition.description)
        .with("Handler", definition.handler)
        .with("Timeout", definition.timeout)
        .with("Runtime", definition.runtime)
        .with("Namespace", &*key.namespace);
    Ok(answer.into())
}

/// Makes a version of what the latest is now. Without a description it has that of the latest.
pub(super) fn publish_latest(
    entry: &mut Entry,
    description: Option<String>,
    now: Timestamp,
) -> (String, Definition) {
    entry.last_version += 1;
    let version = entry.last_version.to_string();
    let latest = &entry.versions[LATEST];
    let published = Definition {
        description: description.unwrap_or_else(|| latest.description.clone()),
        added: now,
        modified: now,
        ..latest.clone()
    };
    entry.versions.insert(version.clone(), published.clone());
    (version, published)
}

/// `ListVersionByFunction`: the latest version, then the published ones, the newest first.
pub(super) fn list(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let page = Page::read(&parameters)?;
    let orders = [
        ("ASC", false),
        ("DESC", true),
        ("asc", false),
        ("desc", true),
    ];
    let is_descending = parameters.optional("Order", |order| order.one_of(&orders))?;
    // By either time: versions do not change.
    parameters.optional("OrderBy", Parameter::text)?;
    scf.read(|definitions| {
        let entry = definitions.functions.get(&key);
        let entry = entry.ok_or_else(|| super::names::no_function(&key))?;
        let mut versions: Vec<_> = entry
            .published()
            .into_iter()
            .map(|(number, definition)| (number.to_string(), definition))
            .collect();
        if is_descending.unwrap_or(true) {
            versions.reverse();
        }
        if let Some(latest) = entry.versions.get(LATEST) {
            versions.insert(0, (LATEST.to_owned(), latest));
        }
        let names = versions.iter().map(|(name, _)| name.as_str());
        let names: Value = names.collect();
        let total = versions.len() as u64;
        let listed = page.of(versions);
        let listed = listed.map(|(name, definition)| listed_version(&name, definition));
        let answer = Object::new()
            .with("FunctionVersion", names)
            .with("Versions", listed.collect::<Value>())
            .with("TotalCount", total);
        Ok(answer.into())
    })
}

fn listed_version(name: &str, definition: &Definition) -> Value {
    let listed = Object::new()
        .with("Version", name)
        .with("Description", definition.description.as_str())
        .with("AddTime", local_time::seconds(definition.added))
        .with("ModTime", local_time::seconds(definition.modified))
        .with("Status", "Active");
    listed.into()
}

/// `DeleteFunctionVersion`.
pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let version = parameters.required("Qualifier", Parameter::filled_text)?;
    delete_version(scf, &key, version)?;
    Ok(Value::Null)
}
