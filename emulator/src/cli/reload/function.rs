//! One function whose code is watched.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::source::Source;
use super::tree::Tree;
use super::watch::Watch;
use crate::cli::exit::chain;
use crate::cli::{notice, tell};
use crate::scf::package::Package;
use crate::scf::{Function, Scf};
use crate::stage::Stage;
use backlot_base::journal::{Lane, ScfRecord};
use backlot_base::signal::FunctionTarget;
use backlot_base::words::count;

/// A function, and its files as they were when they were last looked at.
#[derive(Debug)]
pub(super) struct Watched {
    source: Source,
    watch: Arc<Watch>,
    index: usize,
    /// One for each scope of the source.
    seen: Vec<Tree>,
    /// The zip that was put in place last.
    package: Option<Arc<Package>>,
}

impl Watched {
    /// Looks at the files of a function for the first time. `Err`: they cannot be watched; the function's name, and why.
    pub(super) async fn start(
        source: Source,
        watch: Arc<Watch>,
        index: usize,
    ) -> Result<Self, (String, io::Error)> {
        let name = source.name.clone();
        let mut watched = Self {
            seen: vec![Tree::default(); source.scopes.len()],
            source,
            watch,
            index,
            package: None,
        };
        match watched.read().await {
            Ok(seen) => {
                watched.seen = seen;
                Ok(watched)
            }
            Err(error) => Err((name, error)),
        }
    }

    /// By which the watch knows it.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Puts the code in place if it has changed.
    pub(super) async fn renew(&mut self, stage: &Stage) {
        // What is being replaced comes back, and is looked at then.
        let Ok(now) = self.read().await else {
            return;
        };
        let changed = describe(&now, &self.seen, &self.source);
        self.seen = now;
        let Some(changed) = changed else {
            return;
        };
        if let Some(build) = &self.source.build {
            if let Err(error) = build.run(&self.source.name).await {
                tell(&error.to_string());
                return;
            }
            // What the build has written is no further change.
            match self.read().await {
                Ok(now) => self.seen = now,
                Err(error) => tracing::debug!(%error, "the code cannot be read after its build"),
            }
        }
        self.replace(stage, changed).await;
    }

    async fn read(&self) -> io::Result<Vec<Tree>> {
        let scopes = self.source.scopes.clone();
        let (before, watch, index) = (self.seen.clone(), Arc::clone(&self.watch), self.index);
        let reading = tokio::task::spawn_blocking(move || {
            let scopes = scopes.iter().zip(&before);
            scopes
                .map(|(scope, before)| Tree::read(scope, before, &watch, index))
                .collect()
        });
        reading.await.map_err(io::Error::other)?
    }

    /// Updates the function, unless the API has given it other code.
    async fn replace(&mut self, stage: &Stage, changed: String) {
        let name = &self.source.name;
        let scf = &stage.services().scf;
        let Some(mut function) = self.running(scf) else {
            notice(&format!(
                "function `{name}`: {changed} changed, but the API has given the function other code"
            ));
            return;
        };
        if self.source.is_zip() {
            let zip = self.source.code.clone();
            let opening = tokio::task::spawn_blocking(move || Package::open(&zip));
            let package = match opening.await.map_err(io::Error::other) {
                Ok(Ok(package)) => package,
                Ok(Err(error)) => return self.keep(&changed, &chain(&error)),
                Err(error) => return self.keep(&changed, &error.to_string()),
            };
            if function
                .package
                .as_ref()
                .is_some_and(|running| running.sha256() == package.sha256())
            {
                return;
            }
            function.code.place(package.code());
            function.package = Some(Arc::clone(&package));
            self.package = Some(package);
        }
        let name = name.clone();
        let target = FunctionTarget::named(name.clone());
        let package = function.package.as_ref();
        if let Err(error) = scf.replace_code(&target, &function.code, package) {
            return self.keep(&changed, &chain(&error));
        }
        notice(&format!(
            "function `{name}`: {changed} changed; the next event gets the new code"
        ));
        let replaced = ScfRecord::CodeReplaced {
            function: name,
            changed,
        };
        stage.services().context.record(Lane::Stage, replaced);
    }

    /// The function as it runs now; `None` if its code is not the one that is watched.
    fn running(&self, scf: &Scf) -> Option<Function> {
        let target = FunctionTarget::named(self.source.name.clone());
        let function = scf.function(&target).ok()?;
        let is_watched = match (&function.package, &self.package) {
            (None, _) => function.code.dir() == Some(self.source.code.as_path()),
            (Some(running), Some(own)) => Arc::ptr_eq(running, own),
            (Some(_), None) => self.source.is_zip(),
        };
        is_watched.then_some(function)
    }

    fn keep(&self, changed: &str, why: &str) {
        let name = &self.source.name;
        notice(&format!(
            "function `{name}`: {changed} changed, but the old code stays: {why}"
        ));
    }
}

/// What has changed, in words; `None` if nothing has.
fn describe(now: &[Tree], before: &[Tree], source: &Source) -> Option<String> {
    let trees = now.iter().zip(before).zip(&source.scopes);
    let mut changed = trees.flat_map(|((now, before), scope)| {
        let changed = now.changed_since(before).into_iter();
        changed.map(move |path| path.strip_prefix(&scope.folder).unwrap_or(path))
    });
    let first: &Path = changed.next()?;
    let first = format!("`{}`", first.display());
    Some(match changed.count() {
        0 => first,
        more => format!("{first} and {}", count(more, "other file", "other files")),
    })
}
