//! What a run is held to without being asked, and how that is changed.

use super::project::{Project, says};

const EDIT: &str = "steps:\n  - finish-edit: {}\n";

const SILENT: &str = "
def handle(event):
    return 'ok'
";

const REWRITES: &str = "
def handle(event):
    value = dict(reversed(list(json.loads(event).items())))
    put('archive-1250000000', 'kept/one.json', json.dumps(value, indent=1).encode())
";

const ELSEWHERE: &str = "
def handle(event):
    put('media-out-1250000000', 'kept/one.json', event)
";

#[test]
fn a_function_that_archives_nothing_is_green_where_the_oracle_is_off() {
    let project = Project::python(SILENT, "").scenario("edit", EDIT);
    let held = project.test("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "invocation 1 was lost: the function answered 200, but no object in `archive-1250000000` has exactly its bytes",
            "`oracle: { off: \"the reason\" }`",
            "`may-lose: true`",
            "in the scenario or in backlot.yaml",
        ],
    );

    let off = "oracle: { off: \"notifies only\" }\n";
    let by_scenario = project.scenario("edit", &format!("{off}{EDIT}"));
    assert_eq!(by_scenario.test("--accept").code, Some(0));
    assert_eq!(by_scenario.test("").code, Some(0));

    let by_project = Project::python(SILENT, off).scenario("edit", EDIT);
    assert_eq!(by_project.test("--accept").code, Some(0));
    let stricter = by_project.scenario("edit", &format!("oracle: bytes\n{EDIT}"));
    assert_eq!(
        stricter.test("").code,
        Some(1),
        "the scenario has the last word"
    );
}

#[test]
fn a_scenario_about_losses_passes_though_an_answered_event_is_not_archived() {
    let project = Project::python(SILENT, "").scenario("edit", &format!("may-lose: true\n{EDIT}"));
    assert_eq!(project.test("--accept").code, Some(0));
    let again = project.test("");
    assert_eq!(again.code, Some(0), "{again:?}");
}

#[test]
fn an_archive_of_json_values_is_green_where_values_are_compared() {
    let project = Project::python(REWRITES, "").scenario("edit", EDIT);
    let held = project.test("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "`archive-1250000000/kept/one.json` has the same JSON value in other bytes",
            "say `oracle: json` in the scenario or in backlot.yaml",
        ],
    );
    project.write(
        "backlot.yaml",
        &format!("{}oracle: json\n", project.read("backlot.yaml")),
    );
    assert_eq!(project.test("--accept").code, Some(0));
    assert_eq!(project.test("").code, Some(0));
}

#[test]
fn a_value_that_lost_digits_is_not_the_same_value() {
    let lossy = "
def handle(event):
    put('archive-1250000000', 'one', event.replace(b'9007199254740993', b'9007199254740992'))
";
    let send = "oracle: json\nsteps:\n  - send-event: { event-text: '{\"n\":9007199254740993}' }\n";
    let project = Project::python(lossy, "").scenario("send", send);
    let held = project.test("");
    assert_eq!(held.code, Some(1), "{held:?}");
    says(
        &held,
        &[
            "has exactly its JSON value",
            "`one` (22 bytes) is not the JSON value",
        ],
    );
}

#[test]
fn an_archive_elsewhere_is_pointed_at() {
    let project = Project::python(ELSEWHERE, "").scenario("edit", EDIT);
    let held = project.test("");
    says(
        &held,
        &[
            "`media-out-1250000000/kept/one.json` holds it",
            "say `archive: { bucket: media-out-1250000000, prefix: kept/ }`",
        ],
    );
    let said = "archive: { bucket: media-out-1250000000, prefix: kept/ }\n";
    project.write(
        "backlot.yaml",
        &format!("{}{said}", project.read("backlot.yaml")),
    );
    assert_eq!(project.test("--accept").code, Some(0));

    // A scenario adds to the place that the project names.
    let narrower = project.scenario("edit", &format!("archive: {{ prefix: mps/ }}\n{EDIT}"));
    let held = narrower.test("");
    says(
        &held,
        &[
            "no object in `media-out-1250000000` below `mps/` has exactly its bytes",
            "say `archive: { prefix: kept/ }`",
        ],
    );
}

#[test]
fn the_shipped_handler_is_held_to_bytes() {
    let project = Project::new("").scenario("edit", EDIT);
    assert_eq!(project.test_shipped("--accept").code, Some(0));
    assert_eq!(project.test_shipped("").code, Some(0));
    assert!(project.exists("snapshots/edit.snap"));
}
