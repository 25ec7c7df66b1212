//! Parameters of the Cloud API: whatever is sent, reading them never panics and an error names its parameter.

use backlot_tests::property;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Documents that have much of what the property reads, and much else.
fn calls() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "Name",
        "Limit",
        "Publish",
        "Type",
        "Input",
        "Bucket",
        "Start",
        "Files",
        "Id",
        "Tags",
        "",
        "Input.Bucket",
        "0",
    ]);
    let leaf = prop_oneof![
        prop::sample::select(vec!["", "1", "true", "HTTP", "x", "中"]).prop_map(Value::from),
        prop::sample::select(vec![
            json!(0),
            json!(1),
            json!(101),
            json!(1.5),
            json!(1e300)
        ]),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let any = leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    });
    let complete = json!({"Name": "a", "Input": {"Bucket": "b"}, "Files": [{"Id": 1}]});
    // A good call in which one thing has been replaced or added gets further than one that is all chance.
    let places = prop::sample::select(vec![
        "/Name",
        "/Input",
        "/Input/Bucket",
        "/Files",
        "/Files/0",
        "/Files/0/Id",
        "",
    ]);
    (places, any).prop_map(move |(place, value)| {
        let mut call = complete.clone();
        if let Some(found) = call.pointer_mut(place) {
            *found = value;
        }
        call
    })
}

proptest! {
    #[test]
    fn an_error_names_a_parameter_that_was_sent_or_is_required(call in calls()) {
        property::check("parameters", call.to_string().as_bytes());
    }
}
