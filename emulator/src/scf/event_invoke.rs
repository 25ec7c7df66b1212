//! How often and how long asynchronous events are retried, as the API changes it while functions run.
//!
//! It belongs to a function with all its versions and is kept beside their definitions: new code or other settings leave it
//! as it is, and a change of it is no change of the function.
//!
//! Follows: SCF reference, sections 10.1 and 10.2.

use super::Scf;
use super::books::Books;
use super::deployment::EventInvoke;
use super::function::Function;
use super::function_key::FunctionKey;
use super::functions::ChangeError;
use super::registry::EventInvokeChange;
use super::service::Inner;

impl Scf {
    /// Changes how often and how long the next events of a function are retried, for all its versions; what is `None` stays.
    /// Events that were accepted before keep what they came with.
    pub fn set_event_invoke(
        &self,
        key: &FunctionKey,
        wanted: EventInvokeChange,
    ) -> Result<(), ChangeError> {
        let mut books = self.books();
        books.versions(key)?;
        let mut definitions = books.definitions.clone();
        let change = definitions.event_invoke.entry(key.clone()).or_default();
        change.retry_num = wanted.retry_num.or(change.retry_num);
        change.msg_ttl = wanted.msg_ttl.or(change.msg_ttl);
        self.inner.keep(&definitions)?;
        books.definitions = definitions;
        Inner::tell_event_invoke(&books, key);
        Ok(())
    }
}

impl Inner {
    /// A function with the changes that the API has made for all its versions.
    pub(super) fn with_event_invoke(books: &Books, function: Function) -> Function {
        let change = books.definitions.event_invoke.get(&function.key());
        change.copied().unwrap_or_default().over(function)
    }

    /// Lets what runs of a function follow such changes. No instance goes for that.
    pub(super) fn tell_event_invoke(books: &Books, key: &FunctionKey) {
        for registered in books.versions(key).into_iter().flat_map(|all| all.values()) {
            let deployment = &registered.deployment;
            let function = Self::with_event_invoke(books, deployment.function());
            deployment.set_event_invoke(EventInvoke::of(&function));
        }
    }
}
