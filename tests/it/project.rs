//! A user's project from outside: where its configuration is found, which functions it has, and what runs for them.

use std::path::Path;

use backlot_tests::command::{CommandLine, Ended};
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");
const SHIPPED: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");
/// Stores what it gets as `JSON.stringify` spells it. It signs and finds the emulator on its own.
const STORES: &str = include_str!("../functions/store.js");
const EDIT: &str =
    "steps:\n  - finish-edit: {}\n  - expect-invocation: { number: 1, statuses: [200] }\n";
const HANDLER: &str =
    "def main_handler(event, context):\n    print(context['function_name'], event['EventType'])\n";
const NOTIFIES: &str = "functions: { notify: { runtime: Python3.10 } }\n\
                        triggers: { WorkflowTask: notify, EditMediaTask: notify }\noracle: { off: it notifies }\n";

/// A folder with these files.
struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// With a Python handler for all events, and a scenario.
    fn notifying() -> Self {
        Self::new(&[
            ("backlot.yaml", NOTIFIES),
            ("index.py", HANDLER),
            ("scenarios/edit.yaml", EDIT),
        ])
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("room on the disk");
        std::fs::write(path, text).expect("room on the disk");
    }

    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path().join(name), mode).expect("a file of ours");
    }

    fn backlot(&self, arguments: &str) -> CommandLine {
        self.backlot_in("", arguments)
    }

    /// In a folder of the project.
    fn backlot_in(&self, folder: &str, arguments: &str) -> CommandLine {
        CommandLine::new(BACKLOT, &self.path().join(folder)).args(arguments)
    }
}

#[track_caller]
fn passes(command: CommandLine) -> Ended {
    let ended = command.run();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    ended
}

#[track_caller]
fn fails(code: i32, command: CommandLine) -> Ended {
    let ended = command.run();
    assert_eq!(ended.code, Some(code), "{}\n{}", ended.stdout, ended.stderr);
    ended
}

#[test]
fn an_ordinary_python_function_passes_and_a_broken_one_fails_with_its_reason() {
    let project = Project::notifying();
    passes(project.backlot("test --accept"));
    passes(project.backlot("test"));
    project.write("index.py", &HANDLER.replace("EventType", "Nope"));
    let ended = fails(1, project.backlot("test"));
    assert!(ended.stdout.contains("KeyError"), "{}", ended.stdout);
}

#[test]
fn an_ordinary_node_function_passes_and_a_broken_one_fails_with_its_reason() {
    let project = Project::notifying();
    let config = NOTIFIES.replace("Python3.10", "Nodejs18.15");
    project.write("backlot.yaml", &config);
    let code = "exports.main_handler = async (event) => { console.log(event.EventType); return event.EventType.length; };\n";
    project.write("index.js", code);
    passes(project.backlot("test --accept"));
    passes(project.backlot("test"));
    project.write("index.js", &code.replace("EventType.length", "Nope.length"));
    let ended = fails(1, project.backlot("test"));
    assert!(ended.stdout.contains("TypeError"), "{}", ended.stdout);
}

#[test]
fn a_syntax_error_is_shown_at_once() {
    let project = Project::notifying();
    project.write("index.py", "def main_handler(e, c)\n  return 1\n");
    let ended = fails(1, project.backlot("invoke notify --new").input(b"{}"));
    assert!(ended.stdout.contains("SyntaxError"), "{ended:?}");
    assert!(!ended.stdout.contains("timed out"), "{ended:?}");
}

#[test]
fn the_configuration_is_found_from_a_folder_below() {
    let project = Project::notifying();
    project.write("deep/er/note", "");
    passes(project.backlot_in("deep/er", "test --accept"));
    assert!(project.path().join("snapshots/edit.snap").exists());
    passes(project.backlot_in("deep", "test"));
    passes(project.backlot_in("scenarios", "test edit.yaml"));
    project.write("index.py", &HANDLER.replace("print(", "print('new',"));
    fails(1, project.backlot_in("deep", "test"));
    passes(project.backlot_in("deep", "accept edit"));
    passes(project.backlot("test"));
}

