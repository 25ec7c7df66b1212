//! Queries over objects, without a store and a wire.

use backlot_base::json::Value;

use super::super::serialization::{CsvInput, CsvOutput, Header, Layout, QuoteFields};
use super::super::sink::MAX_RECORD;
use super::super::sql;
use super::*;

fn csv(header: Header) -> Input {
    Input::Csv(CsvInput {
        header,
        record: Some(b'\n'),
        field: b',',
        quote: Some(b'"'),
        escape: Some(b'"'),
        comment: Some(b'#'),
    })
}

fn to_csv(quotes: QuoteFields) -> Output {
    Output::Csv(CsvOutput {
        quotes,
        record: "\n".into(),
        field: ",".into(),
        quote: '"',
        escape: '"',
    })
}

fn to_json() -> Output {
    Output::Json {
        record: "\n".into(),
    }
}

/// What is selected, with the object in pieces of `size` bytes.
fn select(
    text: &str,
    input: &Input,
    output: Output,
    object: &str,
    size: usize,
) -> Result<String, &'static str> {
    let now = "2024-06-01T12:00:00Z".parse().unwrap();
    let query = sql::parse(text).map_err(|error| error.code)?;
    let mut run = Run::new(query, input, output, now);
    for piece in object.as_bytes().chunks(size) {
        if !run.is_done() {
            run.feed(piece).map_err(|error| error.code)?;
        }
    }
    run.finish().map_err(|error| error.code)?;
    Ok(String::from_utf8(run.take()).unwrap())
}

/// What a query selects of an object, which must not depend on the pieces in which the object arrives.
#[track_caller]
fn selected(
    text: &str,
    input: &Input,
    output: &Output,
    object: &str,
) -> Result<String, &'static str> {
    let whole = select(text, input, output.clone(), object, usize::MAX >> 1);
    for size in [1, 3, 7] {
        assert_eq!(
            select(text, input, output.clone(), object, size),
            whole,
            "{text}"
        );
    }
    whole
}

const PEOPLE: &str = "id,Name,city,age\n1,Ann,\"Hang, zhou\",31\r\n# a comment\n2,Bo,Beijing,7\n3,\"C \"\"x\"\" d\",,9\n";

#[test]
fn columns_are_selected_by_number_and_by_name() {
    let none = csv(Header::None);
    let used = csv(Header::Use);
    let plain = to_csv(QuoteFields::AsNeeded);
    for (text, input, expected) in [
        (
            "SELECT * FROM COSObject",
            &none,
            "id,Name,city,age\n1,Ann,\"Hang, zhou\",31\n2,Bo,Beijing,7\n3,\"C \"\"x\"\" d\",,9\n",
        ),
        (
            "SELECT s._2 FROM COSObject s LIMIT 2",
            &csv(Header::Ignore),
            "Ann\nBo\n",
        ),
        (
            "SELECT name, \"Name\", _1 FROM COSObject LIMIT 1",
            &used,
            "Ann,Ann,1\n",
        ),
        ("SELECT id FROM COSObject WHERE city = ''", &used, "3\n"),
        ("SELECT id FROM COSObject WHERE age > 8", &used, "1\n3\n"),
        ("SELECT id FROM COSObject WHERE age > '8'", &used, "3\n"),
        (
            "SELECT id FROM COSObject WHERE CAST(age AS INT) BETWEEN 7 AND 9",
            &used,
            "2\n3\n",
        ),
        ("SELECT _9 FROM COSObject LIMIT 1", &used, "\n"),
        ("SELECT id FROM COSObject LIMIT 0", &used, ""),
        (
            "SELECT id FROM COSObject WHERE name LIKE '%o' OR id IN ('3')",
            &used,
            "2\n3\n",
        ),
    ] {
        assert_eq!(
            selected(text, input, &plain, PEOPLE),
            Ok(expected.into()),
            "{text}"
        );
    }
    let quoted = to_csv(QuoteFields::Always);
    let found = selected(
        "SELECT id, age + 1 FROM COSObject LIMIT 1",
        &used,
        &quoted,
        PEOPLE,
    );
    assert_eq!(found, Ok("\"1\",\"32\"\n".into()));
    let json = selected("SELECT * FROM COSObject LIMIT 1", &used, &to_json(), PEOPLE);
    let expected = "{\"id\":\"1\",\"Name\":\"Ann\",\"city\":\"Hang, zhou\",\"age\":\"31\"}\n";
    assert_eq!(json, Ok(expected.into()));
    let json = selected(
        "SELECT _1, _9 FROM COSObject LIMIT 1",
        &none,
        &to_json(),
        PEOPLE,
    );
    assert_eq!(json, Ok("{\"_1\":\"id\"}\n".into()));
}

