//! Functions: how they come to be, change and go, and that what runs agrees with what the API says of them.
//!
//! A change by the API is made on a copy of the function's entry. It is kept in the registry first; then versions that are new
//! or differ get a pool or replace what theirs runs on, and versions that are gone end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Scf;
use super::books::{Books, Missing, Versions};
use super::deployment::Deployment;
use super::ending::stop_all;
use super::function::{Code, Function, InvalidFunction};
use super::function_key::FunctionKey;
use super::package::Package;
use super::registry::{
    CodeSource, Definition, Definitions, Entry, Kept, PART, PackageError, Route, blob,
};
use super::service::Inner;
use super::shim::UnknownRuntime;
use super::triggers::RestoreError;
use backlot_base::registry::RegistryError;
use backlot_base::signal::FunctionTarget;
use jiff::Timestamp;

/// How many instances of a function that the API has made may run at the same time, while further events wait.
///
/// Deviates: on the platform as many run as the region has memory for, which no single machine has.
const INSTANCES: usize = 32;

/// Why a function was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The function breaks a rule of SCF.
    #[error(transparent)]
    Invalid(#[from] InvalidFunction),
    /// A function with this name exists already.
    #[error("the function `{0}` exists already")]
    Exists(FunctionKey),
}

/// Why a function was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The function breaks a rule of SCF.
    #[error(transparent)]
    Invalid(#[from] InvalidFunction),
    /// There is no such function or version.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// Why a change by the API was not made. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such function or version.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A function with this name exists already.
    #[error("the function `{0}` exists already")]
    Exists(FunctionKey),
    /// The function breaks a rule of SCF.
    #[error(transparent)]
    Invalid(#[from] InvalidFunction),
    /// No emulated runtime has this name.
    #[error(transparent)]
    Runtime(#[from] UnknownRuntime),
    /// The package cannot be read.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The change cannot be kept.
    #[error("the change cannot be kept")]
    Registry(#[from] RegistryError),
    /// The code was that of the configuration, which has no such function any more.
    #[error(
        "the code of the function `{0}` was configured, and the configuration has no such function"
    )]
    NoCode(FunctionKey),
}

/// Why not everything began anew as a registry has kept it.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// A function could not be made.
    #[error(transparent)]
    Function(#[from] ChangeError),
    /// The triggers could not be made.
    #[error(transparent)]
    Triggers(#[from] RestoreError),
}

impl Scf {
    /// Creates a version of a function of the configuration. Nothing is started before its first event. Must be called within a
    /// runtime.
    pub fn create_function(&self, function: Function) -> Result<(), CreateError> {
        function.check()?;
        let mut books = self.books();
        if books.has(&function.key(), &function.version) {
            return Err(CreateError::Exists(function.key()));
        }
        books.configured.push(function.clone());
        self.inner.configure(&mut books, function);
        Ok(())
    }

    /// Replaces the code of a version of the configuration, and nothing else: settings stay, also those that the API has
    /// changed. Attempts under way end on the old code; the next attempt of each instance starts a new one on the new code, also
    /// for events that wait already.
    pub fn replace_code(
        &self,
        target: &FunctionTarget,
        code: &Code,
        package: Option<&Arc<Package>>,
    ) -> Result<(), UpdateError> {
        let placed = |function: Function| Function {
            code: code.clone(),
            package: package.cloned(),
            ..function
        };
        let key = FunctionKey::from(target);
        let mut books = self.books();
        let (version, registered) = books.find(target, Route::default())?;
        let running = placed(registered.deployment.function());
        running.check()?;
        registered.deployment.replace(self.inner.runtime(running));
        let configured = books.configured.iter_mut();
        for before in configured.filter(|before| before.key() == key && before.version == version) {
            *before = placed(before.clone());
        }
        let now = self.inner.context.clock.now();
        let entry = books.definitions.functions.get_mut(&key);
        if let Some(entry) = entry.filter(|entry| !entry.is_changed)
            && let Some(definition) = entry.versions.get_mut(&version)
        {
            definition.modified = now;
        }
        Ok(())
    }

    /// Replaces code and settings of a version of the configuration, as [`Scf::replace_code`] does. What the API has changed
    /// stays.
    pub fn update_function(&self, function: Function) -> Result<(), UpdateError> {
        function.check()?;
        let (key, target) = (function.key(), function.target());
        let mut books = self.books();
        books.find(&target, Route::default())?;
        let before = books
            .configured
            .iter_mut()
            .find(|before| before.key() == key && before.version == function.version);
        if let Some(before) = before {
            *before = function.clone();
        }
        let now = self.inner.context.clock.now();
        let entry = books.definitions.functions.get_mut(&key);
        let function = match entry {
            Some(entry) if !entry.is_changed => {
                let definition = Definition::of(&function, now);
                entry.versions.insert(function.version.clone(), definition);
                function
            }
            Some(entry) => match entry.versions.get(&function.version) {
                Some(definition) => definition.over(function),
                None => function,
            },
            None => function,
        };
        let function = Inner::with_event_invoke(&books, function);
        let (_version, registered) = books.find(&target, Route::default())?;
        registered.deployment.replace(self.inner.runtime(function));
        Ok(())
    }

    /// Deletes a function with all its versions and triggers. Attempts under way may end; events that wait end with 435.
    pub fn delete_function(&self, key: &FunctionKey) -> Result<(), Missing> {
        {
            let mut books = self.books();
            books.definitions.functions.remove(key);
            books.definitions.event_invoke.remove(key);
            for registered in books.remove(key)?.into_values() {
                self.inner.end(&mut books, registered);
            }
        }
        self.inner.triggers.forget(key, None);
        Ok(())
    }

    /// Deletes one version, as [`Scf::delete_function`] does.
    pub fn delete_version(&self, key: &FunctionKey, version: &str) -> Result<(), Missing> {
        {
            let mut books = self.books();
            let registered = books.remove_version(key, version)?;
            if let Some(entry) = books.definitions.functions.get_mut(key) {
                entry.versions.remove(version);
            }
            self.inner.end(&mut books, registered);
        }
        self.inner.triggers.forget(key, Some(version));
        Ok(())
    }

    /// The names of all functions.
    pub fn functions(&self) -> Vec<FunctionKey> {
        self.books().functions().cloned().collect()
    }

    /// The settings of the version that `target` names.
    pub fn function(&self, target: &FunctionTarget) -> Result<Function, Missing> {
        let books = self.books();
        let (_version, registered) = books.find(target, Route::default())?;
        Ok(registered.deployment.function())
    }

    /// Makes the functions as the registry has kept them. To be called once, after the functions of the configuration were
    /// created. A function whose code was that of the configuration, and is gone from it, is left out with a warning.
    pub fn restore(&self) -> Result<(), ChangeError> {
        let Some(kept) = self.inner.registry.part::<Kept>(PART)? else {
            return Ok(());
        };
        let mut books = self.books();
        books.definitions.namespaces = kept.namespaces;
        let event_invoke = kept.event_invoke.into_iter();
        let event_invoke = event_invoke.map(|kept| (FunctionKey::from(kept.name), kept.change));
        books.definitions.event_invoke = event_invoke.collect();
        for name in kept.deleted {
            let key = FunctionKey::from(name);
            self.inner.remove(&mut books, &key);
            books.definitions.deleted.insert(key);
        }
        for function in kept.functions {
            let key = FunctionKey::from(function.name);
            match self.inner.agree(&mut books, &key, function.entry) {
                Err(ChangeError::NoCode(key)) => {
                    tracing::warn!(
                        "the function `{key}` was changed by the API, but its code was configured and is gone: it is left out"
                    );
                }
                agreed => agreed?,
            }
        }
        // Functions that were not changed otherwise are those of the configuration.
        let of_configured: Vec<_> = books.definitions.event_invoke.keys().cloned().collect();
        for key in of_configured {
            Inner::tell_event_invoke(&books, &key);
        }
        Ok(())
    }

    /// Begins anew with what the registry has been given. Returns when the old instances are gone.
    pub async fn reload(&self) -> Result<(), ReloadError> {
        let before = {
            let mut books = self.books();
            let before = books.take_all();
            self.inner.configure_anew(&mut books);
            before
        };
        let restored = self.restore();
        self.inner
            .packages
            .retain(&self.books().definitions.packages());
        stop_all(before).await;
        restored?;
        Ok(self.restore_triggers()?)
    }

    /// The names under which the registry has packages of code that are in use.
    pub fn packages(&self) -> Vec<String> {
        self.read(|definitions| {
            let packages = definitions.packages();
            packages.into_iter().map(blob).collect()
        })
    }

    /// What `read` finds in the definitions of all functions.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Definitions) -> T) -> T {
        read(&self.books().definitions)
    }

    /// Makes a function by the API.
    pub(super) fn define(&self, key: &FunctionKey, latest: Definition) -> Result<(), ChangeError> {
        let mut books = self.books();
        if books.definitions.functions.contains_key(key) {
            return Err(ChangeError::Exists(key.clone()));
        }
        let entry = Entry::new(self.inner.function_id(key), latest);
        // A new function has nothing of one that had its name.
        let before = books.definitions.event_invoke.remove(key);
        if let Err(error) = self.inner.apply(&mut books, key, entry) {
            let event_invoke = &mut books.definitions.event_invoke;
            event_invoke.extend(before.map(|before| (key.clone(), before)));
            return Err(error);
        }
        drop(books);
        self.inner.triggers.forget_left_out(key);
        Ok(self.inner.triggers.keep()?)
    }

    /// Changes a function by the API: its entry is as `change` leaves it. The time is that of the change.
    pub(super) fn change<T, E: From<ChangeError>>(
        &self,
        key: &FunctionKey,
        change: impl FnOnce(&mut Entry, Timestamp) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut books = self.books();
        let entry = books.definitions.functions.get(key);
        let missing = || ChangeError::Missing(Missing::Function(key.clone()));
        let mut entry = entry.cloned().ok_or_else(missing)?;
        let now = self.inner.context.clock.now();
        let changed = change(&mut entry, now)?;
        self.inner.apply(&mut books, key, entry)?;
        Ok(changed)
    }

    /// Deletes a function by the API, with all its versions and triggers.
    pub(super) fn undefine(&self, key: &FunctionKey) -> Result<(), ChangeError> {
        {
            let mut books = self.books();
            if !books.definitions.functions.contains_key(key) {
                return Err(Missing::Function(key.clone()).into());
            }
            let mut definitions = books.definitions.clone();
            definitions.functions.remove(key);
            definitions.event_invoke.remove(key);
            if books.configured(key).is_some() {
                definitions.deleted.insert(key.clone());
            }
            self.inner.keep(&definitions)?;
            self.inner.remove(&mut books, key);
            books.definitions = definitions;
            self.inner.packages.retain(&books.definitions.packages());
        }
        self.inner.triggers.forget(key, None);
        Ok(self.inner.triggers.keep()?)
    }

    /// Changes the definitions, other than those of functions, by the API.
    pub(super) fn change_definitions<T, E: From<ChangeError>>(
        &self,
        change: impl FnOnce(&mut Definitions, Timestamp) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut books = self.books();
        let mut definitions = books.definitions.clone();
        let now = self.inner.context.clock.now();
        let changed = change(&mut definitions, now)?;
        self.inner.keep(&definitions).map_err(ChangeError::from)?;
        books.definitions = definitions;
        Ok(changed)
    }
}

impl Inner {
    /// Adds a function of the configuration, which was checked.
    fn configure(&self, books: &mut Books, function: Function) {
        let (key, version) = (function.key(), function.version.clone());
        let now = self.context.clock.now();
        let definition = Definition::of(&function, now);
        let reserved_mb = function.reserved_mb;
        let entry = books.definitions.functions.entry(key.clone());
        let entry = entry.or_insert_with(|| Entry {
            reserved_mb,
            versions: BTreeMap::new(),
            ..Entry::new(self.function_id(&key), definition.clone())
        });
        entry.versions.insert(version.clone(), definition);
        let function = Self::with_event_invoke(books, function);
        let deployment = Deployment::new(self.runtime(function), books.share(&key));
        let registered = self.register(Arc::new(deployment));
        books.insert(key, version, registered);
    }

    /// Forgets what the API has changed. The books have no function any more.
    pub(super) fn configure_anew(&self, books: &mut Books) {
        books.definitions = Definitions::default();
        for function in books.configured.clone() {
            self.configure(books, function);
        }
    }

    /// `lam-` and eight letters or digits.
    fn function_id(&self, key: &FunctionKey) -> String {
        let drawn = self
            .context
            .seed
            .draw(&["function", &key.namespace, &key.name]);
        format!("lam-{}", drawn.hex(8))
    }

    pub(super) fn keep(&self, definitions: &Definitions) -> Result<(), RegistryError> {
        self.registry.keep(PART, &Kept::of(definitions))
    }

    /// Keeps a changed entry, and makes what runs agree with it.
    fn apply(
        &self,
        books: &mut Books,
        key: &FunctionKey,
        mut entry: Entry,
    ) -> Result<(), ChangeError> {
        entry.is_changed = true;
        // All that can be wrong with it is known before it is kept.
        self.functions_of(books, key, &entry)?;
        let mut definitions = books.definitions.clone();
        definitions.deleted.remove(key);
        definitions.functions.insert(key.clone(), entry.clone());
        self.keep(&definitions)?;
        books.definitions.deleted.remove(key);
        self.agree(books, key, entry)?;
        self.packages.retain(&books.definitions.packages());
        Ok(())
    }

    /// Makes what runs agree with an entry.
    fn agree(
        &self,
        books: &mut Books,
        key: &FunctionKey,
        mut entry: Entry,
    ) -> Result<(), ChangeError> {
        entry.is_changed = true;
        let functions = self.functions_of(books, key, &entry)?;
        let before = books.definitions.functions.insert(key.clone(), entry);
        let gone = before.iter().flat_map(|before| before.versions.keys());
        let gone: Vec<_> = gone
            .filter(|version| !functions.contains_key(*version))
            .cloned()
            .collect();
        for version in gone {
            if let Ok(registered) = books.remove_version(key, &version) {
                self.end(books, registered);
            }
        }
        let entry = &books.definitions.functions[key];
        let is_same = |version: &String| {
            before.as_ref().is_some_and(|before| {
                before.reserved_mb == entry.reserved_mb
                    && before.versions.get(version) == entry.versions.get(version)
            })
        };
        let functions = functions.into_iter().map(|(version, function)| {
            let same = is_same(&version);
            (version, function, same)
        });
        let functions: Vec<_> = functions.collect();
        for (version, function, is_same) in functions {
            let runtime = || self.runtime(function.clone());
            match books.version(key, &version) {
                Some(_) if is_same => {}
                Some(registered) => registered.deployment.replace(runtime()),
                None => {
                    let deployment = Deployment::new(runtime(), books.share(key));
                    let registered = self.register(Arc::new(deployment));
                    books.insert(key.clone(), version, registered);
                }
            }
        }
        Ok(())
    }

    /// Takes a function out and lets it end.
    fn remove(&self, books: &mut Books, key: &FunctionKey) {
        books.definitions.functions.remove(key);
        let versions: Versions = books.remove(key).unwrap_or_default();
        for registered in versions.into_values() {
            self.end(books, registered);
        }
    }

    /// The functions that the versions of an entry come to, by their version.
    fn functions_of(
        &self,
        books: &Books,
        key: &FunctionKey,
        entry: &Entry,
    ) -> Result<BTreeMap<String, Function>, ChangeError> {
        let versions = entry.versions.iter();
        let functions = versions.map(|(version, definition)| {
            let base = self.base(books, key, definition)?;
            let function = Function {
                version: version.clone(),
                reserved_mb: entry.reserved_mb,
                ..definition.over(base)
            };
            function.check()?;
            Ok((version.clone(), Self::with_event_invoke(books, function)))
        });
        functions.collect()
    }

    /// What a definition is based on: the configured function, or the defaults of functions that the API makes. With the
    /// code of the definition.
    fn base(
        &self,
        books: &Books,
        key: &FunctionKey,
        definition: &Definition,
    ) -> Result<Function, ChangeError> {
        let configured = books.configured(key).cloned();
        let (code, package) = match (&definition.code, &configured) {
            (CodeSource::Configured, Some(configured)) => {
                (configured.code.clone(), configured.package.clone())
            }
            (CodeSource::Configured, None) => return Err(ChangeError::NoCode(key.clone())),
            (CodeSource::Package { sha256, .. }, _) => {
                let package = self.packages.get(sha256)?;
                (definition.code_in(&package.code())?, Some(package))
            }
        };
        let base = configured.unwrap_or_else(|| made(key));
        Ok(Function {
            code,
            package,
            ..base
        })
    }
}

/// A function that the API makes, with the defaults of the emulator. Its code is another's business.
fn made(key: &FunctionKey) -> Function {
    Function {
        namespace: key.namespace.clone().into_owned(),
        instances: INSTANCES,
        ..Function::folder(&key.name, "")
    }
}
