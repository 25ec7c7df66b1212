//! What queries are made of texts, and which are refused.

use super::super::tree::{AggregateKind, Comparison};
use super::*;
use crate::select::datum::Datum;

fn code(text: &str) -> &'static str {
    parse(text).map_or_else(|error| error.code, |query| panic!("{text}: {query:?}"))
}

fn member(text: &str) -> Step {
    Step::Member(any_case(text))
}

#[test]
fn clauses_are_read() {
    let query = parse("select * from COSObject").unwrap();
    assert_eq!(query.projection, Projection::All);
    assert_eq!((query.condition, query.limit), (None, None));
    let query = parse("SELECT s.* FROM s3object AS s LIMIT 5;").unwrap();
    assert_eq!((query.projection, query.limit), (Projection::All, Some(5)));
    let query =
        parse("SELECT s._1, \"Name\" AS n, s.a[0].b x, s['k'], 1 FROM COSObject s").unwrap();
    let Projection::Items(items) = query.projection else {
        panic!("a list");
    };
    let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["_1", "n", "x", "k", "_5"]);
    let exact = |text: &str| {
        Step::Member(Name {
            text: text.into(),
            is_exact: true,
        })
    };
    let paths: Vec<_> = items[..4]
        .iter()
        .map(|item| item.expression.clone())
        .collect();
    assert_eq!(
        paths,
        [
            Expression::Path(vec![member("_1")]),
            Expression::Path(vec![exact("Name")]),
            Expression::Path(vec![member("a"), Step::Item(0), member("b")]),
            Expression::Path(vec![exact("k")]),
        ]
    );
}

#[test]
fn paths_of_sources_are_read() {
    for (text, path) in [
        ("COSObject", vec![]),
        ("COSObject[*]", vec![]),
        ("COSObject[*] AS s", vec![]),
        ("COSObject[*][*]", vec![Step::EveryItem]),
        (
            "COSObject[*].Rules[*].id",
            vec![member("Rules"), Step::EveryItem, member("id")],
        ),
        ("COSObject[*].*", vec![Step::EveryMember]),
        ("COSObject[*].a[1] s", vec![member("a"), Step::Item(1)]),
    ] {
        let query = parse(&format!("SELECT * FROM {text} WHERE 1 = 1")).unwrap();
        assert_eq!(query.source, path, "{text}");
    }
    // The last member of a path is a name of the row; without one it is `_1`.
    let row = |text: &str| {
        let query = parse(text).unwrap();
        let Projection::Items(items) = query.projection else {
            panic!("a list");
        };
        items[0].expression.clone()
    };
    let whole = Expression::Path(vec![]);
    assert_eq!(row("SELECT price FROM COSObject[*].books[*].price"), whole);
    assert_eq!(row("SELECT _1 FROM COSObject[*].books[*]"), whole);
    assert_eq!(
        row("SELECT _1.price FROM COSObject[*].books[*]"),
        Expression::Path(vec![member("price")])
    );
    assert_eq!(
        row("SELECT COSObject.a FROM COSObject"),
        row("SELECT a FROM COSObject")
    );
}

#[test]
fn conditions_bind_as_in_sql() {
    let condition = |text: &str| {
        parse(&format!("SELECT * FROM COSObject WHERE {text}"))
            .unwrap()
            .condition
            .unwrap()
    };
    assert_eq!(
        condition("a = 1 OR b = 2 AND NOT c"),
        condition("(a = 1) OR ((b = 2) AND (NOT c))")
    );
    assert_eq!(condition("a + 2 * 3 > 4"), condition("(a + (2 * 3)) > 4"));
    assert_eq!(condition("a <> 1"), condition("a != 1"));
    assert_eq!(condition("a NOT IN (1, 2)"), condition("NOT (a IN (1, 2))"));
    assert_eq!(
        condition("a IS NOT MISSING"),
        condition("NOT (a IS MISSING)")
    );
    assert_eq!(
        condition("a BETWEEN 1 AND 2 AND b"),
        condition("(a >= 1 AND a <= 2) AND b")
    );
    assert_eq!(
        condition("a IS MISSING AND b IS NULL"),
        Expression::And(vec![
            Expression::IsMissing(Box::new(Expression::Path(vec![member("a")]))),
            Expression::IsNull(Box::new(Expression::Path(vec![member("b")]))),
        ])
    );
    assert_eq!(
        condition("a < 'x'"),
        Expression::Compare(
            Box::new(Expression::Path(vec![member("a")])),
            Comparison::Less,
            Box::new(Expression::Literal(Datum::Text("x".into()))),
        )
    );
}

