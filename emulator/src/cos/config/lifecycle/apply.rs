//! What the rules of all buckets want to happen, done to the objects.

use std::ops::Bound;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use super::rule::{self, Fate, Rule, State, Thing, judge};
use crate::cos::config::tagging::Tag;
use crate::cos::error::Error;
use crate::cos::store::{At, ObjectRecord, Slot, StoreError};
use crate::cos::{Cos, Inner, apart};
use crate::journal::{Lane, What};

/// Records that are read at once.
const BATCH: usize = 256;

impl Cos {
    /// Carries out the lifecycles of all buckets as if it were `now`; returns how many objects have changed or gone.
    /// If some buckets fail, the others are done, and the first error is returned.
    pub async fn apply_lifecycle(&self, now: Timestamp) -> Result<usize, Error> {
        self.inner.apply_lifecycle(now).await
    }
}

impl Inner {
    pub(super) async fn apply_lifecycle(&self, now: Timestamp) -> Result<usize, Error> {
        let _hold = self.hold_for_change();
        let mut count = 0;
        let mut failed = None;
        for bucket in self.store.buckets().await? {
            match self.apply_to(&bucket.name, now).await {
                Ok(applied) => count += applied,
                // What ails one bucket does not keep the others waiting.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        match failed {
            None => Ok(count),
            Some(error) => Err(error),
        }
    }

    /// Whether any bucket has rules.
    pub(super) async fn has_lifecycle(&self) -> Result<bool, Error> {
        for bucket in self.store.buckets().await? {
            let document = self.store.document(&bucket.name, "lifecycle").await?;
            if document.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn apply_to(&self, bucket: &str, now: Timestamp) -> Result<usize, Error> {
        let Some(document) = self.kept(bucket, "lifecycle").await? else {
            return Ok(0);
        };
        let rules = rule::read(&document, &self.settings.storage_classes)?.into();
        self.apply_rules(bucket, &rules, now).await
    }

    async fn apply_rules(
        &self,
        bucket: &str,
        rules: &Arc<[Rule]>,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let mut count = 0;
        let mut last: Option<String> = None;
        loop {
            let from = last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let batch = self.store.scan(bucket, from, BATCH).await?;
            let Some(end) = batch.last() else {
                return Ok(count);
            };
            last = Some(end.key.clone());
            for record in batch {
                let applied = match fate(rules, &record, now) {
                    None => false,
                    Some(Fate::Expire) => {
                        let slot = record.slot.clone();
                        let since = Some(record.last_modified);
                        self.remove(Lane::Stage, bucket, &record.key, slot, since)
                            .await?
                    }
                    Some(Fate::Move(_)) => {
                        self.move_object(bucket, &record.key, rules, now).await?
                    }
                };
                count += usize::from(applied);
            }
        }
    }

    /// Moves an object to the class that the rules want for it, as it is when its turn has come.
    async fn move_object(
        &self,
        bucket: &str,
        key: &str,
        rules: &Arc<[Rule]>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (this, rules) = (self.this(), Arc::clone(rules));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        apart(async move {
            let _turn = this.stripes.turn(&bucket, &key).await;
            let slot = Slot::default();
            let at = At {
                bucket: &bucket,
                key: &key,
                slot: &slot,
            };
            let Some((mut record, body)) = this.store.open(at).await? else {
                return Ok(false);
            };
            let Some(Fate::Move(class)) = fate(&rules, &record, now) else {
                return Ok(false);
            };
            // The store has no way to change a record alone, so the bytes are written once more.
            let mut staged = this.store.stage().await?;
            let mut stream = body.stream(0..record.size);
            while let Some(chunk) = stream
                .try_next()
                .await
                .map_err(|error| damaged(&key, &error))?
            {
                staged.write(chunk).await?;
            }
            let moved = What::ObjectMoved {
                bucket: bucket.clone(),
                key: key.clone(),
                from: std::mem::replace(&mut record.storage_class, class.clone()),
                to: class,
            };
            if !staged.commit(bucket, record).await? {
                return Ok(false);
            }
            this.doors.record(Lane::Stage, moved);
            Ok(true)
        })
        .await
    }
}

fn damaged(key: &str, error: &std::io::Error) -> StoreError {
    StoreError::Damaged {
        what: key.to_owned(),
        why: error.to_string(),
    }
}

fn fate(rules: &[Rule], record: &ObjectRecord, now: Timestamp) -> Option<Fate> {
    let tags = tags_of(record);
    let thing = Thing {
        key: &record.key,
        tags: &tags,
        since: record.last_modified,
        class: &record.storage_class,
        state: State::Current,
    };
    judge(rules, &thing, now)
}

/// The tags of an object, as its record keeps them: pairs of key and value.
fn tags_of(record: &ObjectRecord) -> Vec<Tag> {
    let tags = record.extra.get("tags").cloned();
    tags.and_then(|tags| serde_json::from_value(tags).ok())
        .unwrap_or_default()
}
