//! How an object changes: under the lock of its key, as the version that versioning asks for, and with a record in the journal
//! and a call of the listener.
//!
//! Follows: COS reference, sections 5.4 (what a removal does) and 7.2 (version ids).

use std::sync::Arc;

use super::precondition::WriteConditions;
use super::{lookup, object_lock};
use crate::Inner;
use crate::bucket::versioning::{self, Versioning};
use crate::detach::detach_on_drop;
use crate::request::cos_request::Origin;
use crate::request::error::{self, Error};
use crate::store::{At, ObjectRecord, ObjectType, Octets, Staged, UploadAt, VersionId};
use backlot_base::clock::Hold;
use backlot_base::journal::{CosRecord, Lane};
use backlot_base::signal::ObjectChanged;

/// An object whose bytes are stored, and which is to be committed.
pub(crate) struct Ready {
    pub(crate) origin: Origin,
    pub(crate) bucket: String,
    /// Its record; time and version are set by the commit.
    pub(crate) record: ObjectRecord,
    pub(crate) forbids_overwrite: bool,
    pub(crate) conditions: WriteConditions,
    pub(crate) bytes: CommitBody,
    /// The name of the event; no event if empty.
    pub(crate) event_name: &'static str,
    pub(crate) hold: Hold,
}

/// Where the bytes of an object are.
pub(crate) enum CommitBody {
    /// In a body of its own.
    Staged(Staged),
    /// In the parts of these numbers of an upload.
    Parts(UploadAt, Vec<u32>),
}

/// An object that has been committed.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) record: ObjectRecord,
    pub(crate) versioning: Versioning,
}

/// The outcome of a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Whether a delete marker was created or removed.
    pub(crate) is_marker: bool,
    /// The version that was created or removed.
    pub(crate) version: Option<String>,
}

impl Committed {
    /// `x-cos-version-id` of an answer to an upload: only while versioning is on.
    pub(crate) fn version(&self) -> Option<&str> {
        Some(self.record.version_id.0.as_str()).filter(|version_id| *version_id != "null")
    }
}

impl Inner {
    /// Commits an object, records it and tells the listener, also if the client leaves before it is done.
    pub(crate) async fn commit(&self, ready: Ready) -> Result<Committed, Error> {
        let cos = self.this();
        // If the client leaves, the object must not be stored without its record, or the other way round.
        detach_on_drop(async move {
            let _lock = cos.key_locks.lock(&ready.bucket, &ready.record.key).await;
            cos.commit_locked(ready).await
        })
        .await
    }

