//! The settings of a function as `CreateFunction` and `UpdateFunctionConfiguration` have them.
//!
//! Follows: SCF reference, sections 1, 4.2, 15.2 and 17.

use super::super::registry::{DeadLetterConfig, Definition};
use super::super::shim::HandlerRuntime;
use super::environment;
use super::names::filled;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters, Problem};

/// MB at most.
const MEMORY: i64 = 3072;
/// Seconds at most.
const TIMEOUT: u64 = 900;
/// Seconds at most of a function with asynchronous execution.
const ASYNC_TIMEOUT: i64 = 86_400;
/// Seconds at least and at most.
const INIT_TIMEOUT: (i64, i64) = (3, 300);
/// Characters of a description at most.
const DESCRIPTION: usize = 1000;

/// What a call sets; what it leaves out stays as it is. [`check`] says whether what comes of it fits together.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) handler: Option<String>,
    description: Option<String>,
    memory_size: Option<u32>,
    timeout: Option<u64>,
    async_run: Option<bool>,
    init_timeout: Option<u64>,
    environment: Option<Vec<(String, String)>>,
    role: Option<String>,
    dead_letter: Option<DeadLetterConfig>,
    trace: Option<bool>,
    no_public_net: Option<bool>,
    tags: Option<Vec<(String, String)>>,
    cls_logset_id: Option<String>,
    cls_topic_id: Option<String>,
    vpc: Option<(String, String)>,
}

impl Settings {
    /// Reads the members of a call.
    pub(super) fn read(parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        refuse_unsupported(parameters)?;
        let description = parameters.optional("Description", |text| text.text_up_to(DESCRIPTION));
        let description =
            description.map_err(|error| coded(error, "InvalidParameterValue.Description"))?;
        let vpc = parameters.optional("VpcConfig", |vpc| {
            let vpc = vpc.object()?;
            let text =
                |name| Ok::<_, ParameterError>(filled(&vpc, name)?.unwrap_or_default().to_owned());
            Ok::<_, ParameterError>((text("VpcId")?, text("SubnetId")?))
        })?;
        Ok(Self {
            handler: filled(parameters, "Handler")?.map(str::to_owned),
            description: description.map(str::to_owned),
            memory_size: parameters.optional("MemorySize", |size| memory_size(&size))?,
            timeout: parameters.optional("Timeout", timeout)?,
            async_run: parameters.optional("AsyncRunEnable", Parameter::boolean)?,
            init_timeout: parameters.optional("InitTimeout", init_timeout)?,
            environment: environment::read(parameters)?,
            role: text(parameters, "Role")?,
            dead_letter: parameters.optional("DeadLetterConfig", |config| dead_letter(&config))?,
            trace: parameters.optional("TraceEnable", Parameter::boolean)?,
            no_public_net: public_net(parameters)?,
            tags: tags(parameters)?,
            cls_logset_id: text(parameters, "ClsLogsetId")?,
            cls_topic_id: text(parameters, "ClsTopicId")?,
            vpc,
        })
    }

    /// Sets what the call sets.
    pub(super) fn apply(self, definition: &mut Definition) {
        set(&mut definition.handler, self.handler);
        set(&mut definition.description, self.description);
        set(&mut definition.memory_size, self.memory_size);
        set(&mut definition.timeout, self.timeout);
        set(&mut definition.async_run, self.async_run);
        set(&mut definition.init_timeout, self.init_timeout);
        set(&mut definition.environment, self.environment);
        set(&mut definition.role, self.role);
        if let Some(queue) = self.dead_letter {
            // An empty one takes the queue away.
            let is_set = queue != DeadLetterConfig::default();
            definition.dead_letter = is_set.then_some(queue);
        }
        let details = &mut definition.details;
        set(&mut details.trace, self.trace);
        set(&mut details.no_public_net, self.no_public_net);
        set(&mut details.tags, self.tags);
        set(&mut details.cls_logset_id, self.cls_logset_id);
        set(&mut details.cls_topic_id, self.cls_topic_id);
        if let Some((vpc_id, subnet_id)) = self.vpc {
            (details.vpc_id, details.subnet_id) = (vpc_id, subnet_id);
        }
    }
}

fn set<T>(value: &mut T, written: Option<T>) {
    if let Some(written) = written {
        *value = written;
    }
}

/// Whether settings that depend on one another fit together.
pub(super) fn check(definition: &Definition) -> Result<(), ApiError> {
    check_handler(definition)?;
    if definition.timeout > TIMEOUT && !definition.async_run {
        let message = format!(
            "`Timeout` is {}, and may be more than {TIMEOUT} only for a function that was created with `AsyncRunEnable`.",
            definition.timeout
        );
        return Err(ApiError::new("LimitExceeded.Timeout", message));
    }
    Ok(())
}

