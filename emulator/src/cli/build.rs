//! Makes functions able to start: runs the `build:` of those that have one, builds those that are cargo packages, and checks
//! the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::build_command::BuildCommand;
use super::exit::CommandError;
use super::notice;
use super::startable::{Packages, Startable};
use crate::config::Config;
use crate::config::written::Words;

/// A configuration whose functions are to be able to start.
pub(super) struct Wanted<'a> {
    config: &'a mut Config,
    /// The functions; all if `None`.
    names: Option<BTreeSet<String>>,
}

impl<'a> Wanted<'a> {
    /// All functions.
    pub(super) fn all(config: &'a mut Config) -> Self {
        let names = None;
        Self { config, names }
    }

    /// The functions of these names; nothing invokes the others.
    pub(super) fn only(config: &'a mut Config, names: BTreeSet<String>) -> Self {
        let names = Some(names);
        Self { config, names }
    }
}

/// Builds every wanted function that is a package of the cargo workspace around `folder`, each package once, and puts its
/// binary in place as the command. Runs the builds of the others, each once, and checks that they can start. What is
/// returned keeps zips unpacked that are needed again.
pub(super) async fn build<'a>(
    folder: &Path,
    all: impl Iterator<Item = Wanted<'a>>,
) -> Result<Packages, CommandError> {
    let mut built: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut run: BTreeSet<BuildCommand> = BTreeSet::new();
    let mut startable = Startable::default();
    for wanted in all {
        for (name, function) in &mut wanted.config.functions {
            if wanted
                .names
                .as_ref()
                .is_some_and(|names| !names.contains(name))
            {
                continue;
            }
            if let Some(command) = BuildCommand::of(function)
                && !run.contains(&command)
            {
                command.run(name).await?;
                run.insert(command);
            }
            let Some(package) = function.cargo.clone() else {
                startable.check(name, function).await?;
                continue;
            };
            if !built.contains_key(&package) {
                let binary = cargo_build(name, &package, folder).await?;
                built.insert(package.clone(), binary);
            }
            let binary = built[&package].to_string_lossy().into_owned();
            function.cargo = None;
            function.command = Some(Words(vec![binary]));
        }
    }
    Ok(startable.into_packages())
}

/// Builds the binary `bootstrap` of a package, in the profile in which this program was built, and says where it is.
async fn cargo_build(
    function: &str,
    package: &str,
    folder: &Path,
) -> Result<PathBuf, CommandError> {
    let hint = format!(
        "run backlot in the workspace that holds `{package}`, or set `functions.{function}.command` in backlot.yaml; \
         `up` and `exec` do without functions if you give `--no-functions`"
    );
    let selection = Selection::of(package, folder).await;
    let mut cargo = cargo(folder);
    cargo.args(["build", "--bin", "bootstrap"]);
    for selected in &selection.packages {
        cargo.args(["--package", selected]);
    }
    cargo.arg("--message-format=json-render-diagnostics");
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    notice(&format!(
        "building function `{function}` (cargo package `{package}`)"
    ));
    let output = cargo.output().await.map_err(|error| {
        CommandError::environment(format!(
            "function `{function}` cannot be built: cargo cannot be started: {error}"
        ))
        .hint(hint.clone())
    })?;
    if !output.status.success() {
        let message = format!(
            "function `{function}` cannot be built: cargo exited with {}",
            output.status
        );
        return Err(CommandError::environment(message).hint(hint));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut messages = messages.lines();
    messages
        .find_map(|message| selection.executable(message))
        .ok_or_else(|| {
            let message = format!("package `{package}` has no binary `bootstrap`");
            CommandError::environment(message).hint(hint)
        })
}

/// The packages that a build names, so that the wanted one is built with the features that its workspace is usually built
/// with. Cargo unifies features over the packages that are named: alone, a package would need its dependencies once more.
#[derive(Debug, PartialEq, Eq)]
struct Selection {
    packages: Vec<String>,
    /// What cargo calls the wanted package in its messages; `None` if that is not known.
    id: Option<String>,
}

/// The packages of the cargo workspace around a folder, or why they are not known.
pub(super) async fn packages(folder: &Path) -> Result<Vec<String>, String> {
    let mut cargo = cargo(folder);
    cargo.args(["metadata", "--no-deps", "--format-version=1"]);
    cargo.stdin(Stdio::null()).kill_on_drop(true);
    let output = cargo.output().await;
    let output = output.map_err(|error| format!("cargo does not start: {error}"))?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.lines()
            .next()
            .unwrap_or("cargo says nothing")
            .to_owned()
    })?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let names = packages.filter_map(|package| package["name"].as_str().map(str::to_owned));
    Ok(names.collect())
}

