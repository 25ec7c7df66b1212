//! An emulator for one call, with the one function that is called.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Invoke;
use crate::cli::build;
use crate::cli::exit::{CommandError, Exit, chain};
use crate::cli::opening::explain;
use crate::cli::remote::Remote;
use crate::cli::replacement::no_such_function;
use crate::config::Config;
use crate::stage::{Secrets, Settings, Stage, StoreChoice, Time};
use backlot_cos::store::{Durability, Kind};

/// Where it listens unless told otherwise.
const ANYWHERE: &str = "127.0.0.1:0";

impl Invoke {
    /// Starts an emulator, makes the call, and stops it.
    pub(super) async fn on_own(&self, event: Bytes) -> Result<Exit, CommandError> {
        let project = self.configuration.read()?;
        let folder = &project.folder;
        let mut config = project.config;
        self.egress.apply(&mut config);
        self.functions.apply(&mut config)?;
        if !config.functions.contains_key(&self.function) {
            return Err(no_such_function(&config, &self.function));
        }
        config.functions.retain(|name, _| *name == self.function);
        config.triggers.clear();
        self.debugging.apply(&mut config)?;
        config.place_code(folder);
        let wanted = build::Wanted::all(&mut config);
        let _packages = build::build(folder, std::iter::once(wanted)).await?;
        for function in config.functions.values_mut() {
            // There is no next event.
            function.freeze.get_or_insert(false);
        }
        let listen = self.own_address().await;
        let stage = Stage::start(self.settings(&config, listen)?).await;
        let stage = stage.map_err(|error| explain(&error))?;
        let watch = self.strict.watch(stage.journal());
        let remote = Remote {
            address: stage.address(),
        };
        let called = self.give(remote, event, true).await;
        stage.stop().await;
        let exit = called?;
        Ok(match watch {
            Some(watch) => watch.settle(exit),
            None => exit,
        })
    }

    /// Where an emulator of its own listens: at the given address, unless that is the address of the emulator that runs.
    async fn own_address(&self) -> SocketAddr {
        let anywhere = ANYWHERE.parse().expect("it is an address");
        let Some(address) = self.listen else {
            return anywhere;
        };
        let remote = Remote { address };
        match remote.health().await {
            Ok(_) => anywhere,
            Err(_) => address,
        }
    }

    fn settings(&self, config: &Config, listen: SocketAddr) -> Result<Settings, CommandError> {
        let mut settings =
            Settings::from_config(config).map_err(|error| CommandError::usage(chain(&error)))?;
        settings.time = Time::Real;
        settings.secrets = Secrets::Random;
        settings.listen = listen;
        settings.store = match &self.data {
            None => StoreChoice::temporary(Kind::Memory),
            Some(folder) => StoreChoice {
                kind: self.store,
                folder: Some(folder.clone()),
                durability: Durability::Full,
            },
        };
        Ok(settings)
    }
}
