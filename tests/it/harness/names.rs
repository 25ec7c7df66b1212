//! What scenarios and events are called, and what becomes of slips in a name.

use super::project::{Project, says};

const EDIT: &str = "steps:\n  - finish-edit: {}\n";

#[test]
fn scenarios_in_different_folders_may_have_the_same_file_name() {
    let project = Project::new("")
        .scenario("a/first", EDIT)
        .scenario("b/first", EDIT)
        .scenario("top", EDIT);
    let accepted = project.test_shipped("--accept --journal journals");
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    says(&accepted, &["PASS  a/first", "PASS  b/first", "PASS  top"]);
    assert!(project.exists("snapshots/a/first.snap"));
    assert!(project.exists("snapshots/b/first.snap"));
    assert!(project.exists("journals/a/first.jsonl"));
    // What is typed to find a scenario does not change its name.
    for typed in ["scenarios/a/first.yaml", "scenarios/a", "-k a/first"] {
        let found = project.test_shipped(typed);
        assert_eq!(found.code, Some(0), "{typed}: {found:?}");
        says(&found, &["PASS  a/first", "1 passed"]);
    }
    project.write("scenarios/a/first.yml", EDIT);
    let same = project.test_shipped("");
    assert_eq!(same.code, Some(2), "{same:?}");
    says(&same, &["have the same name", "hint: rename one of them"]);
}

#[test]
fn snapshots_that_no_scenario_has_are_mentioned() {
    let project = Project::new("").scenario("edit", EDIT);
    project.test_shipped("--accept");
    project.write("snapshots/gone.snap", "text\n");
    let whole = project.test_shipped("");
    assert_eq!(whole.code, Some(0), "{whole:?}");
    says(&whole, &["no scenario belongs to `snapshots/gone.snap`"]);
    let part = project.test_shipped("-k edit");
    assert!(!part.stderr.contains("gone"), "{part:?}");
}

#[test]
fn no_job_at_all_is_refused() {
    let project = Project::new("").scenario("edit", EDIT);
    let refused = project.test_shipped("-j 0");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    says(&refused, &["expected at least 1"]);
}

#[test]
fn kinds_and_members_of_events_are_checked() {
    let project = Project::new("");
    let kind = project.backlot("event wrkflow").run();
    assert_eq!(kind.code, Some(2), "{kind:?}");
    says(
        &kind,
        &[
            "did you mean `workflow`?",
            "workflow-partial-fail",
            "edit-fail",
        ],
    );

    let slip = "event workflow --compact --set WorkflowTaskEvent.Stats=X";
    let member = project.backlot(slip).run();
    assert_eq!(member.code, Some(2), "{member:?}");
    says(
        &member,
        &[
            "a member `Stats` that `WorkflowTaskEvent` does not have",
            "did you mean `Status`?",
        ],
    );
    let forced = project.backlot(&format!("{slip} --force")).run();
    assert_eq!(forced.code, Some(0), "{forced:?}");
    says(&forced, &["\"Stats\":\"X\""]);
    let known = project
        .backlot("event workflow --set WorkflowTaskEvent.Status=X")
        .run();
    assert_eq!(known.code, Some(0), "{known:?}");
}
