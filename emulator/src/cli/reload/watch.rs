//! Folders in which the system tells of changes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
    use rustix::io::Errno;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use super::super::ignored::is_ignored;
    use super::{BTreeSet, OsStr, Path, io};

    /// Folders that are watched, each for those whose files are in it.
    #[derive(Debug)]
    pub(in super::super) struct Watch {
        inotify: AsyncFd<OwnedFd>,
        // A plain mutex: it is held to look something up, never across an await.
        folders: Mutex<BTreeMap<i32, BTreeSet<Owner>>>,
    }

    /// Who wants to know of a folder, and of which name in it; of all if `None`.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Owner {
        index: usize,
        only: Option<OsString>,
    }

    impl Watch {
        /// Watches nothing yet. Must be called within a runtime.
        #[expect(
            deprecated,
            reason = "its replacement is unsafe because of descriptors that are closed meanwhile, which this one owns"
        )]
        pub(in super::super) fn new() -> io::Result<Self> {
            let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            Ok(Self {
                inotify: AsyncFd::with_interest(inotify, Interest::READABLE)?,
                folders: Mutex::default(),
            })
        }

        /// Watches a folder, but not those in it, for `index`: everything in it, or what is called `only`.
        pub(in super::super) fn add(
            &self,
            folder: &Path,
            index: usize,
            only: Option<&OsStr>,
        ) -> io::Result<()> {
            let wanted = WatchFlags::CLOSE_WRITE
                | WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVED_FROM
                | WatchFlags::MOVED_TO
                | WatchFlags::ATTRIB
                | WatchFlags::ONLYDIR
                | WatchFlags::MASK_ADD;
            let mut folders = self.folders();
            let id = inotify::add_watch(self.inotify.get_ref(), folder, wanted)?;
            let only = only.map(OsStr::to_owned);
            folders.entry(id).or_default().insert(Owner { index, only });
            Ok(())
        }

        /// Waits for changes and says for whom there are any.
        pub(in super::super) async fn changed(&self) -> BTreeSet<usize> {
            loop {
                match self.inotify.readable().await {
                    Ok(mut ready) => {
                        let changed = self.take();
                        ready.clear_ready();
                        if !changed.is_empty() {
                            return changed;
                        }
                    }
                    // The runtime is being shut down.
                    Err(_) => std::future::pending().await,
                }
            }
        }

        /// Reads what the system tells, until there is no more.
        fn take(&self) -> BTreeSet<usize> {
            let mut folders = self.folders();
            let mut changed = BTreeSet::new();
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = inotify::Reader::new(self.inotify.get_ref(), &mut buffer);
            loop {
                let event = match reader.next() {
                    Ok(event) => event,
                    Err(Errno::INTR) => continue,
                    Err(_would_block) => return changed,
                };
                if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                    // Anything may have changed.
                    changed.extend(folders.values().flatten().map(|owner| owner.index));
                }
                let name = event
                    .file_name()
                    .map(|name| OsStr::from_bytes(name.to_bytes()));
                for owner in folders.get(&event.wd()).into_iter().flatten() {
                    if owner.wants(name) {
                        changed.insert(owner.index);
                    }
                }
                if event.events().contains(ReadFlags::IGNORED) {
                    folders.remove(&event.wd());
                }
            }
        }

        fn folders(&self) -> MutexGuard<'_, BTreeMap<i32, BTreeSet<Owner>>> {
            self.folders.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Owner {
        fn wants(&self, name: Option<&OsStr>) -> bool {
            match (&self.only, name) {
                (Some(only), name) => name == Some(only),
                (None, Some(name)) => !is_ignored(name),
                (None, None) => true,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::{BTreeSet, OsStr, Path, io};

    /// This system has no file notifications that backlot uses.
    #[derive(Debug)]
    pub(in super::super) enum Watch {}

    impl Watch {
        pub(in super::super) fn new() -> io::Result<Self> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "backlot watches files on Linux only",
            ))
        }

        pub(in super::super) fn add(
            &self,
            _: &Path,
            _: usize,
            _: Option<&OsStr>,
        ) -> io::Result<()> {
            match *self {}
        }

        pub(in super::super) async fn changed(&self) -> BTreeSet<usize> {
            match *self {}
        }
    }
}
