//! A change as a function receives it: `{"Records":[{"cos":{…},"event":{…}}]}`.
//!
//! Follows: COS reference, section 9.2; SCF reference, section 14.3.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::names::split_bucket;
use backlot_base::json::{Object, Value};
use backlot_base::seed::Seed;
use backlot_base::signal::{DEFAULT_ALIAS, FunctionTarget, LATEST, ObjectChanged};

/// The characters of a key that are not encoded in a URL.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// The validity of the signature in `requestHeaders.Authorization`, before and after the event, in seconds.
const VALIDITY: i64 = 60;

/// The published sample that events follow. The documents disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// As documented: `eventQueue` ends in `$LATEST`, `reqid` is a number of its own.
    #[default]
    Documented,
    /// As functions saw it lately: `cosRegion`, `ETag` and `x-cos-storage-class` as well, `$DEFAULT`, `reqid` 0.
    Recent,
}

/// The event about a change in a bucket of `region`, for the function `target`. The qualifier is that of the sample, unless the
/// trigger belongs to another one than the default alias.
///
/// Choice: keys are raw UTF-8 in `key` and percent-encoded in `url`.
///
/// Deviates: times and signature in `Authorization` are made up from the time of the event, because those of the client are
/// different in every run.
pub fn payload(
    changed: &ObjectChanged,
    region: &str,
    target: &FunctionTarget,
    shape: Shape,
    seed: Seed,
) -> Bytes {
    let is_recent = shape == Shape::Recent;
    let (name, appid) = split_bucket(&changed.bucket).unwrap_or((&changed.bucket, ""));
    let url = format!(
        "http://{}.cos.{region}.myqcloud.com/{}",
        changed.bucket,
        utf8_percent_encode(&changed.key, URL)
    );
    let object = Object::new()
        .with("url", url)
        .with("meta", meta(changed, shape))
        .with("vid", changed.version_id.as_str())
        .with("key", format!("/{appid}/{name}/{}", changed.key))
        .with("size", changed.size);
    let bucket = Object::new()
        .with("region", short(region))
        .with_if(is_recent, "cosRegion", region)
        .with("s3Region", region)
        .with("name", name)
        .with("appid", appid);
    let cos = Object::new()
        .with("cosSchemaVersion", "1.0")
        .with("cosObject", object)
        .with("cosBucket", bucket)
        // As the platform spells it.
        .with("cosNotificationId", "unkown");
    let headers = Object::new().with("Authorization", authorization(changed));
    let parameters = Object::new()
        .with("requestSourceIP", changed.source_ip.as_str())
        .with("requestHeaders", headers);
    let FunctionTarget {
        namespace,
        function,
        qualifier,
    } = target;
    let qualifier = match &**qualifier {
        DEFAULT_ALIAS if !is_recent => LATEST,
        named => named,
    };
    let queue = format!("qcs:0:scf:{region}:appid/{appid}:{namespace}.{function}.{qualifier}");
    let number = match shape {
        Shape::Documented => reqid(changed, function, seed),
        Shape::Recent => 0,
    };
    let event = Object::new()
        .with("eventName", changed.event_name.as_str())
        .with("eventVersion", "1.0")
        .with("eventTime", changed.at.as_second())
        .with("eventSource", "qcs::cos")
        .with("requestParameters", parameters)
        .with("eventQueue", queue)
        .with("reservedInfo", "")
        .with("reqid", number);
    let record = Object::new().with("cos", cos).with("event", event);
    let records: Value = [Value::from(record)].into_iter().collect();
    let event = Value::from(Object::new().with("Records", records));
    Bytes::from(event.to_string())
}

/// `cosObject.meta`: the id of the request, and the headers that are stored with the object.
fn meta(changed: &ObjectChanged, shape: Shape) -> Object {
    let mut meta = Object::new().with("x-cos-request-id", changed.request_id.as_str());
    let is_type = |name: &str| name == "content-type";
    let content_type = changed.meta.iter().find(|(name, _)| is_type(name));
    meta = meta.with(
        "Content-Type",
        content_type.map_or("", |(_, value)| value.as_str()),
    );
    if shape == Shape::Recent {
        meta = meta.with("ETag", changed.etag.as_str()).with(
            "x-cos-storage-class",
            storage_class(&changed.storage_class).as_str(),
        );
    }
    let others = changed.meta.iter().filter(|(name, _)| !is_type(name));
    others.fold(meta, |meta, (name, value)| {
        meta.with(&spelled(name), value.as_str())
    })
}

/// The sample says `Standard` where COS itself says `STANDARD`.
fn storage_class(class: &str) -> String {
    match class {
        "STANDARD" => "Standard".to_owned(),
        other => other.to_owned(),
    }
}

/// Headers of the platform are in lower case, all others in title case. Follows: COS reference, section 0, row 1.
fn spelled(name: &str) -> String {
    if name.starts_with("x-cos-") {
        return name.to_owned();
    }
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-")
}

