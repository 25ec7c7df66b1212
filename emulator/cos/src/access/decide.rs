//! The decision whether a request is allowed.
//!
//! Pure: caller, request and rules are its arguments. The order: a session may do no more than its policy allows;
//! what the bucket's policy denies is denied; the owner may do everything else; others need a policy or a grant.
//! Follows: COS reference, sections 5.1, 7.3 and 10.

use super::acl::Acl;
use super::condition::Lookup;
use super::policy::{Attached, Policy, PolicyError, Question, Resource, Verdict};
use crate::request::operation::{Grant, Operation};
use backlot_http::auth::Standing;

/// Whether the owner may do it whatever the policy of the bucket says. Choice: no policy locks the owner out for good.
fn is_never_denied_to_owner(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GetBucketPolicy | Operation::PutBucketPolicy | Operation::DeleteBucketPolicy
    )
}

/// The caller and the operation to decide about.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The account or user as which the caller acts; `None` for an unsigned request.
    pub standing: Option<&'a Standing>,
    /// The operation.
    pub operation: Operation,
    /// The bucket or object.
    pub resource: Resource<'a>,
    /// Reads headers and parameters for conditions.
    pub lookup: &'a Lookup<'a>,
}

/// The policies and access lists that the decision depends on.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The account's number.
    pub owner: String,
    /// The policy of the session, if the key has one.
    pub session: Option<Result<Policy, PolicyError>>,
    /// The policy of the user, if the caller is a user with a policy.
    pub user: Option<Result<Policy, PolicyError>>,
    /// The policy of the bucket.
    pub bucket: Option<Result<Policy, PolicyError>>,
    /// The bucket's ACL; `None` means private.
    pub bucket_acl: Option<Acl>,
    /// The object's ACL; `None` means that of the bucket.
    pub object_acl: Option<Acl>,
}

impl Rules {
    fn has_no_policy(&self) -> bool {
        self.session.is_none() && self.user.is_none() && self.bucket.is_none()
    }
}

/// The outcome of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The request is allowed.
    Allow,
    /// The request is denied.
    Deny(Reason),
}

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The policy of the session does not allow the action.
    #[error("the policy of the temporary key does not allow {0}")]
    Session(String),
    /// A policy denies the action.
    #[error("a policy denies {0}")]
    Denied(String),
    /// No policy and no grant allows the action.
    #[error("no policy and no grant allows {0}")]
    NotAllowed(String),
    /// A condition with an unsupported operator could allow or deny the action.
    #[error(
        "a policy has the condition `{0}`, which the emulator does not support: its actions are denied"
    )]
    UnknownCondition(String),
    /// A policy cannot be read.
    #[error("a policy cannot be read, so the action is denied: {0}")]
    BadPolicy(PolicyError),
}

/// Decides about a request.
pub fn decide(ask: &Ask<'_>, rules: &Rules) -> Decision {
    match refusal(ask, rules) {
        Some(reason) => Decision::Deny(reason),
        None => Decision::Allow,
    }
}

fn refusal(ask: &Ask<'_>, rules: &Rules) -> Option<Reason> {
    let is_owner = ask.standing == Some(&Standing::Owner);
    if is_owner && rules.has_no_policy() {
        return None;
    }
    let action = ask.operation.action();
    let name = ask
        .standing
        .map(|standing| principal(standing, &rules.owner));
    let question = Question {
        principal: name.as_deref(),
        action: &action,
        resource: ask.resource,
    };
    let judge = |policy: &Option<Result<Policy, PolicyError>>, attached| match policy {
        None => Ok(Verdict::Silent),
        Some(Err(error)) => Err(Reason::BadPolicy(error.clone())),
        Some(Ok(policy)) => match policy.judge(&question, attached, ask.lookup) {
            Verdict::Unknown(operator) => Err(Reason::UnknownCondition(operator)),
            verdict => Ok(verdict),
        },
    };
    if rules.session.is_some() {
        match judge(&rules.session, Attached::ToHolder) {
            Ok(Verdict::Allowed) => {}
            Ok(_) => return Some(Reason::Session(action)),
            Err(reason) => return Some(reason),
        }
    }
    if is_owner && is_never_denied_to_owner(ask.operation) {
        return None;
    }
    let of_bucket = match judge(&rules.bucket, Attached::ToBucket) {
        Ok(verdict) => verdict,
        Err(reason) => return Some(reason),
    };
    let of_user = match judge(&rules.user, Attached::ToHolder) {
        Ok(verdict) => verdict,
        Err(reason) => return Some(reason),
    };
    if of_bucket == Verdict::Denied || of_user == Verdict::Denied {
        return Some(Reason::Denied(action));
    }
    let is_allowed = is_owner
        || of_bucket == Verdict::Allowed
        || of_user == Verdict::Allowed
        || is_granted(ask.operation, name.as_deref(), rules);
    (!is_allowed).then_some(Reason::NotAllowed(action))
}

fn is_granted(operation: Operation, caller: Option<&str>, rules: &Rules) -> bool {
    let list = match operation.grant() {
        Some(Grant::OnBucket(permission)) => rules.bucket_acl.as_ref().zip(Some(permission)),
        Some(Grant::OnObject(permission)) => {
            let list = rules.object_acl.as_ref().or(rules.bucket_acl.as_ref());
            list.zip(Some(permission))
        }
        None => None,
    };
    list.is_some_and(|(list, permission)| list.permits(caller, permission))
}