#[test]
fn wrong_names_of_columns_are_told() {
    let used = csv(Header::Use);
    let json = to_json();
    let object = "NAME,name,a\n1,2,3\n";
    for (text, expected) in [
        ("SELECT nobody FROM COSObject", Err("MissingHeaderName")),
        ("SELECT \"A\" FROM COSObject", Err("MissingHeaderName")),
        ("SELECT name FROM COSObject", Err("AmbiguousFieldName")),
        (
            "SELECT \"name\" FROM COSObject",
            Ok("{\"name\":\"2\"}\n".to_owned()),
        ),
        ("SELECT a.b FROM COSObject", Err("InvalidKeyPath")),
    ] {
        assert_eq!(selected(text, &used, &json, object), expected, "{text}");
    }
}

const LEON: &str = "{\n\t\"name\": \"Leon\",\n\t\"org\": \"Tencent\",\n\t\"projects\":\n\t\t[\n\t\t {\"project_name\":\"project1\", \
    \"completed\":true},\n\t\t {\"project_name\":\"project2\", \"completed\":false}\n\t\t]\n}";

#[test]
fn members_of_documents_are_selected() {
    let document = Input::Json(Layout::Document);
    let json = to_json();
    for (text, expected) in [
        ("Select s.name from COSObject s", "{\"name\":\"Leon\"}\n"),
        (
            "Select s.projects[0].project_name from COSObject s",
            "{\"project_name\":\"project1\"}\n",
        ),
        (
            "SELECT s.NAME, s.\"NAME\" FROM COSObject s",
            "{\"NAME\":\"Leon\"}\n",
        ),
        (
            "SELECT p.project_name n FROM COSObject[*].projects[*] p WHERE p.completed",
            "{\"n\":\"project1\"}\n",
        ),
        (
            "SELECT _1.completed FROM COSObject[*].projects[*]",
            "{\"completed\":true}\n{\"completed\":false}\n",
        ),
        (
            "SELECT * FROM COSObject[*].projects[1]",
            "{\"project_name\":\"project2\",\"completed\":false}\n",
        ),
        ("SELECT s.projects[7] x, s.nothing FROM COSObject s", "{}\n"),
        (
            "SELECT s.nothing IS MISSING m FROM COSObject s",
            "{\"m\":true}\n",
        ),
        ("SELECT * FROM COSObject[*].name", "{\"_1\":\"Leon\"}\n"),
    ] {
        assert_eq!(
            selected(text, &document, &json, LEON),
            Ok(expected.into()),
            "{text}"
        );
    }
    let whole = selected("Select * from COSObject", &document, &json, LEON).unwrap();
    assert_eq!(whole.trim_end(), Value::parse(LEON).unwrap().to_string());
    let plain = to_csv(QuoteFields::AsNeeded);
    let text = "SELECT s.name, s.projects[0] FROM COSObject s";
    let expected = "Leon,\"{\"\"project_name\"\":\"\"project1\"\",\"\"completed\"\":true}\"\n";
    assert_eq!(selected(text, &document, &plain, LEON), Ok(expected.into()));
}

