//! What the SQL of SELECT Object Content has and the parser does not: `IS [NOT] MISSING`.

use sqlparser::ast::{Expr, Ident, UnaryOperator};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// The name under which the parsed tree has `IS MISSING`, which no other expression has.
pub(super) const IS_MISSING: &str = "is missing";

/// The dialect.
#[derive(Debug)]
pub(super) struct SelectDialect;

impl Dialect for SelectDialect {
    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '"'
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '_'
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        value: &Expr,
        _precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        if !is_keyword(&parser.peek_nth_token(0).token, Keyword::IS) {
            return None;
        }
        let is_negated = is_keyword(&parser.peek_nth_token(1).token, Keyword::NOT);
        let last = 1 + usize::from(is_negated);
        let is_missing = match &parser.peek_nth_token(last).token {
            Token::Word(word) => {
                word.quote_style.is_none() && word.value.eq_ignore_ascii_case("missing")
            }
            _ => false,
        };
        if !is_missing {
            return None;
        }
        for _ in 0..=last {
            parser.next_token();
        }
        let is_missing = Expr::Named {
            expr: Box::new(value.clone()),
            name: Ident::new(IS_MISSING),
        };
        Some(Ok(if is_negated {
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: Box::new(is_missing),
            }
        } else {
            is_missing
        }))
    }
}

fn is_keyword(token: &Token, keyword: Keyword) -> bool {
    matches!(token, Token::Word(word) if word.keyword == keyword)
}
