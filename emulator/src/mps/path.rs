//! Where outputs go: rendering of path templates. Follows: mps.md section 10.3.

use super::profile::Profile;
use super::request::NumberFormat;

/// The values of the variables in the templates of one sub-task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Directory of the input, begins and ends with `/`.
    input_dir: String,
    /// File name of the input without directory and extension.
    input_name: String,
    /// Extension of the input, without the dot.
    input_format: String,
    /// `OutputDir`; begins and ends with `/`.
    dir: String,
    definition: u64,
}

/// The running numbers that a template may name; `None` keeps the variable as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// `{number}`.
    pub number: Option<String>,
    /// `{subStreamNumber}`.
    pub sub_stream: Option<usize>,
    /// `{segmentNumber}`.
    pub segment: Option<usize>,
}

impl Naming {
    /// Names for what becomes of the object `key`. Without `dir`, outputs lie beside it.
    pub fn new(key: &str, dir: Option<&str>, definition: u64) -> Self {
        let (input_dir, file) = key.rsplit_once('/').unwrap_or(("", key));
        let input_dir = match input_dir {
            "" => "/".to_owned(),
            dir => format!("/{dir}/"),
        };
        let (name, format) = match file.rsplit_once('.') {
            Some((name, format)) if !name.is_empty() => (name, format),
            _ => (file, ""),
        };
        Self {
            dir: dir.map_or_else(|| input_dir.clone(), str::to_owned),
            input_name: name.to_owned(),
            input_format: format.to_owned(),
            input_dir,
            definition,
        }
    }

    /// The template with its directory in front, variables as they are.
    ///
    /// Choice: a template that begins with `{inputDir}` is absolute, because that variable is.
    pub fn absolute(&self, template: &str) -> String {
        if template.starts_with('/') || template.starts_with("{inputDir}") {
            template.to_owned()
        } else {
            format!("{}{template}", self.dir)
        }
    }

    /// The path of an output of this `format`. A template that does not say `{format}` gets the extension at its end.
    pub fn render(&self, template: &str, format: &str, numbers: &Numbers) -> String {
        let mut template = self.absolute(template);
        if !template.contains("{format}") {
            template.push_str(".{format}");
        }
        self.fill(&template, Some(format), numbers)
    }

    /// The path of an output whose template says all there is to say: nothing is put in front or behind.
    pub fn render_exactly(&self, template: &str, format: &str, numbers: &Numbers) -> String {
        self.fill(template, Some(format), numbers)
    }

    /// The path of a file that belongs to the main output at `main`: relative names lie beside that.
    pub fn render_beside(
        &self,
        main: &str,
        template: &str,
        format: &str,
        numbers: &Numbers,
    ) -> String {
        self.beside(main).render(template, format, numbers)
    }

    /// `OutputObjectPath` as results echo it: the template, or in the legacy profile the path without its extension and
    /// with running numbers still to come.
    pub fn display(&self, profile: Profile, template: &str) -> String {
        let absolute = self.absolute(template);
        match profile {
            Profile::Modern => absolute,
            Profile::Legacy => {
                let stem = absolute.strip_suffix(".{format}").unwrap_or(&absolute);
                self.fill(stem, None, &Numbers::default())
            }
        }
    }

    /// The name of a secondary output as results echo it: relative in the modern profile.
    pub fn display_beside(&self, profile: Profile, main: &str, template: &str) -> String {
        match profile {
            Profile::Modern => template.to_owned(),
            Profile::Legacy => {
                let main = self.display(profile, main);
                self.beside(&main).display(profile, template)
            }
        }
    }

    fn beside(&self, main: &str) -> Self {
        let (dir, _) = main.rsplit_once('/').unwrap_or(("", main));
        Self {
            dir: format!("{dir}/"),
            ..self.clone()
        }
    }

