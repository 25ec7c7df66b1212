//! A folder with files of a project, and the command in it.

use std::path::Path;

use backlot_tests::command::{CommandLine, Ended};
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

/// Returns what it finds of its settings.
pub(super) const TELLS: &str = "import os\n\
    def main_handler(event, context):\n    \
    return {'mode': os.environ.get('MODE'), 'memory': context['memory_limit_in_mb'], 'time': context['time_limit_in_ms'],\n            \
    'namespace': context['namespace'], 'region': context['tencentcloud_region'], 'appid': context['tencentcloud_appid'],\n            \
    'role': 'TENCENTCLOUD_SECRETID' in os.environ}\n";

/// A project.
pub(super) struct Project(TempDir);

impl Project {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("room on the disk");
        std::fs::write(path, text).expect("room on the disk");
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn backlot(&self, arguments: &str) -> CommandLine {
        CommandLine::new(BACKLOT, self.path()).args(arguments)
    }

    /// The answer of a function to an empty event.
    #[track_caller]
    pub(super) fn answer(&self, arguments: &str) -> Ended {
        let ended = self
            .backlot(&format!("invoke {arguments}"))
            .input(b"{}")
            .run();
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    /// What is told of a mistake.
    #[track_caller]
    pub(super) fn refused(&self, arguments: &str) -> String {
        let ended = self
            .backlot(&format!("invoke {arguments}"))
            .input(b"{}")
            .run();
        assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
        ended.stderr
    }
}

#[track_caller]
pub(super) fn has(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}
