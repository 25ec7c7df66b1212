//! The rule of idempotence, for whatever an event may say.

use proptest::prelude::*;

use backlot_handler::digest::Digest;
use backlot_handler::event::{Event, Notification};
use backlot_handler::key::{LONGEST_KEY, key};

fn mps((event_type, task_id, status): &(String, String, Option<String>)) -> Event {
    Event::Mps(Notification {
        event_type: event_type.clone(),
        task_id: task_id.clone(),
        status: status.clone(),
        error_code: None,
        message: None,
        failures: Vec::new(),
    })
}

/// Text of all kinds: any characters, those that matter in paths, and far too long ones.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9/._%~ -]{0,12}",
        "[a/%é]{100,400}"
    ]
}

fn words() -> impl Strategy<Value = (String, String, Option<String>)> {
    (text(), text(), proptest::option::of(text()))
}

proptest! {
    #[test]
    fn every_key_is_one_that_cos_takes(words in words(), body: Vec<u8>) {
        let key = key("mps/", &mps(&words), &Digest::of(&body));
        prop_assert!(key.len() <= LONGEST_KEY, "{}", key);
        prop_assert!(key.is_ascii() && !key.chars().any(|c| c.is_ascii_control()), "{}", key);
        let segments: Vec<&str> = key.split('/').collect();
        prop_assert_eq!(segments.len(), 4, "{}", key);
        prop_assert!(segments.iter().all(|segment| !matches!(*segment, "." | "..")), "{}", key);
        prop_assert!(!key.contains('\\') && segments[3].contains('-'), "{}", key);
    }

    #[test]
    fn different_events_have_different_keys(one in words(), other in words(), body: Vec<u8>) {
        // A status that is not given and one that reads `unknown` mean the same.
        let told = |words: &(String, String, Option<String>)| {
            (words.0.clone(), words.1.clone(), words.2.clone().unwrap_or_else(|| "unknown".to_owned()))
        };
        let digest = Digest::of(&body);
        let same_key = key("", &mps(&one), &digest) == key("", &mps(&other), &digest);
        prop_assert_eq!(same_key, told(&one) == told(&other));
    }

    #[test]
    fn different_bytes_have_different_keys(words in words(), one: Vec<u8>, other: Vec<u8>) {
        for event in [mps(&words), Event::Unrecognized, Event::NotJson] {
            let same_key = key("", &event, &Digest::of(&one)) == key("", &event, &Digest::of(&other));
            prop_assert_eq!(same_key, one == other);
        }
    }

    #[test]
    fn nothing_makes_the_reader_of_events_panic(body: Vec<u8>, text in any::<String>()) {
        let _ = Event::classify(&body);
        let event = serde_json::json!({"EventType": text, format!("{text}Event"): {"TaskId": text}});
        let recognized = Event::classify(event.to_string().as_bytes());
        prop_assert_eq!(recognized.notification().is_some(), !text.is_empty() && text != "ExtractBlindWatermark");
    }
}
