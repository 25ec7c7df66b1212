//! A limit to the memory of an instance, by a control group of the system (version 2).
//!
//! A group can be made where an ancestor of this process's own group hands the control of memory to its children and lets
//! this user make some: in a session of systemd, and as root. Elsewhere there is no limit. There is no other way to have one:
//! a limit to the address space ends Node and Go when they start.
//!
//! Follows: SCF reference, section 3.6 (memory above the limit); cgroup v2 of Linux, "Memory Interface Files".

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What names of groups begin with.
const PREFIX: &str = "backlot-";

/// Where groups are made; `None` if nowhere. A property of the process, so it is looked for once.
static PARENT: OnceLock<Option<PathBuf>> = OnceLock::new();
/// Groups so far; their names have to differ.
static MADE: AtomicU64 = AtomicU64::new(0);

/// The group of one instance. Dropping it removes it, if its processes are gone.
#[derive(Debug)]
pub(super) struct MemoryGroup {
    folder: PathBuf,
}

impl MemoryGroup {
    /// A group whose processes may have so many MB together; `None` where there is none to be had.
    pub(super) fn limited_to(memory_mb: u32) -> Option<Self> {
        let parent = PARENT.get_or_init(parent).as_ref()?;
        match Self::below(parent, memory_mb) {
            Ok(group) => Some(group),
            Err(error) => {
                tracing::debug!(%error, "the memory of an instance is not limited");
                None
            }
        }
    }

    fn below(parent: &Path, memory_mb: u32) -> io::Result<Self> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let group = Self { folder };
        let limit = u64::from(memory_mb) * 1024 * 1024;
        group.write("memory.max", &limit.to_string())?;
        // All of it ends together, as on the platform.
        group.write("memory.oom.group", "1")?;
        if let Err(error) = group.write("memory.swap.max", "0") {
            tracing::debug!(%error, "this system does not limit what is swapped");
        }
        Ok(group)
    }

    /// Puts a process into the group, with what it will start.
    pub(super) fn take(&self, process: u32) -> io::Result<()> {
        self.write("cgroup.procs", &process.to_string())
    }

    /// The most memory that the group has had, in bytes, if the system tells.
    pub(super) fn peak(&self) -> Option<u64> {
        let peak = fs::read_to_string(self.folder.join("memory.peak")).ok()?;
        peak.trim().parse().ok()
    }

    /// Whether a process of the group was killed because it needed more than its limit.
    pub(super) fn is_exceeded(&self) -> bool {
        let events = fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default();
        let mut counts = events.lines().filter_map(|line| line.split_once(' '));
        counts.any(|(event, count)| event == "oom_kill" && count.trim() != "0")
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.folder) {
            tracing::debug!(%error, "a control group outlives its instance");
        }
    }
}

/// The folder in which this process may make groups that limit memory.
fn parent() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let found = candidates(&mounts, &groups)
        .into_iter()
        .find(|folder| hands_memory_on(folder) && may_make_groups(folder));
    match &found {
        Some(folder) => sweep(folder),
        None => {
            tracing::debug!(
                "memory cannot be limited: no control group lets this user make others"
            );
        }
    }
    found
}

/// Removes what was left by emulators that were killed. A group with processes cannot be removed, and stays.
fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).ok().into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Err(error) = fs::remove_dir(entry.path())
        {
            tracing::debug!(%error, "a control group of another emulator stays");
        }
    }
}

/// The group of this process and those above it, as folders, from what the system says about mounts and groups.
fn candidates(mounts: &str, groups: &str) -> Vec<PathBuf> {
    let mount = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let is_groups = kind.split(' ').next() == Some("cgroup2");
        is_groups.then(|| place.split(' ').nth(4))?
    });
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let (Some(mount), Some(own)) = (mount.map(Path::new), own) else {
        return Vec::new();
    };
    let own = mount.join(own.trim_start_matches('/'));
    let above = own.ancestors().take_while(|path| path.starts_with(mount));
    above.map(Path::to_owned).collect()
}

fn hands_memory_on(group: &Path) -> bool {
    let handed = fs::read_to_string(group.join("cgroup.subtree_control")).unwrap_or_default();
    handed.split_whitespace().any(|name| name == "memory")
}

fn may_make_groups(group: &Path) -> bool {
    let trial = group.join(format!("{PREFIX}{}", std::process::id()));
    fs::create_dir(&trial).is_ok() && fs::remove_dir(&trial).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_group_and_those_above_are_looked_at() {
        let mounts = "24 1 0:22 / /proc rw - proc proc rw\n\
                      30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
        let groups = "0::/user.slice/app.scope\n";
        let expected = ["user.slice/app.scope", "user.slice", ""];
        let expected = expected.map(|path| Path::new("/sys/fs/cgroup").join(path));
        assert_eq!(candidates(mounts, groups), expected);
    }

    #[test]
    fn without_version_2_there_is_no_group() {
        let old = "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let none = Vec::<PathBuf>::new();
        assert_eq!(candidates(old, "4:memory:/a\n0::/\n"), none);
        let new = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(candidates(new, "4:memory:/a\n"), none);
    }

    #[test]
    fn a_group_is_limited_and_says_what_became_of_it() {
        // A folder that only looks like one of the system's.
        let parent = tempfile::tempdir().unwrap();
        let group = MemoryGroup::below(parent.path(), 128).unwrap();
        group.take(7).unwrap();
        let read = |file| fs::read_to_string(group.folder.join(file)).unwrap();
        assert_eq!(read("memory.max"), "134217728");
        assert_eq!(read("memory.oom.group"), "1");
        assert_eq!(read("cgroup.procs"), "7");
        assert!(!group.is_exceeded(), "it says nothing yet");
        assert_eq!(group.peak(), None);
        group.write("memory.peak", "1048576\n").unwrap();
        group.write("memory.events", "oom 0\noom_kill 0\n").unwrap();
        assert!(!group.is_exceeded());
        group.write("memory.events", "oom 1\noom_kill 2\n").unwrap();
        assert!(group.is_exceeded());
        assert_eq!(group.peak(), Some(1_048_576));
    }

    #[test]
    fn memory_has_to_be_handed_on() {
        let group = tempfile::tempdir().unwrap();
        assert!(!hands_memory_on(group.path()));
        let file = group.path().join("cgroup.subtree_control");
        fs::write(&file, "cpu memory_other\n").unwrap();
        assert!(!hands_memory_on(group.path()));
        fs::write(&file, "cpu memory pids\n").unwrap();
        assert!(hands_memory_on(group.path()));
        assert!(may_make_groups(group.path()));
        assert_eq!(
            fs::read_dir(group.path()).unwrap().count(),
            1,
            "the trial is gone"
        );
    }
}
