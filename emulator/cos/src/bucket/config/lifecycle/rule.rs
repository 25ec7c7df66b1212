//! The rules of a lifecycle, and what they decide about a single object at a given time. No store, no wire.
//!
//! Choice: days are counted from the last change and end at the next midnight in Beijing, where the service keeps its
//! calendar; of several transitions that are due the coldest wins, and expiration wins over all.

use jiff::{SignedDuration, Timestamp};

use crate::bucket::config::fields::{all, malformed, one_of, required, says_true};
use crate::bucket::config::tagging::Tag;
use crate::request::error::{self, Error};
use backlot_base::xml::Element;

/// The maximal number of rules.
const MAX_RULES: usize = 1000;

/// Midnight in Beijing comes this many seconds before midnight UTC.
const BEIJING: i64 = 8 * 3600;

const DAY: i64 = 24 * 3600;

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    is_enabled: bool,
    prefix: String,
    tags: Vec<Tag>,
    expiration: Option<When>,
    /// Whether delete markers that hide no version are removed.
    removes_lone_markers: bool,
    transitions: Vec<(When, String)>,
    noncurrent_expiration: Option<When>,
    noncurrent_transitions: Vec<(When, String)>,
    abort: Option<When>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Days since the object became what it is.
    After(u32),
    On(Timestamp),
}

/// An object, version, delete marker or upload that rules decide about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thing<'a> {
    /// The key.
    pub(crate) key: &'a str,
    /// Tags of an object.
    pub(crate) tags: &'a [Tag],
    /// The time of its last change of state, for example since when a version is noncurrent.
    pub(crate) since: Timestamp,
    /// Its storage class.
    pub(crate) class: &'a str,
    /// Its kind.
    pub(crate) state: State,
}

/// The kinds of things that rules decide about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// An object that GET finds.
    Current,
    /// A version that a newer one hides.
    Noncurrent,
    /// A delete marker that hides no version.
    LoneMarker,
    /// A multipart upload that is not finished.
    Upload,
}

/// The decision about a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes away: an object, a version, a marker, an upload.
    Expire,
    /// It moves to this storage class.
    Move(String),
}

/// Reads and checks a document.
pub(super) fn read(document: &Element, classes: &[String]) -> Result<Vec<Rule>, Error> {
    let mut ids = Vec::new();
    let mut rules = Vec::new();
    for element in all(document, "Rule") {
        let id = element.text_of("ID").map(str::trim);
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            if id.len() > 255 {
                return Err(malformed("An ID must have at most 255 bytes."));
            }
            if ids.contains(&id) {
                return Err(error::LIFECYCLE_ID_NOT_UNIQUE.into());
            }
            ids.push(id);
        }
        rules.push(Rule::read(element, classes)?);
    }
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(malformed(
            "LifecycleConfiguration must have 1 to 1000 Rules.",
        ));
    }
    Ok(rules)
}

/// What the rules want to happen to a thing at `now`.
pub(crate) fn judge(rules: &[Rule], thing: &Thing<'_>, now: Timestamp) -> Option<Fate> {
    let rules = rules.iter().filter(|rule| rule.covers(thing));
    let is_due = |when: &When| when.due(thing.since) <= now;
    let mut coldest: Option<&str> = None;
    for rule in rules {
        let (ends, moves): (Option<&When>, &[(When, String)]) = match thing.state {
            State::Current => (rule.expiration.as_ref(), &rule.transitions),
            State::Noncurrent => (
                rule.noncurrent_expiration.as_ref(),
                &rule.noncurrent_transitions,
            ),
            State::LoneMarker if rule.removes_lone_markers => return Some(Fate::Expire),
            State::LoneMarker => (rule.expiration.as_ref(), &[]),
            State::Upload => (rule.abort.as_ref(), &[]),
        };
        if ends.is_some_and(is_due) {
            return Some(Fate::Expire);
        }
        let due = moves.iter().filter(|(when, _)| is_due(when));
        for (_, class) in due {
            if coldness(class) > coldness(coldest.unwrap_or(thing.class)) {
                coldest = Some(class);
            }
        }
    }
    coldest.map(|class| Fate::Move(class.to_owned()))
}

/// The first midnight in Beijing that is not before `at`.
pub(super) fn midnight_from(at: Timestamp) -> Timestamp {
    let is_whole = at.subsec_nanosecond() == 0;
    let seconds = at.as_second() + BEIJING - i64::from(is_whole);
    let midnight = (seconds.div_euclid(DAY) + 1) * DAY - BEIJING;
    Timestamp::from_second(midnight).unwrap_or(Timestamp::MAX)
}

/// Objects move down this scale only.
fn coldness(class: &str) -> u8 {
    match class.strip_prefix("MAZ_").unwrap_or(class) {
        "STANDARD_IA" => 1,
        "INTELLIGENT_TIERING" => 2,
        "ARCHIVE" => 3,
        "DEEP_ARCHIVE" => 4,
        _ => 0,
    }
}

