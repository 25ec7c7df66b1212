//! `CreateAlias`, `GetAlias`, `ListAliases`, `UpdateAlias` and `DeleteAlias`.
//!
//! Follows: SCF reference, sections 1 and 15.2.

use jiff::Timestamp;

use super::super::Scf;
use super::super::function_key::FunctionKey;
use super::super::local_time;
use super::super::registry::{Alias, Entry, HEADER, Match, Method, Range, Weight};
use super::functions::Page;
use super::names::{existing, filled, no_qualifier};
use backlot_base::json::{Number, Object, Value};
use backlot_base::signal::{DEFAULT_ALIAS, LATEST};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Characters of a name at most.
const NAME: usize = 64;

/// What a call says of an alias.
struct Written {
    version: String,
    description: Option<String>,
    /// Weights and matches; `None` if the call leaves them as they are.
    routing: Option<(Vec<Weight>, Vec<Match>)>,
}

impl Written {
    fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let version = parameters.required("FunctionVersion", Parameter::filled_text)?;
        let description = parameters.optional("Description", Parameter::text)?;
        let routing = parameters.optional("RoutingConfig", |routing| {
            let routing = routing.object()?;
            let weights = routing.optional("AdditionalVersionWeights", |all| all.list(weight))?;
            let matches = routing.optional("AddtionVersionMatchs", |all| all.list(rule))?;
            Ok::<_, ApiError>((weights.unwrap_or_default(), matches.unwrap_or_default()))
        })?;
        Ok(Self {
            version: version.to_owned(),
            description: description.map(str::to_owned),
            routing,
        })
    }

    /// Makes `alias` what the call says, if all versions exist.
    fn apply(self, key: &FunctionKey, entry: &Entry, alias: &mut Alias) -> Result<(), ApiError> {
        alias.version = self.version;
        if let Some(description) = self.description {
            alias.description = description;
        }
        if let Some((weights, matches)) = self.routing {
            let total: f64 = weights.iter().map(|weight| weight.weight).sum();
            if total > 1.0 {
                return Err(routing_error("The weights are more than 1 together."));
            }
            (alias.weights, alias.matches) = (weights, matches);
        }
        let mut versions = alias.versions();
        match versions.find(|version| !entry.versions.contains_key(*version)) {
            Some(version) => Err(no_version(key, version)),
            None => Ok(()),
        }
    }
}

/// The error of an alias for a version that does not exist.
fn no_version(key: &FunctionKey, version: &str) -> ApiError {
    let message = format!("The function `{key}` has no version `{version}`.");
    ApiError::new("ResourceNotFound.FunctionVersion", message)
}

fn routing_error(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterValue.RoutingConfig", message)
}

fn weight(weight: Parameter<'_>) -> Result<Weight, ApiError> {
    let weight = weight.object()?;
    let version = weight.required("Version", Parameter::filled_text)?;
    let share = weight.required("Weight", Parameter::number)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(routing_error(format!(
            "A weight is from 0 to 1, not {share}."
        )));
    }
    Ok(Weight {
        version: version.to_owned(),
        weight: share,
    })
}

fn rule(rule: Parameter<'_>) -> Result<Match, ApiError> {
    let rule = rule.object()?;
    let version = rule.required("Version", Parameter::filled_text)?;
    let key = rule.required("Key", Parameter::filled_text)?;
    if !key.starts_with(HEADER) {
        return Err(routing_error(format!(
            "A key begins with `{HEADER}`, not `{key}`."
        )));
    }
    let methods = [("exact", Method::Exact), ("range", Method::Range)];
    let method = rule.required("Method", |method| method.one_of(&methods))?;
    let expression = rule.required("Expression", Parameter::text)?;
    if method == Method::Range && Range::parse(expression).is_none() {
        let message = format!("`{expression}` is not a range such as `[1,5)`.");
        return Err(routing_error(message));
    }
    Ok(Match {
        version: version.to_owned(),
        key: key.to_owned(),
        method,
        expression: expression.to_owned(),
    })
}

/// `CreateAlias`.
pub(super) fn create(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let name = new_name(&parameters)?;
    let written = Written::read(&parameters)?;
    scf.change(&key, |entry, now| {
        if entry.aliases.contains_key(name) || name == DEFAULT_ALIAS {
            let message = format!("The alias `{name}` exists already.");
            return Err(ApiError::new("ResourceInUse.Alias", message));
        }
        let mut alias = to_latest(now);
        written.apply(&key, entry, &mut alias)?;
        entry.aliases.insert(name.to_owned(), alias);
        Ok(())
    })?;
    Ok(Value::Null)
}

