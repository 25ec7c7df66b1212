//! Every input that the fuzzer was given, or has found, on the stable compiler: see `tests/fuzz`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use backlot_tests::{project, property};

fn corpus() -> PathBuf {
    project().join("tests/fuzz/corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.into_string().expect("a name in ASCII"))
        .collect()
}

/// Every kept input of a property.
fn replay(name: &str) {
    let folder = corpus().join(name);
    let inputs = names(&folder);
    assert!(inputs.len() > 1, "{name} has hardly any inputs");
    for input in inputs {
        let data = std::fs::read(folder.join(&input)).expect("a file");
        property::check(name, &data);
    }
}

macro_rules! replayed {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

replayed! {
    chunked cloud_api connection documents form hosts imports json keys parameters policy requests scenario signatures state workflow xml
}

#[test]
fn properties_targets_and_inputs_go_together() {
    let properties: BTreeSet<_> = property::ALL
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let replayed: BTreeSet<_> = REPLAYED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(properties, replayed, "this file and `property::ALL`");
    assert_eq!(
        properties,
        names(&corpus()),
        "`property::ALL` and the corpus"
    );
    let manifest = std::fs::read_to_string(project().join("tests/fuzz/Cargo.toml"));
    let manifest = manifest.expect("the manifest of the fuzzer");
    let targets = manifest.split("[[bin]]").skip(1).map(|target| {
        let name = target.split('"').nth(1);
        name.expect("a target has a name").to_owned()
    });
    assert_eq!(
        properties,
        targets.collect(),
        "`property::ALL` and the targets"
    );
}
