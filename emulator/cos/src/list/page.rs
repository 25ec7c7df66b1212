//! The rules of a page of objects: order, prefix, delimiter, marker, limit. Follows: COS reference, section 6.1.

use std::ops::Bound;

use crate::store::{Listed, Store, StoreError};

/// The maximal number of entries of a page.
pub const MAX_KEYS: usize = 1000;

/// The number of records of the first read while prefixes are rolled up; doubled with each read, so that a page costs what it
/// shows and not what it hides.
const FIRST_BATCH: usize = 32;

/// The parameters of a page. Empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest<'a> {
    /// Only keys with this prefix.
    pub prefix: &'a str,
    /// Keys with this after the prefix are rolled up.
    pub delimiter: &'a str,
    /// Only entries after this.
    pub marker: &'a str,
    /// The maximal number of entries.
    pub max_keys: usize,
}

/// A page of objects and prefixes.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    /// The prefixes into which keys were rolled up.
    pub common_prefixes: Vec<String>,
    /// Objects whose keys were not rolled up.
    pub objects: Vec<Listed>,
    /// The last entry, if more follow.
    pub next_marker: Option<String>,
}

/// Reads a page.
pub async fn page(
    store: &Store,
    bucket: &str,
    wanted: &PageRequest<'_>,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if wanted.max_keys == 0 {
        return Ok(page);
    }
    let rolls_up = !wanted.delimiter.is_empty();
    let mut last = String::new();
    let mut batch_size = if rolls_up {
        FIRST_BATCH
    } else {
        wanted.max_keys + 1
    };
    let mut from = if wanted.marker >= wanted.prefix {
        Bound::Excluded(wanted.marker.to_owned())
    } else {
        Bound::Included(wanted.prefix.to_owned())
    };
    loop {
        let bound = from.as_ref().map(String::as_str);
        let batch = store.list(bucket, bound, batch_size).await?;
        let is_last_batch = batch.len() < batch_size;
        let Some(end) = batch.last().map(|record| record.key.clone()) else {
            return Ok(page);
        };
        from = Bound::Excluded(end);
        batch_size = (batch_size * 2).min(MAX_KEYS + 1);
        let mut jump: Option<String> = None;
        for record in batch {
            if jump
                .as_ref()
                .is_some_and(|prefix| record.key.starts_with(prefix))
            {
                continue;
            }
            jump = None;
            if !record.key.starts_with(wanted.prefix) {
                return Ok(page);
            }
            let common = common_prefix(&record.key, wanted.prefix, wanted.delimiter);
            // A prefix that the previous page has shown.
            let is_known = common.is_some_and(|common| common <= wanted.marker);
            if !is_known {
                if page.common_prefixes.len() + page.objects.len() == wanted.max_keys {
                    page.next_marker = Some(last);
                    return Ok(page);
                }
                last.clear();
                last.push_str(common.unwrap_or(&record.key));
            }
            match common.map(str::to_owned) {
                Some(common) => {
                    if !is_known {
                        page.common_prefixes.push(common.clone());
                    }
                    jump = Some(common);
                }
                None => page.objects.push(record),
            }
        }
        if is_last_batch {
            return Ok(page);
        }
        // The batch ended inside a prefix: go on after its last key.
        if let Some(prefix) = jump {
            let Some(behind) = successor(&prefix) else {
                return Ok(page);
            };
            from = Bound::Included(behind);
            batch_size = FIRST_BATCH;
        }
    }
}

/// The part of a key, which begins with the prefix, up to the first delimiter after it, with that.
pub(crate) fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key[prefix.len()..].find(delimiter)?;
    Some(&key[..prefix.len() + at + delimiter.len()])
}

/// The least text after all that begin with `prefix`; UTF-8 sorts by code points. `None` if there is no such text.
pub(crate) fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_the_next_prefix() {
        assert_eq!(successor("a/").as_deref(), Some("a0"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
