//! Access lists: the grants on a bucket or an object to callers other than its owner, who may do everything.
//!
//! Pure data; how it is written on the wire is in `acl_wire.rs`. Follows: COS reference, section 7.3.

use serde::{Deserialize, Serialize};

/// The permissions that can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    /// To read an object, or to list a bucket.
    Read,
    /// To write and remove objects of a bucket.
    Write,
    /// To read the list.
    ReadAcp,
    /// To change the list.
    WriteAcp,
    /// All of these.
    FullControl,
}

/// The receiver of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grantee {
    /// All requests, signed or not.
    Everybody,
    /// All signed requests.
    Authenticated,
    /// One principal: `qcs::cam::uin/<owner>:uin/<user>`.
    Principal(String),
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The receiver.
    pub to: Grantee,
    /// The permission.
    pub permission: Permission,
}

/// An access list. The empty list means private.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// In the order in which they were given.
    pub grants: Vec<Grant>,
}

impl Acl {
    /// Whether a caller has a permission. `caller` is a principal's resource name, `None` for an unsigned request.
    pub fn permits(&self, caller: Option<&str>, permission: Permission) -> bool {
        self.grants.iter().any(|grant| {
            let is_meant = match &grant.to {
                Grantee::Everybody => true,
                Grantee::Authenticated => caller.is_some(),
                Grantee::Principal(name) => caller == Some(name.as_str()),
            };
            is_meant
                && (grant.permission == permission || grant.permission == Permission::FullControl)
        })
    }

    /// The list that a name such as `public-read` stands for; `None` if the name is not known.
    pub fn canned(name: &str) -> Option<Self> {
        use Permission::{Read, Write};

        let to = |to: Grantee, permissions: &[Permission]| {
            let grants = permissions.iter().map(|permission| Grant {
                to: to.clone(),
                permission: *permission,
            });
            Self {
                grants: grants.collect(),
            }
        };
        Some(match name {
            // Buckets and their objects have one owner here, so `bucket-owner-*` grants nothing new.
            "private" | "bucket-owner-read" | "bucket-owner-full-control" => Self::default(),
            "public-read" => to(Grantee::Everybody, &[Read]),
            "public-read-write" => to(Grantee::Everybody, &[Read, Write]),
            "authenticated-read" => to(Grantee::Authenticated, &[Read]),
            _ => return None,
        })
    }
}

impl Permission {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
            Self::FullControl => "FULL_CONTROL",
        }
    }

    /// The permission of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Read,
            Self::Write,
            Self::ReadAcp,
            Self::WriteAcp,
            Self::FullControl,
        ];
        all.into_iter().find(|permission| permission.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_permit_what_they_grant() {
        let public = Acl::canned("public-read").unwrap();
        assert!(public.permits(None, Permission::Read));
        assert!(!public.permits(None, Permission::Write));
        let known = Acl::canned("authenticated-read").unwrap();
        assert!(!known.permits(None, Permission::Read));
        assert!(known.permits(Some("x"), Permission::Read));
        let one = Acl {
            grants: vec![Grant {
                to: Grantee::Principal("x".into()),
                permission: Permission::FullControl,
            }],
        };
        assert!(one.permits(Some("x"), Permission::WriteAcp));
        assert!(!one.permits(Some("y"), Permission::Read));
        assert!(Acl::canned("public").is_none());
        let kept = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Acl>(&kept).unwrap(), one);
    }
}