/// The resource name of a caller in policies and access lists: `qcs::cam::uin/<owner>:uin/<user>`.
pub fn principal(standing: &Standing, owner: &str) -> String {
    let (owner, uin) = match standing {
        Standing::Owner => (owner, owner),
        Standing::User { uin, .. } => (owner, uin.as_str()),
        Standing::Stranger { owner, uin } => (owner.as_str(), uin.as_str()),
    };
    format!("qcs::cam::uin/{owner}:uin/{uin}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(effect: &str, action: &str, more: &str) -> Result<Policy, PolicyError> {
        Policy::parse(&format!(
            r#"{{"version":"2.0","statement":[{{"effect":"{effect}","action":"{action}","resource":"*"{more}}}]}}"#
        ))
    }

    fn user(uin: &str) -> Standing {
        Standing::User {
            uin: uin.into(),
            policy: None,
        }
    }

    fn asked(standing: Option<&Standing>, operation: Operation, rules: &Rules) -> Decision {
        let resource = Resource {
            region: "ap-guangzhou",
            appid: "1250000000",
            bucket: "b-1250000000",
            key: "k",
            is_listing: false,
        };
        let lookup = |_: &str| Vec::new();
        let ask = Ask {
            standing,
            operation,
            resource,
            lookup: &lookup,
        };
        decide(&ask, rules)
    }

    fn rules() -> Rules {
        Rules {
            owner: "100000000001".into(),
            ..Rules::default()
        }
    }

    #[test]
    fn the_owner_may_everything_and_others_nothing_at_first() {
        let rules = rules();
        assert_eq!(
            asked(Some(&Standing::Owner), Operation::PutBucketCORS, &rules),
            Decision::Allow
        );
        let no = Decision::Deny(Reason::NotAllowed("name/cos:GetObject".into()));
        assert_eq!(asked(None, Operation::GetObject, &rules), no);
        assert_eq!(asked(Some(&user("2")), Operation::GetObject, &rules), no);
    }

    #[test]
    fn a_session_may_no_more_than_its_policy() {
        let mut rules = rules();
        rules.session = Some(policy("allow", "name/cos:PutObject", ""));
        assert_eq!(
            asked(Some(&Standing::Owner), Operation::PutObject, &rules),
            Decision::Allow
        );
        let no = Decision::Deny(Reason::Session("name/cos:GetObject".into()));
        assert_eq!(
            asked(Some(&Standing::Owner), Operation::GetObject, &rules),
            no
        );
        // It allows no more than its holder may.
        assert!(matches!(
            asked(Some(&user("2")), Operation::PutObject, &rules),
            Decision::Deny(_)
        ));
        rules.session = Some(Policy::parse("{"));
        let Decision::Deny(reason) = asked(Some(&Standing::Owner), Operation::PutObject, &rules)
        else {
            panic!("a policy that cannot be read allows nothing");
        };
        assert!(reason.to_string().contains("cannot be read"), "{reason}");
    }

    #[test]
    fn what_the_bucket_denies_is_denied_to_all_but_not_for_ever() {
        let mut rules = rules();
        rules.bucket = Some(policy("deny", "name/cos:*", r#","principal":"*""#));
        let owner = Some(&Standing::Owner);
        let no = Decision::Deny(Reason::Denied("name/cos:GetObject".into()));
        assert_eq!(asked(owner, Operation::GetObject, &rules), no);
        assert_eq!(
            asked(owner, Operation::DeleteBucketPolicy, &rules),
            Decision::Allow
        );
        assert!(matches!(
            asked(Some(&user("2")), Operation::DeleteBucketPolicy, &rules),
            Decision::Deny(_)
        ));
        rules.bucket_acl = Acl::canned("public-read-write");
        assert_eq!(asked(None, Operation::GetObject, &rules), no);
    }

    #[test]
    fn policies_and_grants_open_to_others() {
        let mut rules = rules();
        rules.bucket = Some(policy(
            "allow",
            "name/cos:PutObject",
            r#","principal":"qcs::cam::uin/100000000001:uin/2""#,
        ));
        assert_eq!(
            asked(Some(&user("2")), Operation::PutObject, &rules),
            Decision::Allow
        );
        assert_eq!(
            asked(Some(&user("2")), Operation::CopyObject, &rules),
            Decision::Allow
        );
        assert!(matches!(
            asked(Some(&user("3")), Operation::PutObject, &rules),
            Decision::Deny(_)
        ));
        rules.user = Some(policy("allow", "name/cos:GetService", ""));
        assert_eq!(
            asked(Some(&user("3")), Operation::GetService, &rules),
            Decision::Allow
        );
        rules.bucket_acl = Acl::canned("public-read");
        assert_eq!(asked(None, Operation::GetObject, &rules), Decision::Allow);
        assert_eq!(asked(None, Operation::GetBucket, &rules), Decision::Allow);
        assert!(matches!(
            asked(None, Operation::PutObject, &rules),
            Decision::Deny(_)
        ));
        // A list of its own hides that of the bucket.
        rules.object_acl = Acl::canned("private");
        assert!(matches!(
            asked(None, Operation::GetObject, &rules),
            Decision::Deny(_)
        ));
        assert_eq!(asked(None, Operation::GetBucket, &rules), Decision::Allow);
    }

    #[test]
    fn unsupported_conditions_deny_and_are_named() {
        let mut rules = rules();
        rules.bucket = Some(policy(
            "allow",
            "*",
            r#","principal":"*","condition":{"moon_equal":{"qcs:moon":"full"}}"#,
        ));
        let no = Decision::Deny(Reason::UnknownCondition("moon_equal".into()));
        assert_eq!(
            asked(Some(&Standing::Owner), Operation::GetObject, &rules),
            no
        );
    }
}
