//! Imports go down only: this reads every `use crate::` of the emulator and fails on one that goes up or sideways.

use std::path::{Path, PathBuf};

/// From the top floor to the ground. Rooms on one line do not import each other, except where `NEIGHBORS` says so.
const FLOORS: &[&[&str]] = &[
    &["cli"],
    &["scenario", "console"],
    &["stage"],
    &["admin"],
    &["config"],
    &["mps", "scf", "cos", "sts", "stub"],
    &["http"],
    &["doors"],
    &["fault", "signal", "journal"],
    &["base"],
];

/// Rooms on the same floor of which the first may import the second.
const NEIGHBORS: &[(&str, &str)] = &[("fault", "journal"), ("signal", "journal")];

fn floor_of(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` has no floor: add it to FLOORS"))
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a text imports with `use crate::room` or names as `crate::room::…`, with the line.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with("//");
        for part in line.split("crate::").skip(1).filter(|_| !is_comment) {
            let end = part.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let room = &part[..end.unwrap_or(part.len())];
            if !room.is_empty() {
                found.push((index + 1, room.to_owned()));
            }
        }
    }
    found
}

#[test]
fn imports_go_down_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../emulator/src");
    let mut files = Vec::new();
    source_files(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let first = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy();
        let importer = first.trim_end_matches(".rs");
        if matches!(importer, "lib" | "main") {
            continue;
        }
        for (line, other) in imports(&std::fs::read_to_string(&file).unwrap()) {
            let is_down = floor_of(importer) < floor_of(&other);
            let is_neighbor = NEIGHBORS.contains(&(importer, other.as_str()));
            if other != importer && !is_down && !is_neighbor {
                wrong.push(format!(
                    "{}:{line}: `{importer}` imports `{other}`",
                    inside.display()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports go down only:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_handler_and_the_emulator_share_no_code() {
    for package in ["emulator", "handler"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(package);
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        for ours in [
            "backlot.workspace",
            "backlot-handler.workspace",
            "path = \"../",
        ] {
            assert!(
                !manifest.contains(ours),
                "{package}/Cargo.toml names `{ours}`"
            );
        }
    }
}
