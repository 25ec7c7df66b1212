//! `put-object` and `delete-object`: somebody else changes a bucket.

use bytes::Bytes;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Failure, Played};
use crate::cos::Upload;
use crate::scenario::play::Play;

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
    /// What the object says it is.
    #[serde(default = "octets")]
    pub content_type: String,
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

fn octets() -> String {
    "application/octet-stream".to_owned()
}

impl PutObject {
    pub(super) async fn play(&self, play: &mut Play<'_>) -> Played {
        let body = match (&self.text, &self.file) {
            (Some(text), None) => Bytes::from(text.clone()),
            (None, Some(file)) => play.file(&file.value)?,
            (None, None) => Bytes::new(),
            (Some(_), Some(_)) => {
                let both = Failure::new("`put-object` has both `text` and `file`");
                return Err(both.hint("keep one of them"));
            }
        };
        let upload = Upload {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            body,
            content_type: Some(self.content_type.clone()),
            metadata: Vec::new(),
        };
        play.stage
            .put_object(play.lane, upload)
            .await
            .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", self.key)))
    }
}

impl DeleteObject {
    pub(super) async fn play(&self, play: &mut Play<'_>) -> Played {
        play.stage
            .delete_object(play.lane, &self.bucket, &self.key)
            .await
            .map_err(|error| Failure::new(format!("`{}` cannot be removed: {error}", self.key)))
    }
}
