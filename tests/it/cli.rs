//! The command from outside: exit codes, what is printed where, and what is left behind.

use std::path::Path;

use backlot_tests::command::{CommandLine, Ended};
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");
const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");

/// A project of a user: a folder with scenarios.
struct Project(TempDir);

impl Project {
    fn with(scenarios: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("scenarios")).expect("a folder");
        let project = Self(folder);
        for (name, text) in scenarios {
            project.write(&format!("scenarios/{name}.yaml"), text);
        }
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("room on the disk");
    }

    fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    fn backlot(&self, arguments: &str) -> CommandLine {
        CommandLine::new(BACKLOT, self.path()).args(arguments)
    }

    /// Runs scenarios with the handler that was built for the tests.
    #[track_caller]
    fn test(&self, arguments: &str) -> Ended {
        self.with_handler(&format!("test {arguments}")).run()
    }

    fn with_handler(&self, arguments: &str) -> CommandLine {
        let handler = format!("--function=archive={HANDLER}");
        self.backlot(arguments).arg(handler)
    }
}

const EDIT: &str = "steps:\n  - finish-edit: {}\n";

#[test]
fn a_new_scenario_has_to_be_accepted_before_it_passes() {
    let project = Project::with(&[("edit", EDIT)]);
    let first = project.test("");
    assert_eq!(first.code, Some(1), "{first:?}");
    assert!(first.stdout.contains("FAIL  edit"), "{}", first.stdout);
    assert!(
        first.stdout.contains("there is no snapshot yet"),
        "{}",
        first.stdout
    );
    assert!(project.exists("snapshots/edit.snap.new"));

    let accepted = project.backlot("accept edit").run();
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    assert_eq!(accepted.stdout, "accepted edit\n");

    let second = project.test("");
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stdout.contains("PASS  edit"), "{}", second.stdout);
    assert!(
        second.stdout.contains("1 passed, 0 failed"),
        "{}",
        second.stdout
    );
    assert!(!project.exists("snapshots/edit.snap.new"));
}

#[test]
fn an_outcome_that_differs_is_shown_and_kept_for_review() {
    let project = Project::with(&[("edit", EDIT)]);
    assert_eq!(project.test("--accept").code, Some(0));
    project.write(
        "scenarios/edit.yaml",
        "steps:\n  - finish-edit: { output-path: /new.mp4 }\n  - finish-edit: {}\n",
    );
    let changed = project.test("");
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(
        changed.stdout.contains("differs from its snapshot"),
        "{}",
        changed.stdout
    );
    assert!(changed.stdout.contains("\n+event 2"), "{}", changed.stdout);
    assert!(project.exists("snapshots/edit.snap.new"));
    assert_eq!(project.backlot("reject").run().stdout, "rejected edit\n");
    assert!(!project.exists("snapshots/edit.snap.new"));
    assert_eq!(project.backlot("reject").run().code, Some(4));
}

#[test]
fn continuous_integration_only_checks() {
    let project = Project::with(&[("edit", EDIT)]);
    let handler = format!("--function=archive={HANDLER}");
    let checked = project.backlot("test").arg(handler).env("CI", "true").run();
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(!project.exists("snapshots"), "nothing is written");
}

#[test]
fn a_mistake_in_a_scenario_stops_everything_before_it_starts() {
    let project = Project::with(&[("good", EDIT), ("typo", "steps:\n  - finish-edti: {}\n")]);
    let ended = project.test("");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stdout, "");
    assert!(
        ended.stderr.contains("scenarios/typo.yaml:2:5"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("did you mean `finish-edit`?"),
        "{}",
        ended.stderr
    );
}

#[test]
fn paths_and_filters_that_match_nothing_say_so() {
    let project = Project::with(&[("edit", EDIT)]);
    let missing = project.test("nowhere");
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(
        missing.stderr.contains("`nowhere` cannot be read"),
        "{}",
        missing.stderr
    );
    let filtered = project.test("-k other");
    assert_eq!(filtered.code, Some(4), "{filtered:?}");
    assert!(
        filtered
            .stderr
            .contains("no scenario with `other` in its name"),
        "{}",
        filtered.stderr
    );
}

#[test]
fn a_function_that_is_not_there_is_one_clear_message() {
    let project = Project::with(&[("edit", EDIT)]);
    for command in ["./nowhere", "no-such-program-anywhere"] {
        let ended = project
            .backlot("test")
            .arg(format!("--function=archive={command}"))
            .run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("function `archive` cannot start"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
        assert!(!project.exists("snapshots"), "nothing is written");
    }
}

#[test]
fn a_function_that_ends_at_once_fails_the_scenario_and_shows_why() {
    let project = Project::with(&[("edit", EDIT)]);
    project.write("die.py", "import sys\nprint('no settings')\nsys.exit(7)\n");
    let ended = project
        .backlot("test")
        .arg("--function=archive=python3 die.py")
        .run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stdout.contains("invocation 1 was lost"),
        "{}",
        ended.stdout
    );
    let outcome = std::fs::read_to_string(project.path().join("snapshots/edit.snap.new")).unwrap();
    assert!(outcome.contains("| no settings"), "{outcome}");
}

