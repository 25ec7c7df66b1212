//! `GetFunction`, `ListFunctions`, `DeleteFunction`.
//!
//! Follows: SCF reference, section 15.2.

use super::super::Scf;
use super::super::function::Code;
use super::super::function_key::FunctionKey;
use super::super::functions::ChangeError;
use super::super::registry::{Entry, Route};
use super::function_answer::{full, listed};
use super::names::{existing_namespace, filled, function_key, no_qualifier};
use super::trigger_answer::of_function;
use backlot_base::json::{Object, Value};
use backlot_base::signal::{FunctionTarget, LATEST};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Functions on a page by default.
const PAGE: i64 = 20;
/// Functions on a page at most.
const LARGEST_PAGE: i64 = 100;

/// `GetFunction`.
pub(super) async fn get(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = function_key(&parameters)?;
    let asked = filled(&parameters, "Qualifier")?.unwrap_or(LATEST);
    let code_info = if flag(&parameters, "ShowCode")?.unwrap_or(false) {
        code_text(scf, &key, asked).await
    } else {
        String::new()
    };
    let triggers = of_function(scf, &key);
    scf.read(|definitions| {
        let entry = definitions.functions.get(&key);
        // Deployment tools take this code, rather than that of other actions, for a function that is to be created.
        let entry = entry.ok_or_else(|| no_function_name(&key))?;
        let version = definitions.version_of(&key, asked, Route::default());
        let definition = entry.versions.get(version);
        let definition = definition.ok_or_else(|| no_qualifier(&key, asked))?;
        Ok(full(
            &key,
            entry,
            (asked, version),
            definition,
            code_info,
            triggers,
        )
        .into())
    })
}

/// The text of the file with the handler. Empty for code without such a file, or that cannot be shown as text.
async fn code_text(scf: &Scf, key: &FunctionKey, qualifier: &str) -> String {
    let target = FunctionTarget {
        namespace: key.namespace.clone(),
        function: key.name.clone(),
        qualifier: qualifier.to_owned().into(),
    };
    let Ok(function) = scf.function(&target) else {
        return String::new();
    };
    let Code::Handler { runtime, dir } = &function.code else {
        return String::new();
    };
    let Ok(file) = runtime.entry_file(&function.handler) else {
        return String::new();
    };
    let text = tokio::fs::read_to_string(dir.join(file)).await;
    text.unwrap_or_default()
}

/// `ListFunctions`.
pub(super) fn list(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let namespace = existing_namespace(scf, &parameters)?;
    let search = filled(&parameters, "SearchKey")?;
    let description = filled(&parameters, "Description")?;
    let filters = Filter::read(&parameters)?;
    let order = Order::read(&parameters)?;
    let page = Page::read(&parameters)?;
    scf.read(|definitions| {
        let mut found: Vec<_> = definitions
            .in_namespace(namespace)
            .filter(|(key, entry)| {
                let told = &entry.versions[LATEST].description;
                search.is_none_or(|search| key.name.contains(search))
                    && description.is_none_or(|part| told.contains(part))
                    && filters.iter().all(|filter| filter.fits(key, entry))
            })
            .collect();
        order.sort(&mut found);
        let total = found.len() as u64;
        let functions = page.of(found).map(|(key, entry)| listed(key, entry));
        let answer = Object::new()
            .with("TotalCount", total)
            .with("Functions", functions.collect::<Value>());
        Ok(answer.into())
    })
}

/// `DeleteFunction`: a function, or one version of it.
pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = function_key(&parameters)?;
    match filled(&parameters, "Qualifier")? {
        None => scf.undefine(&key)?,
        Some(qualifier) => delete_version(scf, &key, qualifier)?,
    }
    Ok(Value::Null)
}

/// Takes a published version out. Choice: what an alias leads to cannot be deleted, and the latest version goes only with the
/// function.
pub(super) fn delete_version(scf: &Scf, key: &FunctionKey, version: &str) -> Result<(), ApiError> {
    scf.change(key, |entry, _now| {
        if version == LATEST {
            let message = format!("The version `{LATEST}` goes only with its function.");
            return Err(ApiError::new("FailedOperation.DeleteFunction", message));
        }
        let mut aliases = entry.aliases.iter();
        if let Some((alias, _)) =
            aliases.find(|(_, alias)| alias.versions().any(|to| to == version))
        {
            let message = format!("The alias `{alias}` leads to the version `{version}`.");
            return Err(ApiError::new("FailedOperation.DeleteFunction", message));
        }
        let removed = entry.versions.remove(version);
        removed.ok_or_else(|| no_qualifier(key, version))?;
        Ok::<_, ApiError>(())
    })?;
    scf.inner.triggers.forget(key, Some(version));
    Ok(scf.inner.triggers.keep().map_err(ChangeError::from)?)
}