impl Selection {
    /// The default members of the workspace if the package is one of them, else the package alone.
    async fn of(package: &str, folder: &Path) -> Self {
        let mut cargo = cargo(folder);
        cargo.args(["metadata", "--no-deps", "--format-version=1"]);
        cargo.stdin(Stdio::null()).kill_on_drop(true);
        let output = cargo.output().await.map(|output| output.stdout);
        let metadata = serde_json::from_slice(&output.unwrap_or_default());
        // The build says what is wrong, better than this could.
        let found = metadata.ok().and_then(|found| Self::read(package, &found));
        found.unwrap_or_else(|| Self {
            packages: vec![package.to_owned()],
            id: None,
        })
    }

    fn read(package: &str, metadata: &serde_json::Value) -> Option<Self> {
        let members = metadata["workspace_default_members"].as_array()?;
        let known = metadata["packages"].as_array()?.iter();
        let known = known.filter(|known| members.contains(&known["id"]));
        let known =
            known.filter_map(|known| Some((known["name"].as_str()?, known["id"].as_str()?)));
        let known: Vec<_> = known.collect();
        let (_, id) = known.iter().find(|(name, _)| *name == package)?;
        Some(Self {
            packages: known.iter().map(|(name, _)| (*name).to_owned()).collect(),
            id: Some((*id).to_owned()),
        })
    }

    /// The path of the wanted binary, if this message of cargo is about it.
    fn executable(&self, message: &str) -> Option<PathBuf> {
        let message: serde_json::Value = serde_json::from_str(message).ok()?;
        let path = message.get("executable")?.as_str()?;
        let is_wanted = self
            .id
            .as_ref()
            .is_none_or(|id| message["package_id"] == **id);
        is_wanted.then(|| PathBuf::from(path))
    }
}

#[expect(clippy::disallowed_methods, reason = "this starts the compiler")]
fn cargo(folder: &Path) -> tokio::process::Command {
    let mut cargo =
        tokio::process::Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    if !folder.as_os_str().is_empty() {
        cargo.current_dir(folder);
    }
    cargo
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_default_member_is_built_together_with_the_others() {
        let metadata = json!({
            "packages": [
                {"name": "handler", "id": "path+file:///p/handler#0.1.0"},
                {"name": "emulator", "id": "path+file:///p/emulator#0.1.0"},
                {"name": "tests", "id": "path+file:///p/tests#0.1.0"},
            ],
            "workspace_default_members": ["path+file:///p/handler#0.1.0", "path+file:///p/emulator#0.1.0"],
        });
        let selection = Selection::read("handler", &metadata).unwrap();
        assert_eq!(selection.packages, ["handler", "emulator"]);
        assert_eq!(Selection::read("tests", &metadata), None);
        let message = |package: &str| {
            let id = format!("path+file:///p/{package}#0.1.0");
            let path = format!("/p/target/debug/{package}");
            json!({"reason": "compiler-artifact", "package_id": id, "executable": path}).to_string()
        };
        assert_eq!(selection.executable(&message("emulator")), None);
        let found = selection.executable(&message("handler"));
        assert_eq!(found, Some(PathBuf::from("/p/target/debug/handler")));
    }
}
