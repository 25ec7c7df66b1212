//! Every kind of parameter error, and what is accepted.

use std::fmt;

use super::*;
use crate::cloud_api::ApiError;

/// Reads `text` as the parameters of a call, and says how that ends: the value, or code and message.
fn read<T: fmt::Debug>(
    text: &str,
    read: impl FnOnce(&Parameters<'_>) -> Result<T, ParameterError>,
) -> Result<T, (String, String)> {
    let call = Value::parse(text).unwrap();
    read(&Parameters::new(&call)).map_err(|error| {
        let error = ApiError::from(error);
        (error.code, error.message)
    })
}

fn error<T>(code: &str, message: &str) -> Result<T, (String, String)> {
    Err((code.to_owned(), message.to_owned()))
}

#[test]
fn what_is_required_must_be_sent() {
    let name = |text: &str| {
        read(text, |all| {
            all.required("Name", Parameter::text).map(str::to_owned)
        })
    };
    assert_eq!(name(r#"{"Name":"a"}"#), Ok("a".to_owned()));
    assert_eq!(name(r#"{"Name":"a","Name":""}"#), Ok(String::new()));
    let missing = || {
        error(
            "MissingParameter",
            "The request is missing a required parameter `Name`.",
        )
    };
    for text in ["{}", r#"{"Name":null}"#, r#"{"name":"a"}"#, "[]"] {
        assert_eq!(name(text), missing(), "{text}");
    }
    let filled = |text: &str| {
        read(text, |all| {
            all.required("Name", Parameter::filled_text)
                .map(str::to_owned)
        })
    };
    assert_eq!(filled(r#"{"Name":""}"#), missing());
    assert_eq!(
        filled(r#"{"Name":1}"#),
        error(
            "InvalidParameter",
            "The parameter `Name` must be a string, not a number."
        )
    );
}

#[test]
fn what_is_optional_may_be_absent_or_null() {
    let limit = |text: &str| read(text, |all| all.optional("Limit", Parameter::integer));
    assert_eq!(limit("{}"), Ok(None));
    assert_eq!(limit(r#"{"Limit":null}"#), Ok(None));
    assert_eq!(limit(r#"{"Limit":7}"#), Ok(Some(7)));
}

#[test]
fn numbers_may_be_text_and_have_a_range() {
    let limit = |text: &str| {
        read(text, |all| {
            all.required("Limit", |limit| limit.integer_in(1..=100))
        })
    };
    assert_eq!(limit(r#"{"Limit":100}"#), Ok(100));
    assert_eq!(limit(r#"{"Limit":"1"}"#), Ok(1));
    for text in ["1.5", "1e400", "9223372036854775808"] {
        assert_eq!(
            limit(&format!("{{\"Limit\":{text}}}")),
            error(
                "InvalidParameter",
                "The parameter `Limit` must be an integer, not another number."
            )
        );
    }
    assert_eq!(
        limit(r#"{"Limit":"ten"}"#),
        error(
            "InvalidParameter",
            "The parameter `Limit` must be an integer, not another text."
        )
    );
    assert_eq!(
        limit(r#"{"Limit":0}"#),
        error(
            "InvalidParameterValue",
            "The value of the parameter `Limit` must be from 1 to 100, not 0."
        )
    );
    let offset = |text: &str| read(text, |all| all.required("Offset", Parameter::number));
    assert_eq!(offset(r#"{"Offset":-1.5}"#), Ok(-1.5));
    assert_eq!(offset(r#"{"Offset":"2e3"}"#), Ok(2000.0));
    for text in ["\"NaN\"", "\"inf\"", "1e999", "true", "[1]"] {
        let code = offset(&format!("{{\"Offset\":{text}}}")).map_err(|(code, _)| code);
        assert_eq!(code, Err("InvalidParameter".to_owned()), "{text}");
    }
}

#[test]
fn booleans_may_be_text() {
    let publish = |text: &str| read(text, |all| all.required("Publish", Parameter::boolean));
    for (text, expected) in [
        ("true", true),
        ("\"TRUE\"", true),
        ("\"False\"", false),
        ("false", false),
    ] {
        assert_eq!(publish(&format!("{{\"Publish\":{text}}}")), Ok(expected));
    }
    assert_eq!(
        publish(r#"{"Publish":1}"#),
        error(
            "InvalidParameter",
            "The parameter `Publish` must be a boolean, not a number."
        )
    );
    assert_eq!(
        publish(r#"{"Publish":"yes"}"#),
        error(
            "InvalidParameter",
            "The parameter `Publish` must be a boolean, not another text."
        )
    );
}

#[test]
fn texts_have_choices_and_limits() {
    let kind = |text: &str| {
        read(text, |all| {
            all.required("Type", |kind| kind.one_of(&[("Event", 1), ("HTTP", 2)]))
        })
    };
    assert_eq!(kind(r#"{"Type":"HTTP"}"#), Ok(2));
    assert_eq!(
        kind(r#"{"Type":"http"}"#),
        error(
            "InvalidParameterValue",
            "The value of the parameter `Type` must be one of `Event`, `HTTP`."
        )
    );
    let id = |text: &str| {
        read(text, |all| {
            all.required("Id", |id| id.text_up_to(2)).map(str::to_owned)
        })
    };
    assert_eq!(id(r#"{"Id":"中文"}"#), Ok("中文".to_owned()));
    assert_eq!(
        id(r#"{"Id":"abc"}"#),
        error(
            "InvalidParameterValue",
            "The value of the parameter `Id` must have at most 2 characters."
        )
    );
}

#[test]
fn structures_are_in_the_path() {
    let bucket = |text: &str| {
        read(text, |all| {
            let input = all.required("InputInfo", Parameter::object)?;
            let cos = input.required("CosInputInfo", Parameter::object)?;
            cos.required("Bucket", Parameter::text).map(str::to_owned)
        })
    };
    let path = "InputInfo.CosInputInfo.Bucket";
    let text = |bucket: &str| format!(r#"{{"InputInfo":{{"CosInputInfo":{{{bucket}}}}}}}"#);
    assert_eq!(bucket(&text(r#""Bucket":"b""#)), Ok("b".to_owned()));
    assert_eq!(
        bucket(&text("")),
        error(
            "MissingParameter",
            &format!("The request is missing a required parameter `{path}`.")
        )
    );
    assert_eq!(
        bucket(&text(r#""Bucket":[]"#)),
        error(
            "InvalidParameter",
            &format!("The parameter `{path}` must be a string, not an array.")
        )
    );
    assert_eq!(
        bucket(r#"{"InputInfo":{"CosInputInfo":"b"}}"#),
        error(
            "InvalidParameter",
            "The parameter `InputInfo.CosInputInfo` must be an object, not a string."
        )
    );
}

#[test]
fn items_of_lists_are_in_the_path() {
    let names = |text: &str| {
        read(text, |all| {
            all.required("Files", |files| {
                files.list_up_to(3, |file| file.object()?.required("Id", Parameter::integer))
            })
        })
    };
    assert_eq!(names(r#"{"Files":[{"Id":1},{"Id":"2"}]}"#), Ok(vec![1, 2]));
    assert_eq!(
        names(r#"{"Files":[{"Id":1},{}]}"#),
        error(
            "MissingParameter",
            "The request is missing a required parameter `Files.1.Id`."
        )
    );
    assert_eq!(
        names(r#"{"Files":[null]}"#),
        error(
            "InvalidParameter",
            "The parameter `Files.0` must be an object, not null."
        )
    );
    assert_eq!(
        names(r#"{"Files":[1,2,3,4]}"#),
        error(
            "InvalidParameterValue",
            "The value of the parameter `Files` must have at most 3 items."
        )
    );
    assert_eq!(
        names(r#"{"Files":{"Id":1}}"#),
        error(
            "InvalidParameter",
            "The parameter `Files` must be an array, not an object."
        )
    );
}

#[test]
fn unknown_names_are_refused_on_demand() {
    let only = |text: &str| {
        read(text, |all| {
            all.only(&["A"])?;
            all.required("A", |a| a.object()?.only(&["B"]))
        })
    };
    assert_eq!(only(r#"{"A":{"B":1}}"#), Ok(()));
    assert_eq!(
        only(r#"{"A":{"B":1,"C":null}}"#),
        error("UnknownParameter", "The parameter `A.C` does not exist.")
    );
    assert_eq!(
        only(r#"{"A":{},"X":1}"#),
        error("UnknownParameter", "The parameter `X` does not exist.")
    );
}

#[test]
fn a_service_may_have_codes_of_its_own() {
    let call = Value::parse(r#"{"SessionId":"abc"}"#).unwrap();
    let id: Result<_, ApiError> = Parameters::new(&call).required("SessionId", |id| {
        let long =
            |error: ParameterError| error.with_code("InvalidParameterValue.SessionIdTooLong");
        id.text_up_to(2).map_err(long)
    });
    let error = id.unwrap_err();
    assert_eq!(error.code, "InvalidParameterValue.SessionIdTooLong");
    assert_eq!(
        error.message,
        "The value of the parameter `SessionId` must have at most 2 characters."
    );
}
