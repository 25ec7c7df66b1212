//! The operations of COS: one row each, with everything that depends on which operation a request asks for.
//!
//! A row says how a request is recognized (method, target, sub-resource, copy source), which action policies call it, which
//! grant of an access list covers it, and whether the emulator supports it. The name is the platform's; journal, plans of
//! faults and errors use it. Follows: COS reference, sections 1.5 (routing), 7.3 and 10 (grants and actions); COS, "Working
//! with COS API Authorization Policies".

use http::{HeaderMap, Method};

use super::address::{Address, Endpoint, Target};
use super::error::{self, Error};
use super::sub_resource::{Foreign, foreign};
use crate::access::acl::Permission;
use crate::bucket::config::Resource;
use backlot_http::Query;

/// The header that makes an upload a copy.
const COPY_SOURCE: &str = "x-cos-copy-source";

/// A row of the table.
#[derive(Debug)]
struct Row {
    operation: Operation,
    name: &'static str,
    method: Verb,
    on: On,
    /// The parameter that selects the operation, in lower case and in each of its spellings; empty if none does.
    sub_resource: &'static [&'static str],
    /// Whether the request must have a copy source; without such a row, a copy source selects nothing.
    is_copy: bool,
    /// The name in policies, if it is not `name`.
    action: Option<&'static str>,
    grant: Option<Grant>,
    /// Whether it lists keys, so that policies judge the prefix that it lists.
    is_listing: bool,
    support: Support,
}

/// The methods of COS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Put,
    Head,
    Delete,
    Post,
    /// For operations that are not recognized by their method.
    Any,
}

/// The target of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Service,
    Bucket,
    Object,
    /// For operations that are not recognized by their target.
    Any,
}

/// Whether the emulator supports an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// It has code of its own.
    Own,
    /// It puts, gets or removes a configuration of a bucket.
    Configuration(Resource),
    /// The platform supports it, the emulator does not.
    None,
}

/// The grant that covers an operation for callers that no policy allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A grant on the bucket.
    OnBucket(Permission),
    /// A grant on the object. An object without an access list of its own has the one of its bucket.
    OnObject(Permission),
}

/// The grants of the table.
const READ_BUCKET: Grant = Grant::OnBucket(Permission::Read);
const WRITE: Grant = Grant::OnBucket(Permission::Write);
const READ: Grant = Grant::OnObject(Permission::Read);

/// Declares the operations and their rows from one list, so that each operation has exactly one row.
///
/// `Name Method Target [sub-resources] .more(…);`: the parts after the sub-resources are methods of [`Row`].
macro_rules! operations {
    ($($name:ident $method:ident $on:ident [$($sub:literal),*] $(.$more:ident($($value:expr),*))*;)*) => {
        /// An operation, spelled as the platform spells it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $name,
            )*
        }

        static ROWS: &[Row] = &[$(
            Row::new(Operation::$name, stringify!($name), Verb::$method, On::$on, &[$($sub),*])
                $(.$more($($value),*))*,
        )*];
    };
}

