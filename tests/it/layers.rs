//! Imports go down only, and files do not import in circles. The compiler keeps the floors between crates; this reads
//! every path of the emulator that begins with `crate::` or `super::` for the rooms within one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One crate of the emulator: its sources, and its rooms from the top floor to the ground. Rooms of one line do not import
/// each other, except where [`NEIGHBORS`] says so.
struct House {
    sources: &'static str,
    floors: &'static [&'static [&'static str]],
}

const HOUSES: &[House] = &[
    House {
        sources: "emulator/src",
        floors: &[
            &["cli"],
            &["scenario"],
            &["stage"],
            &["admin", "console"],
            &["services"],
            &["events", "config"],
            &["mps", "scf", "sts", "stub"],
        ],
    },
    House {
        sources: "emulator/cos/src",
        floors: &[],
    },
    House {
        sources: "emulator/http/src",
        floors: &[],
    },
    House {
        sources: "emulator/base/src",
        floors: &[
            &["context"],
            &[
                "chains", "fault", "signal", "journal", "registry", "scratch",
            ],
            &[
                "clock",
                "digest",
                "folder",
                "function_target",
                "json",
                "seed",
                "source",
                "words",
                "xml",
            ],
        ],
    },
    House {
        sources: "handler/src",
        floors: &[],
    },
];

/// Rooms on the same floor of which the first may import the second.
const NEIGHBORS: &[(&str, &str)] = &[
    ("chains", "journal"),
    ("fault", "journal"),
    ("signal", "journal"),
    ("xml", "digest"),
];

/// A module: the names that lead to it from the root of its crate.
type Module = Vec<String>;

/// The modules of one crate, with the paths that each one names.
struct Modules {
    named: BTreeMap<Module, Vec<(usize, Module)>>,
}

impl Modules {
    fn read(sources: &Path) -> Self {
        let mut files = Vec::new();
        source_files(sources, &mut files);
        let texts: Vec<(Module, String)> = files
            .iter()
            .map(|file| {
                let inside = file
                    .strip_prefix(sources)
                    .expect("a file below its sources");
                (
                    module_of(inside),
                    std::fs::read_to_string(file).expect("a source file"),
                )
            })
            .collect();
        let known: BTreeSet<&Module> = texts.iter().map(|(module, _)| module).collect();
        let named = texts
            .iter()
            .map(|(module, text)| {
                let paths = paths(module, text).into_iter();
                let paths = paths.map(|(line, path)| (line, longest(&known, &path)));
                (module.clone(), paths.collect())
            })
            .collect();
        Self { named }
    }

    /// Each pair of different modules of which the first names the second, without what lies between a folder and its
    /// own `mod.rs`.
    fn arrows(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let mut arrows: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
        for (from, paths) in &self.named {
            for (_, to) in paths {
                if !from.starts_with(to) && !to.starts_with(from) {
                    arrows.entry(from).or_default().insert(to);
                }
            }
        }
        arrows
    }

