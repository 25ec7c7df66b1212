//! Functions whose text differs from run to run have snapshots all the same.

use super::project::{Project, says};

const EDIT: &str = "steps:\n  - finish-edit: {}\n  - wait: 90s\n  - finish-edit: {}\n";

const CHATTY: &str = "
import logging, tempfile
logging.basicConfig(format='%(asctime)s %(levelname)s %(message)s', stream=sys.stdout, level=logging.INFO)

class Kept: pass

def handle(event):
    began = time.perf_counter()
    now = datetime.datetime.now(datetime.timezone.utc)
    name = uuid.uuid4()
    logging.info('stores %s', name)
    print(now.isoformat(), time.time(), int(time.time() * 1000), object(), f'pid={os.getpid()}')
    print(time.strftime('%d/%b/%Y:%H:%M:%S +0000'), time.strftime('%a %b %d %H:%M:%S %Y'))
    print(os.environ['TMPDIR'], tempfile.mkdtemp(), os.path.abspath('x.txt'))
    body = json.dumps({'id': str(name), 'at': now.isoformat(), 'took_ms': time.perf_counter() - began})
    put('media-out-1250000000', f'logs/{now:%Y/%m/%d/%H}/{name}.json', body.encode())
    print(f'took {time.perf_counter() - began} s')
    sys.stdout.flush()
    return {'id': str(name), 'at': time.time()}
";

#[test]
fn two_runs_of_a_chatty_function_have_one_snapshot() {
    let project =
        Project::python(CHATTY, "oracle: { off: \"keeps logs only\" }\n").scenario("edit", EDIT);
    let first = project.test("--accept");
    assert_eq!(first.code, Some(0), "{first:?}");
    let snapshot = project.read("snapshots/edit.snap");
    for part in [
        "| <time> INFO stores <uuid:1>",
        "| <time> <time> <time> <object object at <address>> pid=<pid:1>",
        "| <time> <time>",
        "| <folder:1> <folder:1>/<tmp> <project>/x.txt",
        "PutObject media-out-1250000000/logs/<time>/<uuid:1>.json, <size>: 200",
        "| took <duration>",
        "\"id\": \"<uuid:2>\"",
        "\"took_ms\": <duration>",
        "logs/<time>/<uuid:2>.json (<size>, ",
    ] {
        assert!(snapshot.contains(part), "`{part}` is missing:\n{snapshot}");
    }
    let here = project.path().to_string_lossy().into_owned();
    assert!(!snapshot.contains(&here), "{snapshot}");
    for _ in 0..3 {
        let again = project.test("");
        assert_eq!(again.code, Some(0), "{again:?}");
    }
}

const RANDOM: &str = "
import random, string
def handle(event):
    name = ''.join(random.choices(string.ascii_lowercase, k=9))
    print(f'order-{name} is stored', flush=True)
    return name
";

#[test]
fn rules_name_what_varies_in_a_project_and_in_a_scenario() {
    let off = "oracle: { off: \"notifies only\" }\n";
    let project = Project::python(RANDOM, off).scenario("edit", EDIT);
    project.test("--accept");
    assert_eq!(project.test("").code, Some(1), "no rule yet");

    let of_project = "redact:\n  - { pattern: \"order-([a-z]{9})\", token: \"<order:#>\" }\n";
    project.write(
        "backlot.yaml",
        &format!("{}{of_project}", project.read("backlot.yaml")),
    );
    let of_scenario = "redact:\n  - { pattern: '^\"[a-z]{9}\"$', token: <name> }\n";
    let project = project.scenario("edit", &format!("{of_scenario}{EDIT}"));
    assert_eq!(project.test("--accept").code, Some(0));
    let snapshot = project.read("snapshots/edit.snap");
    for part in [
        "order-<order:1> is stored",
        "order-<order:2> is stored",
        ": 200 <name>",
    ] {
        assert!(snapshot.contains(part), "`{part}` is missing:\n{snapshot}");
    }
    let again = project.test("");
    assert_eq!(again.code, Some(0), "{again:?}");
}

#[test]
fn a_scenario_that_only_claims_needs_no_snapshot() {
    let claims = format!(
        "snapshot: off\noracle: {{ off: \"notifies only\" }}\n{EDIT}  - expect-invocation: {{ number: 2, statuses: [200] }}\n"
    );
    let project = Project::python(RANDOM, "").scenario("claims", &claims);
    let passed = project.test("");
    assert_eq!(passed.code, Some(0), "{passed:?}");
    assert!(!project.exists("snapshots"));
    let wrong = claims.replace("[200]", "[430]");
    let project = project.scenario("claims", &wrong);
    let failed = project.test("");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    says(&failed, &["ended with [200], expected [430]"]);
    assert!(!project.exists("snapshots"));
}