operations! {
    GetService Get Service [];

    PutBucket Put Bucket [];
    HeadBucket Head Bucket [] .grant(READ_BUCKET);
    DeleteBucket Delete Bucket [];
    GetBucket Get Bucket [] .lists() .grant(READ_BUCKET);
    ListObjectVersions Get Bucket ["versions"] .lists() .action("GetBucketObjectVersions") .grant(READ_BUCKET);
    DeleteMultipleObjects Post Bucket ["delete"] .grant(WRITE);
    PostObject Post Bucket [] .grant(WRITE);
    GetBucketACL Get Bucket ["acl"] .grant(Grant::OnBucket(Permission::ReadAcp));
    PutBucketACL Put Bucket ["acl"] .grant(Grant::OnBucket(Permission::WriteAcp));
    GetBucketVersioning Get Bucket ["versioning"];
    PutBucketVersioning Put Bucket ["versioning"];

    GetBucketAccelerate Get Bucket ["accelerate"] .configures(Resource::Accelerate);
    PutBucketAccelerate Put Bucket ["accelerate"] .configures(Resource::Accelerate);
    GetBucketCORS Get Bucket ["cors"] .configures(Resource::Cors);
    PutBucketCORS Put Bucket ["cors"] .configures(Resource::Cors);
    DeleteBucketCORS Delete Bucket ["cors"] .configures(Resource::Cors);
    GetBucketDomain Get Bucket ["domain"] .configures(Resource::Domain);
    PutBucketDomain Put Bucket ["domain"] .configures(Resource::Domain);
    DeleteBucketDomain Delete Bucket ["domain"] .configures(Resource::Domain);
    GetBucketDomainCertificate Get Bucket ["domaincertificate"] .unsupported();
    PutBucketDomainCertificate Put Bucket ["domaincertificate"] .unsupported();
    DeleteBucketDomainCertificate Delete Bucket ["domaincertificate"] .unsupported();
    GetBucketEncryption Get Bucket ["encryption"] .configures(Resource::Encryption);
    PutBucketEncryption Put Bucket ["encryption"] .configures(Resource::Encryption);
    DeleteBucketEncryption Delete Bucket ["encryption"] .configures(Resource::Encryption);
    GetBucketIntelligentTiering Get Bucket ["intelligenttiering", "intelligent-tiering"]
        .configures(Resource::IntelligentTiering);
    PutBucketIntelligentTiering Put Bucket ["intelligenttiering", "intelligent-tiering"]
        .configures(Resource::IntelligentTiering);
    GetBucketInventory Get Bucket ["inventory"] .configures(Resource::Inventory);
    PutBucketInventory Put Bucket ["inventory"] .configures(Resource::Inventory);
    DeleteBucketInventory Delete Bucket ["inventory"] .configures(Resource::Inventory);
    PostBucketInventory Post Bucket ["inventory"] .configures(Resource::Inventory);
    GetBucketLifecycle Get Bucket ["lifecycle"] .configures(Resource::Lifecycle);
    PutBucketLifecycle Put Bucket ["lifecycle"] .configures(Resource::Lifecycle);
    DeleteBucketLifecycle Delete Bucket ["lifecycle"] .configures(Resource::Lifecycle);
    GetBucketLocation Get Bucket ["location"] .configures(Resource::Location);
    GetBucketLogging Get Bucket ["logging"] .configures(Resource::Logging);
    PutBucketLogging Put Bucket ["logging"] .configures(Resource::Logging);
    GetBucketNotification Get Bucket ["notification"] .configures(Resource::Notification);
    PutBucketNotification Put Bucket ["notification"] .configures(Resource::Notification);
    GetBucketObjectLock Get Bucket ["object-lock"] .configures(Resource::ObjectLock);
    PutBucketObjectLock Put Bucket ["object-lock"] .configures(Resource::ObjectLock);
    GetBucketOrigin Get Bucket ["origin"] .configures(Resource::Origin);
    PutBucketOrigin Put Bucket ["origin"] .configures(Resource::Origin);
    DeleteBucketOrigin Delete Bucket ["origin"] .configures(Resource::Origin);
    GetBucketPolicy Get Bucket ["policy"] .configures(Resource::Policy);
    PutBucketPolicy Put Bucket ["policy"] .configures(Resource::Policy);
    DeleteBucketPolicy Delete Bucket ["policy"] .configures(Resource::Policy);
    GetBucketReferer Get Bucket ["referer"] .configures(Resource::Referer);
    PutBucketReferer Put Bucket ["referer"] .configures(Resource::Referer);
    GetBucketReplication Get Bucket ["replication"] .configures(Resource::Replication);
    PutBucketReplication Put Bucket ["replication"] .configures(Resource::Replication);
    DeleteBucketReplication Delete Bucket ["replication"] .configures(Resource::Replication);
    GetBucketStrictSignature Get Bucket ["strict-signature"] .configures(Resource::StrictSignature);
    PutBucketStrictSignature Put Bucket ["strict-signature"] .configures(Resource::StrictSignature);
    DeleteBucketStrictSignature Delete Bucket ["strict-signature"] .configures(Resource::StrictSignature);
    GetBucketTagging Get Bucket ["tagging"] .configures(Resource::Tagging);
    PutBucketTagging Put Bucket ["tagging"] .configures(Resource::Tagging);
    DeleteBucketTagging Delete Bucket ["tagging"] .configures(Resource::Tagging);
    GetBucketWebsite Get Bucket ["website"] .configures(Resource::Website);
    PutBucketWebsite Put Bucket ["website"] .configures(Resource::Website);
    DeleteBucketWebsite Delete Bucket ["website"] .configures(Resource::Website);
    GetLiveChannels Get Bucket ["live"] .unsupported();
    GetVod Get Bucket ["vod"] .unsupported();

    PutObject Put Object [] .grant(WRITE);
    // Follows: COS, "PUT Object - Copy": the target needs PutObject and the source GetObject.
    CopyObject Put Object [] .copy() .action("PutObject") .grant(WRITE);
    AppendObject Post Object ["append"] .grant(WRITE);
    GetObject Get Object [] .grant(READ);
    HeadObject Head Object [] .grant(READ);
    DeleteObject Delete Object [] .grant(WRITE);
    GetObjectACL Get Object ["acl"] .grant(Grant::OnObject(Permission::ReadAcp));
    PutObjectACL Put Object ["acl"] .grant(Grant::OnObject(Permission::WriteAcp));
    GetObjectTagging Get Object ["tagging"];
    PutObjectTagging Put Object ["tagging"];
    DeleteObjectTagging Delete Object ["tagging"];
    GetObjectRetention Get Object ["retention"];
    PutObjectRetention Put Object ["retention"];
    GetSymlink Get Object ["symlink"] .grant(READ);
    PutSymlink Put Object ["symlink"];
    PostObjectRestore Post Object ["restore"];
    // Follows: COS, "SELECT Object Content": it needs the permission to read the object.
    SelectObjectContent Post Object ["select"] .action("GetObject") .grant(READ);

    InitiateMultipartUpload Post Object ["uploads"] .grant(WRITE);
    UploadPart Put Object ["uploadid"] .grant(WRITE);
    UploadPartCopy Put Object ["uploadid"] .copy() .action("UploadPart") .grant(WRITE);
    ListParts Get Object ["uploadid"] .grant(WRITE);
    CompleteMultipartUpload Post Object ["uploadid"] .grant(WRITE);
    AbortMultipartUpload Delete Object ["uploadid"] .grant(WRITE);
    ListMultipartUploads Get Bucket ["uploads"] .lists() .grant(READ_BUCKET);

    GetLiveChannel Get Object ["live"] .unsupported();
    PutLiveChannel Put Object ["live"] .unsupported();
    DeleteLiveChannel Delete Object ["live"] .unsupported();
    GetMediaInfo Get Object ["ci-process"] .unsupported();
    PostMediaJobs Post Object ["ci-process"] .unsupported();

    OptionsObject Any Any [];
    StaticWebsite Any Any [] .grant(READ);
    DataProcessing Any Any [] .unsupported();
}

