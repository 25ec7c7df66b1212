//! POST Object: an upload from a form, signed by its policy. Follows: COS reference, section 5.10.

mod form;
mod policy;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::list::encoding::encode_path;
use crate::object::body_writer::HashingWriter;
use crate::object::commit::{CommitBody, Committed, Ready};
use crate::object::encryption;
use crate::object::put::described;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::operation::Operation;
use crate::request::reply::Reply;
use crate::store::Staged;
use crate::{Auth, Inner, names};
use backlot_base::digest::Digests;
use backlot_base::xml::Element;
use backlot_http::Body;
use backlot_http::auth::{Key, post};
use form::Form;
use policy::Policy;

/// The maximal size of all fields but the file, in bytes.
const MAX_FIELDS: usize = 64 * 1024;

/// The fields of a form, by their names in lower case.
type Fields = BTreeMap<String, String>;

/// Stores the file of a form.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let region = cos.bucket(bucket).await?.region.clone();
    let mut form = Form::new(request.header("content-type").unwrap_or_default(), body)?;
    let (mut fields, filename) = fields(&mut form).await?;
    let key = fields.get("key").filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The form must contain the field key.")
    })?;
    let key = key.replace("${filename}", &filename);
    let key = key.strip_prefix('/').unwrap_or(&key).to_owned();
    fields.insert("key".to_owned(), key.clone());
    fields.insert("bucket".to_owned(), bucket.to_owned());
    let (policy, signer) = authenticate(cos, request, &fields)?;
    let signer = signer.as_deref().or(request.key);
    cos.check_access_to(request, signer, Operation::PostObject, (bucket, &key))
        .await?;
    names::check_new_key(&key)?;
    let headers = headers(&fields);
    let mut described = described(&key, &headers, &cos.settings.storage_classes)?;
    cos.encrypt(bucket, &mut described).await?;
    let received = receive(cos, &mut form, policy.as_ref()).await;
    request.received = form.received;
    let (staged, digests) = received?;
    if let Some(md5) = fields.get("content-md5").filter(|md5| !md5.is_empty()) {
        let md5 = STANDARD.decode(md5).ok().filter(|md5| md5.len() == 16);
        let md5 = md5.ok_or_else(|| Error::from(error::INVALID_DIGEST))?;
        if md5 != digests.md5 {
            return Err(error::BAD_DIGEST.into());
        }
    }
    let mut record = described.to_record(&key);
    record.take_digests(&digests);
    let ready = Ready {
        origin: request.origin(),
        bucket: bucket.to_owned(),
        record,
        forbids_overwrite: described.forbids_overwrite,
        conditions: cos.write_conditions(request),
        bytes: CommitBody::Staged(staged),
        event_name: "cos:ObjectCreated:Post",
        hold: cos.hold_for_change(),
    };
    let committed = cos.commit(ready).await?;
    reply(bucket, &region, &fields, &committed)
}

/// Reads the fields up to the file; fields after the file are ignored.
async fn fields(form: &mut Form) -> Result<(Fields, String), Error> {
    let (mut fields, mut size) = (Fields::new(), 0);
    while let Some(head) = form.next().await? {
        if head.name == "file" {
            let filename = head.filename.unwrap_or_default();
            let bare = filename.rsplit(['/', '\\']).next().unwrap_or_default();
            return Ok((fields, bare.to_owned()));
        }
        let mut value = Vec::new();
        while let Some(chunk) = form.chunk().await? {
            size += chunk.len();
            if size > MAX_FIELDS {
                return Err(error::MALFORMED_POST_REQUEST.into());
            }
            value.extend_from_slice(&chunk);
        }
        let value = String::from_utf8_lossy(&value).into_owned();
        fields.insert(head.name, value);
    }
    Err(error::INCORRECT_NUMBER_OF_FILES.into())
}