/// `UpdateAlias`. The alias that exists by itself can be changed, too.
pub(super) fn update(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let name = parameters.required("Name", Parameter::filled_text)?;
    let written = Written::read(&parameters)?;
    scf.change(&key, |entry, now| {
        let mut alias = find(&key, entry, name)?;
        written.apply(&key, entry, &mut alias)?;
        alias.modified = now;
        entry.aliases.insert(name.to_owned(), alias);
        Ok::<_, ApiError>(())
    })?;
    Ok(Value::Null)
}

/// `DeleteAlias`.
pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let name = parameters.required("Name", Parameter::filled_text)?;
    scf.change(&key, |entry, _now| {
        if name == DEFAULT_ALIAS {
            let message = format!("The alias `{DEFAULT_ALIAS}` cannot be deleted.");
            return Err(ApiError::new("FailedOperation.DeleteAlias", message));
        }
        let removed = entry.aliases.remove(name);
        removed.map(drop).ok_or_else(|| no_alias(&key, name))
    })?;
    Ok(Value::Null)
}

/// `GetAlias`.
pub(super) fn get(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let name = parameters.required("Name", Parameter::filled_text)?;
    scf.read(|definitions| {
        let entry = definitions.functions.get(&key);
        let entry = entry.ok_or_else(|| super::names::no_function(&key))?;
        Ok(answer(name, &find(&key, entry, name)?).into())
    })
}

/// `ListAliases`: in the order of their names, those of one version if the call names it.
pub(super) fn list(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let version = filled(&parameters, "FunctionVersion")?;
    let page = Page::read(&parameters)?;
    scf.read(|definitions| {
        let entry = definitions.functions.get(&key);
        let entry = entry.ok_or_else(|| super::names::no_function(&key))?;
        let mut aliases = entry.aliases.clone();
        let by_itself = find(&key, entry, DEFAULT_ALIAS)?;
        aliases.insert(DEFAULT_ALIAS.to_owned(), by_itself);
        aliases.retain(|_, alias| {
            version.is_none_or(|version| alias.versions().any(|to| to == version))
        });
        let total = aliases.len() as u64;
        let listed = page.of(aliases.into_iter().collect());
        let listed = listed.map(|(name, alias)| answer(&name, &alias));
        let answer = Object::new()
            .with("Aliases", listed.collect::<Value>())
            .with("TotalCount", total);
        Ok(answer.into())
    })
}

fn find(key: &FunctionKey, entry: &Entry, name: &str) -> Result<Alias, ApiError> {
    match entry.aliases.get(name) {
        Some(alias) => Ok(alias.clone()),
        None if name == DEFAULT_ALIAS => {
            let latest = entry.versions.get(LATEST);
            let latest = latest.ok_or_else(|| no_qualifier(key, LATEST))?;
            Ok(to_latest(latest.added))
        }
        None => Err(no_alias(key, name)),
    }
}

/// The alias that exists by itself, as it is until it is changed.
fn to_latest(added: Timestamp) -> Alias {
    Alias {
        version: LATEST.to_owned(),
        description: String::new(),
        weights: Vec::new(),
        matches: Vec::new(),
        added,
        modified: added,
    }
}

fn no_alias(key: &FunctionKey, name: &str) -> ApiError {
    let message = format!("The function `{key}` has no alias `{name}`.");
    ApiError::new("ResourceNotFound.Alias", message)
}

fn new_name<'a>(parameters: &Parameters<'a>) -> Result<&'a str, ApiError> {
    parameters.required("Name", |name| {
        let text = name.clone().filled_text()?;
        let fits = text.len() <= NAME
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fits || text == DEFAULT_ALIAS {
            return Ok(text);
        }
        let rule = "must begin with a letter and have at most 64 letters, digits, `-` or `_`";
        Err(name.invalid(rule).with_code("InvalidParameterValue.Name"))
    })
}

fn answer(name: &str, alias: &Alias) -> Object {
    let weights = alias.weights.iter().map(|weight| {
        let share = Number::from_f64(weight.weight);
        Object::new()
            .with("Version", weight.version.as_str())
            .with("Weight", share)
    });
    let matches = alias.matches.iter().map(|rule| {
        let method = match rule.method {
            Method::Exact => "exact",
            Method::Range => "range",
        };
        Object::new()
            .with("Version", rule.version.as_str())
            .with("Key", rule.key.as_str())
            .with("Method", method)
            .with("Expression", rule.expression.as_str())
    });
    let routing = Object::new()
        .with("AdditionalVersionWeights", weights.collect::<Value>())
        .with("AddtionVersionMatchs", matches.collect::<Value>());
    Object::new()
        .with("FunctionVersion", alias.version.as_str())
        .with("Name", name)
        .with("RoutingConfig", routing)
        .with("Description", alias.description.as_str())
        .with("AddTime", local_time::seconds(alias.added))
        .with("ModTime", local_time::seconds(alias.modified))
}
