//! How stubs for other hosts are written, in `backlot.yaml` and in scenarios.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, de};
use serde_saphyr::Spanned;

use super::call::{HostConfig, OutboundConfig};
use super::layer::Named;
use super::written::Pause;
use crate::config::yaml::at;
use crate::stub::{ReplyFailure, Stub, StubReply};
use backlot_base::json::Value;
use backlot_base::source::Diagnostic;
use backlot_http::Host;

/// One stub.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StubConfig {
    /// How records name it; its host and position if left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Which host it answers for.
    pub host: Spanned<HostConfig>,
    /// Which calls it is about; all if left out.
    #[serde(default)]
    pub on: OutboundConfig,
    /// The maximal number of calls of an invocation that are answered.
    #[serde(default)]
    pub times: Option<u32>,
    /// Whether a scenario passes though no call is answered by it.
    #[serde(default)]
    pub optional: bool,
    /// The answer to every call.
    #[serde(default)]
    pub reply: Option<Spanned<ReplyConfig>>,
    /// The answers to the calls of an invocation, in order; the last one again and again.
    #[serde(default)]
    pub replies: Option<Vec<Spanned<ReplyConfig>>>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReplyConfig {
    /// 200 if left out.
    pub status: Option<StatusConfig>,
    /// Headers by name.
    pub headers: HeadersConfig,
    /// The body, as text.
    pub text: Option<String>,
    /// The body, as JSON.
    pub json: Option<Value>,
    /// The body, in a file beside the one that says so.
    pub file: Option<Spanned<String>>,
    /// How long it takes, on the stage's clock.
    pub delay: Option<Pause>,
    /// What goes wrong with it.
    pub fail: Option<FailureConfig>,
    /// What the file holds, once it was read.
    #[serde(skip)]
    pub held: Bytes,
}

/// The status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusConfig(pub StatusCode);

/// Headers of an answer, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadersConfig(pub Vec<(HeaderName, HeaderValue)>);

/// How an answer fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureConfig {
    /// The connection ends without an answer.
    Reset,
    /// It never comes.
    Hang,
    /// It ends in the middle.
    Truncated,
    /// It is not HTTP.
    Malformed,
}

/// Reads the files that stubs name, which are in `folder`, and returns every mistake.
pub fn complete(stubs: &mut [StubConfig], folder: &Path) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for stub in stubs {
        stub.check(&mut found);
        let replies = stub
            .reply
            .iter_mut()
            .chain(stub.replies.iter_mut().flatten());
        for reply in replies {
            check_body(reply, &mut found);
            if let Err(mistake) = reply.value.read(folder) {
                found.push(mistake);
            }
        }
    }
    found
}

impl Named for StubConfig {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl StubConfig {
    /// What is meant by the stub at `index`, from 0, of those that were [completed](complete).
    pub fn stub(&self, index: usize) -> Stub {
        let host = &self.host.value;
        let name = || format!("{} #{}", host.0, index + 1);
        let replies = self.reply.iter().chain(self.replies.iter().flatten());
        Stub {
            name: self.name.clone().unwrap_or_else(name),
            on: self.on.matcher(Some(host)),
            replies: replies.map(|reply| reply.value.reply()).collect(),
            times: self.times,
        }
    }

    fn check(&self, found: &mut Vec<Diagnostic>) {
        let host = &self.host.value.0;
        if is_played(host.name(), host.is_below()) {
            let title = format!("`{host}` is emulated by backlot itself");
            let mistake = at(&self.host.referenced, title);
            found.push(mistake.hint("to make it fail, write a fault"));
        }
        let title = match (&self.reply, &self.replies) {
            (Some(_), Some(_)) => "there is both `reply` and `replies` here",
            (None, None) => "the stub has no answer",
            (None, Some(replies)) if replies.is_empty() => "the stub has no answer",
            _ => return,
        };
        let hint = "give `reply: { status: 200 }`, or several answers in order under `replies:`";
        found.push(at(&self.host.referenced, title.to_owned()).hint(hint));
    }
}

/// An answer has one body.
fn check_body(reply: &Spanned<ReplyConfig>, found: &mut Vec<Diagnostic>) {
    let ReplyConfig {
        text, json, file, ..
    } = &reply.value;
    let bodies = [text.is_some(), json.is_some(), file.is_some()];
    if bodies.iter().filter(|is_there| **is_there).count() > 1 {
        let title = "the answer has more than one body".to_owned();
        let mistake = at(&reply.referenced, title);
        found.push(mistake.hint("keep one of `text`, `json` and `file`"));
    }
}

/// Whether requests for a host, or for some host below it, are answered by one of the services.
fn is_played(name: &str, is_below: bool) -> bool {
    let name = if is_below {
        format!("any.{name}")
    } else {
        name.to_owned()
    };
    match Host::of(&name) {
        Host::Cos => true,
        Host::CloudApi(host) => is_below || matches!(&host.service[..], "mps" | "scf" | "sts"),
        Host::Metadata | Host::Local { .. } | Host::Other => false,
    }
}

impl ReplyConfig {
    fn read(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let path: PathBuf = folder.join(&file.value);
        self.held = std::fs::read(&path).map(Bytes::from).map_err(|error| {
            let title = format!("`{}` cannot be opened: {error}", path.display());
            at(&file.referenced, title).hint("files are looked for beside the one that names them")
        })?;
        Ok(())
    }

    fn reply(&self) -> StubReply {
        let (body, usual) = match (&self.text, &self.json) {
            (Some(text), _) => (Bytes::from(text.clone()), Some("text/plain; charset=utf-8")),
            (None, Some(json)) => (Bytes::from(json.to_string()), Some("application/json")),
            (None, None) => (self.held.clone(), None),
        };
        let mut headers = self.headers.0.clone();
        if let Some(usual) = usual
            && !headers.iter().any(|(name, _)| *name == CONTENT_TYPE)
        {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(usual)));
        }
        StubReply {
            status: self.status.map_or(StatusCode::OK, |status| status.0),
            headers,
            body,
            delay: self.delay.map_or_else(Default::default, |delay| delay.0),
            failure: self.fail.map(|fail| match fail {
                FailureConfig::Reset => ReplyFailure::Reset,
                FailureConfig::Hang => ReplyFailure::Hang,
                FailureConfig::Truncated => ReplyFailure::Truncated,
                FailureConfig::Malformed => ReplyFailure::Malformed,
            }),
        }
    }
}

impl<'de> Deserialize<'de> for StatusConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u16::deserialize(from)?;
        let status = StatusCode::from_u16(number).ok();
        let status = status.filter(|status| (200..=599).contains(&status.as_u16()));
        status.map(Self).ok_or_else(|| {
            let message = format!("`{number}` is not a status: write one from 200 to 599");
            de::Error::custom(message)
        })
    }
}

impl<'de> Deserialize<'de> for HeadersConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let texts = super::call::Texts::deserialize(from)?;
        let mut headers = Vec::new();
        for (name, value) in texts.0 {
            let parsed = name.parse().ok().zip(value.parse().ok());
            let Some(header) = parsed else {
                let message = format!("`{name}: {value}` cannot be a header");
                return Err(de::Error::custom(message));
            };
            headers.push(header);
        }
        Ok(Self(headers))
    }
}
