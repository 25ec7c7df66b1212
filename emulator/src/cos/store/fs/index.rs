//! What is in the folder, in memory: records in the order of keys, and which paths are taken.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::path;
use crate::cos::store::document::Documents;
use crate::cos::store::{
    At, BucketRecord, ObjectRecord, PartRecord, Slot, Start, UploadRecord, Which,
};

/// Everything, by bucket.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) documents: Documents,
}

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) record: BucketRecord,
    /// The versions of each key, the oldest first; never empty.
    objects: BTreeMap<String, Vec<Entry>>,
    /// By key and id.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
    /// Paths of files as file systems see them that ignore case.
    files: HashSet<String>,
    /// The same for folders, with the number of files below.
    folders: HashMap<String, usize>,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) record: Arc<ObjectRecord>,
    /// Relative to the folder of the bucket.
    pub(super) path: String,
}

/// One upload in parts.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) record: UploadRecord,
    /// By number.
    pub(super) parts: BTreeMap<u32, PartRecord>,
}

impl Bucket {
    pub(super) fn new(record: BucketRecord) -> Self {
        Self {
            record,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            files: HashSet::new(),
            folders: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.files.is_empty() && self.uploads.is_empty()
    }

    pub(super) fn find(&self, at: At<'_>) -> Option<&Entry> {
        let versions = self.objects.get(at.key)?;
        match at.which {
            Which::Current => versions.last(),
            Which::Slot(slot) => versions.iter().rfind(|entry| entry.record.slot == *slot),
        }
    }

    /// Puts an entry in, instead of the one in the same slot if there is one; its path must be claimed.
    pub(super) fn insert(&mut self, entry: Entry) {
        let versions = self.objects.entry(entry.record.key.clone()).or_default();
        versions.retain(|other| other.record.slot != entry.record.slot);
        let at = versions.partition_point(|other| other.record.born <= entry.record.born);
        versions.insert(at, entry);
    }

    /// Takes an entry out; its path stays claimed.
    pub(super) fn take(&mut self, key: &str, slot: &Slot) -> Option<Entry> {
        let versions = self.objects.get_mut(key)?;
        let at = versions
            .iter()
            .rposition(|entry| entry.record.slot == *slot)?;
        let taken = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(taken)
    }

    pub(super) fn scan(&self, from: Bound<&str>, limit: usize) -> Vec<ObjectRecord> {
        let keys = self.objects.range::<str, _>((from, Bound::Unbounded));
        let current = keys.filter_map(|(_, versions)| versions.last());
        let shown = current.filter(|entry| !entry.record.is_delete_marker());
        shown.take(limit).map(Entry::to_record).collect()
    }

    pub(super) fn scan_versions(&self, from: Start<'_>, limit: usize) -> Vec<ObjectRecord> {
        let (first, keys) = match from {
            Start::Key(bound) => (None, bound),
            Start::Older(key, born) => {
                let versions = self.objects.get(key).into_iter().flatten();
                let older = versions.filter(move |entry| entry.record.born < born);
                (Some(older.rev()), Bound::Excluded(key))
            }
        };
        let keys = self.objects.range::<str, _>((keys, Bound::Unbounded));
        let rest = keys.flat_map(|(_, versions)| versions.iter().rev());
        let all = first.into_iter().flatten().chain(rest);
        all.take(limit).map(Entry::to_record).collect()
    }

    /// The path that an object with this key shall have, which is its own if it has one.
    ///
    /// Versions with an id of their own are in a folder for them, under their key.
    /// A name that clashes with another one (`a` beside `a/b`, `A` beside `a`, or a file that somebody put there) goes to a
    /// folder for such cases; the record tells the key.
    pub(super) fn choose_path(&self, at: At<'_>, is_there: impl Fn(&str) -> bool) -> String {
        if let Some(entry) = self.find(at) {
            return entry.path.clone();
        }
        let natural = path::of_key(at.key);
        let (natural, slot) = match at.which {
            Which::Slot(slot) if *slot != Slot::default() => {
                let version = path::of_key(&slot.0);
                (format!("%versions/{natural}/{version}"), slot.0.as_str())
            }
            _ => (natural, "null"),
        };
        if !self.clashes(&natural) && !is_there(&natural) {
            return natural;
        }
        let hash = Sha256::digest(format!("{slot}\n{}", at.key));
        format!("%clash/{}", hex::encode(&hash[..16]))
    }

    fn clashes(&self, path: &str) -> bool {
        let folded = path::folded(path);
        self.files.contains(&folded)
            || self.folders.contains_key(&folded)
            || path::ancestors(&folded).any(|above| self.files.contains(above))
    }

    pub(super) fn claim(&mut self, path: &str) {
        let folded = path::folded(path);
        if self.files.contains(&folded) {
            return;
        }
        for above in path::ancestors(&folded) {
            *self.folders.entry(above.to_owned()).or_default() += 1;
        }
        self.files.insert(folded);
    }

    pub(super) fn release(&mut self, path: &str) {
        let folded = path::folded(path);
        if !self.files.remove(&folded) {
            return;
        }
        for above in path::ancestors(&folded) {
            if let Some(count) = self.folders.get_mut(above) {
                *count -= 1;
                if *count == 0 {
                    self.folders.remove(above);
                }
            }
        }
    }
}

impl Entry {
    fn to_record(&self) -> ObjectRecord {
        ObjectRecord::clone(&self.record)
    }
}
