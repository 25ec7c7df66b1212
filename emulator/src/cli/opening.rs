//! What `backlot up` and `backlot exec` have in common: from flags to a stage that runs in real time.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::configuration::Configuration;
use super::debugging::Debugging;
use super::egress::Egress;
use super::exit::{CommandError, chain};
use super::reload::Sources;
use super::replacement::Replacements;
use super::strict::Strict;
use super::{build, notice};
use crate::config::Config;
use crate::stage::state::STATE_FILE;
use crate::stage::{self, Secrets, Settings, Stage, StoreChoice, Time};
use backlot_base::folder::create_private;
use backlot_base::journal::Limit;
use backlot_base::seed::Seed;
use backlot_base::words::count;
use backlot_cos::store::{Durability, Kind};

/// What the stage is made of.
#[derive(Debug, Args)]
pub(super) struct Opening {
    #[command(flatten)]
    configuration: Configuration,

    /// How objects are stored: `sqlite`, `fs` or `memory` [default: `sqlite` with `--data`, else `memory`]
    #[arg(long, value_name = "KIND", env = "BACKLOT_STORE")]
    store: Option<Kind>,

    /// What an acknowledged upload survives
    #[arg(long, value_enum, default_value_t, env = "BACKLOT_DURABILITY")]
    durability: Survives,

    /// How time passes
    #[arg(long, value_enum, default_value_t, env = "BACKLOT_CLOCK")]
    clock: ClockKind,

    /// The seed of ids and keys [default: ids of seed 1, and random keys]
    #[arg(long, value_name = "NUMBER", env = "BACKLOT_SEED")]
    seed: Option<u64>,

