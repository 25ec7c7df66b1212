//! Which functions and versions there are, and what each of them runs on.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::deployment::Deployment;
use super::function::Function;
use super::function_key::FunctionKey;
use super::pool::{Arrival, Arrivals, Termination};
use super::registry::{Definitions, Route};
use super::share::Share;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::signal::FunctionTarget;

/// All versions of one function, by their name.
pub(super) type Versions = BTreeMap<String, Registered>;

/// What the service knows. Numbers are given here, too, so that they agree with the order of the queues.
#[derive(Debug, Default)]
pub(super) struct Books {
    invocations: u32,
    functions: BTreeMap<FunctionKey, Versions>,
    /// What the API says of them.
    pub(super) definitions: Definitions,
    /// The functions of the configuration, to which a reset goes back.
    pub(super) configured: Vec<Function>,
    /// What was deleted, while its last attempts run.
    ending: Vec<Registered>,
}

/// One version in operation.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) deployment: Arc<Deployment>,
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) stopping: CancellationToken,
    /// Tells the pool that the version was deleted.
    pub(super) delete: Option<oneshot::Sender<Hold>>,
    /// Ends events before their time.
    pub(super) terminate: mpsc::UnboundedSender<Termination>,
    pub(super) pool: JoinHandle<()>,
}

/// What an event, or a call of the API, was for and does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is no such function.
    #[error("there is no function `{0}`")]
    Function(FunctionKey),
    /// The function has neither such a version nor such an alias.
    #[error("the function `{function}` has no version or alias `{qualifier}`")]
    Qualifier {
        /// The function.
        function: FunctionKey,
        /// What was asked for.
        qualifier: String,
    },
}

impl Registered {
    /// Takes an attempt of an invocation of this number, which runs at the next rest at the earliest.
    pub(super) fn take(&self, number: u32, arrival: Arrival, hold: Hold) {
        let now = self.deployment.runtime().context.clock.now();
        if arrival.is_due(now) {
            self.deployment.expect(number);
        }
        self.arrivals.put(number, arrival, hold);
    }
}

impl Missing {
    /// 435 or 442.
    pub fn status(&self) -> Status {
        match self {
            Self::Function(_) => Status::FUNCTION_NOT_FOUND,
            Self::Qualifier { .. } => Status::QUALIFIER_NOT_FOUND,
        }
    }
}

impl Books {
    /// The number of the next invocation, from 1.
    pub(super) fn number(&mut self) -> u32 {
        self.invocations += 1;
        self.invocations
    }

    pub(super) fn has(&self, key: &FunctionKey, version: &str) -> bool {
        let versions = self.functions.get(key);
        versions.is_some_and(|versions| versions.contains_key(version))
    }

    pub(super) fn insert(&mut self, key: FunctionKey, version: String, registered: Registered) {
        let versions = self.functions.entry(key).or_default();
        versions.insert(version, registered);
    }

    /// The version that `target` names, with what it runs on.
    pub(super) fn find(
        &self,
        target: &FunctionTarget,
        route: Route<'_>,
    ) -> Result<(String, &Registered), Missing> {
        let key = FunctionKey::from(target);
        let Some(versions) = self.functions.get(&key) else {
            return Err(Missing::Function(key));
        };
        let version = self.definitions.version_of(&key, &target.qualifier, route);
        let found = versions.get_key_value(version);
        let (version, registered) = found.ok_or_else(|| Missing::Qualifier {
            function: key.clone(),
            qualifier: target.qualifier.clone().into_owned(),
        })?;
        Ok((version.clone(), registered))
    }

    /// The version that was chosen when an event arrived, if the function still has it, else as [`Books::find`].
    pub(super) fn find_chosen(
        &self,
        target: &FunctionTarget,
        chosen: Option<&str>,
        route: Route<'_>,
    ) -> Result<(String, &Registered), Missing> {
        let key = FunctionKey::from(target);
        let found = chosen.and_then(|chosen| Some((chosen, self.version(&key, chosen)?)));
        match found {
            Some((chosen, registered)) => Ok((chosen.to_owned(), registered)),
            None => self.find(target, route),
        }
    }

    /// The version of this very name, with what it runs on.
    pub(super) fn version(&self, key: &FunctionKey, version: &str) -> Option<&Registered> {
        self.functions.get(key)?.get(version)
    }

    /// The reserved share that the versions of a function have together.
    pub(super) fn share(&self, key: &FunctionKey) -> Arc<Share> {
        let versions = self.functions.get(key);
        let mut versions = versions.into_iter().flat_map(Versions::values);
        let share = versions.next().map(|one| Arc::clone(&one.deployment.share));
        share.unwrap_or_default()
    }

    /// The configured function that a version of the API is based on.
    pub(super) fn configured(&self, key: &FunctionKey) -> Option<&Function> {
        self.configured
            .iter()
            .find(|function| function.key() == *key)
    }

    /// All versions of a function.
    pub(super) fn versions(&self, key: &FunctionKey) -> Result<&Versions, Missing> {
        let versions = self.functions.get(key);
        versions.ok_or_else(|| Missing::Function(key.clone()))
    }

    /// Takes a function out with all its versions.
    pub(super) fn remove(&mut self, key: &FunctionKey) -> Result<Versions, Missing> {
        let versions = self.functions.remove(key);
        versions.ok_or_else(|| Missing::Function(key.clone()))
    }

    /// Takes one version out.
    pub(super) fn remove_version(
        &mut self,
        key: &FunctionKey,
        version: &str,
    ) -> Result<Registered, Missing> {
        let versions = self.functions.get_mut(key);
        let versions = versions.ok_or_else(|| Missing::Function(key.clone()))?;
        let removed = versions.remove(version);
        removed.ok_or_else(|| Missing::Qualifier {
            function: key.clone(),
            qualifier: version.to_owned(),
        })
    }

    /// Keeps what was deleted until its last attempt is over.
    pub(super) fn let_end(&mut self, registered: Registered) {
        self.ending.retain(|ending| !ending.pool.is_finished());
        self.ending.push(registered);
    }

    /// The names of all functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &FunctionKey> {
        self.functions.keys()
    }

    /// Everything that takes events or still runs.
    pub(super) fn registered(&self) -> impl Iterator<Item = &Registered> {
        let current = self.functions.values().flat_map(Versions::values);
        current.chain(&self.ending)
    }

    /// Takes everything out, in the order of the names.
    pub(super) fn take_all(&mut self) -> Vec<Registered> {
        let functions = std::mem::take(&mut self.functions);
        let versions = functions.into_values().flat_map(Versions::into_values);
        versions.chain(self.ending.drain(..)).collect()
    }
}
