//! What is written reads back, whatever it is.

use backlot::base::json::{Number, Value};
use proptest::collection::vec;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,10})?([eE][+-]?[0-9]{1,3})?"
            .prop_map(|text| text.parse().unwrap()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((any::<String>(), inner), 0..6).prop_map(Value::Object),
        ]
    })
}

proptest! {
    #[test]
    fn written_values_read_back(value in value()) {
        prop_assert_eq!(Value::parse(&value.to_string()), Ok(value.clone()));
        prop_assert_eq!(Value::parse(&value.to_pretty()), Ok(value));
    }

    /// `RawValue` is laxer than we are about escapes, `Value` is stricter about numbers; we are between them.
    #[test]
    fn other_readers_agree_about_what_json_is(
        text in prop_oneof![any::<String>(), "[\\[\\]{}\",:0-9eE+.\\\\untrfalsd -]{0,40}"]
    ) {
        let ours = Value::parse(&text).is_ok();
        let lax = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        let strict = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert!(ours || !strict, "only they read {text:?}");
        prop_assert!(lax || !ours, "only we read {text:?}");
    }
}
