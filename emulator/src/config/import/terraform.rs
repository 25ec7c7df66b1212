//! The Terraform resources of SCF: in `.tf` files, and in the JSON that `terraform show -json` prints of a plan.
//!
//! Follows: SCF reference, section 16.3. Of other resources, buckets are read, because triggers need them.

use super::draft::Draft;
use super::imported::Drafts;
use super::refuse_kind;
use super::report::Report;
use super::section::{Said, Section, items};
use super::surroundings::Surroundings;
use super::terraform_module::Module;
use super::terraform_trigger::{in_function, separate};
use super::tree::{Node, Place, Value};
use std::path::{Path, PathBuf};

use backlot_base::source::SourceFile;

/// The runtime of a function that names none.
const RUNTIME: &str = "Python2.7";
/// The shortest age of an event that the API accepts, in seconds.
const LEAST_AGE: u32 = 60;
/// What is understood of a function and has no effect here.
const IDLE: [&str; 21] = [
    "layers",
    "image_config",
    "async_run_enable",
    "enable_public_net",
    "enable_eip_config",
    "eip_fixed",
    "l5_enable",
    "trace_enable",
    "dns_cache",
    "intranet_config",
    "instance_concurrency_config",
    "protocol_type",
    "protocol_params",
    "cfs_config",
    "cls_logset_id",
    "cls_topic_id",
    "vpc_id",
    "subnet_id",
    "tags",
    "qualifier",
    "cos_bucket_region",
];
/// What Terraform itself makes of a resource.
const META: [&str; 4] = ["lifecycle", "depends_on", "provider", "timeouts"];

/// A resource: its type, and what it says.
struct Resource {
    kind: String,
    place: Place,
    node: Node,
}

/// Reads all files of a folder: of `first`, which has its number already, and of those beside it.
pub(super) fn read(
    first: (&SourceFile, usize),
    surroundings: &Surroundings<'_>,
    report: &mut Report,
) -> Drafts {
    let folder = first.0.path.parent().unwrap_or(Path::new("")).to_owned();
    let mut module = Module::new(&folder, surroundings);
    module.add(first.0, first.1, report);
    for path in beside(&first.0.path, &folder, surroundings) {
        let Ok(text) = surroundings.file(&path) else {
            continue;
        };
        let source = SourceFile::new(&path, text);
        let number = report.add(source.clone());
        module.add(&source, number, report);
    }
    let mut drafts = Drafts::default();
    for provider in module
        .blocks("provider")
        .filter(|found| found.label(0) == "tencentcloud")
    {
        let node = module.read(provider);
        drafts.region(Section::of(&node, report).filled("region", report), report);
    }
    for call in module.blocks("module") {
        let title = format!("the module `{}` is not read", call.label(0));
        let hint = "import its folder too if it has functions".to_owned();
        report.warn(call.place(), title, Some(hint));
    }
    let packages = packages(&module);
    let wanted =
        |kind: &str| kind.starts_with("tencentcloud_scf_") || kind == "tencentcloud_cos_bucket";
    let resources = module
        .blocks("resource")
        .filter(|found| wanted(found.label(0)));
    let resources = resources.map(|found| Resource {
        kind: found.label(0).to_owned(),
        place: found.place(),
        node: module.read(found),
    });
    let resources: Vec<_> = resources.collect();
    fill(&resources, &packages, &folder, &mut drafts, report);
    drafts
}

/// The other files of the module: `.tf`, then those with values, the stronger ones first.
fn beside(first: &Path, folder: &Path, surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let all = surroundings.folder(folder).unwrap_or_default();
    let ends = |path: &PathBuf, ending: &str| path.to_string_lossy().ends_with(ending);
    let is_first = |path: &PathBuf| path.file_name() == first.file_name();
    let files = all
        .iter()
        .filter(|path| ends(path, ".tf") && !is_first(path));
    let strong = all.iter().rev().filter(|path| ends(path, ".auto.tfvars"));
    let weak = all.iter().filter(|path| path.ends_with("terraform.tfvars"));
    files.chain(strong).chain(weak).cloned().collect()
}

/// The packages that Terraform itself makes of folders: `archive_file`, by their paths.
fn packages(module: &Module<'_>) -> Vec<(String, Said<String>)> {
    let archives = module.blocks("data").chain(module.blocks("resource"));
    let archives = archives.filter(|found| found.label(0) == "archive_file");
    let packages = archives.filter_map(|found| {
        let node = module.read(found);
        let folder = node.get("source_dir")?;
        let place = folder.place;
        let value = folder.scalar()?;
        Some((node.get("output_path")?.scalar()?, Said { value, place }))
    });
    packages.collect()
}