#[test]
fn a_path_that_leads_nowhere_is_a_missing_row() {
    let object = r#"{"Rules": [{"id": "id-1"}, {"condition": "y > x"}, {"id": "id-2"}]}, {"created": "April 7"}"#;
    let (document, json) = (Input::Json(Layout::Document), to_json());
    let all = selected(
        "SELECT id FROM COSObject[*].Rules[*].id",
        &document,
        &json,
        object,
    );
    assert_eq!(
        all,
        Ok("{\"id\":\"id-1\"}\n{}\n{\"id\":\"id-2\"}\n{}\n".into())
    );
    let text = "SELECT id FROM COSObject[*].Rules[*].id WHERE id IS NOT MISSING";
    let there = selected(text, &document, &json, object);
    assert_eq!(there, Ok("{\"id\":\"id-1\"}\n{\"id\":\"id-2\"}\n".into()));
}

#[test]
fn lines_are_values_of_their_own() {
    let (lines, json) = (Input::Json(Layout::Lines), to_json());
    let object = "{\"a\":1,\"b\":\"x{\"}\n\n{\"a\":2.50}\r\n{\"a\":null}";
    let all = selected("SELECT * FROM COSObject", &lines, &json, object);
    assert_eq!(
        all,
        Ok("{\"a\":1,\"b\":\"x{\"}\n{\"a\":2.50}\n{\"a\":null}\n".into())
    );
    for (condition, expected) in [
        ("s.a >= 2", "{\"a\":2.50}\n"),
        ("s.a IS NULL", "{\"a\":null}\n"),
        ("s.b IS NULL AND s.a IS NOT NULL", "{\"a\":2.50}\n"),
        ("NOT s.a > 1", "{\"a\":1,\"b\":\"x{\"}\n"),
        ("s.b LIKE 'x!%' ESCAPE '!'", ""),
    ] {
        let text = format!("SELECT * FROM COSObject s WHERE {condition}");
        assert_eq!(
            selected(&text, &lines, &json, object),
            Ok(expected.into()),
            "{condition}"
        );
    }
    for (object, layout) in [
        ("{\"a\":1}\n{\"a\":", Layout::Lines),
        ("{\"a\":1} {\"a\"", Layout::Document),
        ("nonsense", Layout::Document),
        ("{\n}\n", Layout::Lines),
    ] {
        let input = Input::Json(layout);
        let found = selected("SELECT * FROM COSObject", &input, &json, object);
        assert_eq!(found, Err("JSONParsingError"), "{object}");
    }
}

#[test]
fn aggregates_are_over_what_is_there() {
    let (lines, json) = (Input::Json(Layout::Lines), to_json());
    let object = "{\"a\":1,\"t\":\"10\"}\n{\"a\":4,\"t\":\"9\"}\n{\"b\":true}\n{\"a\":null}\n";
    for (text, expected) in [
        ("COUNT(*), COUNT(s.a) n", "{\"_1\":4,\"n\":2}"),
        (
            "SUM(s.a), AVG(s.a), MIN(s.a), MAX(s.t)",
            "{\"_1\":5,\"_2\":2.5,\"_3\":1,\"_4\":\"10\"}",
        ),
        ("SUM(s.a) * 2 + COUNT(*) x", "{\"x\":14}"),
        ("SUM(s.nothing) x", "{\"x\":null}"),
    ] {
        let text = format!("SELECT {text} FROM COSObject s");
        let found = selected(&text, &lines, &json, object);
        assert_eq!(found, Ok(format!("{expected}\n")), "{text}");
    }
    let text = "SELECT SUM(s.b) FROM COSObject s";
    assert_eq!(
        selected(text, &lines, &json, object),
        Err("ValueParseFailure")
    );
    let none = selected("SELECT COUNT(*) FROM COSObject", &lines, &json, "");
    assert_eq!(none, Ok("{\"_1\":0}\n".into()));
}

