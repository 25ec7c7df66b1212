//! `backlot env`: environment variables that point programs to the running emulator.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::exit::{CommandError, Exit};
use super::print;
use super::remote::{Remote, Target};
use super::shell::Shell;
use super::variables::Variables;
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

    /// Undo it: print lines that remove the variables, or put back what they were
    #[arg(long, conflicts_with_all = ["with", "without", "no_python"])]
    unset: bool,

    #[command(flatten)]
    variables: Variables,
}

impl Env {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        // The shell that reads the lines is the one that has started us.
        let now = |name: &str| std::env::var(name).ok();
        if self.unset {
            print(&self.shell.unset(&ClientEnv::names(), now))?;
            return Ok(Exit::Passed);
        }
        let remote = self.target.find()?;
        let health = remote.health().await?;
        let client_env = client_env(&health, remote)?;
        let before = std::env::var_os("PYTHONPATH");
        let variables = self
            .variables
            .of(&client_env, before.as_deref())
            .into_iter();
        let variables: Vec<_> = variables
            .map(|(name, value)| {
                (
                    name,
                    value.map(|value| value.to_string_lossy().into_owned()),
                )
            })
            .collect();
        let is_set = now("BACKLOT_ADDRESS").is_some();
        print(&self.shell.set(&variables, is_set, now))?;
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