impl Row {
    const fn new(
        operation: Operation,
        name: &'static str,
        method: Verb,
        on: On,
        sub_resource: &'static [&'static str],
    ) -> Self {
        Self {
            operation,
            name,
            method,
            on,
            sub_resource,
            is_copy: false,
            action: None,
            grant: None,
            is_listing: false,
            support: Support::Own,
        }
    }

    const fn copy(mut self) -> Self {
        self.is_copy = true;
        self
    }

    const fn action(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    const fn lists(mut self) -> Self {
        self.is_listing = true;
        self
    }

    const fn grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }

    const fn configures(mut self, resource: Resource) -> Self {
        self.support = Support::Configuration(resource);
        self
    }

    const fn unsupported(mut self) -> Self {
        self.support = Support::None;
        self
    }
}

impl Verb {
    fn of(method: &Method) -> Option<Self> {
        Some(match *method {
            Method::GET => Self::Get,
            Method::PUT => Self::Put,
            Method::HEAD => Self::Head,
            Method::DELETE => Self::Delete,
            Method::POST => Self::Post,
            _ => return None,
        })
    }
}

impl Operation {
    /// The operation that a request asks for, or `MethodNotAllowed`, also for a sub-resource that the target does not have.
    pub fn of(method: &Method, address: &Address, headers: &HeaderMap) -> Result<Self, Error> {
        if address.endpoint == Endpoint::Processing {
            return Ok(Self::DataProcessing);
        }
        if method == Method::OPTIONS {
            return Ok(Self::OptionsObject);
        }
        let on = match &address.target {
            Target::Service => On::Service,
            Target::Bucket(_) => On::Bucket,
            Target::Object { .. } => On::Object,
        };
        let verb = Verb::of(method).ok_or(error::METHOD_NOT_ALLOWED)?;
        match foreign_to(on, method, &address.query) {
            None => {}
            Some(Foreign::Processing) => return Ok(Self::DataProcessing),
            Some(Foreign::SubResource(word)) => return Err(no_sub_resource(word, on)),
        }
        let sub_resource = sub_resource(on, &address.query);
        let fits = |row: &&Row| {
            let has_sub_resource = match sub_resource {
                None => row.sub_resource.is_empty(),
                Some(name) => row.sub_resource.contains(&name),
            };
            row.method == verb && row.on == on && has_sub_resource
        };
        let mut rows = ROWS.iter().filter(fits);
        let plain = rows.next().ok_or(error::METHOD_NOT_ALLOWED)?;
        let copy = rows.next().filter(|_| is_filled(headers, COPY_SOURCE));
        Ok(copy.unwrap_or(plain).operation)
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name in the words of the platform, by which journal, plans of faults and errors call it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// All operations that requests can ask for.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.operation)
    }

