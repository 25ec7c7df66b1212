//! The runtimes of the platform that call a handler.

use std::fmt;
use std::path::{Path, PathBuf};

use backlot_base::source::nearest;

/// The name of the runtime in which the user's own program asks for events.
const CUSTOM: &str = "CustomRuntime";

/// The supported runtimes: the name, the language, and the version whose difference is worth a note.
const ALL: [HandlerRuntime; 17] = [
    python("Python3.6", "3.6"),
    python("Python3.7", "3.7"),
    python("Python3.8", "3.8"),
    python("Python3.9", "3.9"),
    python("Python3.10", "3.10"),
    python("Python3.11", "3.11"),
    python("Python3.12", "3.12"),
    node("Nodejs10.15", "10"),
    node("Nodejs12.16", "12"),
    node("Nodejs14.18", "14"),
    node("Nodejs16.13", "16"),
    node("Nodejs18.15", "18"),
    node("Nodejs20.19", "20"),
    php("Php7", "7.2"),
    php("Php7.4", "7.4"),
    php("Php8.0", "8.0"),
    of("Go1", Language::Go, ""),
];

/// Runtimes of the platform that are not supported, and what to use instead.
const OTHERS: [(&str, &str); 7] = [
    ("Python2.7", "`Python3.6` or newer"),
    ("Nodejs6.10", "`Nodejs10.15` or newer"),
    ("Nodejs8.9", "`Nodejs10.15` or newer"),
    ("Php5.6", "`Php7` or newer"),
    ("Java8", CUSTOM_WAY),
    ("Java11", CUSTOM_WAY),
    ("CustomImage", CUSTOM_WAY),
];

/// The way that every language has.
const CUSTOM_WAY: &str =
    "`CustomRuntime` with a program `bootstrap` that asks the runtime API for events";

/// A runtime that calls a handler, by the name that SCF gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerRuntime {
    name: &'static str,
    language: Language,
    version: &'static str,
}

/// The language of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Run by `python3`.
    Python,
    /// Run by `node`.
    Node,
    /// Run by `php`.
    Php,
    /// Compiled: the code is a program.
    Go,
}

/// A runtime that does not exist, or that is not supported. Its text is one line that says what to use instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}; {}", self.title(), self.hint())]
pub struct UnknownRuntime(String);

const fn of(name: &'static str, language: Language, version: &'static str) -> HandlerRuntime {
    HandlerRuntime {
        name,
        language,
        version,
    }
}

const fn python(name: &'static str, version: &'static str) -> HandlerRuntime {
    of(name, Language::Python, version)
}

const fn node(name: &'static str, version: &'static str) -> HandlerRuntime {
    of(name, Language::Node, version)
}

const fn php(name: &'static str, version: &'static str) -> HandlerRuntime {
    of(name, Language::Php, version)
}

impl HandlerRuntime {
    /// The runtime of this name, for example `Python3.10`; `None` for `CustomRuntime`, which has no handler to call.
    pub fn parse(name: &str) -> Result<Option<Self>, UnknownRuntime> {
        if name == CUSTOM {
            return Ok(None);
        }
        let found = ALL.into_iter().find(|runtime| runtime.name == name);
        found
            .map(Some)
            .ok_or_else(|| UnknownRuntime(name.to_owned()))
    }

    /// The name, for example `Python3.10`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Its language.
    pub fn language(self) -> Language {
        self.language
    }

    /// Whether the interpreter of this version, for example `3.11.7`, is what the runtime has on the platform.
    pub fn is_version(self, version: &str) -> bool {
        version
            .strip_prefix(self.version)
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    }

    /// The handler if none is named.
    pub fn default_handler(self) -> &'static str {
        match self.language {
            Language::Python | Language::Node | Language::Php => "index.main_handler",
            Language::Go => "main",
        }
    }

    /// The file of a handler such as `index.main_handler`, relative to the code: `index.py`. That of a compiled
    /// language is the program itself: `main`.
    pub fn entry_file(self, handler: &str) -> Result<PathBuf, NotAHandler> {
        if self.language == Language::Go {
            let is_name = !handler.is_empty() && !handler.ends_with('/');
            let handler = handler.to_owned();
            return if is_name {
                Ok(handler.into())
            } else {
                Err(NotAHandler(handler))
            };
        }
        let parts = handler.rsplit_once('.');
        let (file, _) = parts
            .filter(|(file, function)| !file.is_empty() && !function.is_empty())
            .ok_or_else(|| NotAHandler(handler.to_owned()))?;
        Ok(Path::new(&format!("{file}.{}", self.language.ending())).to_owned())
    }
}

