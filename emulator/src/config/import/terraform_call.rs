//! The functions of Terraform's language that deployment files use most.

use super::terraform_module::Module;
use super::tree::{Node, Value};
use super::yaml_tree;
use backlot_base::source::SourceFile;

/// The value of a call, or why it is not known.
pub(super) fn call(name: &str, arguments: &[Node], module: &Module<'_>) -> Result<Value, String> {
    let unknown = arguments.iter().find_map(|argument| match &argument.value {
        Value::Unresolved(why) => Some(why.clone()),
        _ => None,
    });
    if let Some(why) = unknown.filter(|_| name != "merge" && name != "jsonencode") {
        return Err(why);
    }
    let wrong = || format!("the arguments of `{name}` are not understood");
    let text = |index: usize| -> Result<String, String> {
        let found = arguments.get(index).and_then(Node::scalar);
        found.ok_or_else(wrong)
    };
    match (name, arguments) {
        ("jsonencode", [value]) => Ok(Value::Text(json(value)?)),
        ("jsondecode", [value]) => {
            let source = SourceFile::new("json", text(0)?);
            let read = yaml_tree::read(&source, value.place.file).map_err(|_| wrong())?;
            Ok(read.moved_to(value.place).value)
        }
        ("merge", _) => Ok(merge(arguments)),
        ("concat", _) => Ok(Value::List(
            arguments
                .iter()
                .flat_map(|list| list_of(list).to_vec())
                .collect(),
        )),
        ("tolist" | "toset" | "tomap" | "nonsensitive" | "sensitive", [value]) => {
            Ok(value.value.clone())
        }
        ("tostring" | "abspath" | "pathexpand", [_]) => text(0).map(Value::Text),
        ("tonumber", [_]) => text(0).map(Value::Number),
        ("tobool", [_]) => Ok(Value::Flag(text(0)? == "true")),
        ("lower", [_]) => Ok(Value::Text(text(0)?.to_lowercase())),
        ("upper", [_]) => Ok(Value::Text(text(0)?.to_uppercase())),
        ("trimspace", [_]) => Ok(Value::Text(text(0)?.trim().to_owned())),
        ("replace", [_, _, _]) => Ok(Value::Text(text(0)?.replace(&text(1)?, &text(2)?))),
        ("basename", [_]) => Ok(Value::Text(last_step(&text(0)?).to_owned())),
        ("join", [_, list]) => {
            let items = list_of(list).iter().map(Node::scalar);
            let items: Option<Vec<_>> = items.collect();
            Ok(Value::Text(items.ok_or_else(wrong)?.join(&text(0)?)))
        }
        ("format", [_, ..]) => format_text(&text(0)?, &arguments[1..]).ok_or_else(wrong),
        ("coalesce", _) => {
            let is_said = |node: &&Node| node.scalar().is_some_and(|text| !text.is_empty());
            let found = arguments.iter().find(is_said);
            found.map(|node| node.value.clone()).ok_or_else(wrong)
        }
        ("lookup", [map, _, ..]) => {
            let found = map.get(&text(1)?).or(arguments.get(2));
            found.map(|node| node.value.clone()).ok_or_else(wrong)
        }
        ("file", [_]) => {
            let path = module.file(&text(0)?);
            let read = module.surroundings.file(&path);
            read.map(Value::Text)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
        }
        _ => Err(format!("the function `{name}` is not supported")),
    }
}

fn list_of(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// All pairs of all mappings; the last of one key counts.
fn merge(maps: &[Node]) -> Value {
    let mut pairs: Vec<super::tree::Pair> = Vec::new();
    for pair in maps.iter().flat_map(Node::pairs) {
        pairs.retain(|known| known.key != pair.key);
        pairs.push(pair.clone());
    }
    Value::Pairs(pairs)
}

fn last_step(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `%s`, `%d` and `%v` in a text.
fn format_text(pattern: &str, arguments: &[Node]) -> Option<Value> {
    let mut parts = pattern.split('%');
    let mut text = parts.next()?.to_owned();
    let mut arguments = arguments.iter();
    while let Some(part) = parts.next() {
        match part.chars().next() {
            Some('s' | 'd' | 'v') => {
                text.push_str(&arguments.next()?.scalar()?);
                text.push_str(&part[1..]);
            }
            // `%%` is a percent sign.
            None => {
                text.push('%');
                text.push_str(parts.next()?);
            }
            Some(_) => return None,
        }
    }
    Some(Value::Text(text))
}

/// A value as JSON text.
pub(super) fn json(node: &Node) -> Result<String, String> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.value {
        Value::Nothing => Ok("null".to_owned()),
        Value::Flag(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.clone()),
        Value::Text(text) => Ok(quoted(text)),
        Value::List(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(json).collect();
            Ok(format!("[{}]", items?.join(",")))
        }
        Value::Pairs(pairs) => {
            let pairs = pairs.iter().map(|pair| {
                let value = json(&pair.node)?;
                Ok::<_, String>(format!("{}:{value}", quoted(&pair.key)))
            });
            let pairs: Result<Vec<_>, _> = pairs.collect();
            Ok(format!("{{{}}}", pairs?.join(",")))
        }
        Value::Unresolved(why) => Err(why.clone()),
    }
}
