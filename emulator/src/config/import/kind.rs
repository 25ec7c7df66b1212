//! Which files can be imported, and where they are looked for.

use std::path::{Path, PathBuf};

use super::surroundings::Surroundings;
use super::template::DEMO;

/// The names under which a folder is searched for a file to import, in this order; `.tf` files come after them.
const NAMES: [&str; 4] = [
    "serverless.yml",
    "serverless.yaml",
    "template.yaml",
    "template.yml",
];

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `serverless.yml` of the Serverless Framework.
    Serverless,
    /// `template.yaml` of the local command, or `config.json` of the demo repository.
    Template,
    /// A `.tf` file, with those beside it.
    Terraform,
    /// The JSON of a Terraform plan.
    Plan,
}

impl Kind {
    /// The format of a file, by its name and by what it says; `None` if the format is unknown.
    pub fn of(path: &Path, text: &str) -> Option<Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        let ending = path.extension().and_then(|ending| ending.to_str());
        let has_key = |key: &str| {
            text.lines().any(|line| {
                let rest = line.trim_start_matches('\u{feff}').strip_prefix(key);
                rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
            })
        };
        match (name, ending) {
            (_, Some("tf")) => Some(Self::Terraform),
            (_, Some("json")) if text.contains("\"planned_values\"") => Some(Self::Plan),
            (_, Some("json")) if text.contains("\"terraform_version\"") => Some(Self::Plan),
            _ if text.contains(DEMO) => Some(Self::Template),
            (Some("serverless.yml" | "serverless.yaml"), _) => Some(Self::Serverless),
            (Some("template.yaml" | "template.yml"), _) => Some(Self::Template),
            _ if has_key("component") || has_key("provider") => Some(Self::Serverless),
            _ if has_key("Resources") => Some(Self::Template),
            _ => None,
        }
    }

    /// Whether a file that nothing names is one of this platform, and not one of another with the same name.
    fn is_of_platform(self, text: &str) -> bool {
        let says = |key: &str, values: &[&str]| {
            text.lines().any(|line| {
                let value = line.trim_start().strip_prefix(key).map(str::trim);
                let value = value.map(|value| value.trim_matches(['"', '\'', ',']));
                value.is_some_and(|value| values.iter().any(|known| value.starts_with(known)))
            })
        };
        match self {
            Self::Serverless => {
                let components = ["scf", "multi-scf", "@serverless/tencent-scf"];
                says("component:", &components)
                    || (text.contains("provider") && says("name:", &["tencent"]))
            }
            Self::Template => text.contains("TencentCloud::Serverless::"),
            Self::Terraform => text.contains("tencentcloud_scf_function"),
            Self::Plan => false,
        }
    }
}

/// The files in a folder that are imported without being named; may be empty.
pub fn find(folder: &Path, surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let mut paths: Vec<_> = NAMES.iter().map(|name| folder.join(name)).collect();
    let all = surroundings.folder(folder).unwrap_or_default();
    let of_terraform = all
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "tf"));
    paths.extend(of_terraform);
    let found = paths.into_iter().find(|path| {
        let text = surroundings.file(path).ok();
        text.is_some_and(|text| {
            let kind = Kind::of(path, &text);
            kind.is_some_and(|kind| kind.is_of_platform(&text))
        })
    });
    found.into_iter().collect()
}