#[test]
fn aggregates_are_collected() {
    let query = parse("SELECT COUNT(*), SUM(CAST(_1 AS INT)) / MAX(_2) m FROM COSObject").unwrap();
    let kinds: Vec<_> = query.aggregates.iter().map(|one| one.kind).collect();
    let expected = [AggregateKind::Count, AggregateKind::Sum, AggregateKind::Max];
    assert_eq!(kinds, expected);
    assert_eq!(query.aggregates[0].argument, None);
}

#[test]
fn what_is_not_supported_is_refused() {
    for (text, expected) in [
        ("", "ParseUnexpectedToken"),
        ("DELETE FROM COSObject", "ParseUnexpectedToken"),
        ("SELECT FROM COSObject", "ParseEmptySelect"),
        ("SELECT *", "ParseSelectMissingFrom"),
        ("SELECT * FROM", "InvalidDataSource"),
        ("SELECT * FROM other", "InvalidDataSource"),
        ("SELECT * FROM COSObject.a", "UnsupportedSyntax"),
        ("SELECT * FROM COSObject[*].", "InvalidKeyPath"),
        (
            "SELECT *, a FROM COSObject",
            "ParseAsteriskIsNotAloneInSelectList",
        ),
        ("SELECT a, FROM COSObject", "ParseUnexpectedToken"),
        (
            "SELECT DISTINCT a FROM COSObject",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT a FROM COSObject GROUP BY a",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT a FROM COSObject ORDER BY a",
            "UnsupportedSqlStructure",
        ),
        ("SELECT a FROM COSObject JOIN b", "UnsupportedSqlStructure"),
        (
            "SELECT a FROM COSObject, COSObject",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT a, COUNT(*) FROM COSObject",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT a FROM COSObject WHERE COUNT(*) > 1",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT SUM(COUNT(*)) FROM COSObject",
            "UnsupportedSqlStructure",
        ),
        (
            "SELECT (SELECT 1) FROM COSObject",
            "UnsupportedSqlStructure",
        ),
        ("SELECT MD5(a) FROM COSObject", "UnsupportedFunction"),
        (
            "SELECT LOWER(a, b) FROM COSObject",
            "EvaluatorInvalidArguments",
        ),
        ("SELECT CAST(a AS BLOB) FROM COSObject", "InvalidCast"),
        (
            "SELECT DATE_ADD(eon, 1, a) FROM COSObject",
            "ParseExpectedDatePart",
        ),
        ("SELECT a FROM COSObject LIMIT x", "ParseExpectedNumber"),
        ("SELECT a FROM COSObject WHERE", "ParseUnexpectedToken"),
        ("SELECT a FROM COSObject WHERE a = 'x", "LexerInvalidChar"),
        (
            "SELECT a FROM COSObject WHERE a = 1 1",
            "ParseUnexpectedToken",
        ),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
    let long = format!(
        "SELECT * FROM COSObject WHERE '{}' = ''",
        "x".repeat(MAX_EXPRESSION)
    );
    assert_eq!(code(&long), "ExpressionTooLong");
    let deep = format!(
        "SELECT {}1{} FROM COSObject",
        "(".repeat(1000),
        ")".repeat(1000)
    );
    assert_eq!(code(&deep), "UnsupportedSqlStructure");
}
