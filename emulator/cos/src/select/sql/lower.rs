//! Parsed expressions as expressions that are carried out.

use sqlparser::ast::{
    self, AccessExpr, BinaryOperator, CaseWhen, DataType, Expr, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, InTarget, Subscript, TrimWhereField, UnaryOperator, Value,
};

use super::dialect::IS_MISSING;
use super::tree::{
    Aggregate, AggregateKind, Arithmetic, Comparison, Expression, Function, Name, Step, TimePart,
    Type,
};
use crate::select::SelectError;
use crate::select::datum::Datum;

/// The maximal depth of an expression: it is evaluated recursively.
const MAX_DEPTH: usize = 100;

/// The state while a query is brought into its tree.
pub(super) struct Lowering {
    /// The names that mean the row.
    rows: Vec<Name>,
    /// Whether aggregates are allowed where we are.
    pub(super) has_aggregates: bool,
    pub(super) aggregates: Vec<Aggregate>,
    depth: usize,
}

impl Lowering {
    pub(super) fn new(rows: Vec<Name>) -> Self {
        Self {
            rows,
            has_aggregates: true,
            aggregates: Vec::new(),
            depth: 0,
        }
    }

    /// Whether a name means the row.
    pub(super) fn is_row(&self, name: &str) -> bool {
        self.rows.iter().any(|row| row.is(name))
    }