/// Reads what a plan says that there will be. Its values are all known, as far as Terraform knows them.
pub(super) fn read_plan(root: &Node, folder: &Path, report: &mut Report) -> Drafts {
    let mut drafts = Drafts::default();
    let root_module = root.at_path("planned_values.root_module");
    let Some(module) = root_module.or(root.at_path("values.root_module")) else {
        let hint = "it is what `terraform show -json` prints of a plan".to_owned();
        report.mistake(root.place, "there is no `planned_values`", Some(hint));
        return drafts;
    };
    let mut resources = Vec::new();
    of_module(module, &mut resources);
    fill(&resources, &[], folder, &mut drafts, report);
    drafts
}

/// A plan says every argument; those that are `null` or empty are left out in the files.
fn without_nothing(values: &Node) -> Node {
    let is_said = |node: &Node| match &node.value {
        Value::Nothing => false,
        Value::List(items) => !items.is_empty(),
        Value::Pairs(pairs) => !pairs.is_empty(),
        _ => true,
    };
    let pairs = values.pairs().iter().filter(|pair| is_said(&pair.node));
    Node {
        place: values.place,
        value: Value::Pairs(pairs.cloned().collect()),
    }
}

fn of_module(module: &Node, resources: &mut Vec<Resource>) {
    for node in module.get("resources").map_or(&[][..], items) {
        let kind = node.get("type").and_then(Node::scalar).unwrap_or_default();
        if let Some(values) = node.get("values") {
            resources.push(Resource {
                kind,
                place: node.place,
                node: without_nothing(values),
            });
        }
    }
    for child in module.get("child_modules").map_or(&[][..], items) {
        of_module(child, resources);
    }
}

/// Functions first, because the other resources are about functions.
fn fill(
    resources: &[Resource],
    packages: &[(String, Said<String>)],
    folder: &Path,
    drafts: &mut Drafts,
    report: &mut Report,
) {
    let (functions, others): (Vec<_>, Vec<_>) = resources
        .iter()
        .partition(|resource| resource.kind == "tencentcloud_scf_function");
    for resource in functions {
        function(resource, packages, folder, drafts, report);
    }
    for resource in others {
        let mut section = Section::of(&resource.node, report);
        section.idle_without_note(&META, report);
        match resource.kind.as_str() {
            "tencentcloud_cos_bucket" => {
                drafts.bucket(section.filled("bucket", report));
            }
            "tencentcloud_scf_trigger_config" | "tencentcloud_scf_trigger" => {
                about(section, drafts, report, |section, draft, report| {
                    separate(section, draft, report);
                });
            }
            "tencentcloud_scf_function_event_invoke_config" => {
                about(section, drafts, report, invoke_config);
            }
            "tencentcloud_scf_reserved_concurrency_config" => {
                about(section, drafts, report, reserved_concurrency);
            }
            kind if kind.starts_with("tencentcloud_scf_")
                && kind != "tencentcloud_scf_namespace" =>
            {
                report.idle(resource.place, kind);
            }
            _ => {}
        }
    }
}

