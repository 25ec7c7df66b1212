//! A project of a user: a folder with `backlot.yaml`, scenarios and functions of their own.

use std::path::Path;

use backlot_tests::command::{CommandLine, Ended};
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");
const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");

/// A function in Python: `handle(event)` gets the bytes of an event and returns its answer.
const LOOP: &str = "
import datetime, json, os, sys, time, urllib.request, uuid
import runtime_api as api

def put(bucket, key, body):
    url = f'http://{bucket}.cos.ap-guangzhou.myqcloud.com/{key}'
    request = urllib.request.Request(url, data=body, method='PUT', headers=sign('put', f'/{key}'))
    urllib.request.urlopen(request).read()

def sign(method, path):
    import hashlib, hmac
    digest = lambda key, text: hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()
    span = '1700000000;1900000000'
    key = digest(os.environ['TENCENTCLOUD_SECRETKEY'], span)
    text = f'{method}\\n{path}\\n\\n\\n'
    text = f'sha1\\n{span}\\n{hashlib.sha1(text.encode()).hexdigest()}\\n'
    authorization = '&'.join([
        'q-sign-algorithm=sha1', f\"q-ak={os.environ['TENCENTCLOUD_SECRETID']}\", f'q-sign-time={span}',
        f'q-key-time={span}', 'q-header-list=', 'q-url-param-list=', f'q-signature={digest(key, text)}'])
    return {'Authorization': authorization, 'x-cos-security-token': os.environ['TENCENTCLOUD_SESSIONTOKEN']}

api.ready()
";

/// What runs `handle` for each event.
const REPEAT: &str = "
while True:
    _, _, event = api.next_event()
    try:
        api.respond(json.dumps(handle(event)).encode())
    except Exception as error:
        import traceback
        traceback.print_exc()
        sys.stderr.flush()
        api.fail(str(error).encode())
";

/// A folder that is gone when it is dropped.
pub(super) struct Project(TempDir);

impl Project {
    /// A project in which `backlot.yaml` says this.
    pub(super) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let project = Self(folder);
        project.write("backlot.yaml", config);
        let api = backlot_tests::project().join("tests/functions/runtime_api.py");
        let api = std::fs::read_to_string(api).expect("the runtime API in Python");
        project.write("runtime_api.py", &api);
        project
    }

    /// A project in which the function `archive` is this definition of `handle` in Python.
    pub(super) fn python(handle: &str, config: &str) -> Self {
        let command = "functions: { archive: { command: [python3, ./archive.py] } }\n";
        let project = Self::new(&format!("{command}{config}"));
        project.function("archive", handle);
        project
    }

    /// Adds a scenario.
    pub(super) fn scenario(self, name: &str, text: &str) -> Self {
        self.write(&format!("scenarios/{name}.yaml"), text);
        self
    }

    /// Writes a function in Python.
    pub(super) fn function(&self, name: &str, handle: &str) {
        self.write(&format!("{name}.py"), &format!("{LOOP}{handle}{REPEAT}"));
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("room on the disk");
    }

    #[track_caller]
    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| {
            panic!("`{name}` cannot be read: {error}");
        })
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// The command in the project's folder.
    pub(super) fn backlot(&self, arguments: &str) -> CommandLine {
        CommandLine::new(BACKLOT, self.path()).args(arguments)
    }

    /// `backlot test` with its arguments.
    #[track_caller]
    pub(super) fn test(&self, arguments: &str) -> Ended {
        self.backlot(&format!("test {arguments}")).run()
    }

    /// `backlot test` in which `archive` is the shipped handler.
    #[track_caller]
    pub(super) fn test_shipped(&self, arguments: &str) -> Ended {
        let handler = format!("--function=archive={HANDLER}");
        self.backlot(&format!("test {arguments}"))
            .arg(handler)
            .run()
    }
}

/// Fails unless `text` has each of `parts`.
#[track_caller]
pub(super) fn says(ended: &Ended, parts: &[&str]) {
    let text = format!("{}{}", ended.stdout, ended.stderr);
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
}
