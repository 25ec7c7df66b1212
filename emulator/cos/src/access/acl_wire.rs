//! Access lists on the wire: XML both ways, and the headers that set them.
//!
//! Follows: COS reference, section 7.3.

use http::HeaderMap;

use super::acl::{Acl, Grant, Grantee, Permission};
use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// The maximal number of grants of a list.
const MAX_GRANTS: usize = 100;

/// The URI of the group of all requests.
const EVERYBODY: &str = "http://cam.qcloud.com/groups/global/AllUsers";

/// The URI of the group of all signed requests. Choice: formed like the other URI, because no sample shows it.
const AUTHENTICATED: &str = "http://cam.qcloud.com/groups/global/AuthenticatedUsers";

/// The namespace of `xsi:type`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Headers that grant, with what they grant.
const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-cos-grant-read", Permission::Read),
    ("x-cos-grant-write", Permission::Write),
    ("x-cos-grant-read-acp", Permission::ReadAcp),
    ("x-cos-grant-write-acp", Permission::WriteAcp),
    ("x-cos-grant-full-control", Permission::FullControl),
];

/// Whether a list belongs to a bucket or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Bucket,
    Object,
}

/// The access list that a request sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// The object shall follow its bucket.
    Default,
    /// This list.
    List(Acl),
}

impl Given {
    /// The list to store; `None` if the object has none of its own.
    pub(crate) fn into_kept(self) -> Option<Acl> {
        match self {
            Self::Default => None,
            Self::List(acl) => Some(acl),
        }
    }
}

/// The list of the headers; `None` if they set none.
pub(crate) fn of_headers(headers: &HeaderMap, level: Level) -> Result<Option<Given>, Error> {
    let text = |name: &str| {
        let value = headers.get(name).filter(|value| !value.is_empty())?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let canned = text("x-cos-acl");
    let mut acl = match canned.as_deref() {
        None | Some("default") => Acl::default(),
        Some(name) => {
            let fits = match level {
                Level::Bucket => !name.starts_with("bucket-owner-"),
                Level::Object => name != "public-read-write",
            };
            let known = Acl::canned(name).filter(|_| fits);
            known.ok_or_else(|| {
                invalid(format!(
                    "The x-cos-acl {name} is not valid for this resource."
                ))
            })?
        }
    };
    let mut is_granted = false;
    for (name, permission) in GRANT_HEADERS {
        let Some(value) = text(name) else { continue };
        is_granted = true;
        for to in grantees(&value)? {
            acl.grants.push(Grant { to, permission });
        }
    }
    check(&acl)?;
    Ok(match (canned.as_deref(), is_granted) {
        (None, false) => None,
        (Some("default"), false) => Some(match level {
            Level::Object => Given::Default,
            Level::Bucket => Given::List(acl),
        }),
        _ => Some(Given::List(acl)),
    })
}

/// `id="100000000001",id="100000000001/100000000002"`, with `uin` or `uri` instead of `id`.
fn grantees(value: &str) -> Result<Vec<Grantee>, Error> {
    let entries = value.split(',').filter(|entry| !entry.trim().is_empty());
    let grantees = entries.map(|entry| {
        let (kind, name) = entry.split_once('=').unwrap_or_default();
        let name = name.trim().trim_matches('"');
        match kind.trim() {
            "id" | "uin" => principal(name),
            "uri" => group(name),
            _ => None,
        }
        .ok_or_else(|| invalid(format!("The grantee {} cannot be read.", entry.trim())))
    });
    grantees.collect()
}

fn principal(name: &str) -> Option<Grantee> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "qcs::cam::anyone:anyone" {
        return Some(Grantee::Everybody);
    }
    if name.starts_with("qcs::cam::") {
        return Some(Grantee::Principal(name.to_owned()));
    }
    let (owner, user) = name.split_once('/').unwrap_or((name, name));
    (is_number(owner) && is_number(user))
        .then(|| Grantee::Principal(format!("qcs::cam::uin/{owner}:uin/{user}")))
}

/// S3 clients write the same groups with another host.
fn group(uri: &str) -> Option<Grantee> {
    match uri.rsplit('/').next()? {
        "AllUsers" => Some(Grantee::Everybody),
        "AuthenticatedUsers" => Some(Grantee::Authenticated),
        _ => None,
    }
}

/// Reads the body of a PUT.
pub(super) fn parse(body: &[u8]) -> Result<Acl, Error> {
    let malformed = || Error::from(error::MALFORMED_XML);
    let root = Element::parse(body).map_err(|error| {
        tracing::debug!(%error, "an access list could not be read");
        malformed()
    })?;
    if root.name != "AccessControlPolicy" {
        return Err(malformed());
    }
    let list = root.find("AccessControlList").ok_or_else(malformed)?;
    let grants = list.children.iter().map(|grant| {
        let to = grant.find("Grantee")?;
        let to = match (to.text_of("ID"), to.text_of("URI")) {
            (_, Some(uri)) => group(uri),
            (Some(id), None) => principal(id),
            (None, None) => None,
        };
        let permission = Permission::named(grant.text_of("Permission")?)?;
        Some(Grant {
            to: to?,
            permission,
        })
    });
    let grants: Option<_> = grants.collect();
    let acl = Acl {
        grants: grants.ok_or_else(malformed)?,
    };
    check(&acl)?;
    Ok(acl)
}