    /// An expression, or the error for one that is not supported.
    pub(super) fn expression(&mut self, parsed: Expr) -> Result<Expression, SelectError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let expression = match parsed {
            Expr::Nested(inner) => self.expression(*inner),
            Expr::Value(value) => literal(value.value).map(Expression::Literal),
            Expr::Identifier(name) => Ok(self.path(std::slice::from_ref(&name), Vec::new())),
            Expr::CompoundIdentifier(names) => Ok(self.path(&names, Vec::new())),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(*root, access_chain),
            Expr::UnaryOp { op, expr } => self.unary(op, *expr),
            Expr::BinaryOp {
                left,
                op: op @ (BinaryOperator::And | BinaryOperator::Or),
                right,
            } => self.joined(*left, &op, *right),
            Expr::BinaryOp { left, op, right } => self.binary(*left, &op, *right),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(operand, conditions, else_result),
            Expr::Function(call) => self.function(call),
            other => self.condition(other),
        };
        self.depth -= 1;
        expression
    }

    /// What is true or false.
    fn condition(&mut self, parsed: Expr) -> Result<Expression, SelectError> {
        Ok(match parsed {
            Expr::Named { expr, name } if name.value == IS_MISSING => {
                Expression::IsMissing(self.boxed(*expr)?)
            }
            Expr::IsNull(value) => Expression::IsNull(self.boxed(*value)?),
            Expr::IsNotNull(value) => not(Expression::IsNull(self.boxed(*value)?)),
            Expr::IsTrue(value) => Expression::IsTruth(self.boxed(*value)?, true),
            Expr::IsNotTrue(value) => not(Expression::IsTruth(self.boxed(*value)?, true)),
            Expr::IsFalse(value) => Expression::IsTruth(self.boxed(*value)?, false),
            Expr::IsNotFalse(value) => not(Expression::IsTruth(self.boxed(*value)?, false)),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                use Comparison::{GreaterOrEqual, LessOrEqual};

                let value = self.boxed(*expr)?;
                let low = Expression::Compare(value.clone(), GreaterOrEqual, self.boxed(*low)?);
                let high = Expression::Compare(value, LessOrEqual, self.boxed(*high)?);
                negated_if(negated, Expression::And(vec![low, high]))
            }
            Expr::In {
                expr,
                target: InTarget::List(list),
                negated,
                ..
            } => {
                let list = list.into_iter().map(|item| self.expression(item));
                let list = list.collect::<Result<_, _>>()?;
                negated_if(negated, Expression::In(self.boxed(*expr)?, list))
            }
            Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                let like = Expression::Like {
                    value: self.boxed(*expr)?,
                    pattern: self.boxed(*pattern)?,
                    escape: escape_char.map(|escape| self.boxed(*escape)).transpose()?,
                };
                negated_if(negated, like)
            }
            other => return self.special(other),
        })
    }

    /// Functions whose arguments have words between them.
    fn special(&mut self, parsed: Expr) -> Result<Expression, SelectError> {
        Ok(match parsed {
            Expr::Cast {
                expr, data_type, ..
            } => Expression::Cast(self.boxed(*expr)?, type_of(&data_type)?),
            Expr::Extract { field, expr, .. } => {
                let part = time_part(&field.to_string())?;
                Expression::Call(Function::Extract(part), vec![self.expression(*expr)?])
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut arguments = vec![self.expression(*expr)?];
                arguments.push(match substring_from {
                    Some(from) => self.expression(*from)?,
                    None => Expression::Literal(Datum::Int(1)),
                });
                if let Some(length) = substring_for {
                    arguments.push(self.expression(*length)?);
                }
                Expression::Call(Function::Substring, arguments)
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters: None,
            } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => Function::TrimBoth,
                    Some(TrimWhereField::Leading) => Function::TrimLeading,
                    Some(TrimWhereField::Trailing) => Function::TrimTrailing,
                };
                let mut arguments = vec![self.expression(*expr)?];
                if let Some(what) = trim_what {
                    arguments.push(self.expression(*what)?);
                }
                Expression::Call(function, arguments)
            }
            Expr::Subquery(_) | Expr::Exists { .. } => {
                return Err(SelectError::new(
                    "UnsupportedSqlStructure",
                    "SELECT Object Content does not support a query within a query.",
                ));
            }
            other => return Err(unsupported(&other.to_string())),
        })
    }

    fn function(&mut self, call: ast::Function) -> Result<Expression, SelectError> {
        let name = call.name.to_string().to_ascii_uppercase();
        let has_more = call.over.is_some() || call.filter.is_some();
        match call.args {
            _ if has_more => Err(unsupported(&name)),
            FunctionArguments::None => self.call(&name, Vec::new()),
            FunctionArguments::List(list)
                if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                self.call(&name, list.args)
            }
            _ => Err(unsupported(&name)),
        }
    }

    /// A chain of one of `AND` and `OR`. It may be long, so that it is brought into a list, not into a deep tree.
    fn joined(
        &mut self,
        mut left: Expr,
        operator: &BinaryOperator,
        right: Expr,
    ) -> Result<Expression, SelectError> {
        let mut all = vec![right];
        loop {
            match left {
                Expr::BinaryOp {
                    left: further,
                    op,
                    right,
                } if op == *operator => {
                    all.push(*right);
                    left = *further;
                }
                first => {
                    all.push(first);
                    break;
                }
            }
        }
        let all = all.into_iter().rev().map(|one| self.expression(one));
        let all = all.collect::<Result<_, _>>()?;
        Ok(match operator {
            BinaryOperator::And => Expression::And(all),
            _ => Expression::Or(all),
        })
    }

    fn boxed(&mut self, parsed: Expr) -> Result<Box<Expression>, SelectError> {
        self.expression(parsed).map(Box::new)
    }

    /// A path, without the name of the row if it begins with it.
    fn path(&self, names: &[Ident], more: Vec<Step>) -> Expression {
        let mut steps: Vec<_> = names.iter().map(|name| Step::Member(named(name))).collect();
        let is_row = steps
            .first()
            .is_some_and(|step| matches!(step, Step::Member(name) if self.is_row(&name.text)));
        if is_row {
            steps.remove(0);
        }
        steps.extend(more);
        Expression::Path(steps)
    }

    fn access(&self, root: Expr, chain: Vec<AccessExpr>) -> Result<Expression, SelectError> {
        let names = match root {
            Expr::Identifier(name) => vec![name],
            Expr::CompoundIdentifier(names) => names,
            other => return Err(unsupported(&other.to_string())),
        };
        let mut steps = Vec::new();
        for access in chain {
            steps.push(match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Step::Member(named(&name)),
                AccessExpr::Subscript(Subscript::Index {
                    index: Expr::Value(value),
                }) => match value.value {
                    Value::Number(text, _) => Step::Item(index(&text)?),
                    Value::SingleQuotedString(text) => Step::Member(Name {
                        text,
                        is_exact: true,
                    }),
                    other => return Err(unsupported(&other.to_string())),
                },
                AccessExpr::Dot(other) => return Err(unsupported(&other.to_string())),
                AccessExpr::Subscript(other) => return Err(unsupported(&other.to_string())),
            });
        }
        Ok(self.path(&names, steps))
    }

    fn unary(&mut self, operator: UnaryOperator, value: Expr) -> Result<Expression, SelectError> {
        let value = self.expression(value)?;
        Ok(match operator {
            UnaryOperator::Plus => value,
            UnaryOperator::Minus => Expression::Negative(Box::new(value)),
            UnaryOperator::Not => not(value),
            other => return Err(unsupported(&other.to_string())),
        })
    }

    fn binary(
        &mut self,
        left: Expr,
        operator: &BinaryOperator,
        right: Expr,
    ) -> Result<Expression, SelectError> {
        let (left, right) = (self.boxed(left)?, self.boxed(right)?);
        let compare = |left, comparison, right| Expression::Compare(left, comparison, right);
        let compute = |left, arithmetic, right| Expression::Compute(left, arithmetic, right);
        Ok(match operator {
            BinaryOperator::Eq => compare(left, Comparison::Equal, right),
            BinaryOperator::NotEq => compare(left, Comparison::NotEqual, right),
            BinaryOperator::Lt => compare(left, Comparison::Less, right),
            BinaryOperator::LtEq => compare(left, Comparison::LessOrEqual, right),
            BinaryOperator::Gt => compare(left, Comparison::Greater, right),
            BinaryOperator::GtEq => compare(left, Comparison::GreaterOrEqual, right),
            BinaryOperator::Plus => compute(left, Arithmetic::Add, right),
            BinaryOperator::Minus => compute(left, Arithmetic::Subtract, right),
            BinaryOperator::Multiply => compute(left, Arithmetic::Multiply, right),
            BinaryOperator::Divide => compute(left, Arithmetic::Divide, right),
            BinaryOperator::Modulo => compute(left, Arithmetic::Modulo, right),
            BinaryOperator::StringConcat => Expression::Concat(left, right),
            other => {
                let message = format!("The operator {other} is not supported.");
                return Err(SelectError::new("ParseUnknownOperator", message));
            }
        })
    }

    fn case(
        &mut self,
        operand: Option<Box<Expr>>,
        conditions: Vec<CaseWhen>,
        otherwise: Option<Box<Expr>>,
    ) -> Result<Expression, SelectError> {
        let operand = operand.map(|operand| self.boxed(*operand)).transpose()?;
        let branches = conditions.into_iter().map(|branch| {
            let mut condition = self.expression(branch.condition)?;
            if let Some(operand) = &operand {
                let equal = Comparison::Equal;
                condition = Expression::Compare(operand.clone(), equal, Box::new(condition));
            }
            Ok((condition, self.expression(branch.result)?))
        });
        let branches = branches.collect::<Result<_, SelectError>>()?;
        Ok(Expression::Case {
            branches,
            otherwise: otherwise.map(|one| self.boxed(*one)).transpose()?,
        })
    }

    fn call(&mut self, name: &str, given: Vec<FunctionArg>) -> Result<Expression, SelectError> {
        if let Some(kind) = aggregate(name) {
            return self.aggregate(kind, name, given);
        }
        let mut given: Vec<_> = given.into_iter().map(plain).collect::<Result<_, _>>()?;
        let (function, allowed) = match name {
            "CHAR_LENGTH" | "CHARACTER_LENGTH" => (Function::CharLength, 1..=1),
            "COALESCE" => (Function::Coalesce, 1..=usize::MAX),
            "DATE_ADD" => (Function::DateAdd(first_part(name, &mut given)?), 2..=2),
            "DATE_DIFF" => (Function::DateDiff(first_part(name, &mut given)?), 2..=2),
            "LOWER" => (Function::Lower, 1..=1),
            "NULLIF" => (Function::NullIf, 2..=2),
            "SUBSTRING" => (Function::Substring, 2..=3),
            "TO_STRING" => (Function::ToString, 2..=2),
            "TO_TIMESTAMP" => (Function::ToTimestamp, 1..=1),
            "TRIM" => (Function::TrimBoth, 1..=1),
            "UPPER" => (Function::Upper, 1..=1),
            "UTCNOW" => (Function::UtcNow, 0..=0),
            _ => {
                let message = format!("The function {name} is not supported.");
                return Err(SelectError::new("UnsupportedFunction", message));
            }
        };
        if !allowed.contains(&given.len()) {
            return Err(arguments(name));
        }
        let given = given.into_iter().map(|argument| self.expression(argument));
        Ok(Expression::Call(function, given.collect::<Result<_, _>>()?))
    }

    fn aggregate(
        &mut self,
        kind: AggregateKind,
        name: &str,
        given: Vec<FunctionArg>,
    ) -> Result<Expression, SelectError> {
        if !self.has_aggregates {
            let message = format!("{name} cannot stand here.");
            return Err(SelectError::new("UnsupportedSqlStructure", message));
        }
        let mut given = given.into_iter();
        let argument = match (given.next(), given.next()) {
            (Some(FunctionArg::Unnamed(FunctionArgExpr::Wildcard)), None)
                if kind == AggregateKind::Count =>
            {
                None
            }
            (Some(argument), None) => {
                self.has_aggregates = false;
                let argument = self.expression(plain(argument)?);
                self.has_aggregates = true;
                Some(argument?)
            }
            _ => return Err(arguments(name)),
        };
        self.aggregates.push(Aggregate { kind, argument });
        Ok(Expression::Aggregate(self.aggregates.len() - 1))
    }
}

