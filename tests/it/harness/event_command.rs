//! `backlot event`: the catalogue, changed and broken events, captured payloads, and what a suite has shown.

use serde_json::Value;

use super::project::{Project, says};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_catalogue_is_listed_and_every_name_prints() {
    let project = Project::new("");
    let listed = project.backlot("event --list").run();
    assert_eq!(listed.code, Some(0), "{listed:?}");
    says(
        &listed,
        &[
            "workflow-partial-fail",
            "workflow/ai-review-porn-asr-failure",
            "`AiContentReviewResultSet`, Porn.Asr: failure",
            "edit/compose",
            "schedule/ai-dubbing-processing",
            "number-as-text",
        ],
    );
    let listed = json(&project.backlot("event --list --output json").run().stdout);
    let events = listed["events"].as_array().expect("a list");
    assert!(events.len() > 200, "{}", events.len());
    // One of each heading; that all of them can be made is tested without processes.
    let mut headings = Vec::new();
    for event in events {
        if headings.contains(&&event["group"]) {
            continue;
        }
        headings.push(&event["group"]);
        let name = event["name"].as_str().expect("a name");
        let printed = project
            .backlot(&format!("event {name} --profile modern"))
            .run();
        assert_eq!(printed.code, Some(0), "{name}: {printed:?}");
        assert!(json(&printed.stdout)["EventType"].is_string(), "{name}");
    }
    assert_eq!(headings.len(), 8, "{headings:?}");
    let slip = project.backlot("event workflow/transcode-failur").run();
    assert_eq!(slip.code, Some(2), "{slip:?}");
    says(
        &slip,
        &[
            "did you mean `workflow/transcode-failure`?",
            "`backlot event --list`",
        ],
    );
    let nothing = project.backlot("event").run();
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
}

#[test]
fn members_are_added_only_when_that_is_asked_for() {
    let project = Project::new("");
    let set = "event edit --compact --set EditMediaTaskEvent.Usage=5";
    let refused = project.backlot(set).run();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    says(&refused, &["`--add` adds a new"]);
    let added = project.backlot(&format!("{set} --add")).run();
    assert_eq!(added.code, Some(0), "{added:?}");
    says(&added, &["\"Usage\":5"]);
}

#[test]
fn broken_events_are_repeatable_and_say_where_they_are_broken() {
    let project = Project::new("");
    let run = |arguments: &str| project.backlot(&format!("event {arguments}")).run();
    let whole = json(&run("workflow --profile modern").stdout);
    let first = run("workflow --profile modern --invalid missing");
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_ne!(json(&first.stdout), whole);
    let again = run("workflow --profile modern --invalid missing");
    assert_eq!(
        (&again.stdout, &again.stderr),
        (&first.stdout, &first.stderr)
    );
    says(&first, &["missing: `WorkflowTaskEvent."]);
    let other = run("workflow --profile modern --invalid missing --seed 2");
    assert_ne!(other.stderr, first.stderr);

    let path = "WorkflowTaskEvent.MediaProcessResultSet.0.TranscodeTask.Status";
    let named = run(&format!("workflow --invalid unknown-enum:{path}"));
    let event = json(&named.stdout);
    let result = &event["WorkflowTaskEvent"]["MediaProcessResultSet"][0]["TranscodeTask"];
    assert_eq!(result["Status"], "BACKLOT_UNKNOWN");
    let cut = run("workflow --invalid truncated");
    assert!(serde_json::from_str::<Value>(&cut.stdout).is_err());
    assert!(cut.stdout.len() > 500, "{}", cut.stdout.len());
    let twice = run("edit --invalid duplicate:EditMediaTaskEvent.TaskId");
    assert_eq!(twice.stdout.matches("\"TaskId\":").count(), 2);
    let array = run("edit --invalid in-array");
    assert!(json(&array.stdout)[0]["EventType"].is_string());
    for (arguments, part) in [
        ("edit --invalid mising", "did you mean `missing`?"),
        (
            "edit --invalid truncated:TaskId",
            "changes the event as a whole",
        ),
        (
            "edit --invalid null:EditMediaTaskEvent.Nope",
            "cannot be done at",
        ),
    ] {
        let refused = run(arguments);
        assert_eq!(refused.code, Some(2), "{arguments}: {refused:?}");
        says(&refused, &[part]);
    }
}

#[test]
fn a_captured_payload_is_compared_with_the_model() {
    let project = Project::new("");
    let made = project
        .backlot("event workflow/transcode --profile modern")
        .run()
        .stdout;
    let same = project
        .backlot("event --check -")
        .input(made.as_bytes())
        .run();
    assert_eq!(same.code, Some(0), "{same:?}");
    says(&same, &["no drift from the modern model"]);

    let drifted = made
        .replacen("\"Container\"", "\"ContainerName\"", 1)
        .replacen("\"Rotate\": 0", "\"Rotate\": \"none\"", 1);
    project.write("captured.json", &drifted);
    let found = project.backlot("event --check captured.json").run();
    assert_eq!(found.code, Some(1), "{found:?}");
    says(
        &found,
        &[
            "unknown-field: WorkflowTaskEvent.MetaData.ContainerName: ",
            "did the model mean `Container`?",
            "other-type: WorkflowTaskEvent.MetaData.Rotate: the model has an integer, but this is a string",
            "missing-field: WorkflowTaskEvent.MetaData.Container: ",
            "3 places unlike the modern model",
        ],
    );
    let found = project
        .backlot("event --check captured.json --output json")
        .run();
    assert_eq!(found.code, Some(1), "{found:?}");
    let report = json(&found.stdout);
    assert_eq!(report["drifted"], true);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        report["findings"][0]["path"],
        "WorkflowTaskEvent.MetaData.ContainerName"
    );
    for (text, part) in [("{", "is not JSON"), ("{}", "has neither `EventType`")] {
        let refused = project
            .backlot("event --check -")
            .input(text.as_bytes())
            .run();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        says(&refused, &[part]);
    }
}

#[test]
fn a_suite_says_which_shapes_its_functions_were_shown() {
    let ai = "steps:\n  - finish-workflow:\n      tasks: []\n      ai:\n        review: { definition: 20, \
              failures: [ { type: Porn.Asr, code: InternalError } ] }\n";
    let project = Project::new("")
        .scenario("ai", ai)
        .scenario("edit", "steps:\n  - finish-edit: {}\n");
    let text = project.test_shipped("--accept --coverage");
    assert_eq!(text.code, Some(0), "{text:?}");
    says(
        &text,
        &[
            "coverage: 11 of ",
            "content review                        10 of 30",
            "not shown: workflow/ai-review-porn-failure, ",
        ],
    );
    let lines = project.test_shipped("--coverage --output json");
    assert_eq!(lines.code, Some(0), "{lines:?}");
    let last = json(lines.stdout.lines().last().expect("a line"));
    let coverage = &last["coverage"];
    assert_eq!(coverage["shown"], 11);
    assert_eq!(
        coverage["shapes"]["workflow/ai-review-porn-asr-failure"][0],
        "ai"
    );
    assert_eq!(coverage["shapes"]["edit/clip"][0], "edit");
    let unknown = "steps:\n  - finish-workflow:\n      ai: { review: { types: [Porno] } }\n";
    project.write("scenarios/ai.yaml", unknown);
    let refused = project.test_shipped("-k ai");
    assert_ne!(refused.code, Some(0), "{refused:?}");
    says(
        &refused,
        &["`Porno` is not a type of result of `ai.review`: did you mean `Porn`?"],
    );
}