#[test]
fn functions_compute() {
    let (lines, json) = (Input::Json(Layout::Lines), to_json());
    let object = r#"{"t":" Ab中 ","n":7,"at":"2024-01-31T10:00:00Z","u":null}"#;
    for (expression, expected) in [
        ("UPPER(TRIM(t))", "\"AB中\""),
        ("CHAR_LENGTH(t)", "5"),
        ("SUBSTRING(t, 2, 2)", "\"Ab\""),
        ("SUBSTRING(t FROM 2)", "\"Ab中 \""),
        ("TRIM(LEADING ' ' FROM t)", "\"Ab中 \""),
        ("COALESCE(u, x, n)", "7"),
        ("NULLIF(n, 7)", "null"),
        ("CAST(n AS STRING)", "\"7\""),
        ("CAST('7.9' AS INT)", "7"),
        ("CAST(n AS FLOAT) / 2", "3.5"),
        ("n / 2", "3"),
        ("n % 4 - 1", "2"),
        ("-n", "-7"),
        ("t || n", "\" Ab中 7\""),
        ("CASE WHEN n > 5 THEN 'many' ELSE 'few' END", "\"many\""),
        (
            "CASE n WHEN 1 THEN 'one' WHEN 7 THEN 'seven' END",
            "\"seven\"",
        ),
        ("EXTRACT(MONTH FROM TO_TIMESTAMP(at))", "1"),
        (
            "DATE_ADD(month, 1, TO_TIMESTAMP(at))",
            "\"2024-02-29T10:00:00Z\"",
        ),
        ("DATE_DIFF(day, TO_TIMESTAMP(at), UTCNOW())", "122"),
        ("TO_STRING(TO_TIMESTAMP(at), 'y/MM/dd')", "\"2024/01/31\""),
        ("n BETWEEN 1 AND 7 AND NOT n IN (1, 2)", "true"),
    ] {
        let text = format!("SELECT {expression} x FROM COSObject s");
        let found = selected(&text, &lines, &json, object);
        assert_eq!(found, Ok(format!("{{\"x\":{expected}}}\n")), "{expression}");
    }
    for (expression, expected) in [
        ("CAST(t AS INT)", "CastFailed"),
        ("n / 0", "EvaluatorInvalidArguments"),
        ("n * 9223372036854775807", "IntegerOverflow"),
        ("t + 1", "EvaluatorInvalidArguments"),
        ("t LIKE '!x' ESCAPE '!'", "LikeInvalidInputs"),
        ("TO_TIMESTAMP(t)", "EvaluatorTimestampFormatPatternInvalid"),
    ] {
        let text = format!("SELECT {expression} x FROM COSObject s");
        assert_eq!(
            selected(&text, &lines, &json, object),
            Err(expected),
            "{expression}"
        );
    }
}

#[test]
fn records_are_bounded() {
    let long = format!("{}\n", "x".repeat(MAX_RECORD + 1));
    let plain = to_csv(QuoteFields::AsNeeded);
    let text = "SELECT * FROM COSObject";
    let none = csv(Header::None);
    let found = select(text, &none, plain.clone(), &long, 1 << 16);
    assert_eq!(found.err(), Some("OverMaxRecordSize"));
    let lines = Input::Json(Layout::Lines);
    let found = select(text, &lines, plain, &long, 1 << 16);
    assert_eq!(found.err(), Some("OverMaxRecordSize"));
}

#[test]
fn long_expressions_are_evaluated_or_refused() {
    let (lines, json) = (Input::Json(Layout::Lines), to_json());
    let condition = vec!["s.a = 1"; 400].join(" OR ");
    let text = format!("SELECT * FROM COSObject s WHERE {condition}");
    let found = select(&text, &lines, json.clone(), "{\"a\":1}", 64);
    assert_eq!(found, Ok("{\"a\":1}\n".into()));
    let sum = |terms: usize| format!("SELECT {} x FROM COSObject", vec!["1"; terms].join(" + "));
    let found = select(&sum(90), &lines, json.clone(), "{}", 64);
    assert_eq!(found, Ok("{\"x\":90}\n".into()));
    for terms in [150, 1500, 50_000] {
        let found = select(&sum(terms), &lines, json.clone(), "{}", 64);
        assert_eq!(found, Err("UnsupportedSqlStructure"), "{terms}");
    }
    let list = vec!["7"; 20_000].join(",");
    let text = format!("SELECT * FROM COSObject s WHERE s.a IN ({list})");
    let found = select(&text, &lines, json, "{\"a\":7}", 64);
    assert_eq!(found, Ok("{\"a\":7}\n".into()));
}
