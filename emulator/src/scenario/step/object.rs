//! `put-object` and `delete-object`: another client changes a bucket.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::scenario::failure::{Failure, StepResult};
use crate::scenario::step_context::StepContext;
use backlot_cos::Upload;

/// An object to be written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PutObject {
    /// The bucket's full name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The object's text.
    #[serde(default)]
    pub text: Option<String>,
    /// A file with the object's bytes, beside the scenario.
    #[serde(default)]
    pub file: Option<Spanned<String>>,
    /// The size in bytes of filler content: a stand-in for media.
    #[serde(default)]
    pub size: Option<u32>,
    /// What the object says it is; derived from the key if absent.
    #[serde(default)]
    pub content_type: Option<String>,
    /// User metadata, with or without `x-cos-meta-` in front of the names.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// An object to be removed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeleteObject {
    /// The bucket's full name.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl PutObject {
    pub(super) async fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        let body = match (&self.text, &self.file, self.size) {
            (Some(text), None, None) => Bytes::from(text.clone()),
            (None, Some(file), None) => context.file(&file.value)?,
            (None, None, size) => Bytes::from(vec![0; size.unwrap_or_default() as usize]),
            _ => {
                let several = "`put-object` has more than one of `text`, `file` and `size`";
                return Err(Failure::new(several).hint("keep one of them"));
            }
        };
        let upload = Upload {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            body,
            content_type: self.content_type.clone(),
            metadata: self.metadata.clone().into_iter().collect(),
        };
        context
            .stage
            .put_object(context.lane, upload)
            .await
            .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", self.key)))
    }
}

impl DeleteObject {
    pub(super) async fn run(&self, context: &mut StepContext<'_>) -> StepResult {
        context
            .stage
            .delete_object(context.lane, &self.bucket, &self.key)
            .await
            .map_err(|error| Failure::new(format!("`{}` cannot be removed: {error}", self.key)))
    }
}
