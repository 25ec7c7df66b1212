//! The project in this folder: its configuration, whether its functions can start, its scenarios.

use std::path::Path;

use super::{Finding, function};
use crate::cli::build;
use crate::cli::configuration::{Configuration, Project};
use crate::cli::startable::Startable;
use crate::config::Config;
use crate::scenario::{discover, load};
use backlot_base::words::count;

/// Checks the project; nothing but the configuration if that cannot be read.
pub(super) async fn check(configuration: &Configuration) -> Vec<Finding> {
    let Project {
        folder,
        file,
        mut config,
        imports,
    } = match configuration.read() {
        Ok(project) => project,
        Err(error) => return vec![mistake(&error.message)],
    };
    let imports: Vec<_> = imports
        .iter()
        .map(|file| format!("`{}`", file.display()))
        .collect();
    let imports = imports.join(", ");
    let mut findings = vec![match &file {
        Some(file) if imports.is_empty() => Finding::ok("config", format!("`{}`", file.display())),
        Some(file) => Finding::ok("config", format!("`{}` over {imports}", file.display())),
        None if !imports.is_empty() => {
            Finding::ok("config", format!("{imports}, without `backlot.yaml`"))
        }
        None => Finding::ok(
            "config",
            "there is no `backlot.yaml` here or above; the defaults are in force",
        ),
    }];
    config.place_code(&folder);
    let mut startable = Startable::default();
    for (name, function) in &config.functions {
        findings.push(match &function.cargo {
            Some(package) => package_of(name, package, &folder, file.is_none()).await,
            None => function::check(&mut startable, name, function).await,
        });
    }
    findings.push(scenarios(&folder, &config));
    findings
}

/// The first mistake, without the lines that show the file.
fn mistake(message: &str) -> Finding {
    let first = message.lines().next().unwrap_or_default();
    let title = first.trim_start_matches("error: ");
    let place = message
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("--> "));
    let text = match place {
        Some(place) => format!("{place}: {title}"),
        None => title.to_owned(),
    };
    Finding::fail("config", text)
}

/// A function that is a cargo package. That of the defaults need not be there: `up` and `exec` do without.
async fn package_of(name: &str, package: &str, folder: &Path, is_default: bool) -> Finding {
    const ABOUT: &str = "function";
    let trouble = match build::packages(folder).await {
        Ok(packages) if packages.iter().any(|found| found == package) => {
            return Finding::ok(
                ABOUT,
                format!("`{name}` is built from the cargo package `{package}`"),
            );
        }
        Ok(_) => format!("the cargo workspace has no package `{package}`"),
        Err(why) => why,
    };
    if is_default {
        let text = format!(
            "no function of your own is configured, and that of the defaults is not available: {trouble}; \
             declare one under `functions:` in backlot.yaml"
        );
        return Finding::warn(ABOUT, text);
    }
    Finding::fail(ABOUT, format!("`{name}` cannot be built: {trouble}"))
}

fn scenarios(folder: &Path, config: &Config) -> Finding {
    const ABOUT: &str = "scenarios";
    let folder = folder.join("scenarios");
    let shown = folder.display();
    if !folder.exists() {
        let text = format!("there is no folder `{shown}`; `backlot test` runs the scenarios in it");
        return Finding::ok(ABOUT, text);
    }
    let paths = match discover::discover(std::slice::from_ref(&folder)) {
        Ok(paths) => paths,
        Err(error) => return Finding::fail(ABOUT, error.to_string()),
    };
    let mistaken: Vec<_> = paths
        .iter()
        .filter(|path| load::load(path, config).is_err())
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if mistaken.is_empty() {
        let found = count(paths.len(), "scenario", "scenarios");
        return Finding::ok(ABOUT, format!("{found} in `{shown}`"));
    }
    let list = mistaken.join(", ");
    Finding::fail(
        ABOUT,
        format!("mistakes in {list}; `backlot test` shows them"),
    )
}