    /// Commits an object; the caller holds the lock of its key.
    pub(crate) async fn commit_locked(self: &Arc<Self>, ready: Ready) -> Result<Committed, Error> {
        let Ready {
            origin,
            bucket,
            mut record,
            forbids_overwrite,
            conditions,
            bytes,
            event_name,
            hold,
        } = ready;
        let kept_in = self.bucket(&bucket).await?;
        let versioning = Versioning::of(&kept_in);
        let current = self.store.object(At::current(&bucket, &record.key)).await?;
        conditions.check(current.as_ref(), self.context.clock.now())?;
        // Follows: COS reference, section 5.1: no effect once versioning was ever enabled.
        if forbids_overwrite && versioning == Versioning::Unset && current.is_some() {
            return Err(error::FILE_ALREADY_EXISTS.into());
        }
        self.place(&bucket, versioning, current.as_ref(), &mut record);
        self.check_replaceable(&bucket, current.as_ref(), &record)
            .await?;
        object_lock::lock(&mut record, &kept_in, self.context.clock.now());
        let is_kept = match bytes {
            CommitBody::Staged(staged) => staged.commit(bucket.clone(), record.clone()).await?,
            CommitBody::Parts(at, numbers) => {
                let completed = self.store.complete_upload(at, numbers, record.clone());
                if !completed.await? {
                    return Err(error::NO_SUCH_UPLOAD.into());
                }
                true
            }
        };
        if !is_kept {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        let created = CosRecord::ObjectCreated {
            bucket: bucket.clone(),
            key: record.key.clone(),
            size: record.size,
            etag: record.etag.clone(),
        };
        self.context.record(origin.lane, created);
        if !event_name.is_empty() {
            self.tell(event_name, &origin, &bucket, &record, &hold);
        }
        Ok(Committed { record, versioning })
    }

    /// Refuses to replace a locked version.
    async fn check_replaceable(
        &self,
        bucket: &str,
        current: Option<&ObjectRecord>,
        record: &ObjectRecord,
    ) -> Result<(), Error> {
        let now = self.context.clock.now();
        match current {
            None => Ok(()),
            Some(current) if current.version_id == record.version_id => {
                object_lock::check_unlocked(current, now)
            }
            // A new version replaces none.
            Some(_) if record.version_id != VersionId::default() => Ok(()),
            Some(_) => {
                let at = At::version(bucket, &record.key, &record.version_id);
                let replaced = self.store.object(at).await?;
                replaced.map_or(Ok(()), |replaced| {
                    object_lock::check_unlocked(&replaced, now)
                })
            }
        }
    }

    /// Sets time and version of a new version: later than all existing ones.
    fn place(
        &self,
        bucket: &str,
        versioning: Versioning,
        current: Option<&ObjectRecord>,
        record: &mut ObjectRecord,
    ) {
        let now = self.context.clock.now();
        let now_micros = u64::try_from(now.as_microsecond()).unwrap_or(0);
        let after = current.map_or(0, |current| current.sequence + 1);
        record.sequence = now_micros.max(after);
        record.last_modified = now;
        record.version_id = VersionId::default();
        // Follows: COS reference, section 5.8: objects that grow have no versions.
        if versioning == Versioning::Enabled && record.object_type != ObjectType::Appendable {
            // The id of a removed version must not be given again, even if no time has passed.
            record.sequence = self
                .sequences
                .next(bucket, &record.key, record.sequence, now_micros);
            record.version_id = versioning::version_id_of(record.sequence);
        }
    }

    /// Removes an object, or one version of it. An object that does not exist counts as removed.
    pub(crate) async fn remove(
        &self,
        origin: Origin,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        conditions: WriteConditions,
    ) -> Result<Removed, Error> {
        self.bucket(bucket).await?;
        let (this, hold) = (self.this(), self.hold_for_change());
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let version = version.map(|id| VersionId(id.to_owned()));
        // If the client leaves, the object must not be removed without its record, or the other way round.
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, &key).await;
            if !conditions.is_empty() {
                let at = lookup::at(&bucket, &key, version.as_ref());
                let there = this.store.object(at).await?;
                conditions.check(there.as_ref(), this.context.clock.now())?;
            }
            let removed = this.remove_locked(&origin, &bucket, &key, version, &hold);
            removed.await
        })
        .await
    }

    /// Commits an object; the caller holds the lock of its key.
    pub(crate) async fn remove_locked(
        self: &Arc<Self>,
        origin: &Origin,
        bucket: &str,
        key: &str,
        version: Option<VersionId>,
        hold: &Hold,
    ) -> Result<Removed, Error> {
        let versioning = Versioning::of(&*self.bucket(bucket).await?);
        let current = self.store.object(At::current(bucket, key)).await?;
        let removing = Removing {
            cos: self,
            origin,
            bucket,
            key,
            current: current.as_ref(),
            hold,
        };
        match (version, versioning) {
            (Some(version_id), _) => removing.version(version_id).await,
            (None, Versioning::Unset) => {
                removing.version(VersionId::default()).await?;
                Ok(Removed::default())
            }
            (None, versioning) => removing.hide(versioning).await,
        }
    }

    /// Tells the listener that an object has changed.
    pub(crate) fn tell(
        &self,
        event_name: &str,
        origin: &Origin,
        bucket: &str,
        record: &ObjectRecord,
        hold: &Hold,
    ) {
        let is_gone = record.is_delete_marker() || event_name.contains("Remove");
        let changed = ObjectChanged {
            event_name: event_name.to_owned(),
            bucket: bucket.to_owned(),
            key: record.key.clone(),
            size: if is_gone { 0 } else { record.size },
            etag: if is_gone {
                String::new()
            } else {
                record.etag.clone()
            },
            storage_class: record.storage_class.clone(),
            at: self.context.clock.now(),
            version_id: Some(record.version_id.0.clone())
                .filter(|version_id| version_id != "null")
                .unwrap_or_default(),
            request_id: origin.request_id.clone(),
            source_ip: origin.source_ip.clone(),
            secret_id: origin.secret_id.clone(),
            lane: origin.lane,
            meta: texts(record.headers.iter().chain(&record.metadata)),
        };
        self.listener.tell(changed, hold);
    }
}

