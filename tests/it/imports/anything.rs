//! Whatever a file says, it is read or its mistakes are shown: no input panics.

use proptest::prelude::*;

use backlot_tests::property;

/// Files that are read, as inputs of the property: the first byte is the format.
const FILES: [(u8, &str); 8] = [
    (0, include_str!("../../imports/serverless/serverless.yml")),
    (0, include_str!("../../imports/several/serverless.yml")),
    (0, include_str!("../../imports/provider/serverless.yml")),
    (0, include_str!("../../imports/components/serverless.yml")),
    (1, include_str!("../../imports/template/template.yaml")),
    (2, include_str!("../../imports/terraform/main.tf")),
    (3, include_str!("../../imports/plan/plan.json")),
    (4, include_str!("../../imports/demo/config.json")),
];

/// Pieces that mean something in one of the formats.
const PIECES: [&str; 24] = [
    "${",
    "}",
    "${self:}",
    "${self:inputs}",
    "${file(serverless.yml)}",
    "${env:",
    ",",
    "'",
    "\"",
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "[",
    "&a ",
    "*a",
    "!Ref ",
    "<<: ",
    "<<E\n",
    "var.",
    "local.common",
    "\u{e4}",
    "\u{0}",
];

/// A change of a text: where, how much is cut out there, and what is put in, which can be a part of the text itself.
fn changed(text: &str, changes: &[(usize, usize, usize)]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, cut, piece) in changes {
        let at = at % (letters.len() + 1);
        let end = (at + cut % 40).min(letters.len());
        let piece: Vec<char> = match PIECES.get(piece % (2 * PIECES.len())) {
            Some(piece) => piece.chars().collect(),
            None => letters[at / 2..(at / 2 + piece % 60).min(letters.len())].to_vec(),
        };
        letters.splice(at..end, piece);
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_files_never_panic(
        file in 0..FILES.len(),
        changes in prop::collection::vec((any::<usize>(), any::<usize>(), any::<usize>()), 1..8),
    ) {
        let (kind, text) = FILES[file];
        let mut input = vec![kind];
        input.extend(changed(text, &changes).into_bytes());
        property::check("imports", &input);
    }

    #[test]
    fn arbitrary_texts_never_panic(kind in 0_u8..5, text in "\\PC{0,200}") {
        let mut input = vec![kind];
        input.extend(text.into_bytes());
        property::check("imports", &input);
    }
}