    /// The name in policies: `name/cos:GetObject`. Case is significant.
    pub fn action(self) -> String {
        let row = self.row();
        format!("name/cos:{}", row.action.unwrap_or(row.name))
    }

    /// The grant that covers it for a caller that no policy allows it; `None` if no grant does.
    pub fn grant(self) -> Option<Grant> {
        self.row().grant
    }

    /// Whether it lists keys by prefix. Policies judge such a request by `bucket/` and its prefix, not by the bucket.
    pub(crate) fn is_listing(self) -> bool {
        self.row().is_listing
    }

    /// Whether the emulator supports it.
    pub(crate) fn support(self) -> Support {
        self.row().support
    }
}

/// The sub-resource that a request names: the first parameter that is one for this kind of target. Other parameters are
/// arguments, or unknown, and select nothing.
fn sub_resource(on: On, query: &Query) -> Option<&'static str> {
    query.iter().find_map(|parameter| {
        let of_target = ROWS.iter().filter(|row| row.on == on);
        let mut names = of_target.flat_map(|row| row.sub_resource);
        let found = names.find(|name| name.eq_ignore_ascii_case(&parameter.name));
        found.copied()
    })
}

/// A word of the query for which the request is refused.
fn foreign_to<'q>(on: On, method: &Method, query: &'q Query) -> Option<Foreign<'q>> {
    let is_among = |on: Option<On>, name: &str| {
        let rows = ROWS.iter().filter(|row| on.is_none_or(|on| row.on == on));
        rows.flat_map(|row| row.sub_resource)
            .any(|word| *word == name)
    };
    let is_own = |name: &str| is_among(Some(on), name);
    let is_known = |name: &str| is_among(None, name);
    foreign(query, method, on == On::Object, is_own, is_known)
}

/// Deviates: the platform's message does not name the word.
fn no_sub_resource(word: &str, on: On) -> Error {
    let targets = match on {
        On::Service => "the service",
        On::Bucket => "buckets",
        On::Object | On::Any => "objects",
    };
    let reason = format!("the emulator knows no sub-resource `{word}` of {targets}");
    let Error { message, .. } = Error::from(error::METHOD_NOT_ALLOWED);
    let message = format!("{} ({reason})", message.trim_end_matches('.'));
    Error::from(error::METHOD_NOT_ALLOWED)
        .because(message)
        .as_gap(format!("?{word}"))
}

