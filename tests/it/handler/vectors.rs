//! Signatures made by the official SDKs, made again.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use backlot_handler::cos::{Signable, Window};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    secret_id: String,
    secret_key: String,
    start: u64,
    end: u64,
    method: String,
    object_key: String,
    signed_headers_input: Option<BTreeMap<String, String>>,
    signed_params_input: Option<BTreeMap<String, Value>>,
    http_string: String,
    string_to_sign: String,
    signature: String,
    authorization: Option<String>,
}

impl Vector {
    /// What the SDK was given to sign, without what it leaves out on purpose.
    fn headers(&self) -> Vec<(String, String)> {
        let input = self.signed_headers_input.clone().unwrap_or_else(|| {
            // The one vector that came as a URL.
            let host = "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com";
            BTreeMap::from([("Host".to_owned(), host.to_owned())])
        });
        self.signed(input, 3)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let input = self.signed_params_input.clone().unwrap_or_else(|| {
            BTreeMap::from([("response-content-type".to_owned(), "text/plain".into())])
        });
        let texts = input.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        self.signed(texts.collect(), 2)
    }

    /// Those of `input` that the SDK did sign: their lower-case names stand in that line of the canonical text.
    fn signed(&self, input: BTreeMap<String, String>, line: usize) -> Vec<(String, String)> {
        let line = self.http_string.split('\n').nth(line).unwrap();
        let names: Vec<&str> = line
            .split('&')
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .collect();
        input
            .into_iter()
            .filter(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()))
            .collect()
    }

    /// The SDK for Python signs a key that begins with a slash as it is.
    fn path(&self) -> String {
        if self.object_key.starts_with('/') {
            self.object_key.clone()
        } else {
            format!("/{}", self.object_key)
        }
    }
}

#[test]
fn signatures_are_those_of_the_official_sdks() {
    let file: File =
        serde_json::from_str(include_str!("../../vectors/cos-signatures.json")).unwrap();
    assert_eq!(file.vectors.len(), 14);
    for vector in &file.vectors {
        let (path, headers, parameters) = (vector.path(), vector.headers(), vector.parameters());
        let signature = Signable {
            method: &vector.method,
            path: &path,
            parameters: parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect(),
        }
        .sign(
            &vector.secret_id,
            &vector.secret_key,
            Window {
                start: vector.start,
                end: vector.end,
            },
        );
        let name = &vector.name;
        assert_eq!(signature.http_string, vector.http_string, "{name}");
        assert_eq!(signature.string_to_sign, vector.string_to_sign, "{name}");
        assert_eq!(signature.hex, vector.signature, "{name}");
        if let Some(authorization) = &vector.authorization {
            assert_eq!(&signature.authorization, authorization, "{name}");
        }
    }
}