/// The signer of the policy, and the policy; `None` if the request is signed otherwise or needs no signature.
fn authenticate(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    fields: &Fields,
) -> Result<(Option<Policy>, Option<Arc<Key>>), Error> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let is_skipped = cos.settings.auth == Auth::Skip;
    if !fields.contains_key("policy") && !fields.contains_key("q-signature") {
        return if request.is_signed {
            Ok((None, None))
        } else {
            Err(error::ACCESS_DENIED.into())
        };
    }
    let encoded: String = field("policy").split_whitespace().collect();
    let text = STANDARD.decode(encoded);
    let text = text.map_err(|_| Error::from(error::INVALID_POLICY_DOCUMENT))?;
    let now = cos.context.clock.client_now();
    let form = post::Form {
        algorithm: field("q-sign-algorithm"),
        secret_id: field("q-ak"),
        key_time: field("q-key-time"),
        signature: field("q-signature"),
        token: Some(field("x-cos-security-token")).filter(|token| !token.is_empty()),
        policy: &text,
    };
    let key = match post::verify(&form, &cos.keyring, now.as_second()) {
        Ok(key) => {
            request.lane = key.principal.acting().lane;
            request.is_signed = true;
            Some(key)
        }
        Err(_) if is_skipped => None,
        Err(refused) => return Err(Error::refused(refused, now)),
    };
    let policy = Policy::parse(&text)?;
    policy.check(fields, now)?;
    Ok((Some(policy), key))
}

/// The fields as the headers that an upload would have.
fn headers(fields: &Fields) -> HeaderMap {
    let pairs = fields.iter().filter_map(|(name, value)| {
        let name = match name.as_str() {
            "acl" => "x-cos-acl",
            other => other,
        };
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        Some((name, value))
    });
    pairs.collect()
}

/// Stores the file of the form, and checks that it is the only one.
async fn receive(
    cos: &Inner,
    form: &mut Form,
    policy: Option<&Policy>,
) -> Result<(Staged, Digests), Error> {
    let check = |size, is_whole| match policy {
        Some(policy) => policy.check_size(size, is_whole),
        None => Ok(()),
    };
    let mut writer = HashingWriter::new(cos, cos.settings.max_object).await?;
    while let Some(chunk) = form.chunk().await? {
        check(writer.size() + chunk.len() as u64, false)?;
        writer.write(chunk).await?;
    }
    check(writer.size(), true)?;
    while let Some(head) = form.next().await? {
        if head.name == "file" {
            return Err(error::INCORRECT_NUMBER_OF_FILES.into());
        }
    }
    writer.finish().await
}

fn reply(
    bucket: &str,
    region: &str,
    fields: &Fields,
    committed: &Committed,
) -> Result<Reply, Error> {
    let record = &committed.record;
    let host = format!("http://{bucket}.cos.{region}.myqcloud.com");
    let location = format!("{host}/{}", encode_path(&record.key));
    let field = |name: &str| fields.get(name).filter(|value| !value.is_empty());
    let mut reply = match (
        field("success_action_redirect"),
        field("success_action_status").map(String::as_str),
    ) {
        (Some(url), _) => {
            let separator = if url.contains('?') { '&' } else { '?' };
            let enc = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let md5 = record.etag.trim_matches('"');
            let key = encode_path(&record.key).replace('/', "%2F");
            let url = format!(
                "{url}{separator}bucket={bucket}&key={key}&etag={}{md5}{}",
                enc("\""),
                enc("\"")
            );
            Reply::empty(StatusCode::SEE_OTHER).header("location", url.as_bytes())?
        }
        (None, Some("201")) => {
            let body = Element::new("PostResponse")
                .field("Location", location.as_str())
                .field("Bucket", bucket)
                .field("Key", record.key.as_str())
                .field("ETag", record.etag.as_str());
            let mut reply = Reply::xml(body.to_fragment());
            reply.status = StatusCode::CREATED;
            reply.header("location", location.as_bytes())?
        }
        (None, Some("200")) => {
            Reply::empty(StatusCode::OK).header("location", location.as_bytes())?
        }
        (None, _) => {
            Reply::empty(StatusCode::NO_CONTENT).header("location", location.as_bytes())?
        }
    };
    reply = reply
        .header("etag", record.etag.as_bytes())?
        .header("x-cos-hash-crc64ecma", record.crc64.to_string().as_bytes())?;
    if let Some(version) = committed.version() {
        reply = reply.header("x-cos-version-id", version.as_bytes())?;
    }
    encryption::echo(reply, record.encryption.as_ref())
}
