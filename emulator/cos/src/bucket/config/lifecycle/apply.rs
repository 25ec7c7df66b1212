//! What the rules of all buckets want to happen, done to the objects.

use std::ops::Bound;

use jiff::Timestamp;

use super::rule::{self, Fate, Rule, State, Thing, judge};
use crate::bucket::versioning::Versioning;
use crate::detach::detach_on_drop;
use crate::object::object_lock;
use crate::request::cos_request::Origin;
use crate::request::error::Error;
use crate::store::{At, ObjectRecord, ObjectType, Start, UploadAt, UploadRecord};
use crate::{Cos, Inner};
use backlot_base::journal::{CosRecord, Lane};

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
        let Some(document) = self.configuration(bucket, "lifecycle").await? else {
            return Ok(0);
        };
        let rules = rule::read(&document, &self.settings.storage_classes)?;
        let mut count = self.apply_to_uploads(bucket, &rules, now).await?;
        let mut reached: Option<ObjectRecord> = None;
        loop {
            let from = match &reached {
                None => Start::Key(Bound::Unbounded),
                Some(last) => Start::Older(&last.key, last.sequence),
            };
            let batch = self.store.scan_versions(bucket, from, BATCH).await?;
            for (index, record) in batch.iter().enumerate() {
                let newer = match index.checked_sub(1) {
                    Some(before) => batch.get(before),
                    None => reached.as_ref(),
                };
                let newer = newer.filter(|newer| newer.key == record.key);
                let found = self.found(bucket, record, newer).await?;
                let fate = found.and_then(|found| found.fate(&rules, record, now));
                if let (Some(found), Some(fate)) = (found, fate) {
                    let is_done = self.carry_out(bucket, record, found, fate).await?;
                    count += usize::from(is_done);
                }
            }
            match batch.into_iter().next_back() {
                None => return Ok(count),
                last => reached = last,
            }
        }
    }

    /// What a version is, and since when. `newer` is the version that hides it.
    async fn found(
        &self,
        bucket: &str,
        record: &ObjectRecord,
        newer: Option<&ObjectRecord>,
    ) -> Result<Option<Found>, Error> {
        if let Some(newer) = newer {
            return Ok(Some(Found {
                state: State::Noncurrent,
                since: newer.last_modified,
            }));
        }
        let since = record.last_modified;
        if !record.is_delete_marker() {
            let state = State::Current;
            return Ok(Some(Found { state, since }));
        }
        let below = Start::Older(&record.key, record.sequence);
        let below = self.store.scan_versions(bucket, below, 1).await?;
        let is_alone = below.iter().all(|other| other.key != record.key);
        let state = State::LoneMarker;
        Ok(is_alone.then_some(Found { state, since }))
    }

    /// Does it, if the version is still what it was.
    async fn carry_out(
        &self,
        bucket: &str,
        record: &ObjectRecord,
        found: Found,
        fate: Fate,
    ) -> Result<bool, Error> {
        let (this, hold) = (self.this(), self.hold_for_change());
        let (bucket, mut record) = (bucket.to_owned(), record.clone());
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, &record.key).await;
            let at = match found.state {
                State::Current => At::current(&bucket, &record.key),
                _ => At::version(&bucket, &record.key, &record.version_id),
            };
            let is_same = this.store.object(at).await?.as_ref() == Some(&record);
            if !is_same {
                return Ok(false);
            }
            let Fate::Move(class) = fate else {
                // Its turn comes when it is not locked any more. A marker over it is no removal.
                let goes = found.state != State::Current
                    || Versioning::of(&*this.bucket(&bucket).await?) == Versioning::Unset;
                let now = this.context.clock.now();
                if goes && object_lock::check_unlocked(&record, now).is_err() {
                    return Ok(false);
                }
                let version = (found.state != State::Current).then(|| record.version_id.clone());
                let origin = Origin::inside(&this, Lane::Stage);
                this.remove_locked(&origin, &bucket, &record.key, version, &hold)
                    .await?;
                return Ok(true);
            };
            let moved = CosRecord::ObjectMoved {
                bucket: bucket.clone(),
                key: record.key.clone(),
                from: std::mem::replace(&mut record.storage_class, class.clone()),
                to: class,
            };
            let is_moved = this.store.update_object(bucket, record).await?;
            if is_moved {
                this.context.record(Lane::Stage, moved);
            }
            Ok(is_moved)
        })
        .await
    }

    async fn apply_to_uploads(
        &self,
        bucket: &str,
        rules: &[Rule],
        now: Timestamp,
    ) -> Result<usize, Error> {
        let mut count = 0;
        let mut reached: Option<(String, String)> = None;
        loop {
            let from = match &reached {
                None => Bound::Unbounded,
                Some((key, id)) => Bound::Excluded((key.as_str(), id.as_str())),
            };
            let batch = self.store.scan_uploads(bucket, from, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(count);
            };
            reached = Some((last.object.key.clone(), last.id.clone()));
            for upload in batch {
                let found = Found {
                    state: State::Upload,
                    since: upload.initiated,
                };
                if found.fate(rules, &upload.object, now).is_some() {
                    count += usize::from(self.abort_upload(bucket, upload).await?);
                }
            }
        }
    }

    async fn abort_upload(&self, bucket: &str, upload: UploadRecord) -> Result<bool, Error> {
        let this = self.this();
        let at = UploadAt {
            bucket: bucket.to_owned(),
            key: upload.object.key,
            id: upload.id,
        };
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&at.bucket, &at.key).await;
            let aborted = CosRecord::UploadAborted {
                bucket: at.bucket.clone(),
                key: at.key.clone(),
                upload_id: at.id.clone(),
            };
            let is_gone = this.store.abort_upload(at).await?;
            if is_gone {
                this.context.record(Lane::Stage, aborted);
            }
            Ok(is_gone)
        })
        .await
    }
}

/// What a version or an upload is, and since when.
#[derive(Clone, Copy, Debug)]
struct Found {
    state: State,
    since: Timestamp,
}

impl Found {
    fn fate(self, rules: &[Rule], record: &ObjectRecord, now: Timestamp) -> Option<Fate> {
        let thing = Thing {
            key: &record.key,
            tags: &record.tags,
            since: self.since,
            class: &record.storage_class,
            state: self.state,
        };
        let has_bytes = matches!(
            record.object_type,
            ObjectType::Normal | ObjectType::Appendable
        );
        // What has no bytes has no class to move to.
        judge(rules, &thing, now).filter(|fate| has_bytes || *fate == Fate::Expire)
    }
}