fn check(acl: &Acl) -> Result<(), Error> {
    if acl.grants.len() > MAX_GRANTS {
        return Err(invalid("A list has at most 100 grants.".to_owned()));
    }
    Ok(())
}

/// Writes the body of a GET: what was granted. Choice: the owner's own grant is shown where nothing was, so that the list
/// is never empty, which clients do not expect.
pub(super) fn to_xml(owner: &str, acl: &Acl) -> Element {
    let named = |element: Element, id: &str| element.field("ID", id).field("DisplayName", id);
    let of_owner = [Grant {
        to: Grantee::Principal(owner.to_owned()),
        permission: Permission::FullControl,
    }];
    let shown = match acl.grants.as_slice() {
        [] => &of_owner,
        grants => grants,
    };
    let mut list = Element::new("AccessControlList");
    list.children.extend(shown.iter().map(|grant| {
        let grantee = |kind| {
            Element::new("Grantee")
                .attribute("xmlns:xsi", XSI)
                .attribute("xsi:type", kind)
        };
        let to = match &grant.to {
            Grantee::Everybody => grantee("Group").field("URI", EVERYBODY),
            Grantee::Authenticated => grantee("Group").field("URI", AUTHENTICATED),
            Grantee::Principal(id) => named(grantee("CanonicalUser"), id),
        };
        Element::new("Grant")
            .child(to)
            .field("Permission", grant.permission.name())
    }));
    Element::new("AccessControlPolicy")
        .child(named(Element::new("Owner"), owner))
        .child(list)
}

fn invalid(message: String) -> Error {
    Error::from(error::INVALID_ARGUMENT).because(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const OWNER: &str = "qcs::cam::uin/100000000001:uin/100000000001";

    fn given(
        headers: &[(&'static str, &'static str)],
        level: Level,
    ) -> Result<Option<Given>, String> {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        of_headers(&headers.collect(), level).map_err(|error| error.code.into_owned())
    }

    #[test]
    fn what_is_written_can_be_read() {
        let acl = Acl {
            grants: vec![
                Grant {
                    to: Grantee::Everybody,
                    permission: Permission::Read,
                },
                Grant {
                    to: Grantee::Authenticated,
                    permission: Permission::Write,
                },
                Grant {
                    to: Grantee::Principal("qcs::cam::uin/100000000002:uin/100000000003".into()),
                    permission: Permission::ReadAcp,
                },
            ],
        };
        let body = to_xml(OWNER, &acl).to_fragment();
        let group = "\t\t<Grant>\n\t\t\t<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">\n\
                     \t\t\t\t<URI>http://cam.qcloud.com/groups/global/AllUsers</URI>\n\t\t\t</Grantee>\n\
                     \t\t\t<Permission>READ</Permission>\n\t\t</Grant>\n";
        assert!(body.contains(group), "{body}");
        let read = parse(body.as_bytes()).unwrap();
        assert_eq!(read, acl, "what was granted and nothing else");
        assert_eq!(to_xml(OWNER, &read).to_fragment(), body);
    }

    #[test]
    fn a_list_without_grants_shows_the_owner() {
        let body = to_xml(OWNER, &Acl::default()).to_fragment();
        let read = parse(body.as_bytes()).unwrap();
        let full = Grant {
            to: Grantee::Principal(OWNER.into()),
            permission: Permission::FullControl,
        };
        assert_eq!(read.grants, [full]);
        assert_eq!(to_xml(OWNER, &read).to_fragment(), body, "shown once");
    }

    #[test]
    fn headers_set_lists() {
        let public = Given::List(Acl::canned("public-read").unwrap());
        assert_eq!(given(&[], Level::Object), Ok(None));
        assert_eq!(
            given(&[("x-cos-acl", "public-read")], Level::Bucket),
            Ok(Some(public))
        );
        assert_eq!(
            given(&[("x-cos-acl", "default")], Level::Object),
            Ok(Some(Given::Default))
        );
        let both = [
            ("x-cos-acl", "public-read"),
            (
                "x-cos-grant-write",
                "id=\"100000000002\", id=\"100000000001/100000000003\"",
            ),
            ("x-cos-grant-read-acp", "uin=\"100000000004\""),
        ];
        let Ok(Some(Given::List(acl))) = given(&both, Level::Bucket) else {
            panic!("a list");
        };
        assert_eq!(acl.grants.len(), 4);
        let user = Some("qcs::cam::uin/100000000001:uin/100000000003");
        assert!(acl.permits(user, Permission::Write));
        for wrong in [
            ("x-cos-acl", "public-read-write"),
            ("x-cos-acl", "everything"),
            ("x-cos-grant-read", "id=\"x\""),
            ("x-cos-grant-read", "100000000002"),
        ] {
            assert_eq!(
                given(&[wrong], Level::Object),
                Err("InvalidArgument".into()),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn other_bodies_are_malformed() {
        for body in [
            "",
            "<A/>",
            "<AccessControlPolicy/>",
            "<AccessControlPolicy><AccessControlList><Grant/></AccessControlList></AccessControlPolicy>",
        ] {
            assert_eq!(
                parse(body.as_bytes()).unwrap_err().code,
                "MalformedXML",
                "{body}"
            );
        }
    }
}
