//! The clauses of a query.

use sqlparser::ast::{SelectItem, SelectItemQualifiedWildcardKind};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer, Word};

use super::dialect::SelectDialect;
use super::lower::{Lowering, index, name_of, too_deep};
use super::tree::{Expression, Item, Name, Projection, Query, Step};
use crate::select::SelectError;

/// The maximal size of an expression in bytes.
const MAX_EXPRESSION: usize = 256 * 1024;

/// The maximal number of operators and keywords. The trees of the parser are as deep as chains of these are long, and they are
/// dropped recursively.
const MAX_OPERATORS: usize = 2000;

/// The names of the object. The latter is for clients of S3.
const TABLES: [&str; 2] = ["COSObject", "S3Object"];

/// Reads a query.
pub(in crate::select) fn parse(text: &str) -> Result<Query, SelectError> {
    if text.len() > MAX_EXPRESSION {
        let message = "The SQL expression is too long: it may have 256 KB at most.";
        return Err(SelectError::new("ExpressionTooLong", message));
    }
    let dialect = SelectDialect;
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize()
        .map_err(|error| SelectError::new("LexerInvalidChar", error.to_string()))?;
    if tokens.iter().filter(|token| is_operator(token)).count() > MAX_OPERATORS {
        return Err(too_deep());
    }
    let mut parser = Parser::new(&dialect).with_tokens(tokens);
    if !parser.parse_keyword(Keyword::SELECT) {
        return Err(unexpected(&mut parser, "SELECT"));
    }
    if parser.peek_keyword(Keyword::DISTINCT) {
        return Err(unsupported("DISTINCT"));
    }
    if parser.peek_keyword(Keyword::FROM) {
        return Err(SelectError::new(
            "ParseEmptySelect",
            "The SQL expression selects nothing.",
        ));
    }
    let items = parser.parse_projection().map_err(wrong)?;
    if !parser.parse_keyword(Keyword::FROM) {
        let message = "The SQL expression has no FROM after its SELECT list.";
        return Err(SelectError::new("ParseSelectMissingFrom", message));
    }
    let source = Source::read(&mut parser)?;
    let mut lowering = Lowering::new(source.names);
    let projection = projection(items, &mut lowering)?;
    lowering.has_aggregates = false;
    let condition = if parser.parse_keyword(Keyword::WHERE) {
        let condition = parser.parse_expr().map_err(wrong)?;
        Some(lowering.expression(condition)?)
    } else {
        None
    };
    let limit = limit(&mut parser)?;
    let _is_closed = parser.consume_token(&Token::SemiColon);
    check_end(&mut parser)?;
    let query = Query {
        projection,
        source: source.path,
        condition,
        limit,
        aggregates: lowering.aggregates,
    };
    check_aggregates(&query)?;
    Ok(query)
}

/// The path of a source, and the names that mean a row of it.
struct Source {
    path: Vec<Step>,
    names: Vec<Name>,
}

impl Source {
    fn read(parser: &mut Parser<'_>) -> Result<Self, SelectError> {
        let table = parser.next_token();
        let Token::Word(table) = table.token else {
            return Err(no_source());
        };
        if !TABLES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&table.value))
        {
            return Err(no_source());
        }
        let mut path = Vec::new();
        while let Some(step) = step(parser)? {
            path.push(step);
        }
        if !path.is_empty() && path.remove(0) != Step::EveryItem {
            let message = "A path in FROM begins with [*], as in COSObject[*].path.";
            return Err(SelectError::new("UnsupportedSyntax", message));
        }
        let alias = alias(parser)?;
        let names = match (&alias, path.last()) {
            (Some(alias), _) => vec![alias.clone()],
            (None, Some(Step::Member(name))) => vec![name.clone()],
            (None, Some(_)) => vec![any_case("_1")],
            (None, None) => Vec::new(),
        };
        let mut names = names;
        if path.is_empty() {
            names.extend(TABLES.map(any_case));
        }
        Ok(Self { path, names })
    }
}

/// The next step of a path, if there is one.
fn step(parser: &mut Parser<'_>) -> Result<Option<Step>, SelectError> {
    if parser.consume_token(&Token::Period) {
        return match parser.next_token().token {
            Token::Word(word) => Ok(Some(Step::Member(name(&word)))),
            Token::Mul => Ok(Some(Step::EveryMember)),
            other => Err(invalid_path(&other)),
        };
    }
    if !parser.consume_token(&Token::LBracket) {
        return Ok(None);
    }
    let step = match parser.next_token().token {
        Token::Mul => Step::EveryItem,
        Token::SingleQuotedString(text) => Step::Member(Name {
            text,
            is_exact: true,
        }),
        Token::Number(text, _) => Step::Item(index(&text)?),
        other => return Err(invalid_path(&other)),
    };
    match parser.next_token().token {
        Token::RBracket => Ok(Some(step)),
        other => Err(invalid_path(&other)),
    }
}

/// `[AS] alias`.
fn alias(parser: &mut Parser<'_>) -> Result<Option<Name>, SelectError> {
    let is_named = parser.parse_keyword(Keyword::AS);
    match parser.peek_token().token {
        Token::Word(word) if is_named || !is_clause(&word) => {
            parser.next_token();
            Ok(Some(name(&word)))
        }
        _ if is_named => Err(unexpected(parser, "an alias")),
        _ => Ok(None),
    }
}

fn is_clause(word: &Word) -> bool {
    const CLAUSES: [&str; 16] = [
        "WHERE", "LIMIT", "GROUP", "ORDER", "HAVING", "JOIN", "INNER", "LEFT", "RIGHT", "FULL",
        "CROSS", "NATURAL", "UNION", "OFFSET", "FETCH", "AT",
    ];
    word.quote_style.is_none()
        && CLAUSES
            .iter()
            .any(|clause| clause.eq_ignore_ascii_case(&word.value))
}

