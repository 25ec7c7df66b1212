//! The values of Terraform's expressions, as far as they are known without a run of Terraform.
//!
//! Variables have their value from `TF_VAR_NAME`, `*.auto.tfvars`, `terraform.tfvars`, or their default, in this order.
//! References to attributes of other blocks have the value that is written there. What only a run of Terraform knows is
//! [unresolved](Value::Unresolved), with the reason.

use hcl_edit::expr::{
    BinaryOperator, Expression, Object, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::template::{Element, Template};

use super::terraform_call::call;
use super::terraform_module::{Module, unresolved};
use super::tree::{Node, Pair, Place, Value};

impl Module<'_> {
    /// The value of an expression.
    pub(super) fn eval(&self, expression: &Expression, file: usize, depth: usize) -> Node {
        let place = self.place_of(expression, file);
        let budget = self.budget.get().checked_sub(1);
        let (Some(depth), Some(budget)) = (depth.checked_sub(1), budget) else {
            return self.unknown(place, "its references lead to one another");
        };
        self.budget.set(budget);
        let value = match expression {
            Expression::Null(_) => Value::Nothing,
            Expression::Bool(flag) => Value::Flag(*flag.value()),
            Expression::Number(number) => Value::Number(number.value().to_string()),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(array) => Value::List(
                array
                    .iter()
                    .map(|item| self.eval(item, file, depth))
                    .collect(),
            ),
            Expression::Object(object) => Value::Pairs(self.pairs(object, file, depth)),
            Expression::StringTemplate(template) => {
                return self.template(template.iter(), place, file, depth);
            }
            Expression::HeredocTemplate(heredoc) => {
                let template: &Template = &heredoc.template;
                return self.template(template.iter(), place, file, depth);
            }
            Expression::Parenthesis(inner) => return self.eval(inner.inner(), file, depth),
            Expression::Traversal(traversal) => {
                return self.reference(traversal, place, file, depth);
            }
            Expression::FuncCall(written) => {
                let arguments = written.args.iter().map(|item| self.eval(item, file, depth));
                let name = written.name.name.as_str();
                match call(name, &arguments.collect::<Vec<_>>(), self) {
                    Ok(value) => value,
                    Err(why) => return self.unknown(place, &why),
                }
            }
            Expression::Conditional(written) => {
                let condition = self.eval(&written.cond_expr, file, depth);
                return match condition.scalar().as_deref() {
                    Some("true") => self.eval(&written.true_expr, file, depth),
                    Some("false") => self.eval(&written.false_expr, file, depth),
                    _ => self.unknown(place, "its condition is not known"),
                };
            }
            Expression::UnaryOp(written) => {
                let operand = self.eval(&written.expr, file, depth);
                match unary(*written.operator.value(), operand.value) {
                    Some(value) => value,
                    None => return self.unknown(place, "its operand is not known"),
                }
            }
            Expression::BinaryOp(written) => {
                let left = self.eval(&written.lhs_expr, file, depth);
                let right = self.eval(&written.rhs_expr, file, depth);
                match binary(*written.operator.value(), &left, &right) {
                    Some(value) => value,
                    None => return self.unknown(place, "its operands are not known"),
                }
            }
            Expression::Variable(_) | Expression::ForExpr(_) => {
                return self.unknown(place, "only Terraform can evaluate it");
            }
        };
        Node { place, value }
    }

    /// The pairs of an object. A key that is not known is left out with its value.
    fn pairs(&self, object: &Object, file: usize, depth: usize) -> Vec<Pair> {
        let pairs = object.iter().filter_map(|(key, value)| {
            let (key, place) = match key {
                ObjectKey::Ident(key) => (key.as_str().to_owned(), self.place_of(key, file)),
                ObjectKey::Expression(key) => {
                    let key = self.eval(key, file, depth);
                    (key.scalar()?, key.place)
                }
            };
            let node = self.eval(value.expr(), file, depth);
            Some(Pair { key, place, node })
        });
        pairs.collect()
    }

    /// A text with values in it.
    fn template<'e>(
        &self,
        elements: impl Iterator<Item = &'e Element>,
        place: Place,
        file: usize,
        depth: usize,
    ) -> Node {
        let mut text = String::new();
        for element in elements {
            let part = match element {
                Element::Literal(literal) => Some(literal.value().clone()),
                Element::Interpolation(part) => {
                    let node = self.eval(&part.expr, file, depth);
                    if let Value::Unresolved(_) = node.value {
                        return node.moved_to(place);
                    }
                    node.scalar()
                }
                Element::Directive(_) => None,
            };
            match part {
                Some(part) => text.push_str(&part),
                None => return self.unknown(place, "only Terraform can evaluate it"),
            }
        }
        let value = Value::Text(text);
        Node { place, value }
    }

    /// `var.a`, `local.a`, `path.module`, `data.TYPE.NAME.a`, `TYPE.NAME.a`, each with more steps after it.
    fn reference(&self, traversal: &Traversal, place: Place, file: usize, depth: usize) -> Node {
        let Some(path) = self.path(traversal, file, depth) else {
            return self.unknown(place, "only Terraform can evaluate it");
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let found = match path[..] {
            ["var", name, ref rest @ ..] => self.variable(name, depth).map(|node| (node, rest)),
            ["local", name, ref rest @ ..] => self.local(name, depth).map(|node| (node, rest)),
            ["path", ..] => Ok((text_node(".", place), &[][..])),
            ["terraform", "workspace"] => Ok((text_node("default", place), &[][..])),
            ["data", kind, name, ref rest @ ..] => self.of_block("data", kind, name, rest, depth),
            [kind, name, ref rest @ ..] => self.of_block("resource", kind, name, rest, depth),
            _ => Err("only Terraform can evaluate it".to_owned()),
        };
        let found = found.and_then(|(node, rest)| {
            let found = node.at_path(&rest.join(".")).cloned();
            found.ok_or_else(|| "there is no such member".to_owned())
        });
        match found {
            Ok(node) if self.spend(node.size()) => node.moved_to(place),
            Ok(_) => self.unknown(place, "the references stand for too much"),
            Err(why) => self.unknown(place, &why),
        }
    }

    fn spend(&self, cost: usize) -> bool {
        let left = self.budget.get().checked_sub(cost);
        self.budget.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The steps of a reference. Indices are steps too.
    fn path(&self, traversal: &Traversal, file: usize, depth: usize) -> Option<Vec<String>> {
        let Expression::Variable(root) = &traversal.expr else {
            return None;
        };
        let mut path = vec![root.as_str().to_owned()];
        for operator in &traversal.operators {
            path.push(match operator.value() {
                TraversalOperator::GetAttr(name) => name.as_str().to_owned(),
                TraversalOperator::Index(index) => self.eval(index, file, depth).scalar()?,
                TraversalOperator::LegacyIndex(index) => index.to_string(),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return None,
            });
        }
        Some(path)
    }

    fn variable(&self, name: &str, depth: usize) -> Result<Node, String> {
        let unknown = || {
            format!("the variable has no value: set it in `terraform.tfvars` or in `TF_VAR_{name}`")
        };
        let place = Place::default();
        if let Some(text) = (self.surroundings.variables)(&format!("TF_VAR_{name}")) {
            return Ok(text_node(&text, place));
        }
        for file in &self.values {
            if let Some(attribute) = file.body.get_attribute(name) {
                return Ok(self.eval(&attribute.value, file.number, depth));
            }
        }
        let declared = self.block("variable", &[name]).ok_or_else(unknown)?;
        let default = declared
            .block
            .body
            .get_attribute("default")
            .ok_or_else(unknown)?;
        Ok(self.eval(&default.value, declared.file, depth))
    }

    fn local(&self, name: &str, depth: usize) -> Result<Node, String> {
        let found = self.blocks("locals").find_map(|found| {
            let attribute = found.block.body.get_attribute(name)?;
            Some(self.eval(&attribute.value, found.file, depth))
        });
        found.ok_or_else(|| format!("there is no `{name}` in `locals`"))
    }

    /// An attribute of another block, as it is written there. `id` is the name that the resource has.
    fn of_block<'p>(
        &self,
        kind: &'static str,
        of: &str,
        name: &str,
        rest: &'p [&'p str],
        depth: usize,
    ) -> Result<(Node, &'p [&'p str]), String> {
        let found = self.block(kind, &[of, name]);
        let found = found.ok_or_else(|| format!("there is no `{of}.{name}` in the files"))?;
        // With `count`, a number says which one.
        let rest = match rest {
            [first, rest @ ..] if first.parse::<usize>().is_ok() => rest,
            rest => rest,
        };
        let [key, rest @ ..] = rest else {
            return Err("it is a whole block".to_owned());
        };
        let keys = match *key {
            "id" => ["id", "name", "bucket", "namespace"],
            key => [key; 4],
        };
        let attribute = keys
            .iter()
            .find_map(|key| found.block.body.get_attribute(key));
        let attribute = attribute.ok_or("it is known only after Terraform has run")?;
        Ok((self.eval(&attribute.value, found.file, depth), rest))
    }

    /// A value that is not known: the text of its expression, and why.
    fn unknown(&self, place: Place, why: &str) -> Node {
        let written = self.text(place.file).get(place.span.start..place.span.end);
        let written = written.unwrap_or("the expression");
        unresolved(&format!("`{written}` is not resolved: {why}"), place)
    }
}

