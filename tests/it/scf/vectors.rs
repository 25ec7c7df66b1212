//! Exchanges and log records as the reference writes them, played and compared.

use std::sync::{Arc, Mutex};

use backlot::journal::Record;
use backlot::scf::log;
use backlot::scf::{Function, InProcess, RuntimeClient};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use super::rig::Rig;

fn vector(name: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/scf");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What came back for each request of the exchange: status, headers and body.
type Answers = Arc<Mutex<Vec<(u16, Vec<(String, String)>, Bytes)>>>;

#[tokio::test]
async fn the_exchange_of_one_invocation_is_as_written() {
    let steps = vector("custom-runtime-exchange");
    let (asked, expected): (Vec<_>, Vec<_>) = steps
        .into_iter()
        .partition(|step| step["dir"] == "runtime->platform");
    let answers = Answers::default();
    let (questions, kept) = (asked.clone(), Arc::clone(&answers));
    let code = InProcess::new(move |embedded| {
        let (questions, kept) = (questions.clone(), Arc::clone(&kept));
        async move {
            let mut client = RuntimeClient::connect(embedded.api).await.unwrap();
            for question in questions {
                let method: Method = question["method"].as_str().unwrap().parse().unwrap();
                let path = question["path"].as_str().unwrap();
                let body = question["body"].as_str().unwrap_or_default().to_owned();
                let answer = client.ask(method, path, body.into()).await.unwrap();
                let headers = answer.headers().iter();
                let headers = headers
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
                let answer = (200, headers.collect(), answer.body().clone());
                kept.lock().unwrap().push(answer);
            }
            // The stage stops only when all has been asked.
            client.next().await.map(drop).unwrap_err();
        }
    });
    let rig = Rig::new([Function::in_process("echo", code)]);
    let event = expected[1]["body"].as_str().unwrap().to_owned();
    let reply = rig.reply("echo", event).await;
    rig.scf.stop().await;

    assert_eq!(reply.ret_msg, asked[2]["body"].as_str().unwrap());
    assert_eq!(reply.status.0, 200, "the late error changes nothing");
    let answers = answers.lock().unwrap();
    assert_eq!(answers.len(), expected.len());
    for ((status, headers, body), expected) in answers.iter().zip(&expected) {
        assert_eq!(json!(status), expected["status"]);
        assert_eq!(body, expected["body"].as_str().unwrap());
        for (name, value) in expected["headers"].as_object().unwrap() {
            let found = headers.iter().find(|(found, _)| found == name);
            let value = match name.as_str() {
                "request_id" => reply.request_id.as_str(),
                _ => value.as_str().unwrap(),
            };
            assert_eq!(
                found.map(|(_, value)| value.as_str()),
                Some(value),
                "{name}"
            );
        }
    }
}

/// The log of the given attempt in this journal, from 0.
fn log_of(journal: &[Record], retry_num: u32) -> Vec<Value> {
    let records = log::records(journal, |_| 128);
    let records = records.into_iter();
    let records = records.filter(|record| record.retry_num == retry_num);
    records
        .map(|record| serde_json::to_value(record).unwrap())
        .collect()
}

/// Makes two logs comparable: ids, times and what is measured differ, nothing else may.
fn comparable(mut log: Vec<Value>) -> Vec<Value> {
    let id = log[0]["SCF_RequestId"].as_str().unwrap().to_owned();
    for record in &mut log {
        for field in ["SCF_StartTime", "SCF_LogTime"] {
            assert!(
                record[field].as_i64().unwrap() > 1_600_000_000_000,
                "{field}"
            );
            record[field] = Value::Null;
        }
        record["SCF_Duration"] = Value::Null;
        record["SCF_MemUsage"] = Value::Null;
        record["SCF_RequestId"] = "R".into();
        let message = record["SCF_Message"].as_str().unwrap().replace(&id, "R");
        let message = match message.split_once(" Duration:") {
            Some((report, _measured)) => report.to_owned(),
            None => message,
        };
        record["SCF_Message"] = message.into();
    }
    log
}

async fn logged(answer: Result<&'static str, &'static str>, line: &'static str) -> Rig {
    let code = InProcess::handler(move |embedded, _| async move {
        embedded.printer.line(line);
        answer.map(Bytes::from).map_err(str::to_owned)
    });
    let rig = Rig::new([Function::in_process("hello-from-scf", code)]);
    rig.play("hello-from-scf", &["{}"]).await;
    rig.scf.stop().await;
    rig
}

#[tokio::test]
async fn logs_have_the_records_of_the_reference() {
    let rig = logged(Ok("\"Hello World\""), "hello").await;
    let log = log_of(&rig.journal.ordered(), 0);
    assert_eq!(comparable(log), comparable(vector("log-records-success")));

    let trace = "Traceback (most recent call last):\n  File \"/var/user/index.py\", line 4, \
                 in main_handler\n    raise Exception(\"err msg\")\nException: err msg";
    let rig = logged(Err(trace), "try exception").await;
    let log = log_of(&rig.journal.ordered(), 1);
    assert_eq!(comparable(log), comparable(vector("log-records-failure")));
}
