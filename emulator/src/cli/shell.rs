//! Lines that set and remove variables, in the syntax of each shell, so that what they change can be undone.
//!
//! A variable that has a value already is kept under a second name until it is put back.

use clap::ValueEnum;

/// What the second names begin with.
const BEFORE: &str = "BACKLOT_BEFORE_";

/// A shell.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Shell {
    /// Any POSIX shell, bash and zsh
    #[default]
    Sh,
    /// fish
    Fish,
    /// `PowerShell`
    Powershell,
}

impl Shell {
    /// Sets variables, and removes those without a value. `now` tells the value that a variable has in the shell; `is_set` whether an earlier call has set them
    /// all, so that their values now are not worth keeping.
    pub(super) fn set(
        self,
        variables: &[(String, Option<String>)],
        is_set: bool,
        now: impl Fn(&str) -> Option<String>,
    ) -> String {
        let mut lines = String::new();
        for (name, value) in variables {
            if let Some(before) = now(name).filter(|_| !is_set) {
                lines.push_str(&self.export(&format!("{BEFORE}{name}"), &before));
            }
            match value {
                Some(value) => lines.push_str(&self.export(name, value)),
                None if now(name).is_some() => lines.push_str(&self.remove(name)),
                None => {}
            }
        }
        lines
    }

    /// Removes variables, or puts back what they were.
    pub(super) fn unset(self, names: &[String], now: impl Fn(&str) -> Option<String>) -> String {
        let mut lines = String::new();
        for name in names {
            let kept = format!("{BEFORE}{name}");
            match now(&kept) {
                Some(before) => {
                    lines.push_str(&self.export(name, &before));
                    lines.push_str(&self.remove(&kept));
                }
                None => lines.push_str(&self.remove(name)),
            }
        }
        lines
    }

    fn export(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'\n")
            }
            Self::Powershell => format!("$env:{name} = '{}'\n", value.replace('\'', "''")),
        }
    }

    /// Removes a variable, which may be absent.
    fn remove(self, name: &str) -> String {
        match self {
            Self::Sh => format!("unset {name}\n"),
            // In fish, a variable that is absent is an error of which nothing is printed.
            Self::Fish => format!("set -e {name}\n"),
            Self::Powershell => {
                format!("Remove-Item -Path Env:{name} -ErrorAction SilentlyContinue\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_each_shell() {
        let value = r"a'b\c $d";
        for (shell, expected) in [
            (Shell::Sh, r"export X='a'\''b\c $d'"),
            (Shell::Fish, r"set -gx X 'a\'b\\c $d'"),
            (Shell::Powershell, r"$env:X = 'a''b\c $d'"),
        ] {
            assert_eq!(shell.export("X", value).trim_end(), expected);
        }
    }

    #[test]
    fn what_was_there_is_kept_and_put_back() {
        let variables = [
            ("A".to_owned(), Some("1".to_owned())),
            ("B".to_owned(), Some("2".to_owned())),
        ];
        let names = ["A".to_owned(), "B".to_owned()];
        let before = |name: &str| (name == "A").then(|| "0".to_owned());
        let kept = |name: &str| (name == "BACKLOT_BEFORE_A").then(|| "0".to_owned());
        for (shell, set, unset) in [
            (
                Shell::Sh,
                "export BACKLOT_BEFORE_A='0'\nexport A='1'\nexport B='2'\n",
                "export A='0'\nunset BACKLOT_BEFORE_A\nunset B\n",
            ),
            (
                Shell::Fish,
                "set -gx BACKLOT_BEFORE_A '0'\nset -gx A '1'\nset -gx B '2'\n",
                "set -gx A '0'\nset -e BACKLOT_BEFORE_A\nset -e B\n",
            ),
            (
                Shell::Powershell,
                "$env:BACKLOT_BEFORE_A = '0'\n$env:A = '1'\n$env:B = '2'\n",
                "$env:A = '0'\nRemove-Item -Path Env:BACKLOT_BEFORE_A -ErrorAction SilentlyContinue\n\
                 Remove-Item -Path Env:B -ErrorAction SilentlyContinue\n",
            ),
        ] {
            assert_eq!(shell.set(&variables, false, before), set);
            assert_eq!(shell.unset(&names, kept), unset);
        }
        let without = [("A".to_owned(), None), ("B".to_owned(), None)];
        let removed = Shell::Sh.set(&without, false, before);
        assert_eq!(removed, "export BACKLOT_BEFORE_A='0'\nunset A\n");
        let again = Shell::Sh.set(&variables, true, before);
        assert_eq!(again, "export A='1'\nexport B='2'\n");
    }
}
