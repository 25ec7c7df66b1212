//! Plays every scenario, each as a test of its own, on both stores, and compares the outcome with its snapshot.
//!
//! A scenario is a test because its file is there. Review with `cargo insta`, or with `backlot test` and `backlot accept`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use backlot::cos::store::Kind;
use backlot::scenario::discover;
use backlot::scenario::load::{Loaded, load};
use backlot::scenario::run::{Finished, RunSettings, run};
use backlot::stage::StoreChoice;
use libtest_mimic::{Arguments, Failed, Trial};

const HANDLER: &str = env!("CARGO_BIN_EXE_bootstrap-under-test");

fn main() {
    let scenarios = backlot_tests::project().join("scenarios");
    let paths = discover::discover(&[scenarios]).expect("the scenarios can be listed");
    let trials = paths.iter().flat_map(|path| {
        [Kind::Sqlite, Kind::Fs].map(|kind| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let path = path.clone();
            Trial::test(format!("{name}::{kind}"), move || replay(&path, kind))
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn replay(path: &Path, kind: Kind) -> Result<(), Failed> {
    let loaded = load(path, &backlot_tests::config_with(HANDLER))?;
    let finished = play(&loaded, kind)?;
    if let Some(failures) = &finished.failures {
        return Err(failures.to_string().into());
    }
    if !finished.violations.is_empty() {
        let found: Vec<_> = finished
            .violations
            .iter()
            .map(ToString::to_string)
            .collect();
        return Err(found.join("\n").into());
    }
    let again = play(&loaded, kind)?;
    if journal(&finished) != journal(&again) {
        return Err("the same scenario left two different journals".into());
    }
    compare(&finished);
    Ok(())
}

fn play(loaded: &Loaded, kind: Kind) -> Result<Finished, Failed> {
    let settings = RunSettings {
        store: StoreChoice::temporary(kind),
        patience: Duration::from_secs(60),
        snapshots: None,
        import: None,
        export: None,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    Ok(runtime.block_on(run(loaded, &settings))?)
}

fn journal(finished: &Finished) -> Vec<serde_json::Value> {
    let records = finished.outcome.records.iter();
    records.map(backlot::journal::Record::repeatable).collect()
}

fn compare(finished: &Finished) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(PathBuf::from("."));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(finished.name.as_str(), finished.text.as_str()));
}