/// A boolean that is sent as `TRUE` or `FALSE`.
pub(super) fn flag(parameters: &Parameters<'_>, name: &str) -> Result<Option<bool>, ApiError> {
    Ok(parameters.optional(name, Parameter::boolean)?)
}

fn no_function_name(key: &FunctionKey) -> ApiError {
    let message = format!("The function `{key}` does not exist.");
    ApiError::new("ResourceNotFound.FunctionName", message)
}

/// A part of a list.
pub(super) struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    /// `Offset` and `Limit`.
    pub(super) fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let offset = parameters.optional("Offset", |offset| offset.integer_in(0..=i64::MAX));
        let limit = parameters.optional("Limit", |limit| limit.integer_in(1..=LARGEST_PAGE));
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Self {
            offset: size(offset?.unwrap_or(0)),
            limit: size(limit?.unwrap_or(PAGE)),
        })
    }

    /// The items on the page.
    pub(super) fn of<T>(&self, all: Vec<T>) -> impl Iterator<Item = T> {
        all.into_iter().skip(self.offset).take(self.limit)
    }
}

/// What a list is sorted by.
struct Order {
    by: By,
    is_descending: bool,
}

#[derive(Clone, Copy)]
enum By {
    Added,
    Modified,
    Name,
}

impl Order {
    /// `Orderby` and `Order`. Choice: by the time of the last change, the latest first, as the console lists functions.
    fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let by = [
            ("AddTime", By::Added),
            ("ModTime", By::Modified),
            ("FunctionName", By::Name),
        ];
        let order = [
            ("ASC", false),
            ("DESC", true),
            ("asc", false),
            ("desc", true),
        ];
        let by = parameters.optional("Orderby", |written| written.one_of(&by))?;
        let is_descending = parameters.optional("Order", |written| written.one_of(&order))?;
        Ok(Self {
            by: by.unwrap_or(By::Modified),
            is_descending: is_descending.unwrap_or(true),
        })
    }

    fn sort(&self, found: &mut [(&FunctionKey, &Entry)]) {
        found.sort_by(|(key, entry), (other_key, other)| {
            let (latest, other_latest) = (&entry.versions[LATEST], &other.versions[LATEST]);
            let order = match self.by {
                By::Added => latest.added.cmp(&other_latest.added),
                By::Modified => latest.modified.cmp(&other_latest.modified),
                By::Name => key.name.cmp(&other_key.name),
            };
            let order = if self.is_descending {
                order.reverse()
            } else {
                order
            };
            order.then_with(|| key.cmp(other_key))
        });
    }
}

/// One condition of a list. One with several values is met by any of them.
struct Filter {
    name: String,
    values: Vec<String>,
}

/// The names of conditions, beside `tag-<key>`.
const FILTERS: [&str; 8] = [
    "FunctionName",
    "Runtime",
    "Status",
    "Type",
    "Description",
    "Role",
    "VpcId",
    "SubnetId",
];

impl Filter {
    /// `Filters`: at most 10, each with at most 5 values.
    fn read(parameters: &Parameters<'_>) -> Result<Vec<Self>, ApiError> {
        let filters = parameters.optional("Filters", |filters| {
            filters.list_up_to(10, |filter| Self::of(&filter.object()?))
        })?;
        Ok(filters.unwrap_or_default())
    }

    fn of(filter: &Parameters<'_>) -> Result<Self, ApiError> {
        let name = filter.required("Name", |name| {
            let text = name.clone().filled_text()?;
            if FILTERS.contains(&text) || text.starts_with("tag-") {
                return Ok(text);
            }
            let rule = format!("must be `tag-<key>` or one of `{}`", FILTERS.join("`, `"));
            Err(name
                .invalid(rule)
                .with_code("InvalidParameterValue.Filters"))
        })?;
        let values = filter.required("Values", |values| {
            values.list_up_to(5, |value| value.text().map(str::to_owned))
        })?;
        Ok(Self {
            name: name.to_owned(),
            values,
        })
    }

    fn fits(&self, key: &FunctionKey, entry: &Entry) -> bool {
        let latest = &entry.versions[LATEST];
        let details = &latest.details;
        self.values.iter().any(|value| match &*self.name {
            "FunctionName" => key.name.contains(value.as_str()),
            "Runtime" => latest.runtime == *value,
            "Status" => value == "Active",
            "Type" => value == "Event",
            "Description" => latest.description.contains(value.as_str()),
            "Role" => latest.role == *value,
            "VpcId" => details.vpc_id == *value,
            "SubnetId" => details.subnet_id == *value,
            tag => {
                let name = tag.strip_prefix("tag-").unwrap_or(tag);
                let mut tags = details.tags.iter();
                tags.any(|(key, tag)| key == name && tag == value)
            }
        })
    }
}
