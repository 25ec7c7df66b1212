//! Why something was not defined, changed or removed, and under which code the Cloud API says so. Follows: mps.md section 11.

use super::family::Family;
use backlot_base::registry::RegistryError;
use backlot_http::cloud_api::ApiError;

/// Why a definition was not made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The account has as many templates of the family as it may have.
    #[error("the account has {} custom templates of the type `{}` already", .0.limit(), .0.noun())]
    TooMany(Family),
    /// There is no such template.
    #[error("there is no `{}` with the definition {}", .0.noun(), .1)]
    NoTemplate(Family, u64),
    /// A preset would have been changed.
    #[error("a preset template cannot be changed")]
    ChangedPreset,
    /// A preset would have been deleted.
    #[error("a preset template cannot be deleted")]
    DeletedPreset,
    /// The registry failed; nothing has changed.
    #[error("what is defined cannot be kept")]
    Registry(#[from] RegistryError),
}

impl From<DefinitionError> for ApiError {
    fn from(error: DefinitionError) -> Self {
        let code = match &error {
            DefinitionError::TooMany(_) => "LimitExceeded.TooMuchTemplate",
            DefinitionError::NoTemplate(..) => "ResourceNotFound.TemplateNotExist",
            DefinitionError::ChangedPreset => "InvalidParameterValue.ModifyDefaultTemplate",
            DefinitionError::DeletedPreset => "InvalidParameterValue.DeleteDefaultTemplate",
            DefinitionError::Registry(_) => "InternalError",
        };
        ApiError::sentence(code, &error)
    }
}