/// Follows: COS reference, section 2.2: a header without a value counts as absent.
fn is_filled(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::address::Domains;

    fn of(method: &str, target: &str) -> Result<&'static str, String> {
        with_headers(method, target, &HeaderMap::new())
    }

    fn with_headers(
        method: &str,
        target: &str,
        headers: &HeaderMap,
    ) -> Result<&'static str, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = "b-1.cos.ap-x.myqcloud.com";
        let address = Address::parse(host, path, Some(query), &Domains::default()).unwrap();
        let method = method.parse().unwrap();
        let operation = Operation::of(&method, &address, headers);
        operation
            .map(Operation::name)
            .map_err(|error| error.code.into_owned())
    }

    #[test]
    fn method_path_and_sub_resource_decide() {
        for (method, target, name) in [
            ("PUT", "/", "PutBucket"),
            ("GET", "/?prefix=acl&max-keys=2", "GetBucket"),
            ("GET", "/?ACL", "GetBucketACL"),
            ("POST", "/?delete=", "DeleteMultipleObjects"),
            ("PUT", "/k", "PutObject"),
            ("GET", "/k?versionId=null", "GetObject"),
            ("PUT", "/k?partNumber=1&uploadId=x", "UploadPart"),
            ("POST", "/k?uploads", "InitiateMultipartUpload"),
            ("POST", "/", "PostObject"),
            ("OPTIONS", "/k", "OptionsObject"),
            ("GET", "/k?imageMogr2/thumbnail/!50p", "DataProcessing"),
            ("GET", "/?ci-process=x", "DataProcessing"),
            ("GET", "/k?ci-process=x", "GetMediaInfo"),
        ] {
            assert_eq!(of(method, target), Ok(name), "{method} {target}");
        }
        for (method, target) in [
            ("PATCH", "/k"),
            ("POST", "/k"),
            ("PUT", "/?versions"),
            ("HEAD", "/?acl"),
            ("DELETE", "/?publicAccessBlock"),
            ("PUT", "/k?lifecycle"),
            ("GET", "/k?cors"),
            ("PUT", "/k?legal-hold"),
        ] {
            assert_eq!(
                of(method, target),
                Err("MethodNotAllowed".into()),
                "{method} {target}"
            );
        }
    }

    #[test]
    fn the_row_of_an_operation_is_its_own() {
        for row in ROWS {
            assert_eq!(row.operation.row().name, row.name);
        }
    }

    #[test]
    fn a_copy_follows_the_row_without_a_copy_source() {
        for (index, copy) in ROWS.iter().enumerate().filter(|(_, row)| row.is_copy) {
            let is_plain = |row: &Row| {
                let is_same = row.method == copy.method && row.on == copy.on;
                is_same && row.sub_resource == copy.sub_resource && !row.is_copy
            };
            assert!(ROWS[..index].iter().any(is_plain), "{}", copy.name);
        }
    }

    #[test]
    fn a_copy_source_makes_an_upload_a_copy() {
        for (method, target, name) in [
            ("PUT", "/k", "CopyObject"),
            ("PUT", "/k?partNumber=1&uploadId=x", "UploadPartCopy"),
            ("GET", "/k", "GetObject"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COPY_SOURCE, "b-1.cos.ap-x.myqcloud.com/k".parse().unwrap());
            assert_eq!(with_headers(method, target, &headers), Ok(name));
        }
    }

    #[test]
    fn operations_have_the_actions_of_the_documentation() {
        for (operation, expected) in [
            (Operation::GetService, "name/cos:GetService"),
            (Operation::GetBucket, "name/cos:GetBucket"),
            (Operation::CopyObject, "name/cos:PutObject"),
            (Operation::UploadPart, "name/cos:UploadPart"),
            (Operation::UploadPartCopy, "name/cos:UploadPart"),
            (
                Operation::ListObjectVersions,
                "name/cos:GetBucketObjectVersions",
            ),
        ] {
            assert_eq!(operation.action(), expected);
        }
    }

    #[test]
    fn grants_cover_contents_and_lists_but_no_configuration() {
        let bucket = |permission| Some(Grant::OnBucket(permission));
        assert_eq!(Operation::GetBucket.grant(), bucket(Permission::Read));
        assert_eq!(Operation::PutObject.grant(), bucket(Permission::Write));
        let object = |permission| Some(Grant::OnObject(permission));
        assert_eq!(Operation::HeadObject.grant(), object(Permission::Read));
        assert_eq!(
            Operation::PutObjectACL.grant(),
            object(Permission::WriteAcp)
        );
        for row in ROWS {
            if row.name == "GetService" || matches!(row.support, Support::Configuration(_)) {
                assert_eq!(row.grant, None, "{}", row.name);
            }
        }
    }
}
