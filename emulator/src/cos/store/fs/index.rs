//! What is in the folder, in memory: records in the order of keys, and which paths are taken.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::path;
use crate::cos::store::document::Documents;
use crate::cos::store::{At, BucketRecord, ObjectRecord, Slot};

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
    objects: BTreeMap<(String, Slot), Entry>,
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

impl Bucket {
    pub(super) fn new(record: BucketRecord) -> Self {
        Self {
            record,
            objects: BTreeMap::new(),
            files: HashSet::new(),
            folders: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.files.is_empty()
    }

    pub(super) fn find(&self, at: At<'_>) -> Option<&Entry> {
        self.objects.get(&(at.key.to_owned(), at.slot.clone()))
    }

    /// Puts an entry in; its path must be claimed.
    pub(super) fn insert(&mut self, entry: Entry) {
        let key = (entry.record.key.clone(), entry.record.slot.clone());
        self.objects.insert(key, entry);
    }

    /// Takes an entry out; its path stays claimed.
    pub(super) fn take(&mut self, at: At<'_>) -> Option<Entry> {
        self.objects.remove(&(at.key.to_owned(), at.slot.clone()))
    }

    pub(super) fn scan(&self, from: Bound<&str>, limit: usize) -> Vec<ObjectRecord> {
        let first = Slot(String::new());
        let from = match from {
            Bound::Unbounded => Bound::Unbounded,
            Bound::Included(key) => Bound::Included((key.to_owned(), first)),
            // No key is between a key and the same with a NUL.
            Bound::Excluded(key) => Bound::Included((format!("{key}\0"), first)),
        };
        let entries = self.objects.range((from, Bound::Unbounded)).take(limit);
        entries
            .map(|(_, entry)| ObjectRecord::clone(&entry.record))
            .collect()
    }

    /// The path that an object with this key shall have, which is its own if it has one.
    ///
    /// A name that clashes with another one (`a` beside `a/b`, `A` beside `a`, or a file that somebody put there) goes to a
    /// folder for such cases; the record tells the key.
    pub(super) fn choose_path(&self, at: At<'_>, is_there: impl Fn(&str) -> bool) -> String {
        if let Some(entry) = self.find(at) {
            return entry.path.clone();
        }
        let natural = path::of_key(at.key);
        let is_plain = *at.slot == Slot::default();
        if is_plain && !self.clashes(&natural) && !is_there(&natural) {
            return natural;
        }
        let hash = Sha256::digest(format!("{}\n{}", at.slot.0, at.key));
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