impl Rule {
    fn read(rule: &Element, classes: &[String]) -> Result<Self, Error> {
        let filter = rule.find("Filter");
        let and = filter.and_then(|filter| filter.find("And"));
        let places = [Some(rule), filter, and];
        let prefix = places
            .iter()
            .flatten()
            .find_map(|place| place.text_of("Prefix"));
        let tags = places.iter().flatten().flat_map(|place| all(place, "Tag"));
        let tags = tags.map(|tag| {
            let value = tag.text_of("Value").unwrap_or_default();
            Ok((required(tag, "Key")?.to_owned(), value.to_owned()))
        });
        let days = |name: &str, days: &'static str| {
            let found = rule.find(name);
            found.map(|element| number(element, days)).transpose()
        };
        let expiration = rule.find("Expiration");
        let marker =
            expiration.and_then(|expiration| expiration.text_of("ExpiredObjectDeleteMarker"));
        let removes_lone_markers =
            expiration.is_some_and(|element| says_true(element, "ExpiredObjectDeleteMarker"));
        let read = Self {
            is_enabled: one_of(rule, "Status", &["Enabled", "Disabled"])? == "Enabled",
            prefix: prefix.unwrap_or_default().to_owned(),
            tags: tags.collect::<Result<_, Error>>()?,
            expiration: match expiration {
                // With a marker, days are optional.
                Some(expiration) if marker.is_none() || has_time(expiration) => {
                    Some(when(expiration)?)
                }
                _ => None,
            },
            removes_lone_markers,
            transitions: moves(rule, "Transition", classes, when)?,
            noncurrent_expiration: days("NoncurrentVersionExpiration", "NoncurrentDays")?,
            noncurrent_transitions: moves(
                rule,
                "NoncurrentVersionTransition",
                classes,
                |element| number(element, "NoncurrentDays"),
            )?,
            abort: days("AbortIncompleteMultipartUpload", "DaysAfterInitiation")?,
        };
        if read.does_nothing() {
            return Err(malformed("A Rule needs an action."));
        }
        if read.expiration == Some(When::After(0)) {
            return Err(malformed("The Days of an Expiration must be at least 1."));
        }
        Ok(read)
    }

    fn does_nothing(&self) -> bool {
        self.expiration.is_none()
            && !self.removes_lone_markers
            && self.transitions.is_empty()
            && self.abort.is_none()
            && self.noncurrent_expiration.is_none()
            && self.noncurrent_transitions.is_empty()
    }

    fn covers(&self, thing: &Thing<'_>) -> bool {
        self.is_enabled
            && thing.key.starts_with(&self.prefix)
            && self.tags.iter().all(|tag| thing.tags.contains(tag))
    }
}

impl When {
    fn due(self, since: Timestamp) -> Timestamp {
        match self {
            Self::On(date) => date,
            Self::After(days) => {
                let days = SignedDuration::from_hours(24 * i64::from(days));
                midnight_from(since.saturating_add(days).unwrap_or(Timestamp::MAX))
            }
        }
    }
}

fn moves(
    rule: &Element,
    name: &str,
    classes: &[String],
    when: impl Fn(&Element) -> Result<When, Error>,
) -> Result<Vec<(When, String)>, Error> {
    let children = rule.children.iter().filter(|child| child.name == name);
    let moves = children.map(|element| {
        let class = required(element, "StorageClass")?.to_ascii_uppercase();
        if coldness(&class) == 0 || !classes.contains(&class) {
            return Err(malformed(format!("Nothing moves to the class {class}.")));
        }
        Ok((when(element)?, class))
    });
    moves.collect()
}

/// `Days` or `Date`, not both. Observed: the SDK for Python writes dates with `+08:00`.
fn when(element: &Element) -> Result<When, Error> {
    match (element.text_of("Days"), element.text_of("Date")) {
        (Some(_), None) => number(element, "Days"),
        (None, Some(date)) => {
            let date = date.trim().parse().map(When::On);
            date.map_err(|_| malformed(format!("The Date {} cannot be read.", element.name)))
        }
        _ => Err(malformed(format!(
            "{} needs either Days or Date.",
            element.name
        ))),
    }
}

fn has_time(element: &Element) -> bool {
    element
        .text_of("Days")
        .or(element.text_of("Date"))
        .is_some()
}