/// A handler without a file or without a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the handler `{0}` must name a file and a function in it, such as `index.main_handler`")]
pub struct NotAHandler(String);

impl Language {
    /// The name of the interpreter; `None` if there is none. One with a version, such as `python3.10`, may be a stand-in of a version manager that
    /// does not run.
    pub(super) fn program(self) -> Option<&'static str> {
        match self {
            Self::Python => Some("python3"),
            Self::Node => Some("node"),
            Self::Php => Some("php"),
            Self::Go => None,
        }
    }

    /// Where a project has the interpreter if it has one of its own, relative to a folder of it.
    pub(super) fn installed(self) -> &'static [&'static str] {
        match self {
            Self::Python => &[".venv/bin/python3", "venv/bin/python3"],
            Self::Node => &["node_modules/.bin/node"],
            Self::Php | Self::Go => &[],
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::Node => "js",
            Self::Php => "php",
            Self::Go => "",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Php => "PHP",
            Self::Go => "Go",
        })
    }
}

impl UnknownRuntime {
    /// What is wrong: `the runtime `Java11` is not supported`.
    pub fn title(&self) -> String {
        format!("the runtime `{}` is not supported", self.0)
    }

    /// What to do: the runtime to use instead, the nearest name, or all that there are.
    pub fn hint(&self) -> String {
        if let Some((_, instead)) = OTHERS.iter().find(|(name, _)| *name == self.0) {
            return format!("use {instead}");
        }
        let known = ALL.iter().map(|runtime| runtime.name).chain([CUSTOM]);
        let supported = "supported are `Python3.6` to `Python3.12`, `Nodejs10.15` to `Nodejs20.19`, `Php7` to `Php8.0`, `Go1`, and \
                         `CustomRuntime` for programs that ask the runtime API for events";
        match nearest(&self.0, known) {
            Some(near) => format!("did you mean `{near}`? {supported}"),
            None => supported.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime(name: &str) -> HandlerRuntime {
        HandlerRuntime::parse(name).unwrap().unwrap()
    }

    #[test]
    fn versions_are_compared_as_far_as_they_matter() {
        let python = runtime("Python3.10");
        assert!(python.is_version("3.10.4"));
        assert!(!python.is_version("3.1.0"));
        assert!(!python.is_version("3.11.7"));
        let node = runtime("Nodejs18.15");
        assert!(node.is_version("18.20.1"));
        assert!(!node.is_version("180.0.0"));
    }

    #[test]
    fn a_handler_names_a_file_and_a_function() {
        let python = runtime("Python3.10");
        let file = |handler: &str| python.entry_file(handler);
        assert_eq!(file("index.main_handler"), Ok("index.py".into()));
        assert_eq!(file("src/a.b.main"), Ok("src/a.b.py".into()));
        for handler in ["", "index", ".main", "index."] {
            assert_eq!(file(handler), Err(NotAHandler(handler.into())));
        }
        let go = runtime("Go1");
        assert_eq!(go.entry_file(go.default_handler()), Ok("main".into()));
    }

    #[test]
    fn other_runtimes_are_refused_with_what_to_do() {
        let refused = |name: &str| HandlerRuntime::parse(name).unwrap_err().to_string();
        let near = refused("python3.10");
        assert!(
            near.contains("did you mean `Python3.10`? supported are `Python3.6` to"),
            "{near}"
        );
        for name in ["Java8", "Java11", "CustomImage"] {
            let expected = format!(
                "the runtime `{name}` is not supported; use `CustomRuntime` with a program `bootstrap` that asks the runtime \
                 API for events"
            );
            assert_eq!(refused(name), expected);
        }
        assert!(refused("Python2.7").ends_with("; use `Python3.6` or newer"));
        assert!(refused("Ruby3").contains("`CustomRuntime` for programs that ask"));
        assert_eq!(HandlerRuntime::parse("CustomRuntime"), Ok(None));
    }
}