/// Header values as text; invalid UTF-8 is replaced.
fn texts<'a>(pairs: impl Iterator<Item = &'a (String, Octets)>) -> Vec<(String, String)> {
    let texts = pairs.map(|(name, value)| {
        let value = String::from_utf8_lossy(&value.0).into_owned();
        (name.clone(), value)
    });
    texts.collect()
}

/// A removal, while the lock of the key is held.
struct Removing<'a> {
    cos: &'a Arc<Inner>,
    origin: &'a Origin,
    bucket: &'a str,
    key: &'a str,
    current: Option<&'a ObjectRecord>,
    hold: &'a Hold,
}

impl Removing<'_> {
    /// Removes one version for good.
    async fn version(&self, version_id: VersionId) -> Result<Removed, Error> {
        let store = &self.cos.store;
        let at = At::version(self.bucket, self.key, &version_id);
        let found = store.object(at).await?;
        let removed = Removed {
            is_marker: found.as_ref().is_some_and(ObjectRecord::is_delete_marker),
            version: Some(version_id.0.clone()),
        };
        let Some(record) = found else {
            return Ok(removed);
        };
        object_lock::check_unlocked(&record, self.cos.context.clock.now())?;
        store.remove(at).await?;
        let is_current = self
            .current
            .is_some_and(|current| current.version_id == version_id);
        if is_current && !removed.is_marker {
            self.note();
        }
        let name = "cos:ObjectRemove:Delete";
        self.cos
            .tell(name, self.origin, self.bucket, &record, self.hold);
        Ok(removed)
    }

    /// Puts a delete marker over all versions.
    async fn hide(&self, versioning: Versioning) -> Result<Removed, Error> {
        let mut marker = crate::draft(self.key);
        marker.object_type = ObjectType::DeleteMarker;
        self.cos
            .place(self.bucket, versioning, self.current, &mut marker);
        self.cos
            .check_replaceable(self.bucket, self.current, &marker)
            .await?;
        let staged = self.cos.store.stage().await?;
        if !staged
            .commit(self.bucket.to_owned(), marker.clone())
            .await?
        {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        if self
            .current
            .is_some_and(|current| !current.is_delete_marker())
        {
            self.note();
        }
        let name = "cos:ObjectRemove:DeleteMarkerCreated";
        self.cos
            .tell(name, self.origin, self.bucket, &marker, self.hold);
        Ok(Removed {
            is_marker: true,
            version: Some(marker.version_id.0),
        })
    }

    fn note(&self) {
        let removed = CosRecord::ObjectRemoved {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
        };
        self.cos.context.record(self.origin.lane, removed);
    }
}

impl Origin {
    /// The origin of changes that the stage itself makes.
    pub(crate) fn inside(cos: &Inner, lane: Lane) -> Self {
        let (_, request_id) = cos.identify(lane);
        Self {
            lane,
            request_id,
            source_ip: "127.0.0.1".to_owned(),
            secret_id: String::new(),
        }
    }
}
