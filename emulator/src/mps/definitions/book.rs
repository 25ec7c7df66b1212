//! The definitions in force, shared by the service and the Cloud API, and kept in the registry.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use super::error::DefinitionError;
use super::family::Family;
use super::kept::KeptTemplates;
use super::preset::Presets;
use super::template::Template;
use super::templates::Templates;
use backlot_base::json::Value;
use backlot_base::registry::{Registry, RegistryError};

/// The part of the registry.
const TEMPLATES: &str = "mps.templates";

/// A handle to what an account has defined; clones are the same definitions.
#[derive(Clone, Debug)]
pub struct Definitions {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    presets: Presets,
    registry: Registry,
    // A plain mutex: the registry has to agree with the memory, so it is written under the lock. Nothing is awaited.
    content: Mutex<Content>,
}

#[derive(Debug)]
struct Content {
    /// The id of the next custom template, whatever its family.
    next: u64,
    templates: Arc<Templates>,
}

impl Default for Definitions {
    /// The presets alone, in memory.
    fn default() -> Self {
        let registry = Registry::in_memory();
        Self::open(Presets::default(), registry).expect("an empty registry can be read")
    }
}

impl Definitions {
    /// The presets, and what the registry has.
    pub fn open(presets: Presets, registry: Registry) -> Result<Self, RegistryError> {
        let content = Content::read(presets, &registry)?;
        let inner = Inner {
            presets,
            registry,
            content: Mutex::new(content),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Reads the registry anew, after it was cleared or loaded.
    pub fn reload(&self) -> Result<(), RegistryError> {
        let mut content = self.content();
        *content = Content::read(self.inner.presets, &self.inner.registry)?;
        Ok(())
    }

    /// The templates as they are now. They stay so for whoever holds them.
    pub fn templates(&self) -> Arc<Templates> {
        Arc::clone(&self.content().templates)
    }

    /// Makes a template and returns its id.
    pub(crate) fn create_template(
        &self,
        family: Family,
        members: Value,
        now: Timestamp,
    ) -> Result<u64, DefinitionError> {
        let mut content = self.content();
        let made = content.templates.custom.keys();
        if made.filter(|(of, _)| *of == family).count() >= family.limit() {
            return Err(DefinitionError::TooMany(family));
        }
        let definition = content.next;
        let template = Template {
            is_preset: false,
            members,
            created: now,
            updated: now,
        };
        let mut templates = Templates::clone(&content.templates);
        let key = (family, definition);
        templates.custom.insert(key, Arc::new(template));
        self.keep(&mut content, definition + 1, templates)?;
        Ok(definition)
    }

    /// Changes a template: `change` makes its new members of the old ones.
    pub(crate) fn change_template<E: From<DefinitionError>>(
        &self,
        family: Family,
        definition: u64,
        now: Timestamp,
        change: impl FnOnce(&Value) -> Result<Value, E>,
    ) -> Result<(), E> {
        let mut content = self.content();
        let before = content.own(family, definition, DefinitionError::ChangedPreset)?;
        let template = Template {
            is_preset: false,
            members: change(&before.members)?,
            created: before.created,
            updated: now,
        };
        let mut templates = Templates::clone(&content.templates);
        let key = (family, definition);
        templates.custom.insert(key, Arc::new(template));
        let next = content.next;
        Ok(self.keep(&mut content, next, templates)?)
    }

    /// Removes a template. Tasks that name it fail from then on.
    pub(crate) fn delete_template(
        &self,
        family: Family,
        definition: u64,
    ) -> Result<(), DefinitionError> {
        let mut content = self.content();
        content.own(family, definition, DefinitionError::DeletedPreset)?;
        let mut templates = Templates::clone(&content.templates);
        templates.custom.remove(&(family, definition));
        let next = content.next;
        self.keep(&mut content, next, templates)
    }

    fn keep(
        &self,
        content: &mut Content,
        next: u64,
        templates: Templates,
    ) -> Result<(), DefinitionError> {
        let kept = KeptTemplates::of(next, &templates);
        self.inner.registry.keep(TEMPLATES, &kept)?;
        content.next = next;
        content.templates = Arc::new(templates);
        Ok(())
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        let content = self.inner.content.lock();
        content.expect("no code panics while it changes definitions")
    }
}

impl Content {
    fn read(presets: Presets, registry: &Registry) -> Result<Self, RegistryError> {
        let kept: KeptTemplates = registry.part(TEMPLATES)?.unwrap_or_default();
        let mut templates = Templates::new(presets);
        let next = kept.next;
        templates.custom = kept.read().map_err(|source| RegistryError::Part {
            part: TEMPLATES.to_owned(),
            source,
        })?;
        Ok(Self {
            next,
            templates: Arc::new(templates),
        })
    }

    /// A template that the API has made.
    fn own(
        &self,
        family: Family,
        definition: u64,
        preset: DefinitionError,
    ) -> Result<&Arc<Template>, DefinitionError> {
        let found = self.templates.find(family, definition);
        let found = found.ok_or(DefinitionError::NoTemplate(family, definition))?;
        if found.is_preset {
            return Err(preset);
        }
        Ok(found)
    }
}