    /// Memory limit for the journal: its oldest records are dropped; `none` keeps all
    #[arg(
        long,
        value_name = "SIZE",
        default_value_t = Limit::LASTING,
        env = "BACKLOT_JOURNAL_LIMIT"
    )]
    journal_limit: Limit,

    #[command(flatten)]
    functions: Replacements,

    /// Start without functions: nothing is built, and events are not delivered
    #[arg(
        long,
        conflicts_with = "functions",
        env = "BACKLOT_NO_FUNCTIONS",
        value_parser = FalseyValueParser::new()
    )]
    no_functions: bool,

    /// Freeze an instance between its answer and the next event, as `backlot test` does
    #[arg(long, env = "BACKLOT_FREEZE", value_parser = FalseyValueParser::new())]
    freeze: bool,

    #[command(flatten)]
    egress: Egress,

    #[command(flatten)]
    pub(super) strict: Strict,

    /// Preload the files in this folder (`<bucket>/<key…>`), or what `--export-on-exit` or `state save` has written
    #[arg(long, value_name = "DIR")]
    import: Option<PathBuf>,

    /// Save all buckets and objects to this folder on exit
    #[arg(long, value_name = "DIR")]
    export_on_exit: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Survives {
    /// A power loss
    #[default]
    Full,
    /// The end of the process, but not of the machine
    Relaxed,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ClockKind {
    /// Wall-clock time
    #[default]
    Real,
    /// Jumps to the next timer as soon as everything is idle
    Virtual,
}

impl Opening {
    /// Reads the configuration, builds functions, and starts a stage. Says also which files the functions are made of.
    pub(super) async fn open(
        &self,
        listen: SocketAddr,
        data: Option<&Path>,
        debugging: Option<&Debugging>,
    ) -> Result<(Stage, Sources), CommandError> {
        if let Some(folder) = &self.export_on_exit {
            // Better to fail now than on exit.
            create_private(folder).map_err(|error| {
                CommandError::usage(format!("`{}` cannot be written: {error}", folder.display()))
            })?;
        }
        let project = self.configuration.read()?;
        let folder = &project.folder;
        let mut config = project.config;
        if self.no_functions {
            config.functions.clear();
            config.triggers.clear();
        }
        self.egress.apply(&mut config);
        self.functions.apply(&mut config)?;
        leave_out_what_cannot_be_built(&mut config, folder);
        if let Some(debugging) = debugging {
            debugging.apply(&mut config)?;
        }
        for function in config.functions.values_mut() {
            function.freeze.get_or_insert(self.freeze);
        }
        config.place_code(folder);
        let wanted = build::Wanted::all(&mut config);
        let _packages = build::build(folder, std::iter::once(wanted)).await?;
        let sources = Sources::of(&config, folder, project.file.as_deref(), data);
        let mut settings =
            Settings::from_config(&config).map_err(|error| CommandError::usage(chain(&error)))?;
        settings.time = match self.clock {
            ClockKind::Real => Time::Real,
            ClockKind::Virtual => Time::virtual_default(),
        };
        match self.seed {
            Some(seed) => settings.seed = Seed(seed),
            None => settings.secrets = Secrets::Random,
        }
        settings.listen = listen;
        settings.store = self.store(data);
        settings.journal = self.journal_limit;
        let stage = Stage::start(settings)
            .await
            .map_err(|error| explain(&error))?;
        if let Some(path) = &self.import
            && let Err(error) = import(&stage, path).await
        {
            stage.stop().await;
            return Err(error);
        }
        Ok((stage, sources))
    }

    /// Saves buckets and objects, with `--export-on-exit`.
    pub(super) async fn export(&self, stage: &Stage) -> Result<(), CommandError> {
        let Some(folder) = &self.export_on_exit else {
            return Ok(());
        };
        let exported = stage.export(folder).await;
        let objects = exported.map_err(|error| CommandError::environment(chain(&error)))?;
        notice(&format!(
            "exported {} to `{}`",
            count(objects, "object", "objects"),
            folder.join(STATE_FILE).display()
        ));
        Ok(())
    }

    fn store(&self, data: Option<&Path>) -> StoreChoice {
        let Some(folder) = data else {
            return StoreChoice::temporary(self.store.unwrap_or(Kind::Memory));
        };
        StoreChoice {
            kind: self.store.unwrap_or(Kind::Sqlite),
            folder: Some(folder.to_owned()),
            durability: match self.durability {
                Survives::Full => Durability::Full,
                Survives::Relaxed => Durability::Relaxed,
            },
        }
    }
}

async fn import(stage: &Stage, path: &Path) -> Result<(), CommandError> {
    let imported = stage.import(path).await;
    let objects = imported.map_err(|error| CommandError::usage(chain(&error)))?;
    let objects = count(objects, "object", "objects");
    notice(&format!("imported {objects} from `{}`", path.display()));
    Ok(())
}

/// The function of the embedded defaults is a cargo package of this project. Without the package an emulator is useful too, and
/// warns that the function is not available.
fn leave_out_what_cannot_be_built(config: &mut Config, project: &Path) {
    if project.join("Cargo.toml").exists() {
        return;
    }
    for (name, function) in &Config::embedded().functions {
        let Some(package) = &function.cargo else {
            continue;
        };
        if config.functions.get(name) != Some(function) {
            continue;
        }
        tracing::warn!(
            "function `{name}` is not available: there is no cargo package `{package}` in this folder; \
             use `--function {name}=COMMAND`, or write `backlot.yaml`"
        );
        config.functions.remove(name);
        config.triggers.retain(|_, bound| bound != name);
    }
}

/// Why the stage did not start, and what to do about it.
pub(super) fn explain(error: &stage::Error) -> CommandError {
    let failed = CommandError::environment(chain(error));
    match error {
        stage::Error::Listen { source, .. } => match source.kind() {
            ErrorKind::AddrInUse => failed
                .hint("another program has this port: stop it, or choose another with `--listen`"),
            ErrorKind::AddrNotAvailable => failed.hint(
                "this machine has no such address: use `127.0.0.1`, or `0.0.0.0` for all it has",
            ),
            _ => failed.hint("choose another address with `--listen`"),
        },
        stage::Error::Store(_)
        | stage::Error::OtherStore { .. }
        | stage::Error::DataFolder { .. } => {
            failed.hint("to keep that folder as it is, choose another one with `--data`")
        }
        _ => failed,
    }
}
