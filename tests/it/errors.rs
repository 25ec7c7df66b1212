//! One mistake a file: `errors/NAME.yaml` beside the exact message in `errors/NAME.err`.

use std::path::Path;

use backlot::base::source::SourceFile;
use backlot::config::Config;
use backlot::scenario::load;

#[test]
fn every_mistake_has_its_exact_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("errors");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    names.sort();
    assert!(names.len() >= 10, "the mistakes are there");
    let update = std::env::var_os("UPDATE_ERRORS").is_some();
    let mut wrong = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = SourceFile::new(Path::new("scenarios").join(name), text);
        let message = match load::read(&source, &Config::embedded()) {
            Ok(_) => panic!("{name} has a mistake that nobody sees"),
            Err(mistakes) => format!("{mistakes}\n"),
        };
        let expected = path.with_extension("err");
        if update {
            std::fs::write(&expected, &message).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != message {
            wrong.push(format!("{name}:\n{message}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "UPDATE_ERRORS=1 writes them anew:\n{}",
        wrong.join("\n")
    );
}
