//! Signatures made by the official SDKs, made again.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    signed_headers_input: BTreeMap<String, String>,
    signed_params_input: BTreeMap<String, String>,
    http_string: String,
    string_to_sign: String,
    signature: String,
}

impl Vector {
    /// Headers and parameters that the SDK did sign: those whose lower-case names stand in the canonical text. The
    /// input also holds some that the SDK leaves out on purpose.
    fn signed<'a>(
        &'a self,
        input: &'a BTreeMap<String, String>,
        line: usize,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let line = self.http_string.split('\n').nth(line).unwrap();
        let names: Vec<&str> = line
            .split('&')
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .collect();
        input
            .iter()
            .filter(move |(name, _)| names.contains(&name.to_ascii_lowercase().as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

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
    assert!(file.vectors.len() >= 14);
    for vector in &file.vectors {
        let path = vector.path();
        let signature = Signable {
            method: &vector.method,
            path: &path,
            parameters: vector.signed(&vector.signed_params_input, 2).collect(),
            headers: vector
                .signed(&vector.signed_headers_input, 3)
                .map(|(name, value)| (name, value.as_bytes()))
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
    }
}