/// Empty for unsigned requests.
fn authorization(changed: &ObjectChanged) -> String {
    if changed.secret_id.is_empty() {
        return String::new();
    }
    let at = changed.at.as_second();
    let time = format!("{};{}", at - VALIDITY, at + VALIDITY);
    format!(
        "q-sign-algorithm=sha1&q-ak={}&q-sign-time={time}&q-key-time={time}&q-header-list=host&q-url-param-list=\
         &q-signature={}",
        changed.secret_id,
        "0".repeat(40)
    )
}

/// A number with nine digits, as in the sample.
fn reqid(changed: &ObjectChanged, function: &str, seed: Seed) -> u64 {
    let draw = seed.draw(&[
        "cos-event",
        function,
        &changed.event_name,
        &changed.bucket,
        &changed.key,
        &changed.request_id,
        &changed.lane.to_string(),
    ]);
    100_000_000 + draw.below(900_000_000)
}

/// The short name of a region, if it has one.
fn short(region: &str) -> &str {
    match region {
        "ap-guangzhou" => "gz",
        "ap-shanghai" => "sh",
        "ap-beijing" => "bj",
        "ap-beijing-1" => "tj",
        "ap-chengdu" => "cd",
        "ap-hongkong" => "hk",
        "ap-singapore" => "sgp",
        "na-toronto" => "ca",
        "eu-frankfurt" => "ger",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::journal::Lane;

    fn changed() -> ObjectChanged {
        ObjectChanged {
            event_name: "cos:ObjectCreated:Put".into(),
            bucket: "holiday-pics-1250000000".into(),
            key: "a b/ü+.mp4".into(),
            size: 7,
            etag: "\"0cc175b9c0f1b6a831c399e269772661\"".into(),
            storage_class: "STANDARD".into(),
            at: "2024-01-01T00:00:05.9Z".parse().unwrap(),
            version_id: String::new(),
            request_id: "R1".into(),
            source_ip: "192.0.2.10".into(),
            secret_id: "AKIDEXAMPLE".into(),
            meta: vec![
                ("cache-control".into(), "no-store".into()),
                ("content-type".into(), "video/mp4".into()),
                ("x-cos-meta-owner".into(), "demo".into()),
            ],
            lane: Lane::Invocation(3),
        }
    }

    fn written(changed: &ObjectChanged, shape: Shape) -> String {
        let thumbs = FunctionTarget::named("thumbs");
        let bytes = payload(changed, "ap-chengdu", &thumbs, shape, Seed(1));
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn every_member_has_its_place() {
        let text = written(&changed(), Shape::Documented);
        let (start, rest) = text.split_once(r#""reqid":"#).unwrap();
        assert_eq!(
            start,
            r#"{"Records":[{"cos":{"cosSchemaVersion":"1.0","cosObject":{"url":"http://holiday-pics-1250000000.cos.ap-chengdu.myqcloud.com/a%20b/%C3%BC%2B.mp4","meta":{"x-cos-request-id":"R1","Content-Type":"video/mp4","Cache-Control":"no-store","x-cos-meta-owner":"demo"},"vid":"","key":"/1250000000/holiday-pics/a b/ü+.mp4","size":7},"cosBucket":{"region":"cd","s3Region":"ap-chengdu","name":"holiday-pics","appid":"1250000000"},"cosNotificationId":"unkown"},"event":{"eventName":"cos:ObjectCreated:Put","eventVersion":"1.0","eventTime":1704067205,"eventSource":"qcs::cos","requestParameters":{"requestSourceIP":"192.0.2.10","requestHeaders":{"Authorization":"q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE&q-sign-time=1704067145;1704067265&q-key-time=1704067145;1704067265&q-header-list=host&q-url-param-list=&q-signature=0000000000000000000000000000000000000000"}},"eventQueue":"qcs:0:scf:ap-chengdu:appid/1250000000:default.thumbs.$LATEST","reservedInfo":"","#
        );
        let number = rest.strip_suffix("}}]}").unwrap();
        assert_eq!(number.len(), 9, "{number}");
        number.parse::<u64>().unwrap();
    }

    #[test]
    fn the_recent_shape_says_more() {
        let text = written(&changed(), Shape::Recent);
        for part in [
            r#""cosBucket":{"region":"cd","cosRegion":"ap-chengdu","s3Region":"ap-chengdu","#,
            r#""ETag":"\"0cc175b9c0f1b6a831c399e269772661\"","x-cos-storage-class":"Standard""#,
            r#":default.thumbs.$DEFAULT""#,
            r#""reqid":0}"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn unsigned_requests_have_no_authorization() {
        let text = written(
            &ObjectChanged {
                secret_id: String::new(),
                ..changed()
            },
            Shape::Documented,
        );
        assert!(text.contains(r#"{"Authorization":""}"#), "{text}");
    }

    #[test]
    fn the_same_change_is_the_same_event() {
        let one = written(&changed(), Shape::Documented);
        assert_eq!(one, written(&changed(), Shape::Documented));
        let mut other = changed();
        other.request_id = "R2".into();
        assert_ne!(one, written(&other, Shape::Documented));
    }
}
