//! `backlot env`: environment variables that point programs to the running emulator.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::{Remote, Target};
use crate::scf::Account;
use crate::stage::{ClientEnv, owner_keys, secrets};
use backlot_base::seed::Seed;
use backlot_http::auth::Credentials;

/// Prints environment variables that point programs to the running emulator: `eval "$(backlot env)"`
#[derive(Debug, Args)]
pub(super) struct Env {
    #[command(flatten)]
    target: Target,

    /// The shell whose syntax to print
    #[arg(long, value_enum, default_value_t)]
    shell: Shell,

    /// Do not change `PYTHONPATH`: Python programs that use `certifi` will not trust the certificates
    #[arg(long)]
    no_python: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Shell {
    /// Any POSIX shell, bash and zsh
    #[default]
    Sh,
    /// fish
    Fish,
    /// `PowerShell`
    Powershell,
}

impl Env {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let remote = self.target.find()?;
        let health = remote.health().await?;
        let client_env = client_env(&health, remote)?;
        let mut variables = client_env.variables();
        // The shell that reads the lines is the one that has started us.
        let before = std::env::var_os("PYTHONPATH");
        if let Some(path) = client_env.python_path(before.as_deref())
            && !self.no_python
        {
            variables.push(("PYTHONPATH".into(), path.to_string_lossy().into_owned()));
        }
        let lines = variables.into_iter();
        let lines = lines.map(|(name, value)| self.shell.export(&name, &value));
        print(&lines.collect::<String>())?;
        Ok(Exit::Passed)
    }
}

/// The environment of clients, from what the running emulator says about itself, with the owner's keys.
fn client_env(health: &Value, remote: Remote) -> Result<ClientEnv, CommandError> {
    let owner = owner(health, remote)?;
    of_health(health, remote, owner).ok_or_else(|| other_version(remote))
}

fn of_health(health: &Value, remote: Remote, owner: Credentials) -> Option<ClientEnv> {
    let account = &health["account"];
    Some(ClientEnv {
        address: remote.address,
        account: Account {
            app_id: account["app_id"].as_u64()?,
            uin: account["uin"].as_str()?.to_owned(),
            region: account["region"].as_str()?.to_owned(),
        },
        owner,
        ca_bundle: health["ca_bundle"].as_str().map(PathBuf::from),
        python: health["python"].as_str().map(PathBuf::from),
    })
}

/// The owner's keys: no answer of the emulator holds them. They follow from the seed, or from a file that only the user who
/// has started the emulator can read.
fn owner(health: &Value, remote: Remote) -> Result<Credentials, CommandError> {
    if let Some(path) = health["keys_file"].as_str() {
        let secrets = secrets::read(path.as_ref()).map_err(|error| {
            let message = format!(
                "the keys of the emulator at {} are not known: `{path}` cannot be read: {error}",
                remote.address
            );
            CommandError::environment(message).hint(
                "run this command where the emulator runs and as the same user, or start the emulator with `--seed NUMBER`, \
                 from which the keys follow",
            )
        })?;
        return Ok(owner_keys(secrets));
    }
    let seed = health["seed"].as_u64();
    seed.map(|seed| owner_keys(Seed(seed)))
        .ok_or_else(|| other_version(remote))
}

fn other_version(remote: Remote) -> CommandError {
    CommandError::environment(format!(
        "the emulator at {} is another version of backlot",
        remote.address
    ))
}

impl Shell {
    fn export(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'\n")
            }
            Self::Powershell => format!("$env:{name} = '{}'\n", value.replace('\'', "''")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_each_shell() {
        let value = r"a'b\c $d";
        for (shell, expected) in [
            (Shell::Sh, r"export X='a'\''b\c $d'"),
            (Shell::Fish, r"set -gx X 'a\'b\\c $d'"),
            (Shell::Powershell, r"$env:X = 'a''b\c $d'"),
        ] {
            assert_eq!(shell.export("X", value).trim_end(), expected);
        }
    }
}
