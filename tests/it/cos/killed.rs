//! A child of this very program that changes a store, says so on its standard output, and is killed at any moment.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use backlot::base::seed::Seed;
use backlot::cos::store::Kind;

/// What a child is told.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) kind: Kind,
    pub(super) folder: PathBuf,
    pub(super) seed: Seed,
    pub(super) round: u64,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How often a test kills a child, unless `BACKLOT_CRASHES` says otherwise.
pub(super) fn times(usual: u64) -> u64 {
    variable("BACKLOT_CRASHES").map_or(usual, |times| times.parse().unwrap())
}

pub(super) fn seed() -> Seed {
    Seed(variable("BACKLOT_CRASH_SEED").map_or(7, |seed| seed.parse().unwrap()))
}

/// Says a word on standard output, where the parent counts them. Also in the child, where nothing else is said.
pub(super) fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{word}").unwrap();
    out.flush().unwrap();
}

impl Child {
    /// In the child: what it was told; `None` if this is no child.
    pub(super) fn this() -> Option<Self> {
        let folder = variable("BACKLOT_CRASH_FOLDER")?;
        let number = |name: &str| variable(name).unwrap().parse::<u64>().unwrap();
        Some(Self {
            kind: variable("BACKLOT_CRASH_STORE").unwrap().parse().unwrap(),
            folder: folder.into(),
            seed: Seed(number("BACKLOT_CRASH_SEED")),
            round: number("BACKLOT_CRASH_ROUND"),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs an ignored test of this program in a process, and kills it after it has said fewer words than `most`, each of which
    /// begins with one of `counted`. Returns all lines that it has said.
    #[expect(
        clippy::disallowed_methods,
        reason = "the process is there to be killed"
    )]
    pub(super) fn run_and_kill(&self, test: &str, counted: &[&str], most: u64) -> Vec<String> {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env("BACKLOT_CRASH_FOLDER", &self.folder)
            .env("BACKLOT_CRASH_STORE", self.kind.to_string())
            .env("BACKLOT_CRASH_SEED", self.seed.0.to_string())
            .env("BACKLOT_CRASH_ROUND", self.round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let round = self.round.to_string();
        let draw = |what, below| self.seed.draw(&["kill", what, &round]).below(below);
        let (lines, bytes) = (draw("lines", most), draw("bytes", 60));
        let mut out = BufReader::with_capacity(1, child.stdout.take().unwrap());
        let mut said = String::new();
        let mut heard = 0;
        while heard < lines {
            let before = said.len();
            assert!(
                out.read_line(&mut said).unwrap() > 0,
                "the child ended by itself: {said}"
            );
            let line = &said[before..];
            heard += u64::from(counted.iter().any(|word| line.starts_with(word)));
        }
        let mut more = vec![0; usize::try_from(bytes).unwrap()];
        out.read_exact(&mut more).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        said.push_str(&String::from_utf8(more).unwrap());
        // What it had said before it was killed counts, too.
        out.read_to_string(&mut said).unwrap();
        let ends_whole = said.ends_with('\n');
        let mut all: Vec<_> = said.lines().map(str::to_owned).collect();
        if !ends_whole {
            all.pop();
        }
        all
    }
}