/// Reads a resource that is about a function, which it names.
fn about(
    mut section: Section<'_>,
    drafts: &mut Drafts,
    report: &mut Report,
    read: impl FnOnce(&mut Section<'_>, &mut Draft, &mut Report),
) {
    let place = section.place;
    if !count(&mut section, report) {
        return;
    }
    let namespace = section.filled("namespace", report);
    let Some(name) = section.filled("function_name", report) else {
        let title = "the resource names no function that is known";
        return report.warn(place, title, Some("it is not imported".to_owned()));
    };
    let namespace = namespace.map_or(String::new(), |said| said.value);
    let full = Draft::new(&namespace, &name.value, place).name;
    let Some(draft) = drafts.named(&full) else {
        let title = format!("there is no function `{full}` in these files");
        return report.warn(name.place, title, Some("it is not imported".to_owned()));
    };
    read(&mut section, draft, report);
    section.end(report);
}

/// Whether there is one of it. More than one is told and read as one.
fn count(section: &mut Section<'_>, report: &mut Report) -> bool {
    if let Some(pair) = section.pair("for_each", report) {
        let hint = "it is read as one; import the JSON of a plan to have all".to_owned();
        report.warn(pair.place, "`for_each` is not expanded", Some(hint));
    }
    let Some(node) = section.node("count", report) else {
        return true;
    };
    match node.scalar().as_deref() {
        Some("0") => false,
        Some("1") => true,
        _ => {
            let hint = "it is read as one; import the JSON of a plan to have all".to_owned();
            report.warn(node.place, "`count` is not expanded", Some(hint));
            true
        }
    }
}

fn function(
    resource: &Resource,
    packages: &[(String, Said<String>)],
    folder: &Path,
    drafts: &mut Drafts,
    report: &mut Report,
) {
    let mut section = Section::of(&resource.node, report);
    if !count(&mut section, report) {
        return;
    }
    let Some(name) = section.filled("name", report) else {
        let title = "the function has no `name` that is known";
        return report.mistake(resource.place, title, None);
    };
    let namespace = section.filled("namespace", report);
    let namespace = namespace.map_or(String::new(), |said| said.value);
    let mut draft = Draft::new(&namespace, &name.value, name.place);
    settings(&mut section, &mut draft, report);
    code(&mut section, &mut draft, packages, folder, report);
    if let Some(kind) = section.filled("func_type", report)
        && !kind.value.eq_ignore_ascii_case("event")
    {
        refuse_kind(&kind, &draft, report);
    }
    if let Some(triggers) = section.node("triggers", report) {
        for trigger in items(triggers) {
            in_function(trigger, &mut draft, report);
        }
    }
    section.idle(&IDLE, report);
    section.idle_without_note(&META, report);
    section.idle_without_note(&["description"], report);
    // What a plan says of a function that exists.
    section.idle_without_note(
        &["id", "status", "function_id", "trigger_info", "host"],
        report,
    );
    section.end(report);
    drafts.add(draft, report);
}

fn settings(section: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    match section.filled("runtime", report) {
        Some(runtime) => draft.runtime(runtime),
        None => draft.unsaid_runtime(RUNTIME),
    }
    if let Some(handler) = section.filled("handler", report) {
        draft.handler(handler);
    }
    if let Some(memory) = section.whole("mem_size", report) {
        draft.memory(&memory);
    }
    if let Some(timeout) = section.whole("timeout", report) {
        draft.timeout(&timeout);
    }
    if let Some(role) = section.node("role", report) {
        // A role that only a run of Terraform knows is one too.
        let value = match &role.value {
            Value::Unresolved(_) => "known later".to_owned(),
            _ => role.scalar().unwrap_or_default(),
        };
        let place = role.place;
        draft.role(&Said { value, place });
    }
    if let Some(variables) = section.node("environment", report) {
        draft.environment(variables, report);
    }
}

/// `zip_file`, whose folder is known if an `archive_file` makes it; or an object.
fn code(
    section: &mut Section<'_>,
    draft: &mut Draft,
    packages: &[(String, Said<String>)],
    folder: &Path,
    report: &mut Report,
) {
    let zip = section.filled("zip_file", report);
    let bucket = section.filled("cos_bucket_name", report);
    let object = section.filled("cos_object_name", report);
    match (zip, object) {
        (Some(zip), _) => {
            let made = packages.iter().find(|(path, _)| *path == zip.value);
            draft.code(made.map_or(&zip, |(_, folder)| folder), folder, report);
        }
        (None, Some(object)) => {
            let bucket = bucket.map_or_else(|| "?".to_owned(), |said| said.value);
            let title = format!(
                "the code is the object `{}` in the bucket `{bucket}`, not a folder",
                object.value
            );
            draft.no_code(object.place, &title, report);
        }
        (None, None) => {
            let title = "neither `zip_file` nor `cos_object_name` is known";
            draft.no_code(draft.place, title, report);
        }
    }
}

/// `async_trigger_config { msg_ttl, retry_config { retry_num } }`.
fn invoke_config(section: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    let Some(config) = section.node("async_trigger_config", report) else {
        return;
    };
    for config in items(config) {
        let mut config = Section::of(config, report);
        match config.whole::<u32>("msg_ttl", report) {
            Some(age) if age.value < LEAST_AGE => {
                let title = format!("`msg_ttl` of {} s is below {LEAST_AGE} s", age.value);
                let hint = "the API refuses it; the platform's 21600 s are in force".to_owned();
                report.warn(age.place, title, Some(hint));
            }
            Some(age) => draft.event_age(&age),
            None => {}
        }
        let retries = config.node("retry_config", report);
        // A second one is about failures of the platform.
        if let Some(retries) = retries.and_then(|node| items(node).first()) {
            let mut retries = Section::of(retries, report);
            if let Some(number) = retries.whole::<u8>("retry_num", report) {
                draft.retries(&number);
            }
            retries.end(report);
        }
        config.end(report);
    }
}

/// `reserved_concurrency_mem`, which is in MB.
fn reserved_concurrency(section: &mut Section<'_>, draft: &mut Draft, report: &mut Report) {
    if let Some(said) = section.whole::<u32>("reserved_concurrency_mem", report) {
        let memory = draft.config.memory.unwrap_or(128).max(1);
        draft.reserved_concurrency(&Said {
            value: said.value / memory,
            place: said.place,
        });
    }
}