/// The error for an expression that would be evaluated too deeply.
pub(super) fn too_deep() -> SelectError {
    SelectError::new(
        "UnsupportedSqlStructure",
        "The SQL expression nests too deeply.",
    )
}

/// An index into a list.
pub(super) fn index(text: &str) -> Result<usize, SelectError> {
    text.parse().map_err(|_| {
        let message = format!("The index {text} is not valid.");
        SelectError::new("InvalidKeyPath", message)
    })
}

/// The name that a selected expression has without an alias: that of its last member.
pub(super) fn name_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last()? {
            AccessExpr::Dot(member) => name_of(member),
            AccessExpr::Subscript(Subscript::Index {
                index: Expr::Value(text),
            }) => match &text.value {
                Value::SingleQuotedString(text) => Some(text.clone()),
                _ => None,
            },
            AccessExpr::Subscript(_) => None,
        },
        Expr::Nested(inner) => name_of(inner),
        _ => None,
    }
}

fn aggregate(name: &str) -> Option<AggregateKind> {
    Some(match name {
        "AVG" => AggregateKind::Avg,
        "COUNT" => AggregateKind::Count,
        "MAX" => AggregateKind::Max,
        "MIN" => AggregateKind::Min,
        "SUM" => AggregateKind::Sum,
        _ => return None,
    })
}