#[test]
fn journals_do_not_depend_on_the_number_of_jobs() {
    let scenarios: Vec<_> = ["a", "b", "c"].map(|name| (name, EDIT)).to_vec();
    let project = Project::with(&scenarios);
    project.write(
        "scenarios/burst.yaml",
        "steps:\n  - repeat: { times: 20, steps: [{ finish-edit: {} }] }\n",
    );
    let journals = [1, 2, 2].map(|jobs| {
        let ended = project.test(&format!("--accept --jobs {jobs} --journal journal"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ["a", "b", "c", "burst"].map(|name| {
            std::fs::read_to_string(project.path().join(format!("journal/{name}.jsonl"))).unwrap()
        })
    });
    assert_eq!(journals[0], journals[1]);
    assert_eq!(journals[1], journals[2]);
    let records = backlot::journal::lines::read(&journals[0][3]).unwrap();
    assert!(records.len() > 100);
}

#[test]
fn an_event_can_be_printed_changed_and_given_to_a_function() {
    let project = Project::with(&[]);
    let event = project
        .backlot("event workflow --compact --set WorkflowTaskEvent.Status=PROCESSING")
        .run();
    assert_eq!(event.code, Some(0), "{event:?}");
    assert!(
        event.stdout.contains(r#""Status":"PROCESSING""#),
        "{}",
        event.stdout
    );
    let invoked = project
        .with_handler("invoke archive --new")
        .input(event.stdout.trim_end().as_bytes())
        .run();
    assert_eq!(invoked.code, Some(0), "{invoked:?}");
    assert!(
        invoked.stdout.contains(r#""archived":"#),
        "{}",
        invoked.stdout
    );
    assert!(
        invoked.stderr.contains("START RequestId"),
        "{}",
        invoked.stderr
    );
}

#[test]
fn a_bad_assignment_says_where_the_path_ends() {
    let project = Project::with(&[]);
    let ended = project.backlot("event edit --set EventType.Name=x").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("`EventType` is a string"),
        "{}",
        ended.stderr
    );
}

#[test]
fn objects_stay_in_the_data_folder() {
    for store in ["fs", "sqlite"] {
        let project = Project::with(&[]);
        let arguments = format!("invoke archive --new --data data --store {store}");
        for already in ["\"already\":false", "\"already\":true"] {
            let invoked = project.with_handler(&arguments).input(br#"{"a":1}"#).run();
            assert_eq!(invoked.code, Some(0), "{invoked:?}");
            assert!(
                invoked.stdout.contains(already),
                "{store}: {}",
                invoked.stdout
            );
        }
    }
}

#[test]
fn a_port_in_use_is_one_clear_message() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let project = Project::with(&[]);
    let address = taken.local_addr().expect("an address");
    let ended = project
        .with_handler(&format!("invoke archive --new --listen {address}"))
        .input(b"{}")
        .run();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(&format!("cannot listen on {address}")),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--listen"), "{}", ended.stderr);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_one_clear_message() {
    // A file where a folder is wanted refuses everybody, also a superuser.
    let project = Project::with(&[]);
    project.write("taken", "a file");
    for store in ["fs", "sqlite"] {
        let ended = project
            .with_handler(&format!(
                "invoke archive --new --data taken/data --store {store}"
            ))
            .input(b"{}")
            .run();
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(
            ended
                .stderr
                .contains("the data folder `taken/data` cannot be used"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("--data"), "{}", ended.stderr);
    }
    assert_eq!(
        std::fs::read_to_string(project.path().join("taken")).unwrap(),
        "a file"
    );
}

#[test]
fn help_and_mistakes_on_the_command_line() {
    let project = Project::with(&[]);
    let help = project.backlot("--help").run();
    assert_eq!(help.code, Some(0));
    for verb in ["test", "event", "invoke", "accept", "reject", "completion"] {
        assert!(help.stdout.contains(verb), "{verb} in {}", help.stdout);
    }
    assert_eq!(project.backlot("tset").run().code, Some(2));
    assert_eq!(project.backlot("test --store tape").run().code, Some(2));
    assert_eq!(project.backlot("completion bash").run().code, Some(0));
}

/// A host of the platform that is not emulated.
const GAP: &str = "functions:\n  archive:\n    retries: 0\n    dead-letter: lost\n    environment: { COS_ENDPOINT: file.myqcloud.com, \
                   ARCHIVE_TRIES: '1' }\nsteps:\n  - finish-edit: {}\n";

#[test]
fn strict_mode_lists_what_is_not_played_and_ends_with_5() {
    let project = Project::with(&[("edit", EDIT), ("gap", GAP)]);
    assert_eq!(project.test("--accept").code, Some(0));
    let ended = project.test("--strict");
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let list = "strict: unsupported\n  archive-1250000000.file.myqcloud.com PUT: no emulated service has this host  (in `gap`)\n";
    assert!(ended.stdout.ends_with(list), "{}", ended.stdout);
    assert_eq!(project.test("").code, Some(0), "only if it is asked for");
    assert_eq!(project.test("--strict -k edit").code, Some(0));

    project.write(
        "scenarios/edit.yaml",
        "steps:\n  - finish-edit: {}\n  - finish-edit: {}\n",
    );
    let failed = project.test("--strict");
    assert_eq!(failed.code, Some(1), "a failure weighs more: {failed:?}");
    assert!(
        failed.stdout.contains("strict: unsupported"),
        "{}",
        failed.stdout
    );

    let json = project.test("--strict --output json -k gap");
    let line: serde_json::Value = serde_json::from_str(&json.stdout).expect("one object");
    let told = &line["unsupported"][0];
    assert_eq!(
        told,
        "archive-1250000000.file.myqcloud.com PUT: no emulated service has this host"
    );
    assert_eq!(json.code, Some(5), "{json:?}");
}

#[test]
fn stubs_of_the_project_serve_every_scenario_and_their_mistakes_are_shown() {
    let scenario = "functions:\n  archive:\n    retries: 0\n    dead-letter: lost\n    environment: { COS_ENDPOINT: cos.example.internal, \
                    ARCHIVE_TRIES: '1' }\nsteps:\n  - finish-edit: {}\n  - expect-calls: { stub: store, status: 503, count: 1 }\n";
    let project = Project::with(&[("stubbed", scenario)]);
    project.write("busy.xml", "<Error><Code>SlowDown</Code></Error>");
    let stubs = "stubs:\n  - { name: store, host: '*.cos.example.internal', reply: { status: 503, file: busy.xml } }\n";
    project.write("backlot.yaml", stubs);
    let ended = project.test("--accept");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    project.write("backlot.yaml", &stubs.replace("busy", "idle"));
    let ended = project.test("");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("`idle.xml` cannot be opened"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("backlot.yaml:2:"), "{}", ended.stderr);
}

#[test]
fn scenarios_begin_with_objects_and_leave_them() {
    let begins = "import: media\nsteps:\n  - finish-workflow: { source: { bucket: media-in-1250000000, key: in/deep/a.mp4 } }\n  \
                  - expect-object: { bucket: media-in-1250000000, key: in/deep/a.mp4, text: one }\n  \
                  - expect-object: { bucket: own-1250000000, key: b, text: two }\n";
    let goes_on = "steps:\n  - expect-object: { key: mps/*, count: 1 }\n";
    let project = Project::with(&[("begins", begins)]);
    for (folder, name, text) in [
        (
            "scenarios/media/media-in-1250000000/in/deep",
            "a.mp4",
            "one",
        ),
        ("all/own-1250000000", "b", "two"),
    ] {
        std::fs::create_dir_all(project.path().join(folder)).expect("a folder");
        project.write(&format!("{folder}/{name}"), text);
    }
    let ended = project.test("scenarios/begins.yaml --accept --import all --export-on-exit kept");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(project.exists("kept/begins/objects.backlot"));
    // What was there at the start is no invention of the function, and the objects of before are those of now.
    project.write("scenarios/goes-on.yaml", goes_on);
    let ended = project.test("scenarios/goes-on.yaml --accept --import kept/begins");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn what_cannot_be_imported_is_named() {
    let project = Project::with(&[("edit", EDIT)]);
    let ended = project.test("--import nowhere");
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("`nowhere` cannot be read"),
        "{ended:?}"
    );
    std::fs::create_dir_all(project.path().join("tree/not a bucket")).expect("a folder");
    let ended = project.test("--import tree");
    assert!(
        ended
            .stderr
            .contains("`tree/not a bucket` is a folder and not a bucket"),
        "{ended:?}"
    );
    project.write("scenarios/edit.yaml", &format!("import: media\n{EDIT}"));
    let ended = project.test("");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("scenarios/edit.yaml:1:9"),
        "{ended:?}"
    );
}
