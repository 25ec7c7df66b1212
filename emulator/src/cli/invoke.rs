//! `backlot invoke`: invokes one function with one event and prints its answer.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;

use super::configuration::Configuration;
use super::egress::Egress;
use super::exit::{CommandError, Exit, chain};
use super::opening::explain;
use super::replacement::{self, Replacement};
use super::strict::Strict;
use super::terminal::show;
use super::{build, notice, tell};
use crate::stage::{Secrets, Settings, Stage, StoreChoice, Time};
use backlot_base::journal::{NoticeRecord, What};
use backlot_cos::store::{Durability, Kind};

/// Invokes a function synchronously, in an emulator of its own. The answer goes to stdout, the log to stderr
#[derive(Debug, Args)]
pub(super) struct Invoke {
    /// The function's name
    function: String,

    /// A file with the event; `-` for stdin
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    event: PathBuf,

    /// Run this for a function, instead of what is configured: a command, split as a shell does, or RUNTIME:HANDLER
    #[arg(long = "function", value_name = "NAME=COMMAND")]
    functions: Vec<Replacement>,

    /// Where the front door listens; port 0 lets the system pick one
    #[arg(
        long,
        value_name = "ADDR",
        env = "BACKLOT_LISTEN",
        default_value = "127.0.0.1:0"
    )]
    listen: SocketAddr,

    /// Keep objects in this folder; without it, they are in memory only
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    data: Option<PathBuf>,

    /// How objects are stored in the folder: `sqlite` or `fs`
    #[arg(
        long,
        value_name = "KIND",
        env = "BACKLOT_STORE",
        default_value = "sqlite"
    )]
    store: Kind,

    #[command(flatten)]
    configuration: Configuration,

    #[command(flatten)]
    egress: Egress,

    #[command(flatten)]
    strict: Strict,
}

impl Invoke {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        let project = self.configuration.read()?;
        let folder = &project.folder;
        let mut config = project.config;
        self.egress.apply(&mut config);
        replacement::apply(&mut config, &self.functions)?;
        if !config.functions.contains_key(&self.function) {
            return Err(replacement::no_such_function(&config, &self.function));
        }
        config.functions.retain(|name, _| *name == self.function);
        config.triggers.clear();
        let event = self.event()?;
        config.place_code(folder);
        build::build(folder, std::iter::once(build::Wanted::all(&mut config))).await?;
        for function in config.functions.values_mut() {
            // There is no next event.
            function.freeze.get_or_insert(false);
        }

        let mut settings =
            Settings::from_config(&config).map_err(|error| CommandError::usage(chain(&error)))?;
        settings.time = Time::Real;
        settings.secrets = Secrets::Random;
        settings.listen = self.listen;
        settings.store = self.store();
        let stage = Stage::start(settings)
            .await
            .map_err(|error| explain(&error))?;
        let watch = self.strict.watch(stage.journal());
        let journal = stage.journal().clone();
        let called = stage.call(&self.function, event).await;
        stage.stop().await;

        let reply = called
            .reply
            .map_err(|refused| CommandError::usage(format!("the event is refused: {refused}")))?;
        let log = reply.log.trim_end();
        if !log.is_empty() {
            tell(log);
        }
        for record in journal.appended() {
            if let What::Notice(NoticeRecord::Finding { text, .. }) = record.what {
                notice(&format!("finding: {text}"));
            }
        }
        show(&format!("{}\n", String::from_utf8_lossy(&reply.ret_msg)))?;
        let exit = if reply.status.is_success() {
            Exit::Passed
        } else {
            Exit::Failed
        };
        Ok(match watch {
            Some(watch) => watch.settle(exit),
            None => exit,
        })
    }

    fn store(&self) -> StoreChoice {
        match &self.data {
            None => StoreChoice::temporary(Kind::Memory),
            Some(folder) => StoreChoice {
                kind: self.store,
                folder: Some(folder.clone()),
                durability: Durability::Full,
            },
        }
    }

    fn event(&self) -> Result<Bytes, CommandError> {
        let read = if self.event.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(&self.event)
        };
        read.map(Bytes::from).map_err(|error| {
            CommandError::usage(format!(
                "event `{}` cannot be read: {error}",
                self.event.display()
            ))
        })
    }
}
