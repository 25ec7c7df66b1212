//! Claims, oracle and snapshot are settled apart.

use super::project::{Project, says};

const WRONG: &str = "
steps:
  - finish-edit: {}
  - expect-object: { key: \"none/*\" }
  - expect-invocation: { number: 1, statuses: [430], answer: nothing like it }
  - expect-dead-letters: { count: 2 }
  - put-object: { bucket: media-in-1250000000, key: later, text: x }
  - expect-object: { bucket: media-in-1250000000, key: later, text: y, content-type: text/html }
";

#[test]
fn all_claims_that_do_not_hold_are_told() {
    let project = Project::new("").scenario("wrong", WRONG);
    let held = project.test_shipped("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "expected at least one object matching `none/*`",
            "wrong.yaml:4:",
            "attempts of invocation 1 ended with [200], expected [430]",
            "the answer to invocation 1 lacks `nothing like it`",
            "the dead-letter queues hold 0 messages, expected 2",
            "`later` holds another text",
            "`later` has content type `application/octet-stream`, expected `text/html`",
        ],
    );
    assert_eq!(held.stdout.matches("error:").count(), 6, "{}", held.stdout);
}

#[test]
fn an_act_that_fails_ends_the_scenario() {
    let text = "
steps:
  - expect-object: { key: none }
  - redeliver: { invocation: 7 }
  - expect-object: { key: nor-this }
";
    let project = Project::new("").scenario("acts", text);
    let held = project.test_shipped("");
    says(&held, &["matching `none`", "there is no invocation 7"]);
    assert!(!held.stdout.contains("nor-this` in"), "{}", held.stdout);
}

#[test]
fn a_claim_that_is_repeated_is_told_of_once() {
    let text = "
steps:
  - repeat:
      times: 3
      steps:
        - finish-edit: {}
        - expect-object: { key: \"none/*\" }
";
    let project = Project::new("").scenario("repeated", text);
    let held = project.test_shipped("");
    assert_eq!(held.stdout.matches("error:").count(), 1, "{}", held.stdout);
    says(&held, &["repeated.yaml:7:"]);
}

#[test]
fn an_outcome_of_a_failed_run_is_not_accepted() {
    let project = Project::new("").scenario("wrong", WRONG);
    let at_once = project.test_shipped("--accept");
    assert_eq!(at_once.code, Some(1), "{at_once:?}");
    says(&at_once, &["not accepted", "`--even-if-failed`"]);
    assert!(!project.exists("snapshots/wrong.snap"));

    let later = project.backlot("accept wrong").run();
    assert_eq!(later.code, Some(1), "{later:?}");
    says(
        &later,
        &[
            "`wrong` is not accepted, because its run failed:",
            "expected at least one object matching `none/*`",
            "`--even-if-failed`",
        ],
    );
    assert!(project.exists("snapshots/wrong.snap.new"));

    assert_eq!(
        project.backlot("accept --even-if-failed").run().code,
        Some(0)
    );
    assert!(!project.read("snapshots/wrong.snap").contains("failed:"));
    let again = project.test_shipped("");
    assert_eq!(again.code, Some(1), "the claims still do not hold");
    assert!(!again.stdout.contains("differs"), "{}", again.stdout);
    let even = project.test_shipped("--accept --even-if-failed");
    assert_eq!(even.code, Some(1), "{even:?}");
}

#[test]
fn sound_outcomes_are_accepted_beside_those_that_are_not() {
    let project = Project::new("")
        .scenario("wrong", WRONG)
        .scenario("right", "steps:\n  - finish-edit: {}\n");
    project.test_shipped("");
    let settled = project.backlot("accept").run();
    assert_eq!(settled.code, Some(1), "{settled:?}");
    assert_eq!(settled.stdout, "accepted right\n");
    assert_eq!(project.backlot("reject").run().stdout, "rejected wrong\n");
}

#[test]
fn hints_name_the_folder_that_was_given() {
    let project = Project::new("").scenario("edit", "steps:\n  - finish-edit: {}\n");
    let first = project.test_shipped("--snapshots kept/here");
    says(
        &first,
        &[
            "look at `kept/here/edit.snap.new`",
            "run `backlot accept --snapshots kept/here edit`",
        ],
    );
    let accepted = project.backlot("accept --snapshots kept/here edit").run();
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    let header = project.read("kept/here/edit.snap");
    assert!(!header.contains("source:"), "{header}");
}

#[test]
fn a_checkout_with_other_ends_of_lines_compares_equal() {
    let project = Project::new("").scenario("edit", "steps:\n  - finish-edit: {}\n");
    project.test_shipped("--accept");
    let unix = project.read("snapshots/edit.snap");
    project.write("snapshots/edit.snap", &unix.replace('\n', "\r\n"));
    assert_eq!(project.test_shipped("").code, Some(0));
}
