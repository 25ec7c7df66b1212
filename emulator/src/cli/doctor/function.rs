//! One function: whether it can start, on which interpreter, and whether the file of its handler can be read as code.

use std::ffi::OsString;
use std::path::Path;

use super::Finding;
use crate::cli::startable::{Handled, Startable, run_interpreter};
use crate::config::FunctionConfig;
use crate::scf::shim::Language;

const ABOUT: &str = "function";
/// Reads a file without running it.
const READ_PYTHON: &str = "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[1])";

/// Checks the function `name`. Its code is read, not run: what it imports is looked for when it starts.
pub(super) async fn check(
    startable: &mut Startable,
    name: &str,
    function: &FunctionConfig,
) -> Finding {
    let handled = match startable.check(name, function).await {
        Ok(Some(handled)) => handled,
        Ok(None) => return Finding::ok(ABOUT, format!("`{name}` can start")),
        Err(error) => {
            return match error.hint {
                Some(hint) => Finding::fail(ABOUT, format!("{}; {hint}", error.message)),
                None => Finding::fail(ABOUT, error.message),
            };
        }
    };
    let Handled {
        file,
        runtime,
        interpreter,
    } = handled;
    let shown = file.display();
    let Some((program, version)) = interpreter else {
        return Finding::ok(ABOUT, format!("`{name}` can start: `{shown}`"));
    };
    if let Err(why) = read(runtime.language(), &program, &file).await {
        let text = format!("`{name}` cannot be loaded: {why}");
        return Finding::fail(ABOUT, text);
    }
    let language = runtime.language();
    let text = format!(
        "`{name}` can start: `{shown}` on {language} {version} (`{}`)",
        program.display()
    );
    Finding::ok(ABOUT, text)
}

/// Lets an interpreter read a file; what is wrong with it, in one line.
async fn read(language: Language, program: &Path, file: &Path) -> Result<(), String> {
    let mut arguments: Vec<OsString> = match language {
        Language::Python => vec!["-c".into(), READ_PYTHON.into()],
        Language::Node => vec!["--check".into()],
        Language::Php => vec!["-l".into()],
        Language::Go => return Ok(()),
    };
    arguments.push(file.into());
    let output = run_interpreter(program, arguments).await?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    Err(mistake(&String::from_utf8_lossy(&said), file))
}

/// The line that says what is wrong, after the place if that is a line of its own.
fn mistake(said: &str, file: &Path) -> String {
    let file = file.to_string_lossy();
    let lines = || said.lines().map(str::trim);
    let what = lines().find(|line| line.contains("Error") || line.contains("error:"));
    let what = what.or_else(|| lines().next_back()).unwrap_or_default();
    let place = lines().find(|line| line.contains(&*file) && *line != what);
    match place {
        Some(place) => format!("{what} ({})", place.trim_start_matches("File ")),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_line_with_its_place() {
        let file = Path::new("/code/index.py");
        for (said, expected) in [
            (
                "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n  File \"/code/index.py\", line 1\n    \
                 def (\n        ^\nSyntaxError: invalid syntax\n",
                "SyntaxError: invalid syntax (\"/code/index.py\", line 1)",
            ),
            (
                "/code/index.py:1\nexports. = 1\n         ^\n\nSyntaxError: Unexpected token '='\n    at x\n",
                "SyntaxError: Unexpected token '=' (/code/index.py:1)",
            ),
            (
                "PHP Parse error:  syntax error in /code/index.py on line 1\n",
                "PHP Parse error:  syntax error in /code/index.py on line 1",
            ),
        ] {
            assert_eq!(mistake(said, file), expected);
        }
    }
}