fn plain(argument: FunctionArg) -> Result<Expr, SelectError> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Ok(expression),
        other => Err(unsupported(&other.to_string())),
    }
}

/// The part of time that is the first argument of a function.
fn first_part(name: &str, given: &mut Vec<Expr>) -> Result<TimePart, SelectError> {
    if given.is_empty() {
        return Err(arguments(name));
    }
    time_part(&given.remove(0).to_string())
}

fn time_part(text: &str) -> Result<TimePart, SelectError> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "year" => TimePart::Year,
        "month" => TimePart::Month,
        "day" => TimePart::Day,
        "hour" => TimePart::Hour,
        "minute" => TimePart::Minute,
        "second" => TimePart::Second,
        "timezone_hour" => TimePart::TimezoneHour,
        "timezone_minute" => TimePart::TimezoneMinute,
        other => {
            let message = format!("`{other}` is not a part of a time.");
            return Err(SelectError::new("ParseExpectedDatePart", message));
        }
    })
}

fn type_of(data_type: &DataType) -> Result<Type, SelectError> {
    let text = data_type.to_string().to_ascii_uppercase();
    let name = text.split(['(', ' ']).next().unwrap_or_default();
    Ok(match name {
        "BOOL" | "BOOLEAN" => Type::Bool,
        "INT" | "INTEGER" | "BIGINT" | "SMALLINT" => Type::Int,
        "FLOAT" | "DOUBLE" | "REAL" | "DECIMAL" | "NUMERIC" | "DEC" => Type::Float,
        "STRING" | "VARCHAR" | "CHAR" | "TEXT" => Type::Text,
        "TIMESTAMP" => Type::Timestamp,
        _ => {
            let message = format!("CAST to {text} is not supported.");
            return Err(SelectError::new("InvalidCast", message));
        }
    })
}

fn literal(value: Value) -> Result<Datum, SelectError> {
    Ok(match value {
        Value::Null => Datum::Null,
        Value::Boolean(value) => Datum::Bool(value),
        Value::SingleQuotedString(text) => Datum::Text(text),
        Value::Number(text, _) => Datum::number(&text).ok_or_else(|| {
            let message = format!("{text} is not a number.");
            SelectError::new("LexerInvalidLiteral", message)
        })?,
        other => return Err(unsupported(&other.to_string())),
    })
}

fn named(name: &Ident) -> Name {
    Name {
        text: name.value.clone(),
        is_exact: name.quote_style.is_some(),
    }
}

fn not(value: Expression) -> Expression {
    Expression::Not(Box::new(value))
}

fn negated_if(is_negated: bool, value: Expression) -> Expression {
    if is_negated { not(value) } else { value }
}

fn unsupported(what: &str) -> SelectError {
    let message = format!("`{what}` is not supported.");
    SelectError::new("UnsupportedSyntax", message)
}

fn arguments(name: &str) -> SelectError {
    let message = format!("{name} has the wrong number of arguments.");
    SelectError::new("EvaluatorInvalidArguments", message)
}
