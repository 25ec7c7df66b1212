//! `backlot env`: environment variables that point programs to the running emulator.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::{Remote, Target};
use crate::scf::Account;
use crate::stage::{ClientEnv, owner_keys};
use backlot_base::seed::Seed;

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
        let client_env = client_env(&health, remote).ok_or_else(|| {
            CommandError::environment(format!(
                "the emulator at {} is another version of backlot",
                remote.address
            ))
        })?;
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

/// The environment of clients, from what the running emulator says about itself. The owner's keys follow from the seed.
fn client_env(health: &Value, remote: Remote) -> Option<ClientEnv> {
    let account = &health["account"];
    Some(ClientEnv {
        address: remote.address,
        account: Account {
            app_id: account["app_id"].as_u64()?,
            uin: account["uin"].as_str()?.to_owned(),
            region: account["region"].as_str()?.to_owned(),
        },
        owner: owner_keys(Seed(health["seed"].as_u64()?)),
        ca_bundle: health["ca_bundle"].as_str().map(PathBuf::from),
        python: health["python"].as_str().map(PathBuf::from),
    })
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