/// Whether the runtime can call the handler.
fn check_handler(definition: &Definition) -> Result<(), ApiError> {
    let runtime = HandlerRuntime::parse(&definition.runtime).map_err(|unknown| {
        let message = format!("{}.", super::names::capital(&unknown.to_string()));
        ApiError::new("InvalidParameterValue.Runtime", message)
    })?;
    let Some(runtime) = runtime else {
        return Ok(());
    };
    let file = runtime.entry_file(&definition.handler);
    file.map(drop).map_err(|wrong| {
        let message = format!("{}.", super::names::capital(&wrong.to_string()));
        ApiError::new("InvalidParameterValue.Handler", message)
    })
}

fn text(parameters: &Parameters<'_>, name: &str) -> Result<Option<String>, ParameterError> {
    let text = parameters.optional(name, Parameter::text)?;
    Ok(text.map(str::to_owned))
}

fn memory_size(size: &Parameter<'_>) -> Result<u32, ApiError> {
    let mb = size.clone().integer()?;
    if mb > MEMORY {
        let rule = format!("must be at most {MEMORY}, not {mb}");
        return Err(size.invalid(rule).with_code("LimitExceeded.Memory"));
    }
    let fits = mb == 64 || (mb >= 128 && mb % 128 == 0);
    let mb = u32::try_from(mb).ok().filter(|_| fits);
    mb.ok_or_else(|| {
        let error = size.invalid("must be 64, or a multiple of 128");
        error.with_code("InvalidParameterValue.MemorySize")
    })
}

fn timeout(seconds: Parameter<'_>) -> Result<u64, ApiError> {
    within(seconds, (1, ASYNC_TIMEOUT), "LimitExceeded.Timeout")
}

fn init_timeout(seconds: Parameter<'_>) -> Result<u64, ApiError> {
    within(seconds, INIT_TIMEOUT, "LimitExceeded.InitTimeout")
}

/// A number of seconds in a range, both ends included. One outside has this code.
fn within(seconds: Parameter<'_>, (least, most): (i64, i64), code: &str) -> Result<u64, ApiError> {
    let number = seconds.integer_in(least..=most);
    let number = number.map_err(|error| coded(error, code))?;
    Ok(u64::try_from(number).expect("the range has no negative numbers"))
}

/// The error under a code of its own if it is about the value, not the type.
fn coded(error: ParameterError, code: &str) -> ApiError {
    match error.problem {
        Problem::Value(_) => error.with_code(code),
        _ => error.into(),
    }
}

/// A queue; an empty one takes the queue away.
fn dead_letter(config: &Parameter<'_>) -> Result<DeadLetterConfig, ApiError> {
    let members = config.clone().object()?;
    let text =
        |name| Ok::<_, ParameterError>(filled(&members, name)?.unwrap_or_default().to_owned());
    let config_of = DeadLetterConfig {
        r#type: text("Type")?,
        name: text("Name")?,
        filter_type: text("FilterType")?,
    };
    if config_of == DeadLetterConfig::default() {
        return Ok(config_of);
    }
    let types = ["CMQ-TOPIC", "CMQ-QUEUE", "topic", "queue"];
    if !types.contains(&&*config_of.r#type) || config_of.name.is_empty() {
        let rule = format!(
            "must have a Name, and a Type that is one of `{}`",
            types.join("`, `")
        );
        let error = config.invalid(rule);
        return Err(error.with_code("InvalidParameterValue.DeadLetterConfig"));
    }
    Ok(config_of)
}

/// Whether public networks are shut off.
fn public_net(parameters: &Parameters<'_>) -> Result<Option<bool>, ParameterError> {
    let config = parameters.optional("PublicNetConfig", Parameter::object)?;
    let Some(config) = config else {
        return Ok(None);
    };
    config.optional("PublicNetStatus", |status| {
        status.one_of(&[("ENABLE", false), ("DISABLE", true)])
    })
}

fn tags(parameters: &Parameters<'_>) -> Result<Option<Vec<(String, String)>>, ParameterError> {
    parameters.optional("Tags", |tags| {
        tags.list(|tag| {
            let tag = tag.object()?;
            let key = tag.required("Key", Parameter::filled_text)?;
            let value = tag.required("Value", Parameter::text)?;
            Ok::<_, ParameterError>((key.to_owned(), value.to_owned()))
        })
    })
}

