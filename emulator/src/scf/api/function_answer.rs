//! Functions as `GetFunction` and `ListFunctions` write them.
//!
//! Follows: SCF reference, section 15, samples `api-get-function.json` and `api-list-functions.json`.

use super::super::function_key::FunctionKey;
use super::super::local_time;
use super::super::registry::{Definition, Entry};
use backlot_base::json::{Object, Value};
use backlot_base::signal::LATEST;

/// The members of a function, in the order of the published sample. `asked` is the qualifier of the call.
pub(super) fn full(
    key: &FunctionKey,
    entry: &Entry,
    (asked, version): (&str, &str),
    definition: &Definition,
    code_info: String,
    triggers: Value,
) -> Object {
    let Definition {
        details, handler, ..
    } = definition;
    let lists = Object::new()
        .with("Qualifier", asked)
        .with("Description", definition.description.as_str())
        .with("Timeout", definition.timeout)
        .with("InitTimeout", definition.init_timeout)
        .with("MemorySize", definition.memory_size)
        .with("Runtime", definition.runtime.as_str())
        .with("VpcConfig", vpc(&details.vpc_id, &details.subnet_id))
        .with("Environment", environment(definition))
        .with("Handler", handler.as_str())
        .with("UseGpu", "FALSE")
        .with("Role", definition.role.as_str())
        .with("CodeSize", definition.code.size())
        .with("FunctionVersion", version)
        .with("FunctionName", key.name.as_str())
        .with("FunctionId", entry.id.as_str())
        .with("Namespace", &*key.namespace)
        .with("InstallDependency", truth(details.install_dependency))
        .with("Status", "Active")
        .with("AvailableStatus", "Available")
        .with("StatusDesc", "")
        .with("L5Enable", "FALSE")
        .with("DnsCache", "FALSE")
        .with("EipConfig", eip());
    let dead_letter = definition.dead_letter.clone().unwrap_or_default();
    let dead_letter = Object::new()
        .with("Type", dead_letter.r#type)
        .with("Name", dead_letter.name)
        .with("FilterType", dead_letter.filter_type);
    lists
        .with("ModTime", local_time::seconds(definition.modified))
        .with("AddTime", local_time::seconds(definition.added))
        .with("Layers", layers(definition))
        .with("DeadLetterConfig", dead_letter)
        .with("OnsEnable", "FALSE")
        .with("PublicNetConfig", public_net(details.no_public_net))
        .with("ImageConfig", image())
        .with("ProtocolType", "")
        .with("Triggers", triggers)
        .with("ClsLogsetId", details.cls_logset_id.as_str())
        .with("ClsTopicId", details.cls_topic_id.as_str())
        .with("CodeInfo", code_info)
        .with("CodeResult", "success")
        .with("CodeError", "")
        .with("ErrNo", 0_u32)
        .with("Tags", tags(definition))
        .with("AccessInfo", Object::new().with("Host", "").with("Vip", ""))
        .with("Type", "Event")
        .with(
            "CfsConfig",
            Object::new().with("CfsInsList", Value::Array(Vec::new())),
        )
        .with("StatusReasons", Value::Array(Vec::new()))
        .with("AsyncRunEnable", truth(definition.async_run))
        .with("TraceEnable", truth(details.trace))
        .with("ProtocolParams", Value::Null)
        .with("InstanceConcurrencyConfig", Value::Null)
        .with("IntranetConfig", Object::new().with("IpFixed", "DISABLE"))
}

/// One function of a list.
pub(super) fn listed(key: &FunctionKey, entry: &Entry) -> Value {
    let latest = &entry.versions[LATEST];
    let listed = Object::new()
        .with("Namespace", &*key.namespace)
        .with("FunctionName", key.name.as_str())
        .with("FunctionId", entry.id.as_str())
        .with("Description", latest.description.as_str())
        .with("Tags", tags(latest))
        .with("Runtime", latest.runtime.as_str())
        .with("Type", "Event")
        .with("AsyncRunEnable", truth(latest.async_run))
        .with("TraceEnable", truth(latest.details.trace))
        .with("ReservedConcurrencyMem", entry.reserved_mb)
        .with("TotalProvisionedConcurrencyMem", 0_u32)
        .with("Status", "Active")
        .with("StatusDesc", "")
        .with("StatusReasons", Value::Array(Vec::new()))
        .with("AddTime", local_time::seconds(latest.added))
        .with("ModTime", local_time::seconds(latest.modified));
    listed.into()
}

/// A boolean as the API writes it.
pub(super) fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

fn vpc(vpc_id: &str, subnet_id: &str) -> Object {
    Object::new()
        .with("VpcId", vpc_id)
        .with("SubnetId", subnet_id)
}

fn environment(definition: &Definition) -> Object {
    let variables = definition.environment.iter();
    let variables =
        variables.map(|(key, value)| Object::new().with("Key", &**key).with("Value", &**value));
    Object::new().with("Variables", variables.collect::<Value>())
}

/// The layers that the configuration says, each in its only version.
fn layers(definition: &Definition) -> Value {
    let layers = definition.layers.iter().map(|name| {
        Object::new()
            .with(
                "CompatibleRuntimes",
                [definition.runtime.as_str()].into_iter().collect::<Value>(),
            )
            .with("AddTime", local_time::seconds(definition.added))
            .with("Description", "")
            .with("LicenseInfo", "")
            .with("LayerVersion", 1_u32)
            .with("LayerName", name.as_str())
            .with("Status", "Active")
    });
    layers.collect()
}

fn tags(definition: &Definition) -> Value {
    let tags = definition.details.tags.iter();
    tags.map(|(key, value)| Object::new().with("Key", &**key).with("Value", &**value))
        .collect()
}

fn eip() -> Object {
    Object::new()
        .with("EipFixed", "FALSE")
        .with("Eips", Value::Array(Vec::new()))
}

fn public_net(is_off: bool) -> Object {
    let eip = Object::new()
        .with("EipStatus", "DISABLE")
        .with("EipAddress", Value::Array(Vec::new()));
    Object::new()
        .with("PublicNetStatus", if is_off { "DISABLE" } else { "ENABLE" })
        .with("EipConfig", eip)
}

/// The image of a function that has none.
fn image() -> Object {
    Object::new()
        .with("RegistryId", "")
        .with("ImageType", "")
        .with("ImageUri", "")
        .with("ContainerImageAccelerate", false)
        .with("Command", "")
        .with("Args", "")
        .with("ImagePort", 9000_u32)
        .with("EntryPoint", Value::Null)
}