fn number(element: &Element, name: &str) -> Result<When, Error> {
    let days = required(element, name)?.parse().map(When::After);
    days.map_err(|_| malformed(format!("{name} must be a number.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(inner: &str) -> Result<Vec<Rule>, Error> {
        let body = format!("<LifecycleConfiguration>{inner}</LifecycleConfiguration>");
        let classes = ["STANDARD_IA", "ARCHIVE", "DEEP_ARCHIVE"].map(str::to_owned);
        read(&Element::parse(body.as_bytes()).unwrap(), &classes)
    }

    fn rule(inner: &str) -> Result<Vec<Rule>, Error> {
        rules(&format!("<Rule><Status>Enabled</Status>{inner}</Rule>"))
    }

    fn thing(key: &str, state: State) -> Thing<'_> {
        Thing {
            key,
            tags: &[],
            since: "2024-01-01T00:00:00Z".parse().unwrap(),
            class: "STANDARD",
            state,
        }
    }

    fn fate(rules: &[Rule], thing: &Thing<'_>, now: &str) -> Option<Fate> {
        judge(rules, thing, now.parse().unwrap())
    }

    #[test]
    fn days_end_at_midnight_in_beijing() {
        for (at, midnight) in [
            ("2024-01-01T00:00:00Z", "2024-01-01T16:00:00Z"),
            ("2024-01-01T16:00:00Z", "2024-01-01T16:00:00Z"),
            ("2024-01-01T16:00:00.001Z", "2024-01-02T16:00:00Z"),
            ("2024-01-01T16:00:01Z", "2024-01-02T16:00:00Z"),
            ("1969-12-31T12:00:00Z", "1969-12-31T16:00:00Z"),
        ] {
            let found = midnight_from(at.parse().unwrap());
            assert_eq!(found, midnight.parse().unwrap(), "{at}");
        }
    }

    #[test]
    fn objects_expire_and_move() {
        let rules = rule(
            "<Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>30</Days></Expiration>\
             <Transition><Days>0</Days><StorageClass>STANDARD_IA</StorageClass></Transition>\
             <Transition><Days>10</Days><StorageClass>ARCHIVE</StorageClass></Transition>",
        )
        .unwrap();
        let object = thing("logs/a", State::Current);
        let to = |class: &str| Some(Fate::Move(class.to_owned()));
        assert_eq!(fate(&rules, &object, "2024-01-01T15:59:59Z"), None);
        assert_eq!(
            fate(&rules, &object, "2024-01-01T16:00:00Z"),
            to("STANDARD_IA")
        );
        assert_eq!(fate(&rules, &object, "2024-01-11T16:00:00Z"), to("ARCHIVE"));
        assert_eq!(
            fate(&rules, &object, "2024-01-31T16:00:00Z"),
            Some(Fate::Expire)
        );
        let cold = Thing {
            class: "DEEP_ARCHIVE",
            ..object
        };
        assert_eq!(fate(&rules, &cold, "2024-01-11T16:00:00Z"), None);
        let other = thing("log", State::Current);
        assert_eq!(fate(&rules, &other, "2034-01-01T00:00:00Z"), None);
        let upload = thing("logs/a", State::Upload);
        assert_eq!(fate(&rules, &upload, "2034-01-01T00:00:00Z"), None);
    }

    #[test]
    fn rules_are_about_states_and_tags() {
        let rules = rule(
            "<Filter><And><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>\
             <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>\
             <AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
             <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
        )
        .unwrap();
        let tags = [("k".to_owned(), "v".to_owned())];
        let now = "2024-01-02T16:00:00Z";
        for (state, expected) in [
            (State::Current, None),
            (State::Noncurrent, Some(Fate::Expire)),
            (State::LoneMarker, Some(Fate::Expire)),
            (State::Upload, None),
        ] {
            let bare = thing("a", state);
            let tagged = Thing {
                tags: &tags,
                ..bare
            };
            assert_eq!(fate(&rules, &bare, now), None);
            assert_eq!(fate(&rules, &tagged, now), expected, "{state:?}");
        }
    }

    #[test]
    fn empty_elements_count_as_absent() {
        let marker = "<ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker>";
        let rules = rule(&format!(
            "<Expiration><Days>1</Days><Date/>{marker}</Expiration>"
        ))
        .unwrap();
        let object = thing("a", State::Current);
        assert_eq!(
            fate(&rules, &object, "2024-01-02T16:00:00Z"),
            Some(Fate::Expire)
        );
    }

    #[test]
    fn dates_may_have_an_offset() {
        let rules =
            rule("<Expiration><Date>2024-02-01T00:00:00+08:00</Date></Expiration>").unwrap();
        let object = thing("a", State::Current);
        assert_eq!(fate(&rules, &object, "2024-01-31T15:59:59Z"), None);
        assert_eq!(
            fate(&rules, &object, "2024-01-31T16:00:00Z"),
            Some(Fate::Expire)
        );
    }

    #[test]
    fn documents_are_checked() {
        let days = |days: &str| format!("<Expiration><Days>{days}</Days></Expiration>");
        assert!(rule(&days("1")).is_ok());
        for bad in [
            "",
            &days("0"),
            &days("x"),
            "<Expiration><Days>1</Days><Date>2024-01-01T00:00:00Z</Date></Expiration>",
            "<Transition><Days>1</Days><StorageClass>STANDARD</StorageClass></Transition>",
            "<Expiration/>",
            "<Transition><StorageClass>ARCHIVE</StorageClass></Transition>",
        ] {
            assert_eq!(rule(bad).unwrap_err().code, "MalformedXML", "{bad}");
        }
        assert_eq!(rules("").unwrap_err().code, "MalformedXML");
        let twice = format!(
            "<Rule><ID>a</ID><Status>Enabled</Status>{}</Rule>",
            days("1")
        )
        .repeat(2);
        assert_eq!(rules(&twice).unwrap_err().code, "LifeCycleIdNotUnique");
    }
}
