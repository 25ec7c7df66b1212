//! Templates as they are kept in the registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::family::Family;
use super::read::fill;
use super::template::Template;
use super::templates::Templates;
use backlot_base::json::Value;

/// The id of the first custom template. Choice: samples show many numbers; these are far from those of presets.
const FIRST: u64 = 1_000_001;

/// What the API has made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct KeptTemplates {
    /// The id of the next custom template.
    pub(super) next: u64,
    templates: Vec<KeptTemplate>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeptTemplate {
    family: String,
    definition: u64,
    created: Timestamp,
    updated: Timestamp,
    members: serde_json::Value,
}

impl Default for KeptTemplates {
    fn default() -> Self {
        Self {
            next: FIRST,
            templates: Vec::new(),
        }
    }
}

impl KeptTemplates {
    pub(super) fn of(next: u64, templates: &Templates) -> Self {
        let custom = templates.custom.iter();
        let templates = custom.map(|((family, definition), template)| KeptTemplate {
            family: family.noun().to_owned(),
            definition: *definition,
            created: template.created,
            updated: template.updated,
            members: serde_json::to_value(&template.members).expect("a JSON tree is plain data"),
        });
        Self {
            next,
            templates: templates.collect(),
        }
    }

    pub(super) fn read(self) -> Result<BTreeMap<(Family, u64), Arc<Template>>, serde_json::Error> {
        let all = self.templates.into_iter();
        all.map(|kept| {
            let family = Family::of_noun(&kept.family).ok_or_else(|| {
                serde_json::Error::custom(format!("`{}` is no type of template", kept.family))
            })?;
            let members = Value::parse(&kept.members.to_string());
            let members = members.map_err(serde_json::Error::custom)?;
            let template = Template {
                is_preset: false,
                // In the order of the table, with what a later version has added to it.
                members: fill(family.fields(), &members),
                created: kept.created,
                updated: kept.updated,
            };
            Ok(((family, kept.definition), Arc::new(template)))
        })
        .collect()
    }
}
