use std::time::Duration;

use jiff::Timestamp;

use super::*;
use backlot_base::journal::{Lane, Record, ScfRecord, What};
use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, LATEST};

fn record(number: usize, what: What) -> Record {
    Record {
        number,
        at: Timestamp::from_millisecond(1_666_014_960_123).unwrap(),
        phase: 0,
        real: Duration::ZERO,
        lane: Lane::Invocation(1),
        what,
    }
}

#[test]
fn an_attempt_becomes_the_lines_of_the_platform() {
    let journal: Vec<Record> = [
        What::Scf(ScfRecord::InvocationQueued {
            function: "hello-from-scf".into(),
            namespace: DEFAULT_NAMESPACE.into(),
            qualifier: DEFAULT_ALIAS.into(),
            version: LATEST.into(),
            source: "OTHERS".into(),
            request_id: "R".into(),
            event: "{}".into(),
        }),
        What::Scf(ScfRecord::AttemptStarted {
            attempt: 2,
            instance: "hello-from-scf/1.1".into(),
            cold: false,
        }),
        What::Scf(ScfRecord::LogLine {
            attempt: 2,
            text: r#"{"try":"exception"}"#.into(),
        }),
        What::Scf(ScfRecord::AttemptFinished {
            attempt: 2,
            status: 430,
            result: "{}".into(),
            duration_ms: 3,
            memory_bytes: Some(14_077_952),
        }),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, what)| record(number, what))
    .collect();
    let log = records(&journal, |_| 128);
    let texts: Vec<_> = log
        .iter()
        .map(|line| (line.kind, line.status_code, line.message.as_str()))
        .collect();
    assert_eq!(
        texts,
        [
            ("Platform", 202, "START RequestId:R"),
            ("Custom", 202, r#"{"try":"exception"}"#),
            ("Platform", 430, "ERROR RequestId:R Result:{}"),
            ("Platform", 430, "END RequestId:R"),
            (
                "Platform",
                430,
                "Report RequestId:R Duration:3ms Memory:128MB MemUsage:13.425781MB"
            ),
        ]
    );
    assert!(log.iter().all(|line| line.retry_num == 1));
    let fields = serde_json::to_value(&log[0]).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), 14);
    assert_eq!(fields["SCF_StartTime"], 1_666_014_960_123_i64);
    let fields = serde_json::to_value(&log[1]).unwrap();
    assert_eq!(fields["try"], "exception");
    assert_eq!(fields.as_object().unwrap().len(), 15);
}

#[test]
fn the_members_of_a_line_of_json_are_fields_of_its_record() {
    let members = |line| serde_json::to_string(&Members::of(line)).unwrap();
    let line = r#" {"level":"warn","n":1.50,"deep":{"a":[1]},"SCF_Level":"x","n":2.0} "#;
    assert_eq!(
        members(line),
        r#"{"level":"warn","deep":{"a":[1]},"n":2.0}"#
    );
    for line in ["", "{", "[1]", "7", "{'a': 1}", r#"{"a":1} and more"#] {
        assert_eq!(members(line), "{}", "{line}");
    }
}

#[test]
fn a_tail_keeps_the_end() {
    let lines = vec!["é".repeat(3000)];
    let usage = Usage {
        duration_ms: 7,
        memory_mb: 64,
        memory_bytes: None,
    };
    let tail = tail("R", &lines, &usage);
    assert!(tail.len() <= 4096, "{}", tail.len());
    let end = "é\nEND RequestId: R\nReport RequestId: R Duration:7ms Memory:64MB MemUsage:0MB";
    assert!(tail.ends_with(end), "{tail}");
}