fn projection(items: Vec<SelectItem>, lowering: &mut Lowering) -> Result<Projection, SelectError> {
    if let [SelectItem::Wildcard(_)] = items.as_slice() {
        return Ok(Projection::All);
    }
    if let [SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _)] =
        items.as_slice()
        && lowering.is_row(&name.to_string())
    {
        return Ok(Projection::All);
    }
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let (expression, alias) = match item {
            SelectItem::UnnamedExpr(expression) => (expression, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value)),
            _ => {
                let message = "An asterisk stands alone in the SELECT list.";
                return Err(SelectError::new(
                    "ParseAsteriskIsNotAloneInSelectList",
                    message,
                ));
            }
        };
        let named = name_of(&expression);
        let expression = lowering.expression(expression)?;
        let name = alias.or(named).unwrap_or_else(|| format!("_{}", index + 1));
        Ok(Item { name, expression })
    });
    items.collect::<Result<_, _>>().map(Projection::Items)
}

fn limit(parser: &mut Parser<'_>) -> Result<Option<u64>, SelectError> {
    if !parser.parse_keyword(Keyword::LIMIT) {
        return Ok(None);
    }
    match parser.next_token().token {
        Token::Number(text, _) => text.parse().map(Some).map_err(|_| {
            SelectError::new(
                "EvaluatorInvalidArguments",
                format!("The LIMIT {text} is not a number of records."),
            )
        }),
        other => Err(SelectError::new(
            "ParseExpectedNumber",
            format!("LIMIT needs a number, not `{other}`."),
        )),
    }
}

/// Refuses what follows the last clause.
fn check_end(parser: &mut Parser<'_>) -> Result<(), SelectError> {
    match parser.peek_token().token {
        Token::EOF => Ok(()),
        Token::Comma => Err(unsupported("a second table")),
        Token::Word(word) if is_clause(&word) => Err(unsupported(&word.value.to_uppercase())),
        _ => Err(unexpected(parser, "the end of the expression")),
    }
}

/// Whether a token may make the tree of an expression deeper: literals, names and lists do not.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.keyword != Keyword::NoKeyword && word.quote_style.is_none(),
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Period
        | Token::LParen
        | Token::RParen
        | Token::LBracket
        | Token::RBracket
        | Token::Whitespace(_)
        | Token::SemiColon => false,
        _ => true,
    }
}

/// Aggregates and columns do not go together without groups.
fn check_aggregates(query: &Query) -> Result<(), SelectError> {
    if query.aggregates.is_empty() {
        return Ok(());
    }
    match &query.projection {
        Projection::Items(items) if items.iter().all(|item| !item.expression.reads_row()) => Ok(()),
        _ => Err(SelectError::new(
            "UnsupportedSqlStructure",
            "Aggregate functions and columns cannot be selected together.",
        )),
    }
}

impl Expression {
    /// Whether it reads the row outside of aggregates.
    fn reads_row(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Aggregate(_) => false,
            Self::Path(_) => true,
            Self::Not(one)
            | Self::Negative(one)
            | Self::IsNull(one)
            | Self::IsMissing(one)
            | Self::IsTruth(one, _)
            | Self::Cast(one, _) => one.reads_row(),
            Self::And(all) | Self::Or(all) => all.iter().any(Self::reads_row),
            Self::Compare(one, _, other)
            | Self::Compute(one, _, other)
            | Self::Concat(one, other) => one.reads_row() || other.reads_row(),
            Self::In(one, list) => one.reads_row() || list.iter().any(Self::reads_row),
            Self::Like { value, pattern, .. } => value.reads_row() || pattern.reads_row(),
            Self::Case {
                branches,
                otherwise,
            } => {
                let mut all = branches.iter().flat_map(|(when, then)| [when, then]);
                all.any(Self::reads_row) || otherwise.as_ref().is_some_and(|one| one.reads_row())
            }
            Self::Call(_, arguments) => arguments.iter().any(Self::reads_row),
        }
    }
}

/// A name as it is written: in double quotes, case counts.
fn name(word: &Word) -> Name {
    Name {
        text: word.value.clone(),
        is_exact: word.quote_style.is_some(),
    }
}

fn any_case(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        is_exact: false,
    }
}

/// The error for something that the parser refuses.
fn wrong(error: ParserError) -> SelectError {
    match error {
        ParserError::TokenizerError(text) => SelectError::new("LexerInvalidChar", text),
        ParserError::ParserError(text) => SelectError::new("ParseUnexpectedToken", text),
        ParserError::RecursionLimitExceeded => too_deep(),
    }
}

fn unexpected(parser: &mut Parser<'_>, expected: &str) -> SelectError {
    let found = match parser.peek_token().token {
        Token::EOF => "the end".to_owned(),
        token => format!("`{token}`"),
    };
    let message = format!("The SQL expression has {found} instead of {expected}.");
    SelectError::new("ParseUnexpectedToken", message)
}

fn unsupported(what: &str) -> SelectError {
    SelectError::new(
        "UnsupportedSqlStructure",
        format!("SELECT Object Content does not support {what}."),
    )
}

fn invalid_path(found: &Token) -> SelectError {
    let message = format!("The path in FROM has an unexpected `{found}`.");
    SelectError::new("InvalidKeyPath", message)
}

fn no_source() -> SelectError {
    SelectError::new("InvalidDataSource", "FROM names the object: COSObject.")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
