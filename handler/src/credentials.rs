//! Keys of the function's execution role, asked for anew for every event because they are temporary.
//!
//! Follows: SCF, "Environment variables" and "Roles": without a role the platform sets none of the three variables.

use std::fmt;

/// One set of keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the key; sent in clear.
    pub secret_id: String,
    /// Signs; never sent, never shown.
    pub secret_key: String,
    /// Goes with temporary keys, in the header `x-cos-security-token`.
    pub token: Option<String>,
}

/// Where credentials come from; called once per event.
pub type Source = Box<dyn Fn() -> Result<Credentials, MissingCredentials> + Send + Sync>;

/// The variable that a set of keys lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no credentials: `{variable}` is not set; give the function an execution role that may write to the archive bucket"
)]
pub struct MissingCredentials {
    /// Name of the environment variable.
    pub variable: &'static str,
}

impl Credentials {
    /// Reads the three variables through `lookup`; an empty value counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, MissingCredentials> {
        let found = |variable: &str| lookup(variable).filter(|value| !value.is_empty());
        let needed = |variable| found(variable).ok_or(MissingCredentials { variable });
        Ok(Self {
            secret_id: needed("TENCENTCLOUD_SECRETID")?,
            secret_key: needed("TENCENTCLOUD_SECRETKEY")?,
            token: found("TENCENTCLOUD_SESSIONTOKEN"),
        })
    }

    /// The source that reads the environment of this process each time.
    pub fn from_environment() -> Source {
        Box::new(|| Self::read(|variable| std::env::var(variable).ok()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credentials")
            .field("secret_id", &self.secret_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Credentials, MissingCredentials> {
        Credentials::read(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn permanent_keys_have_no_token() {
        let keys = [
            ("TENCENTCLOUD_SECRETID", "id"),
            ("TENCENTCLOUD_SECRETKEY", "key"),
            ("TENCENTCLOUD_SESSIONTOKEN", ""),
        ];
        assert_eq!(read(&keys).unwrap().token, None);
    }

    #[test]
    fn the_missing_variable_is_named() {
        let missing = read(&[("TENCENTCLOUD_SECRETID", "id")]).unwrap_err();
        assert_eq!(missing.variable, "TENCENTCLOUD_SECRETKEY");
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!(
            "{:?}",
            Credentials {
                secret_id: "id".into(),
                secret_key: "very secret".into(),
                token: Some("token too".into()),
            }
        );
        assert!(
            !shown.contains("secret\"") && !shown.contains("token too"),
            "{shown}"
        );
    }
}
