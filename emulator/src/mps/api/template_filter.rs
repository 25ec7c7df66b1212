//! Which templates a `Describe…Templates` is about. Follows: mps.md section 11.3.

use super::template_answer::{container_type, kind};
use crate::mps::definitions::{Family, Template};
use crate::mps::template::text;
use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// The templates that are wanted, and the page of them.
#[derive(Debug)]
pub(super) struct Filter {
    definitions: Vec<i64>,
    /// Members of a description, each with the value that it must have.
    wanted: Vec<(Aspect, String)>,
    name: String,
    /// Templates to leave out at the beginning.
    pub(super) offset: usize,
    /// Templates at most.
    pub(super) limit: usize,
}

/// What a template is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Kind,
    WatermarkType,
    Container,
    TehdType,
    TranscodeType,
    PureAudio,
}

impl Filter {
    /// Reads a call.
    pub(super) fn read(family: Family, sent: &Parameters<'_>) -> Result<Self, ApiError> {
        let mut known = vec!["Definitions", "Type", "Offset", "Limit", "Name"];
        let mut wanted = Vec::new();
        let mut want = |name: &'static str, aspect, choices: &[(&str, &str)]| {
            known.push(name);
            let text = sent.optional(name, |parameter| match parameter.value().as_str() {
                Some("") => Ok(None),
                _ => chosen(name, &parameter, choices).map(Some),
            })?;
            wanted.extend(text.flatten().map(|text| (aspect, text)));
            Ok::<_, ApiError>(())
        };
        let kinds = [("Preset", "Preset"), ("Custom", "Custom")];
        match family {
            Family::Watermark => {
                let kinds = [("image", "image"), ("text", "text"), ("svg", "svg")];
                want("Type", Aspect::WatermarkType, &kinds)?;
            }
            _ => want("Type", Aspect::Kind, &kinds)?,
        }
        if family == Family::Transcode {
            let containers = [("Video", "Video"), ("PureAudio", "PureAudio")];
            want("ContainerType", Aspect::Container, &containers)?;
            let tehd = [("Common", "Common"), ("TEHD-100", "TEHD-100")];
            want("TEHDType", Aspect::TehdType, &tehd)?;
            let types = [
                ("Common", "Common"),
                ("TEHD", "TEHD"),
                ("Enhance", "Enhance"),
            ];
            want("TranscodeType", Aspect::TranscodeType, &types)?;
        }
        if family == Family::Adaptive {
            want("PureAudio", Aspect::PureAudio, &[("0", "0"), ("1", "1")])?;
        }
        sent.only(&known)?;
        Ok(Self {
            definitions: definitions(sent)?,
            wanted,
            name: name(sent)?,
            offset: page(sent, "Offset", 0, i64::MAX)?.unwrap_or(0),
            limit: page(sent, "Limit", 0, 100)?.unwrap_or(10),
        })
    }

    /// Whether a template is wanted.
    pub(super) fn admits(&self, definition: u64, template: &Template) -> bool {
        let is_named = |wanted: &i64| u64::try_from(*wanted).is_ok_and(|id| id == definition);
        let members = &template.members;
        (self.definitions.is_empty() || self.definitions.iter().any(is_named))
            // Choice: a part of the name is enough, as on the console.
            && text(members, "Name").contains(&self.name)
            && self.wanted.iter().all(|(aspect, wanted)| aspect.of(template) == *wanted)
    }
}

impl Aspect {
    fn of(self, template: &Template) -> String {
        let members = &template.members;
        let tehd = members.get("TEHDConfig");
        let tehd = tehd.map_or("", |config| text(config, "Type"));
        let is_enhanced = members
            .get("EnhanceConfig")
            .is_some_and(|config| !config.is_null());
        match self {
            Self::Kind => kind(template),
            Self::WatermarkType => text(members, "Type"),
            Self::Container => container_type(template),
            Self::TehdType => match tehd {
                "" | "OFF" => "Common",
                other => other,
            },
            Self::TranscodeType => match tehd {
                "" | "OFF" if is_enhanced => "Enhance",
                "" | "OFF" => "Common",
                _ => "TEHD",
            },
            Self::PureAudio => {
                let pure = members.get("PureAudio").and_then(Value::as_i64);
                if pure == Some(1) { "1" } else { "0" }
            }
        }
        .to_owned()
    }
}

fn chosen(name: &str, sent: &Parameter<'_>, choices: &[(&str, &str)]) -> Result<String, ApiError> {
    // A switch comes as a number, everything else as text.
    if let Value::Number(number) = sent.value() {
        let found = choices
            .iter()
            .find(|(choice, _)| *choice == number.as_str());
        if let Some((choice, _)) = found {
            return Ok((*choice).to_owned());
        }
    }
    let chosen = sent.clone().one_of(choices);
    chosen.map(str::to_owned).map_err(|error| match name {
        "Type" | "ContainerType" | "TEHDType" => coded(error, name),
        _ => error.into(),
    })
}

fn definitions(sent: &Parameters<'_>) -> Result<Vec<i64>, ApiError> {
    let listed = sent.optional("Definitions", |list| {
        list.list_up_to(100, Parameter::integer)
    });
    let listed = listed.map_err(|error: ParameterError| coded(error, "Definitions"))?;
    Ok(listed.unwrap_or_default())
}

fn name(sent: &Parameters<'_>) -> Result<String, ApiError> {
    let name = sent.optional("Name", |name| name.text_up_to(64));
    let name = name.map_err(|error| coded(error, "Name"))?;
    Ok(name.unwrap_or_default().to_owned())
}

fn page(
    sent: &Parameters<'_>,
    name: &str,
    least: i64,
    most: i64,
) -> Result<Option<usize>, ApiError> {
    let number = sent.optional(name, |number| number.integer_in(least..=most));
    let number = number.map_err(|error: ParameterError| match name {
        "Limit" => coded(error, "Limit"),
        _ => error.into(),
    })?;
    Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
}

/// A value that is refused has a code of its own, another mistake the common one.
fn coded(error: ParameterError, suffix: &str) -> ApiError {
    use backlot_http::cloud_api::Problem;
    match error.problem {
        Problem::Value(_) => error.with_code(format!("InvalidParameterValue.{suffix}")),
        _ => error.into(),
    }
}