#[test]
fn another_configuration_can_be_named() {
    let project = Project::notifying();
    std::fs::rename(
        project.path().join("backlot.yaml"),
        project.path().join("mine.yaml"),
    )
    .expect("a file of ours");
    let elsewhere = Project::new(&[]);
    let file = project.path().join("mine.yaml").display().to_string();
    passes(elsewhere.backlot(&format!("test --accept --config {file}")));
    passes(elsewhere.backlot("test").env("BACKLOT_CONFIG", &file));
    project.write("backlot.yaml", NOTIFIES);
    let folder = project.path().display().to_string();
    passes(elsewhere.backlot(&format!("test -C {folder}")));
    assert!(!elsewhere.path().join("snapshots").exists());

    let ended = fails(2, elsewhere.backlot("test --config nowhere.yaml"));
    assert!(
        ended.stderr.contains("`nowhere.yaml` cannot be read"),
        "{ended:?}"
    );
}

#[test]
fn paths_are_relative_to_the_file_that_says_them() {
    let project = Project::notifying();
    project.write("functions/notify/index.py", HANDLER);
    project.write(
        "backlot.yaml",
        &NOTIFIES.replace("Python3.10", "Python3.10, code: functions/notify"),
    );
    passes(project.backlot_in("scenarios", "test --accept"));

    // A scenario's program is beside it, and runs in the folder of the code.
    let script = "#!/bin/sh\npwd\n";
    project.program("scenarios/only.sh", script);
    let scenario = "functions: { notify: { command: [./only.sh], retries: 0 } }\nmay-lose: true\nsteps:\n  - finish-edit: {}\n  \
                    - expect-invocation: { number: 1, statuses: [450] }\n";
    project.write("scenarios/only.yaml", scenario);
    passes(project.backlot("test --accept -k only"));
    let snapshot = std::fs::read_to_string(project.path().join("snapshots/only.snap"));
    let snapshot = snapshot.expect("it was accepted");
    assert!(snapshot.contains("functions/notify"), "{snapshot}");
}

#[test]
fn a_project_that_names_functions_needs_nothing_of_the_defaults() {
    let project = Project::notifying();
    project.write("Cargo.toml", "[workspace]\n");
    passes(project.backlot("test --accept"));
    passes(project.backlot("exec true"));
}

#[test]
fn what_nothing_invokes_need_not_be_able_to_start() {
    let project = Project::notifying();
    let idle = "functions:\n  notify: { runtime: Python3.10 }\n  other: { cargo: nowhere }\n  third: { command: ./nowhere }\n";
    project.write(
        "backlot.yaml",
        &NOTIFIES.replace("functions: { notify: { runtime: Python3.10 } }\n", idle),
    );
    passes(project.backlot("test --accept"));
    let scenario = "steps:\n  - send-event: { function: third, event: {} }\n";
    project.write("scenarios/third.yaml", scenario);
    let ended = fails(2, project.backlot("test -k third"));
    assert!(
        ended.stderr.contains("function `third` cannot start"),
        "{ended:?}"
    );
}

#[test]
fn an_event_that_reaches_no_function_fails_the_scenario_unless_it_says_so() {
    let project = Project::notifying();
    project.write(
        "backlot.yaml",
        &NOTIFIES.replace("WorkflowTask: notify, ", ""),
    );
    project.write(
        "scenarios/workflow.yaml",
        "steps:\n  - finish-workflow: {}\n",
    );
    let ended = fails(1, project.backlot("test -k workflow --accept"));
    let title = "no function is bound to `WorkflowTask`";
    let hint = "triggers: { WorkflowTask: notify }";
    assert!(
        ended.stdout.contains(title) && ended.stdout.contains(hint),
        "{}",
        ended.stdout
    );
    project.write(
        "scenarios/workflow.yaml",
        "triggers: { WorkflowTask: null }\nsteps:\n  - finish-workflow: {}\n",
    );
    passes(project.backlot("test -k workflow --accept"));
}

#[test]
fn triggers_of_a_scenario_add_to_those_of_the_project() {
    let project = Project::notifying();
    let scenario = "functions: { second: { runtime: Python3.10 } }\ntriggers: { EditMediaTask: second }\n\
                    steps:\n  - finish-edit: {}\n  - finish-workflow: {}\n";
    project.write("scenarios/both.yaml", scenario);
    passes(project.backlot("test --accept -k both"));
    let snapshot = std::fs::read_to_string(project.path().join("snapshots/both.snap"));
    let snapshot = snapshot.expect("it was accepted");
    for line in ["second EditMediaTask", "notify WorkflowTask"] {
        assert!(snapshot.contains(line), "{snapshot}");
    }
}