    /// Groups of modules that reach one another.
    fn circles(&self) -> Vec<Vec<&Module>> {
        let arrows = self.arrows();
        let mut reached: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
        for start in self.named.keys() {
            let mut seen = BTreeSet::new();
            let mut open = vec![start];
            while let Some(module) = open.pop() {
                for next in arrows.get(module).into_iter().flatten() {
                    if seen.insert(*next) {
                        open.push(next);
                    }
                }
            }
            reached.insert(start, seen);
        }
        let mut circles = BTreeSet::new();
        for (module, seen) in &reached {
            if seen.contains(module) {
                let circle = seen.iter().filter(|other| reached[*other].contains(module));
                circles.insert(circle.copied().collect::<Vec<_>>());
            }
        }
        circles.into_iter().collect()
    }
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

/// The module of a file; the root of a crate is the empty one.
fn module_of(inside: &Path) -> Module {
    let mut names: Module = inside
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if names
        .last()
        .is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main"))
    {
        names.pop();
    }
    names
}

/// The paths from the crate's root that a module names outside of comments, with their lines. Groups in braces are
/// opened; what is in a module of tests inside the file does not count.
fn paths(module: &Module, text: &str) -> Vec<(usize, Module)> {
    let code = text.split("\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(at) = next_path(&code[offset..]) {
        let start = offset + at;
        let line_start = code[..start].rfind('\n').map_or(0, |end| end + 1);
        let is_comment = code[line_start..start].trim_start().starts_with("//");
        let before = code[..start].chars().next_back();
        let is_path =
            !before.is_some_and(|letter| letter.is_alphanumeric() || "_:".contains(letter));
        let (names, length) = read_path(&code[start..]);
        offset = start + length.max(1);
        if is_comment || !is_path {
            continue;
        }
        let line = code[..start].matches('\n').count() + 1;
        for path in names {
            found.push((line, absolute(module, &path)));
        }
    }
    found
}

fn next_path(code: &str) -> Option<usize> {
    let starts = ["crate::", "super::"].map(|word| code.find(word));
    starts.into_iter().flatten().min()
}

/// Reads `a::b::{c, d::e}` into its paths, and returns how many bytes it takes.
fn read_path(code: &str) -> (Vec<Vec<String>>, usize) {
    let mut names = Vec::new();
    let mut at = 0;
    loop {
        let rest = &code[at..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        names.push(name.to_owned());
        at += name.len();
        if !code[at..].starts_with("::") {
            return (vec![names], at);
        }
        at += 2;
        if code[at..].starts_with('{') {
            at += 1;
            let mut paths = Vec::new();
            loop {
                at += code[at..].len() - code[at..].trim_start_matches([' ', '\n', ',']).len();
                if code[at..].starts_with('}') || code[at..].is_empty() {
                    return (paths, at + 1);
                }
                let (inner, length) = read_path(&code[at..]);
                at += length.max(1);
                for path in inner {
                    paths.push([names.clone(), path].concat());
                }
            }
        }
    }
}

/// A path from the crate's root: `self`, `super` and `crate` are taken away.
fn absolute(module: &Module, path: &[String]) -> Module {
    let mut here = module.clone();
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" => here.clear(),
            "super" => drop(here.pop()),
            _ => break,
        }
        rest = others;
    }
    let names = rest.iter().filter(|name| *name != "self");
    here.extend(names.cloned());
    here
}

/// The longest known module at the head of a path; the rest of the path are names within it.
fn longest(known: &BTreeSet<&Module>, path: &Module) -> Module {
    let lengths = (0..=path.len()).rev();
    let mut heads = lengths.map(|length| path[..length].to_vec());
    heads.find(|head| known.contains(head)).unwrap_or_default()
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    for house in HOUSES {
        let floor_of = |room: &str| {
            let mut floors = house.floors.iter();
            floors.position(|rooms| rooms.contains(&room))
        };
        let modules = Modules::read(&project().join(house.sources));
        for (module, paths) in &modules.named {
            let Some(importer) = module.first() else {
                continue;
            };
            if house.floors.is_empty() {
                continue;
            }
            let from = floor_of(importer)
                .unwrap_or_else(|| panic!("`{importer}` has no floor: add it to HOUSES"));
            for (line, path) in paths {
                let Some(other) = path.first().filter(|other| *other != importer) else {
                    continue;
                };
                let is_down = floor_of(other).is_some_and(|to| from < to);
                let is_neighbor = NEIGHBORS.contains(&(importer.as_str(), other.as_str()));
                if !is_down && !is_neighbor {
                    wrong.push(format!(
                        "{}/{}:{line} imports `{other}`",
                        house.sources,
                        module.join("/")
                    ));
                }
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
fn files_do_not_import_in_circles() {
    let mut wrong = Vec::new();
    for house in HOUSES {
        let modules = Modules::read(&project().join(house.sources));
        let arrows = modules.arrows();
        for circle in modules.circles() {
            wrong.push(format!(
                "{} files in a circle below {}:",
                circle.len(),
                house.sources
            ));
            for module in &circle {
                let next = arrows[*module].iter().filter(|next| circle.contains(next));
                let next: Vec<String> = next.map(|next| next.join("::")).collect();
                wrong.push(format!("  {} -> {}", module.join("::"), next.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_crates_of_the_emulator_stand_on_floors() {
    let emulator = project().join("emulator");
    let floors = ["base", "http", "cos"];
    for (floor, name) in floors.iter().enumerate() {
        let manifest = std::fs::read_to_string(emulator.join(name).join("Cargo.toml")).unwrap();
        for above in &floors[floor..] {
            let dependency = format!("backlot-{above}.workspace");
            assert!(!manifest.contains(&dependency), "{name} needs {above}");
        }
    }
}

#[test]
fn the_handler_and_the_emulator_share_no_code() {
    let handler = std::fs::read_to_string(project().join("handler/Cargo.toml")).unwrap();
    for ours in ["backlot", "path = \"../"] {
        let dependencies = handler.split("[dependencies]").nth(1).unwrap();
        assert!(!dependencies.contains(ours), "handler/Cargo.toml: {ours}");
    }
    for package in ["", "base", "http", "cos"] {
        let manifest = project().join("emulator").join(package).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        let ours = "backlot-handler";
        assert!(!manifest.contains(ours), "emulator/{package}: {ours}");
    }
}

#[cfg(test)]
mod reading {
    use super::*;

    fn module(path: &str) -> Module {
        path.split("::").map(str::to_owned).collect()
    }

    #[test]
    fn groups_and_relative_paths_are_opened() {
        let text = "use super::{b, c::{self, D}};\nuse crate::e::F;\n// crate::g\nlet x = crate::h::i(super::super::j);";
        let found = paths(&module("a::a1"), text);
        let found: Vec<(usize, String)> = found
            .into_iter()
            .map(|(line, path)| (line, path.join("::")))
            .collect();
        let expected = [
            (1, "a::b"),
            (1, "a::c"),
            (1, "a::c::D"),
            (2, "e::F"),
            (4, "h::i"),
            (4, "j"),
        ];
        let expected = expected.map(|(line, path)| (line, path.to_owned()));
        assert_eq!(found, expected);
    }
}