fn text_node(text: &str, place: Place) -> Node {
    let value = Value::Text(text.to_owned());
    Node { place, value }
}

fn unary(operator: UnaryOperator, operand: Value) -> Option<Value> {
    match (operator, operand) {
        (UnaryOperator::Not, Value::Flag(flag)) => Some(Value::Flag(!flag)),
        (UnaryOperator::Neg, Value::Number(number)) => Some(Value::Number(format!("-{number}"))),
        _ => None,
    }
}

fn binary(operator: BinaryOperator, left: &Node, right: &Node) -> Option<Value> {
    let flags = || match (&left.value, &right.value) {
        (Value::Flag(left), Value::Flag(right)) => Some((*left, *right)),
        _ => None,
    };
    let numbers = || {
        let number = |node: &Node| node.scalar()?.parse::<i64>().ok();
        Some((number(left)?, number(right)?))
    };
    let number = |made: Option<i64>| made.map(|made| Value::Number(made.to_string()));
    match operator {
        BinaryOperator::Eq => Some(Value::Flag(left.scalar()? == right.scalar()?)),
        BinaryOperator::NotEq => Some(Value::Flag(left.scalar()? != right.scalar()?)),
        BinaryOperator::And => flags().map(|(left, right)| Value::Flag(left && right)),
        BinaryOperator::Or => flags().map(|(left, right)| Value::Flag(left || right)),
        BinaryOperator::Plus => number(numbers().and_then(|(a, b)| a.checked_add(b))),
        BinaryOperator::Minus => number(numbers().and_then(|(a, b)| a.checked_sub(b))),
        BinaryOperator::Mul => number(numbers().and_then(|(a, b)| a.checked_mul(b))),
        BinaryOperator::Less => numbers().map(|(a, b)| Value::Flag(a < b)),
        BinaryOperator::LessEq => numbers().map(|(a, b)| Value::Flag(a <= b)),
        BinaryOperator::Greater => numbers().map(|(a, b)| Value::Flag(a > b)),
        BinaryOperator::GreaterEq => numbers().map(|(a, b)| Value::Flag(a >= b)),
        BinaryOperator::Div | BinaryOperator::Mod => None,
    }
}