#[test]
fn a_command_of_the_command_line_may_have_quotes() {
    let project = Project::notifying();
    let folder = project.path().display().to_string();
    project.program("a loop.sh", "#!/bin/sh\necho \"<$1>\"\n");
    let given = format!("--function=notify='{folder}/a loop.sh' \"one word\"");
    let ended = project
        .backlot("invoke notify --new")
        .arg(given)
        .input(b"{}")
        .run();
    // It ends without asking for an event, which is not what this is about.
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("<one word>"), "{ended:?}");
    let open = project
        .backlot("test")
        .arg("--function=notify=sh -c \"exec")
        .run();
    assert_eq!(open.code, Some(2), "{open:?}");
    assert!(open.stderr.contains("is not closed"), "{open:?}");
}

#[test]
fn a_handler_can_be_given_on_the_command_line() {
    let project = Project::notifying();
    project.write("other.py", "def go(event, context):\n    return 'other'\n");
    let given = "--function=notify=Python3.10:other.go";
    let ended = passes(
        project
            .backlot("invoke notify --new")
            .arg(given)
            .input(b"{}"),
    );
    assert_eq!(ended.stdout, "\"other\"");
}

#[test]
fn a_missing_interpreter_or_file_is_said_before_anything_runs() {
    let project = Project::notifying();
    let ended = fails(2, project.backlot("test").env("PATH", "/nowhere"));
    let title = "function `notify` cannot start: `python3` is not in PATH";
    assert!(
        ended.stderr.contains(title) && ended.stderr.contains("hint: install Python 3"),
        "{ended:?}"
    );
    std::fs::remove_file(project.path().join("index.py")).expect("a file of ours");
    let ended = fails(2, project.backlot("test"));
    assert!(
        ended
            .stderr
            .contains("there is no `index.py` for its handler"),
        "{ended:?}"
    );
}

#[test]
fn a_different_version_is_noted_once() {
    let project = Project::notifying();
    let python = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo Python 3.6.1; else exec python3 \"$@\"; fi\n";
    project.program(".venv/bin/python3", python);
    project.write("scenarios/again.yaml", EDIT);
    let ended = passes(project.backlot("test --accept"));
    let note = "note: function `notify` has the runtime Python3.10 and runs on Python 3.6.1";
    assert_eq!(ended.stderr.matches(note).count(), 1, "{}", ended.stderr);
    project.write("backlot.yaml", &NOTIFIES.replace("3.10", "3.6"));
    let ended = passes(
        project
            .backlot("invoke notify --new")
            .input(b"{\"EventType\":1}"),
    );
    assert!(!ended.stderr.contains("note:"), "{}", ended.stderr);
}

#[test]
fn a_command_of_exec_needs_no_dashes() {
    let project = Project::new(&[]);
    let ended = passes(project.backlot("exec --no-functions echo -v --strict"));
    assert_eq!(ended.stdout, "-v --strict\n");
    let ended = passes(project.backlot("exec --no-functions -- echo -- a"));
    assert_eq!(ended.stdout, "-- a\n");
}

#[test]
fn the_doctor_reads_the_code_of_handlers_and_names_their_interpreters() {
    let project = Project::notifying();
    let doctor = "doctor --listen 127.0.0.1:0";
    let ended = passes(project.backlot(doctor));
    let mut lines = ended.stdout.lines();
    let found = lines.find(|line| line.contains("`notify` can start"));
    let found = found.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(found.contains("index.py` on Python 3."), "{found}");
    project.write("index.py", "def main_handler(event, context:\n    pass\n");
    let ended = fails(3, project.backlot(doctor));
    let mut lines = ended.stdout.lines();
    let found = lines.find(|line| line.starts_with("fail  function"));
    let found = found.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(
        found.contains("`notify` cannot be loaded: SyntaxError"),
        "{found}"
    );
    assert!(found.contains("index.py"), "{found}");
}

