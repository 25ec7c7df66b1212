//! `--function NAME=…`: what runs for a function instead of what is configured.

use std::str::FromStr;

use clap::Args;
use serde_saphyr::{Location, Spanned};

use super::exit::CommandError;
use crate::config::Config;
use crate::config::written::Words;
use crate::scf::shim::HandlerRuntime;

/// `NAME=COMMAND` or `NAME=RUNTIME:HANDLER`. What else is configured for the function stays.
#[derive(Clone, Debug, PartialEq)]
struct Replacement {
    name: String,
    code: Code,
}

/// The replacements of a command line.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Replacements {
    /// Run this for a function, instead of what is configured: a command, split as a shell does, or RUNTIME:HANDLER
    #[arg(id = "functions", long = "function", value_name = "NAME=COMMAND")]
    given: Vec<Replacement>,
}

#[derive(Clone, Debug, PartialEq)]
enum Code {
    Command(Words),
    Handler {
        runtime: HandlerRuntime,
        handler: String,
    },
}

impl FromStr for Replacement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write NAME=COMMAND or NAME=RUNTIME:HANDLER, for example archive='python3 loop.py' or \
                      archive=Python3.10:index.main_handler";
        let (name, code) = text.split_once('=').ok_or(wanted)?;
        let code = Code::read(code)?.filter(|_| !name.is_empty());
        Ok(Self {
            name: name.to_owned(),
            code: code.ok_or(wanted)?,
        })
    }
}

impl Code {
    fn read(text: &str) -> Result<Option<Self>, String> {
        if let Some((runtime, handler)) = text.split_once(':')
            && let Ok(Some(runtime)) = HandlerRuntime::parse(runtime)
        {
            let file = runtime.entry_file(handler);
            file.map_err(|mistake| mistake.to_string())?;
            let handler = handler.to_owned();
            return Ok(Some(Self::Handler { runtime, handler }));
        }
        let words = Words::split(text).map_err(|open| open.to_string())?;
        Ok((!words.0.is_empty()).then_some(Self::Command(words)))
    }
}

impl Replacements {
    /// Whether no function is replaced.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Checks that every replacement names a function, and applies them.
    pub(super) fn apply(&self, config: &mut Config) -> Result<(), CommandError> {
        for wanted in &self.given {
            if !config.functions.contains_key(&wanted.name) {
                return Err(no_such_function(config, &wanted.name));
            }
        }
        self.replace(config);
        Ok(())
    }

    /// Puts what the command line says in place of what is configured.
    pub(super) fn replace(&self, config: &mut Config) {
        for wanted in &self.given {
            let Some(function) = config.functions.get_mut(&wanted.name) else {
                continue;
            };
            (function.command, function.cargo, function.runtime) = (None, None, None);
            function.build = None;
            match &wanted.code {
                Code::Command(words) => function.command = Some(words.clone()),
                Code::Handler { runtime, handler } => {
                    let name = runtime.name().to_owned();
                    let nowhere = Location::UNKNOWN;
                    function.runtime = Some(Spanned::new(name, nowhere, nowhere));
                    function.handler = Some(handler.clone());
                }
            }
        }
    }
}

/// The error for a function that is not configured.
pub(super) fn no_such_function(config: &Config, name: &str) -> CommandError {
    let known: Vec<_> = config
        .functions
        .keys()
        .map(|name| format!("`{name}`"))
        .collect();
    let hint = if known.is_empty() {
        "declare it under `functions:` in backlot.yaml".to_owned()
    } else {
        format!("configured functions: {}", known.join(", "))
    };
    CommandError::usage(format!("there is no function `{name}`")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<Code, String> {
        text.parse()
            .map(|replacement: Replacement| replacement.code)
    }

    fn command(words: &[&str]) -> Code {
        let words = words.iter().map(|word| (*word).to_owned());
        Code::Command(Words(words.collect()))
    }

    #[test]
    fn quotes_keep_words_together() {
        let split = code(r#"a=sh -c "exec python 'a b.py'" x\ y"#);
        assert_eq!(
            split,
            Ok(command(&["sh", "-c", "exec python 'a b.py'", "x y"]))
        );
        assert_eq!(
            code("a='/opt/my loop' --k=v"),
            Ok(command(&["/opt/my loop", "--k=v"]))
        );
        let open = code("a=sh -c \"exec").unwrap_err();
        assert!(open.contains("a quote in"), "{open}");
        for text in ["a", "a=", "a= ", "=x"] {
            assert!(code(text).unwrap_err().contains("NAME=COMMAND"), "{text}");
        }
    }

    #[test]
    fn a_runtime_and_a_handler_can_be_given() {
        let Ok(Code::Handler { runtime, handler }) = code("a=Nodejs18.15:src/index.main") else {
            panic!("it is a handler");
        };
        assert_eq!(
            (runtime.name(), handler.as_str()),
            ("Nodejs18.15", "src/index.main")
        );
        assert!(code("a=Python3.10:index").is_err());
        assert_eq!(code("a=./loop:1"), Ok(command(&["./loop:1"])));
    }
}
