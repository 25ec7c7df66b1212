//! The service: its parts, what it is told at the start, and what there is to see of it.
//!
//! What it does is beside it: `functions` come and go, events come in at `intake`, `resume` brings back those of an earlier
//! process, and `ending` lets them end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::books::{Books, Registered};
use super::code_objects::CodeObjects;
use super::code_zip::CodeAddress;
use super::dead_letter::DeadLetter;
use super::deployment::Deployment;
use super::function::Function;
use super::function_key::FunctionKey;
use super::function_runtime::FunctionRuntime;
use super::pool::{Arrivals, DeadLetters, Pool, PoolEnd};
use super::queue::AsyncRetries;
use super::queue_file::QueueFile;
use super::registry::Packages;
use super::triggers::TriggerDesk;
use super::waiting::Waiting;
use backlot_base::chains::Chains;
use backlot_base::context::Context;
use backlot_base::registry::Registry;
use backlot_base::signal::FunctionTarget;
use backlot_http::auth::Keyring;

/// A handle to the SCF of one stage; clones are the same service. When the last one is dropped, everything is killed in
/// the background; [`Scf::stop`] waits for it.
#[derive(Clone, Debug)]
pub struct Scf {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) context: Context,
    /// What the API has changed.
    pub(super) registry: Registry,
    /// The code that the API was given.
    pub(super) packages: Packages,
    /// Where code in COS is read; empty until the stage has a COS.
    pub(super) objects: OnceLock<Arc<dyn CodeObjects>>,
    /// Where the code of functions is downloaded.
    pub(super) code_address: CodeAddress,
    /// How many events have led to what is going on; empty until the stage says so.
    pub(super) chains: OnceLock<Chains>,
    /// What makes functions run without a call.
    pub(super) triggers: TriggerDesk,
    keyring: Keyring,
    pub(super) account: Account,
    platform_extra: Vec<(String, String)>,
    pub(super) dead_letters: DeadLetters,
    /// Where queues are kept, if they are.
    pub(super) queue_file: OnceLock<QueueFile>,
    pub(super) async_retries: OnceLock<AsyncRetries>,
    // A plain mutex: numbers and queues have to agree, so an event is numbered and sent under it. Sending never waits.
    books: Mutex<Books>,
    pub(super) closing: CancellationToken,
    stopping: CancellationToken,
}

impl Scf {
    /// A service without functions. `platform_extra` are variables that the stage gives to every instance, such as
    /// `HTTP_PROXY`.
    pub fn start(
        context: Context,
        keyring: Keyring,
        account: Account,
        platform_extra: Vec<(String, String)>,
    ) -> Self {
        let registry = Registry::in_memory();
        Self::start_with(context, keyring, account, platform_extra, registry)
    }

    /// [`Scf::start`], with a registry in which changes of the API are kept. See [`Scf::restore`].
    pub fn start_with(
        context: Context,
        keyring: Keyring,
        account: Account,
        platform_extra: Vec<(String, String)>,
        registry: Registry,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                context,
                packages: Packages::new(registry.clone()),
                objects: OnceLock::new(),
                code_address: CodeAddress::default(),
                chains: OnceLock::new(),
                triggers: TriggerDesk::new(registry.clone()),
                registry,
                keyring,
                account,
                platform_extra,
                dead_letters: DeadLetters::default(),
                queue_file: OnceLock::new(),
                async_retries: OnceLock::new(),
                books: Mutex::default(),
                closing: CancellationToken::new(),
                stopping: CancellationToken::new(),
            }),
        }
    }

    /// Says where code is read that calls of the API name in COS. Only the first word counts.
    pub fn read_code_from(&self, objects: Arc<dyn CodeObjects>) {
        // A second source would be a mistake of the stage, and change nothing.
        let _ = self.inner.objects.set(objects);
    }

    /// Says how long the chains of events are, of which calls by functions are a part. Only the first word counts.
    pub fn follow(&self, chains: Chains) {
        let _ = self.inner.chains.set(chains);
    }

    /// How long the pauses are before retries after 432 and 500. The first call decides.
    pub fn pause_retries(&self, pauses: AsyncRetries) {
        self.inner.async_retries.get_or_init(|| pauses);
    }

    /// Messages in dead-letter queues, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let letters = &self.inner.dead_letters;
        letters
            .lock()
            .expect("no code panics while it adds a letter")
            .clone()
    }

    /// `MemorySize` of a version in MB; that of a new function if it was deleted.
    pub fn memory_mb(&self, target: &FunctionTarget) -> u32 {
        const DEFAULT: u32 = 128;
        let function = self.function(target);
        function.map_or(DEFAULT, |function| function.memory_mb)
    }

    /// The clock, the journal and the ids of the stage.
    pub(super) fn context(&self) -> &Context {
        &self.inner.context
    }

    /// How many events wait for an attempt.
    pub fn waiting(&self) -> Waiting {
        let books = self.books();
        let waiting = books
            .registered()
            .map(|registered| registered.deployment.board.read());
        waiting.fold(Waiting::default(), Waiting::and)
    }

    /// How many events wait for an attempt, for each function for which any do, by name.
    pub fn waiting_by_function(&self) -> BTreeMap<FunctionKey, Waiting> {
        let books = self.books();
        let mut waiting: BTreeMap<FunctionKey, Waiting> = BTreeMap::new();
        for registered in books.registered() {
            let of_version = registered.deployment.board.read();
            if !of_version.is_nothing() {
                let key = registered.deployment.runtime().function.key();
                let all = waiting.entry(key).or_default();
                *all = all.and(of_version);
            }
        }
        waiting
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.inner
            .books
            .lock()
            .expect("no code panics while it keeps the books")
    }
}

impl Inner {
    pub(super) fn runtime(&self, function: Function) -> FunctionRuntime {
        FunctionRuntime::new(
            self.context.clone(),
            self.keyring.clone(),
            self.account.clone(),
            self.platform_extra.clone(),
            function,
        )
    }

    pub(super) fn register(&self, deployment: Arc<Deployment>) -> Registered {
        let (arrivals, wake) = Arrivals::new();
        let arrivals = Arc::new(arrivals);
        let stopping = self.stopping.child_token();
        let letters = Arc::clone(&self.dead_letters);
        let gathered = (Arc::clone(&arrivals), wake);
        let (delete, deleted) = oneshot::channel();
        let (terminate, terminations) = mpsc::unbounded_channel();
        let end = PoolEnd {
            closing: self.closing.clone(),
            stopping: stopping.clone(),
            deleted: Some(deleted),
            terminations,
        };
        let pool = Pool::spawn(Arc::clone(&deployment), letters, gathered, end);
        Registered {
            deployment,
            arrivals,
            stopping,
            delete: Some(delete),
            terminate,
            pool,
        }
    }

    /// Tells what was taken out of the books that it has been deleted.
    pub(super) fn end(&self, books: &mut Books, mut registered: Registered) {
        let hold = self.context.clock.hold("the deletion of a function");
        if let Some(delete) = registered.delete.take() {
            // A pool that is stopping does not hear it.
            drop(delete.send(hold));
        }
        books.let_end(registered);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}
