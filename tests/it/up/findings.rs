//! Findings on an emulator that stays: listed by `status` and `logs`, and what strict mode ends with.

use super::kit::{Place, Up};

const CONFIG: &str = "functions:\n  notify: { runtime: Python3.10, handler: index.main_handler, private-tmp: false }\n";
const CODE: &str = "NOTES = '/tmp/notes'\ndef main_handler(event, context):\n    return NOTES\n";
const FINDING: &str =
    "`index.py` of `notify` names `/tmp`, which its instances share with this machine";

fn sharing(arguments: &str) -> Up {
    let place = Place::new();
    place.write("backlot.yaml", CONFIG);
    place.write("index.py", CODE);
    place.up(arguments)
}

#[test]
fn status_and_logs_list_them_until_a_reset() {
    let up = sharing("");
    let ended = up.backlot("invoke notify -e []");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains(&format!("finding: {FINDING}")),
        "{}",
        ended.stderr
    );
    let status = up.backlot("status").stdout;
    assert!(
        status.contains(&format!("finding    {FINDING}")),
        "{status}"
    );
    let logs = up.backlot("logs").stdout;
    assert!(
        logs.contains(&format!("notify  finding: {FINDING}")),
        "{logs}"
    );
    let delivered = up.backlot("logs --output json").stdout;
    assert!(!delivered.contains("finding"), "{delivered}");
    let health = up.client().get("/_backlot/health");
    assert_eq!(health["findings"][0]["kind"], "shared-tmp", "{health}");
    assert_eq!(health["findings"][0]["count"], 1, "{health}");
    assert_eq!(up.backlot("reset").code, Some(0));
    assert_eq!(
        up.client().get("/_backlot/health")["findings"],
        serde_json::json!([])
    );
}

#[test]
fn strict_mode_warns_at_once_and_ends_with_5() {
    let up = sharing("--strict");
    let ended = up.backlot("invoke notify -e []");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = up.backlot("invoke notify -e [] --strict");
    assert_eq!(
        ended.code,
        Some(0),
        "the instance is there already: {ended:?}"
    );
    up.running.signal("TERM");
    let ended = up.running.end();
    assert_eq!(ended.code, Some(5), "{ended:?}");
    for part in [
        format!("warning: finding: {FINDING}"),
        format!("strict: findings\n  {FINDING}"),
    ] {
        assert!(ended.stderr.contains(&part), "{part}: {}", ended.stderr);
    }
    let up = sharing("");
    let ended = up.backlot("invoke notify -e [] --strict");
    assert_eq!(ended.code, Some(5), "{ended:?}");
    up.running.signal("TERM");
    assert_eq!(up.running.end().code, Some(0));
}

#[test]
fn who_stops_the_emulator_hears_what_is_lost() {
    let up = sharing("");
    up.place.write(
        "index.py",
        "def main_handler(event, context):\n    raise ValueError\n",
    );
    let ended = up.backlot("invoke notify -e [] --async");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = up.backlot("wait --idle --horizon 1 --timeout 60s");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = up.backlot("stop");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = "1 unfinished event is lost: without `--data` the emulator does not keep its queues";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}
