//! Every form of every file, and mistakes in each: what is in force, or what is told, beside the file in `expected.txt`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use backlot::config::{Config, FunctionConfig, Loaded};

/// The file of a folder that is read.
const MAIN: [&str; 6] = [
    "backlot.yaml",
    "serverless.yml",
    "template.yaml",
    "config.json",
    "main.tf",
    "plan.json",
];

fn folders() -> Vec<PathBuf> {
    // Relative, because messages show the path.
    let entries = std::fs::read_dir("imports").expect("the fixtures");
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    folders
}

fn main_file(folder: &Path) -> PathBuf {
    let files = MAIN.iter().map(|name| folder.join(name));
    let mut files = files.filter(|path| path.is_file());
    files.next().expect("a file to import")
}

#[test]
fn what_files_say_is_in_force_and_the_rest_is_told() {
    let update = std::env::var_os("UPDATE_IMPORTS").is_some();
    let folders = folders();
    assert!(folders.len() >= 12, "the fixtures are there");
    let mut wrong = Vec::new();
    for folder in folders {
        let shown = match Config::load(&main_file(&folder)) {
            Ok(loaded) => show(&loaded),
            Err(error) => format!("{error}\n"),
        };
        let expected = folder.join("expected.txt");
        if update {
            std::fs::write(&expected, &shown).expect("room on the disk");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", folder.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "UPDATE_IMPORTS=1 writes them anew:\n{}",
        wrong.join("\n")
    );
}

/// What is in force of the functions, and what is told.
fn show(loaded: &Loaded) -> String {
    let Loaded { config, notes, .. } = loaded;
    let mut text = String::new();
    let account = &config.account;
    let (app_id, region) = (account.app_id.unwrap_or(0), account.region.as_deref());
    writeln!(text, "account {app_id} in {}", region.unwrap_or("?")).expect("a text");
    writeln!(
        text,
        "buckets {}",
        config.buckets.as_deref().unwrap_or_default().join(" ")
    )
    .expect("a text");
    for (kind, function) in &config.triggers {
        writeln!(text, "{kind} -> {function}").expect("a text");
    }
    for (name, function) in &config.functions {
        writeln!(text, "\n{name}:").expect("a text");
        for (key, value) in settings(function) {
            writeln!(text, "  {key}: {value}").expect("a text");
        }
    }
    for note in notes {
        writeln!(text, "\n{note}").expect("a text");
    }
    text
}

fn settings(function: &FunctionConfig) -> Vec<(&'static str, String)> {
    let pause = |pause: &backlot::config::written::Pause| format!("{:?}", pause.0);
    let triggers = function.cos_triggers.iter().flatten();
    let triggers: Vec<_> = triggers
        .map(|trigger| format!("{:?}", trigger.value))
        .collect();
    let timers = function.timer_triggers.iter().flatten();
    let timers = timers.map(|timer| {
        let timer = &timer.value;
        let (name, argument) = (&timer.name, &timer.argument);
        format!(
            "{name} at `{}` says `{argument}`, {}",
            timer.cron, timer.enabled
        )
    });
    let timers = timers.collect::<Vec<_>>().join(", ");
    let all = [
        (
            "runtime",
            function
                .runtime
                .as_ref()
                .map(|runtime| runtime.value.clone()),
        ),
        ("handler", function.handler.clone()),
        (
            "code",
            function
                .code
                .as_ref()
                .map(|code| code.display().to_string()),
        ),
        ("memory", function.memory.map(|memory| memory.to_string())),
        ("timeout", function.timeout.as_ref().map(pause)),
        ("init-timeout", function.init_timeout.as_ref().map(pause)),
        ("environment", Some(format!("{:?}", function.environment))),
        ("role", function.role.map(|role| role.to_string())),
        (
            "retries",
            function.retries.map(|retries| retries.to_string()),
        ),
        ("event-age", function.event_age.as_ref().map(pause)),
        ("dead-letter", function.dead_letter.clone()),
        (
            "reserved-concurrency",
            function.reserved_concurrency.map(|most| most.to_string()),
        ),
        (
            "cos-triggers",
            (!triggers.is_empty()).then(|| triggers.join("\n                ")),
        ),
        ("timer-triggers", (!timers.is_empty()).then_some(timers)),
    ];
    all.into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}
