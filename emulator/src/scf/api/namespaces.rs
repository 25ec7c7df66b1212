//! `CreateNamespace`, `ListNamespaces`, `UpdateNamespace` and `DeleteNamespace`.
//!
//! Follows: SCF reference, sections 1 and 15.2.

use super::super::Scf;
use super::super::local_time;
use super::super::registry::Namespace;
use super::functions::Page;
use super::names::no_namespace;
use backlot_base::json::{Object, Value};
use backlot_base::signal::DEFAULT_NAMESPACE;
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Characters of a name at most.
const NAME: usize = 30;
/// Namespaces of a region at most.
pub(super) const NAMESPACES: usize = 5;

/// `CreateNamespace`.
pub(super) fn create(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let name = new_name(&parameters)?;
    let description = parameters.optional("Description", Parameter::text)?;
    scf.change_definitions(|definitions, now| {
        if definitions.has_namespace(name) {
            let message = format!("The namespace `{name}` exists already.");
            return Err(ApiError::new("ResourceInUse.Namespace", message));
        }
        if definitions.namespace_names().len() >= NAMESPACES {
            let message = format!("There are {NAMESPACES} namespaces already.");
            return Err(ApiError::new("LimitExceeded.Namespace", message));
        }
        let namespace = Namespace {
            description: description.unwrap_or_default().to_owned(),
            added: now,
            modified: now,
        };
        definitions.namespaces.insert(name.to_owned(), namespace);
        Ok(())
    })?;
    Ok(Value::Null)
}

/// `UpdateNamespace`.
pub(super) fn update(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let name = parameters.required("Namespace", Parameter::filled_text)?;
    let description = parameters.optional("Description", Parameter::text)?;
    scf.change_definitions(|definitions, now| {
        if !definitions.has_namespace(name) {
            return Err(no_namespace(name));
        }
        let namespace = definitions.namespaces.entry(name.to_owned());
        let namespace = namespace.or_insert_with(|| Namespace {
            description: String::new(),
            added: now,
            modified: now,
        });
        namespace.modified = now;
        if let Some(description) = description {
            description.clone_into(&mut namespace.description);
        }
        Ok(())
    })?;
    Ok(Value::Null)
}

/// `DeleteNamespace`: one without functions, other than the default one.
pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let name = parameters.required("Namespace", Parameter::filled_text)?;
    let failed = |message: String| ApiError::new("FailedOperation.DeleteNamespace", message);
    scf.change_definitions(|definitions, _now| {
        if name == DEFAULT_NAMESPACE {
            return Err(failed(format!("The namespace `{name}` cannot be deleted.")));
        }
        if !definitions.has_namespace(name) {
            return Err(no_namespace(name));
        }
        let functions = definitions.in_namespace(name).count();
        if functions > 0 {
            let message = format!("The namespace `{name}` still has functions: {functions}.");
            return Err(failed(message));
        }
        definitions.namespaces.remove(name);
        Ok(())
    })?;
    Ok(Value::Null)
}

/// `ListNamespaces`: the default one first, then in the order of their names.
pub(super) fn list(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let page = Page::read(&parameters)?;
    scf.read(|definitions| {
        let mut names: Vec<_> = definitions.namespace_names().into_iter().collect();
        names.sort_by_key(|name| *name != DEFAULT_NAMESPACE);
        let total = names.len() as u64;
        let listed = page.of(names).map(|name| {
            let namespace = definitions.namespaces.get(name);
            let time =
                |at: Option<jiff::Timestamp>| at.map(local_time::seconds).unwrap_or_default();
            let description = namespace.map(|namespace| namespace.description.clone());
            Object::new()
                .with(
                    "ModTime",
                    time(namespace.map(|namespace| namespace.modified)),
                )
                .with("AddTime", time(namespace.map(|namespace| namespace.added)))
                .with("Description", description.unwrap_or_default())
                .with("Name", name)
                .with("Type", "default")
        });
        let answer = Object::new()
            .with("Namespaces", listed.collect::<Value>())
            .with("TotalCount", total);
        Ok(answer.into())
    })
}

fn new_name<'a>(parameters: &Parameters<'a>) -> Result<&'a str, ApiError> {
    parameters.required("Namespace", |name| {
        let text = name.clone().filled_text()?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.len() <= NAME && text.bytes().all(is_word) {
            return Ok(text);
        }
        let rule = format!("must have at most {NAME} letters, digits, `-` or `_`");
        Err(name
            .invalid(rule)
            .with_code("InvalidParameterValue.Namespace"))
    })
}