/// Settings that change what a function does on the platform and that the emulator does not have.
fn refuse_unsupported(parameters: &Parameters<'_>) -> Result<(), ApiError> {
    let kind = filled(parameters, "Type")?;
    if kind.is_some_and(|kind| kind != "Event") {
        return Err(unsupported("functions of the type `HTTP`: use `Event`"));
    }
    for (name, instead) in [
        (
            "InstallDependency",
            "the installation of dependencies: pack them with the code",
        ),
        ("UseGpu", "GPUs"),
    ] {
        if parameters.optional(name, Parameter::boolean)? == Some(true) {
            return Err(unsupported(instead));
        }
    }
    let is_set = |name: &str, keys: &[&str]| {
        let found =
            parameters.optional(name, |value| Ok::<_, ParameterError>(value.is_filled(keys)));
        found.map(Option::unwrap_or_default)
    };
    for (name, keys, what) in [
        (
            "Layers",
            &["LayerName"][..],
            "layers that are published (`Layers`): name folders under `layers:` of the function in backlot.yaml, or pack them with the code",
        ),
        ("CfsConfig", &["CfsInsList"], "file systems (`CfsConfig`)"),
        ("ImageConfig", &["ImageUri"], "images"),
        (
            "InstanceConcurrencyConfig",
            &["MaxConcurrency"],
            "several requests in one instance",
        ),
    ] {
        if is_set(name, keys)? {
            return Err(unsupported(what));
        }
    }
    Ok(())
}

fn unsupported(what: &str) -> ApiError {
    ApiError::new(
        "UnsupportedOperation",
        format!("backlot does not support {what}."),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::function::Function;
    use super::*;
    use backlot_base::json::Value;
    use jiff::Timestamp;

    fn read(text: &str) -> Result<Definition, String> {
        let value = Value::parse(text).unwrap();
        let settings = Settings::read(&Parameters::new(&value));
        let settings = settings.map_err(|error| error.code)?;
        let function = Function::folder("archive", "/");
        let mut definition = Definition::of(&function, Timestamp::UNIX_EPOCH);
        settings.apply(&mut definition);
        check(&definition).map_err(|error| error.code)?;
        Ok(definition)
    }

    #[test]
    fn settings_that_are_left_out_stay() {
        let definition = read(r#"{"Timeout":7,"Role":null}"#).unwrap();
        assert_eq!(definition.timeout, 7);
        assert_eq!(definition.memory_size, 128);
    }

    #[test]
    fn each_limit_has_its_code() {
        for (text, code) in [
            (r#"{"MemorySize":3200}"#, "LimitExceeded.Memory"),
            (r#"{"MemorySize":100}"#, "InvalidParameterValue.MemorySize"),
            (r#"{"Timeout":901}"#, "LimitExceeded.Timeout"),
            (r#"{"Timeout":0}"#, "LimitExceeded.Timeout"),
            (r#"{"Timeout":"soon"}"#, "InvalidParameter"),
            (r#"{"InitTimeout":301}"#, "LimitExceeded.InitTimeout"),
            (
                r#"{"DeadLetterConfig":{"Type":"kafka","Name":"q"}}"#,
                "InvalidParameterValue.DeadLetterConfig",
            ),
            (r#"{"Type":"HTTP"}"#, "UnsupportedOperation"),
            (
                r#"{"Timeout":86401,"AsyncRunEnable":"TRUE"}"#,
                "LimitExceeded.Timeout",
            ),
            (
                r#"{"Layers":[{"LayerName":"sdk","LayerVersion":1}]}"#,
                "UnsupportedOperation",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), code, "{text}");
        }
    }

    #[test]
    fn asynchronous_execution_may_take_a_day() {
        let definition = read(r#"{"Timeout":86400,"AsyncRunEnable":"TRUE"}"#).unwrap();
        assert_eq!((definition.timeout, definition.async_run), (86_400, true));
    }

    #[test]
    fn empty_members_take_away_or_mean_nothing() {
        let text = r#"{"DeadLetterConfig":{"Type":"","Name":"","FilterType":""},
            "Layers":[{"LayerName":"","LayerVersion":0}],"Role":"","CfsConfig":{"CfsInsList":[]},
            "AsyncRunEnable":"FALSE","Type":"Event"}"#;
        let definition = read(text).unwrap();
        assert_eq!(
            (definition.dead_letter, definition.role),
            (None, String::new())
        );
    }

    #[test]
    fn a_handler_has_to_name_a_file_unless_the_code_asks_for_events() {
        let function = Function::folder("archive", "/");
        let mut definition = Definition::of(&function, Timestamp::UNIX_EPOCH);
        definition.handler = "main".into();
        check(&definition).unwrap();
        definition.runtime = "Python3.10".into();
        let code = check(&definition).unwrap_err().code;
        assert_eq!(code, "InvalidParameterValue.Handler");
        definition.runtime = "Java11".into();
        let code = check(&definition).unwrap_err().code;
        assert_eq!(code, "InvalidParameterValue.Runtime");
    }
}