#[test]
fn the_doctor_looks_at_the_project() {
    let project = Project::notifying();
    let doctor = "doctor --listen 127.0.0.1:0";
    let ended = passes(project.backlot(doctor));
    for line in [
        "ok    config     `backlot.yaml`",
        "ok    function   `notify` can start",
        "ok    scenarios  1 scenario in `scenarios`",
    ] {
        assert!(ended.stdout.contains(line), "{}", ended.stdout);
    }

    project.write("scenarios/edit.yaml", "step: []\n");
    std::fs::remove_file(project.path().join("index.py")).expect("a file of ours");
    let ended = fails(3, project.backlot(&format!("{doctor} --output json")));
    let found: Vec<(String, String, String)> = ended
        .stdout
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("an object a line");
            let text = |name: &str| line[name].as_str().expect("text").to_owned();
            (text("check"), text("result"), text("text"))
        })
        .collect();
    let of = |check: &str| {
        let found = found.iter().find(|(found, ..)| found == check);
        found.unwrap_or_else(|| panic!("{check}: {}", ended.stdout))
    };
    assert_eq!(of("function").1, "fail");
    assert!(
        of("function").2.contains("there is no `index.py`"),
        "{}",
        ended.stdout
    );
    assert_eq!(of("scenarios").1, "fail");
    assert!(
        of("scenarios").2.contains("`scenarios/edit.yaml`"),
        "{}",
        ended.stdout
    );

    project.write("backlot.yaml", "functions:\n  a: { timeuot: 3s }\n");
    let ended = fails(3, project.backlot(doctor));
    let line = "fail  config     backlot.yaml:2:8: unknown field `timeuot`";
    assert!(ended.stdout.contains(line), "{}", ended.stdout);
}

#[test]
fn the_doctor_says_that_the_default_function_is_missing() {
    let project = Project::new(&[]);
    let ended = passes(project.backlot("doctor --listen 127.0.0.1:0"));
    let warned = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("warn  function"));
    let warned = warned.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(
        warned.contains("declare one under `functions:`"),
        "{warned}"
    );
}

#[test]
fn a_webhook_a_function_that_stores_json_and_the_shipped_handler_pass_in_one_project() {
    let project = Project::new(&[
        ("webhook.py", HANDLER),
        ("store.js", STORES),
        (
            "scenarios/webhook.yaml",
            "oracle: { off: it notifies }\ntriggers: { WorkflowTask: webhook, EditMediaTask: webhook }\n",
        ),
        (
            "scenarios/store.yaml",
            "oracle: json\ntriggers: { WorkflowTask: store, EditMediaTask: store }\n",
        ),
        (
            "scenarios/archive.yaml",
            "triggers: { WorkflowTask: archive, EditMediaTask: archive }\n",
        ),
    ]);
    let steps = "steps:\n  - finish-edit: {}\n  - finish-workflow: { profile: modern }\n  \
                 - expect-invocation: { number: 2, statuses: [200] }\n";
    for name in ["webhook", "store", "archive"] {
        let path = format!("scenarios/{name}.yaml");
        let head = std::fs::read_to_string(project.path().join(&path)).expect("a file of ours");
        project.write(&path, &format!("{head}{steps}"));
    }
    let config = format!(
        "functions:\n  webhook: {{ runtime: Python3.10, handler: webhook.main_handler }}\n  \
         store: {{ runtime: Nodejs18.15, handler: store.main_handler }}\n  \
         archive: {{ command: {SHIPPED}, environment: {{ ARCHIVE_BUCKET: archive-1250000000, COS_SCHEME: http }} }}\n"
    );
    project.write("backlot.yaml", &config);
    passes(project.backlot("test --accept --journal first"));
    let ended = passes(project.backlot("test --journal second -j 1"));
    assert!(
        ended.stdout.contains("3 passed, 0 failed"),
        "{}",
        ended.stdout
    );
    for name in ["webhook", "store", "archive"] {
        let journal = |run: &str| {
            let path = project.path().join(run).join(format!("{name}.jsonl"));
            std::fs::read_to_string(path).expect("it was written")
        };
        assert!(
            journal("first") == journal("second"),
            "the journals of {name} differ"
        );
    }
}