    /// Replaces variables in one pass, so that a file name with braces stays what it is.
    fn fill(&self, template: &str, format: Option<&str>, numbers: &Numbers) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            // A brace that opens before this one closes makes this one plain text.
            let end = match rest[1..].find(['{', '}']) {
                Some(end) if rest.as_bytes()[end + 1] == b'}' => end + 2,
                _ => 1,
            };
            let (variable, after) = rest.split_at(end);
            let value = self.variable(variable, format, numbers);
            filled.push_str(value.as_deref().unwrap_or(variable));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn variable(&self, name: &str, format: Option<&str>, numbers: &Numbers) -> Option<String> {
        match name {
            "{inputName}" => Some(self.input_name.clone()),
            "{inputFormat}" => Some(self.input_format.clone()),
            "{inputDir}" => Some(self.input_dir.clone()),
            "{definition}" => Some(self.definition.to_string()),
            "{format}" => format.map(str::to_owned),
            "{number}" => numbers.number.clone(),
            "{subStreamNumber}" => numbers.sub_stream.map(|number| number.to_string()),
            "{segmentNumber}" => numbers.segment.map(|number| number.to_string()),
            _ => None,
        }
    }
}

impl NumberFormat {
    /// The number of the `position`-th output, from 0.
    pub fn number(&self, position: u64) -> String {
        let number = position
            .saturating_mul(self.increment.into())
            .saturating_add(self.initial_value.into())
            .to_string();
        let missing = (self.min_length as usize).saturating_sub(number.len());
        format!("{}{number}", self.place_holder.repeat(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(dir: Option<&str>) -> Naming {
        Naming::new("in/demo.mp4", dir, 10)
    }

    fn render(naming: &Naming, template: &str) -> String {
        naming.render(template, "jpg", &Numbers::default())
    }

    #[test]
    fn relative_names_get_the_output_directory() {
        let template = "{inputName}_transcode_{definition}.{format}";
        assert_eq!(
            render(&naming(Some("/out/")), template),
            "/out/demo_transcode_10.jpg"
        );
        assert_eq!(
            render(&naming(None), template),
            "/in/demo_transcode_10.jpg",
            "beside the input"
        );
        assert_eq!(
            render(&naming(Some("/out/")), "/x/{inputFormat}/{inputName}"),
            "/x/mp4/demo.jpg"
        );
        assert_eq!(
            render(&naming(Some("/out/")), "{inputDir}{inputName}"),
            "/in/demo.jpg"
        );
    }

    #[test]
    fn names_are_filled_in_one_pass() {
        let naming = Naming::new("{format}.x.mp4", Some("/out/"), 10);
        assert_eq!(
            render(&naming, "{inputName}{unknown}{.{format}"),
            "/out/{format}.x{unknown}{.jpg"
        );
        let naming = Naming::new("{format}.x.mp4", Some("/out/"), 10);
        assert_eq!(render(&naming, "{inputName}"), "/out/{format}.x.jpg");
    }

    #[test]
    fn the_legacy_echo_has_no_extension_and_open_numbers() {
        let naming = naming(Some("/out/"));
        let main = "{inputName}_imageSprite_{definition}_{number}.{format}";
        assert_eq!(
            naming.display(Profile::Legacy, main),
            "/out/demo_imageSprite_10_{number}"
        );
        assert_eq!(
            naming.display(Profile::Modern, main),
            "/out/{inputName}_imageSprite_{definition}_{number}.{format}"
        );
        let vtt = "{inputName}.{format}";
        assert_eq!(
            naming.display_beside(Profile::Legacy, "/x/y", vtt),
            "/x/demo"
        );
        assert_eq!(naming.display_beside(Profile::Modern, main, vtt), vtt);
    }

    #[test]
    fn secondary_files_lie_beside_the_main_one() {
        let path = naming(Some("/out/")).render_beside(
            "/x/main.m3u8",
            "{subStreamNumber}/{segmentNumber}.{format}",
            "ts",
            &Numbers {
                sub_stream: Some(1),
                segment: Some(0),
                number: None,
            },
        );
        assert_eq!(path, "/x/1/0.ts");
    }

    #[test]
    fn running_numbers() {
        assert_eq!(NumberFormat::default().number(11), "11");
        let format = NumberFormat {
            initial_value: 5,
            increment: 10,
            min_length: 4,
            place_holder: "_".into(),
        };
        assert_eq!(format.number(1), "__15");
    }

    #[test]
    fn a_name_without_extension() {
        let naming = Naming::new(".hidden", None, 1);
        assert_eq!(
            render(&naming, "{inputName}-{inputFormat}"),
            "/.hidden-.jpg"
        );
    }
}
