//! Functions of every format run an event.

use super::kit::{Project, TELLS, has};

#[test]
fn functions_of_a_template_run_each_in_its_namespace() {
    let project = Project::new(&[
        (
            "template.yaml",
            include_str!("../../imports/template/template.yaml"),
        ),
        ("notify/index.py", TELLS),
        (
            "media/index.js",
            "exports.main_handler = async (event, context) => context.namespace;\n",
        ),
    ]);
    let ended = project.answer("notify");
    has(
        &ended.stdout,
        r#""mode": "one", "memory": 256, "time": 10000, "namespace": "default""#,
    );
    has(&ended.stdout, r#""role": true"#);
    has(
        &ended.stderr,
        "imported `template.yaml` with the functions `notify`, `media/notify`",
    );
    assert_eq!(project.answer("media/notify").stdout.trim(), "\"media\"");
}

#[test]
fn a_function_of_terraform_runs_from_the_folder_that_is_packed() {
    let project = Project::new(&[
        ("main.tf", include_str!("../../imports/terraform/main.tf")),
        (
            "variables.tf",
            include_str!("../../imports/terraform/variables.tf"),
        ),
        (
            "terraform.tfvars",
            include_str!("../../imports/terraform/terraform.tfvars"),
        ),
        ("functions/notify/index.py", TELLS),
        ("report/index.js", ""),
    ]);
    let ended = project.answer("media-notify");
    has(
        &ended.stdout,
        r#""mode": "all", "memory": 256, "time": 30000"#,
    );
    has(
        &ended.stdout,
        r#""region": "ap-shanghai", "appid": "1253970226", "role": true"#,
    );
    let run = project
        .backlot("invoke media-notify")
        .env("TF_VAR_quick", "true")
        .input(b"{}")
        .run();
    has(&run.stdout, r#""time": 3000"#);
}

#[test]
fn functions_of_one_file_run_with_what_they_share() {
    let project = Project::new(&[
        (
            "serverless.yml",
            include_str!("../../imports/several/serverless.yml"),
        ),
        (
            "index/app.py",
            "import os\ndef index(event, context):\n    return os.environ['LEVEL']\n",
        ),
        (
            "archive/app.py",
            "import os\ndef archive(event, context):\n    return os.environ['LEVEL'] + os.environ['BUCKET']\n",
        ),
    ]);
    assert_eq!(project.answer("index").stdout.trim(), "\"info\"");
    assert_eq!(
        project.answer("archive-callbacks").stdout.trim(),
        "\"debugarchive-1250000000\""
    );
    project.write(
        "scenarios/ended.yaml",
        "oracle: { off: it only tells }\nsteps:\n  - finish-workflow: {}\n  - expect-invocation: { number: 1, statuses: [200] }\n",
    );
    let ended = project.backlot("test --accept").run();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn a_demo_configuration_and_a_plan_are_named() {
    let project = Project::new(&[
        (
            "config.json",
            include_str!("../../imports/demo/config.json"),
        ),
        ("plan.json", include_str!("../../imports/plan/plan.json")),
        (
            "index.py",
            "import os\ndef main_handler(event, context):\n    return os.environ['URL']\n",
        ),
        ("code/index.py", TELLS),
    ]);
    let ended = project.answer("notify --config config.json");
    assert_eq!(ended.stdout.trim(), "\"https://example.com//x\"");
    let ended = project.answer("notify --config plan.json");
    has(&ended.stdout, r#""mode": "all""#);
}

#[test]
fn files_in_several_folders_are_imported_together() {
    let project = Project::new(&[
        (
            "backlot.yaml",
            "import: [a/serverless.yml, b/serverless.yml]\n",
        ),
        (
            "a/serverless.yml",
            "component: scf\nname: a\ninputs: { name: one, src: ./, runtime: Python3.10 }\n",
        ),
        (
            "b/serverless.yml",
            "component: scf\nname: b\ninputs: { name: two, src: ./, runtime: Python3.10 }\n",
        ),
        (
            "a/index.py",
            "def main_handler(event, context):\n    return 'a'\n",
        ),
        (
            "b/index.py",
            "def main_handler(event, context):\n    return 'b'\n",
        ),
    ]);
    assert_eq!(project.answer("one").stdout.trim(), "\"a\"");
    assert_eq!(project.answer("two").stdout.trim(), "\"b\"");
}

#[test]
fn timers_fire_when_time_passes() {
    let project = Project::new(&[
        ("main.tf", TIMER),
        (
            "code/index.py",
            "def main_handler(event, context):\n    print(event['Type'], event['TriggerName'], event['Message'])\n",
        ),
        (
            "scenarios/passes.yaml",
            "oracle: { off: it only tells }\nsteps:\n  - wait: 10m\n  - expect-invocation: { number: 1, statuses: [200] }\n",
        ),
    ]);
    let ended = project.backlot("test --accept").run();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let snapshot = std::fs::read_to_string(project.path().join("snapshots/passes.snap"));
    has(&snapshot.expect("it was accepted"), "Timer often go");
}

const TIMER: &str = r#"
resource "tencentcloud_scf_function" "a" {
  name     = "ticks"
  runtime  = "Python3.10"
  zip_file = "code"
}
resource "tencentcloud_scf_trigger_config" "a" {
  function_name   = tencentcloud_scf_function.a.id
  trigger_name    = "often"
  type            = "timer"
  trigger_desc    = jsonencode({ cron = "0 */5 * * * * *" })
  custom_argument = "go"
}
"#;
