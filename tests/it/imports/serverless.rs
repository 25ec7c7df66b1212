//! `serverless.yml` of the component `scf`.

use super::kit::{Project, TELLS, has};

const FILE: &str = "\
component: scf
name: notify
app: media
stage: dev
inputs:
  name: ${name}-${stage}
  src: ./src
  handler: index.main_handler
  runtime: Python3.10
  region: ap-shanghai
  MemorySize: 256
  timeout: 10
  environment:
    variables:
      MODE: fast
  events:
    - mps:
        parameters: { type: WorkflowTask }
    - cos:
        parameters:
          bucket: uploads-1253970226.cos.ap-shanghai.myqcloud.com
          filter: { prefix: in/, suffix: .mp4 }
          events: cos:ObjectCreated:*
";

fn project(file: &str) -> Project {
    Project::new(&[("serverless.yml", file), ("src/index.py", TELLS)])
}

#[test]
fn a_function_runs_from_the_file_alone() {
    let ended = project(FILE).answer("notify-dev");
    assert_eq!(
        ended.stdout.trim(),
        r#"{"mode": "fast", "memory": 256, "time": 10000, "namespace": "default", "region": "ap-shanghai", "appid": "1253970226", "role": false}"#
    );
    has(
        &ended.stderr,
        "no `backlot.yaml`: imported `serverless.yml` with the function `notify-dev`",
    );
}

#[test]
fn triggers_deliver_events_of_mps_and_cos() {
    let project = project(FILE);
    project.write(
        "scenarios/both.yaml",
        "oracle: { off: it only tells }\nsteps:\n  - finish-workflow: {}\n  \
         - put-object: { bucket: uploads-1253970226, key: in/a.mp4, text: x }\n  \
         - put-object: { bucket: uploads-1253970226, key: out/a.mp4, text: x }\n  \
         - expect-invocation: { number: 1, statuses: [200] }\n  - expect-invocation: { number: 2, statuses: [200] }\n",
    );
    let ended = project.backlot("test --accept").run();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let snapshot = std::fs::read_to_string(project.path().join("snapshots/both.snap"));
    let snapshot = snapshot.expect("it was accepted");
    has(&snapshot, "uploads-1253970226");
    assert!(ended.stdout.contains("2         2"), "{}", ended.stdout);
}

#[test]
fn the_configuration_lies_over_the_file_that_it_imports() {
    let project = project(FILE);
    project.write(
        "backlot.yaml",
        "import: serverless.yml\nfunctions:\n  notify-dev: { role: true, environment: { MODE: slow } }\n",
    );
    let ended = project.answer("notify-dev");
    has(&ended.stdout, r#""mode": "slow", "memory": 256"#);
    has(&ended.stdout, r#""role": true"#);
    assert!(!ended.stderr.contains("no `backlot.yaml`"), "{ended:?}");

    project.write("backlot.yaml", "import: serverles.yml\n");
    let told = project.refused("notify-dev");
    has(&told, "`serverles.yml` cannot be read");
    has(&told, "backlot.yaml:1:9");
}

#[test]
fn the_file_can_be_named_from_another_folder() {
    let project = project(FILE);
    let elsewhere = Project::new(&[]);
    let file = project.path().join("serverless.yml");
    let ended = elsewhere.answer(&format!("notify-dev --config {}", file.display()));
    has(&ended.stdout, r#""mode": "fast""#);
}

#[test]
fn a_file_of_another_platform_is_left_alone() {
    let project = project("service: other\nprovider: { name: aws }\n");
    let told = project.refused("notify-dev");
    has(&told, "there is no function `notify-dev`");
}

#[test]
fn variables_come_from_the_environment_the_env_file_and_other_files() {
    let file = FILE
        .replace("stage: dev", "stage: ${env:STAGE, 'dev'}")
        .replace("MODE: fast", "MODE: ${env.MODE}-${file(more.yml):a.1}")
        .replace("timeout: 10", "timeout: ${self:custom.time}")
        + "custom: { time: 7 }\n";
    let project = project(&file);
    project.write(".env", "MODE=calm\n");
    project.write("more.yml", "a: [no, yes]\n");
    let ended = project.answer("notify-dev");
    has(&ended.stdout, r#""mode": "calm-yes""#);
    has(&ended.stdout, r#""time": 7000"#);

    let ended = project
        .backlot("invoke notify-live")
        .env("STAGE", "live")
        .env("MODE", "a");
    let ended = ended.input(b"{}").run();
    has(&ended.stdout, r#""mode": "a-yes""#);
}

#[test]
fn what_cannot_be_in_force_is_told_at_its_place_unless_the_configuration_says_it() {
    let file = FILE
        .replace("Python3.10", "Java8")
        .replace("MemorySize: 256", "MemorySize: 200");
    let project = project(&file);
    let told = project.refused("notify-dev");
    has(&told, "the runtime `Java8` is not supported");
    has(&told, "serverless.yml:9:12");
    has(&told, "the memory size of 200 MB must be 64");
    has(&told, "serverless.yml:11:15");

    project.write(
        "backlot.yaml",
        "import: serverless.yml\nfunctions: { notify-dev: { runtime: Python3.10, memory: 128 } }\n",
    );
    has(&project.answer("notify-dev").stdout, r#""memory": 128"#);
}

#[test]
fn unknown_keys_and_keys_without_effect_are_told_and_nothing_stops() {
    let file = FILE.replace(
        "  timeout: 10\n",
        "  timeuot: 10\n  eip: true\n  traceEnable: false\n  retryNum: 1\n",
    );
    let told = project(&file).answer("notify-dev").stderr;
    has(&told, "unknown key `timeuot`");
    has(&told, "serverless.yml:12:3");
    has(&told, "did you mean `timeout`?");
    has(
        &told,
        "note: serverless.yml: not emulated, without effect: `eip` (13:3)\n",
    );
    has(
        &told,
        "`retryNum` is not deployed without `asyncRunEnable: true`",
    );
}
