//! SELECT Object Content over the wire, with a decoder of its own.

use backlot::http::auth::Standing;

use super::client::{Answered, Ask, Running};

const TARGET: &str = "select&select-type=2";

/// CSV with a header in, JSON out.
const CSV_TO_JSON: &str = "<InputSerialization><CompressionType>NONE</CompressionType><CSV><FileHeaderInfo>USE</FileHeaderInfo>\
    </CSV></InputSerialization><OutputSerialization><JSON/></OutputSerialization>";

/// A message of an answer.
#[derive(Debug, PartialEq)]
struct Message {
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
}

impl Message {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).unwrap()
    }
}

/// The CRC-32 of some bytes, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |state, byte| {
        (0..8).fold(state ^ u32::from(*byte), |state, _| {
            let mask = (state & 1).wrapping_neg();
            (state >> 1) ^ (0xEDB8_8320 & mask)
        })
    })
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}

/// Takes an answer in chunks apart.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
}

/// The messages of an answer; each of their sums must be right.
fn messages(answer: &Answered) -> Vec<Message> {
    let mut headers = answer.headers.iter();
    let coding = headers.find(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    assert_eq!(
        coding.map(|(_, value)| value.as_slice()),
        Some(&b"chunked"[..])
    );
    assert_eq!(answer.header("Content-Length"), None);
    let body = unchunked(&answer.body);
    let (mut rest, mut found) = (body.as_slice(), Vec::new());
    while !rest.is_empty() {
        let length = usize::try_from(number(&rest[..4])).unwrap();
        let headers = usize::try_from(number(&rest[4..8])).unwrap();
        assert_eq!(
            number(&rest[8..12]),
            crc32(&rest[..8]),
            "the sum of the prelude"
        );
        let sum = number(&rest[length - 4..length]);
        assert_eq!(sum, crc32(&rest[..length - 4]), "the sum of the message");
        let (mut head, mut pairs) = (&rest[12..12 + headers], Vec::new());
        while !head.is_empty() {
            let name = usize::from(head[0]);
            let value = 1 + name + 3;
            assert_eq!(head[1 + name], 7, "a text");
            let size = usize::from(u16::from_be_bytes([head[value - 2], head[value - 1]]));
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            pairs.push((text(&head[1..=name]), text(&head[value..value + size])));
            head = &head[value + size..];
        }
        found.push(Message {
            headers: pairs,
            payload: rest[12 + headers..length - 4].to_vec(),
        });
        rest = &rest[length..];
    }
    found
}

fn document(expression: &str, serialization: &str) -> String {
    let expression = expression.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<SelectRequest><Expression>{expression}</Expression><ExpressionType>SQL</ExpressionType>{serialization}\
         <RequestProgress><Enabled>FALSE</Enabled></RequestProgress></SelectRequest>"
    )
}

async fn select(running: &Running, key: &str, document: &str) -> Answered {
    let ask = Ask::new("POST", &format!("/{key}?{TARGET}"));
    running.ask(ask.body(document.as_bytes())).await
}

fn kinds(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.header(":event-type"))
        .collect()
}

#[tokio::test]
async fn records_of_csv_come_as_messages() {
    let running = Running::start().await;
    running.put("k.csv", b"id,name\n1,Ann\n2,Bo\n").await;
    let document = document("SELECT s.name FROM COSObject s WHERE s.id > 1", CSV_TO_JSON);
    let answer = select(&running, "k.csv", &document).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("x-cos-request-id").is_some());
    let messages = messages(&answer);
    assert_eq!(kinds(&messages), ["Records", "Stats", "End"]);
    let [records, stats, end] = messages.as_slice() else {
        panic!("three messages");
    };
    assert_eq!(records.text(), "{\"name\":\"Bo\"}\n");
    assert_eq!(records.header(":content-type"), "application/octet-stream");
    assert_eq!(stats.header(":content-type"), "text/xml");
    for (name, value) in [
        ("BytesScanned", 19),
        ("BytesProcessed", 19),
        ("BytesReturned", 14),
    ] {
        let element = format!("<{name}>{value}</{name}>");
        assert!(stats.text().contains(&element), "{}", stats.text());
    }
    assert!(
        messages
            .iter()
            .all(|message| message.header(":message-type") == "event")
    );
    assert_eq!(end.payload, b"");
    running.stop().await;
}

#[tokio::test]
async fn documents_and_lines_are_selected_as_csv_and_json() {
    let running = Running::start().await;
    running
        .put("d.json", b"{\"a\": [1, 2],\n \"b\": \"x;y\"}")
        .await;
    running.put("l.json", b"{\"a\":1}\n{\"a\":2}\n").await;
    let serialization = |kind: &str, output: &str| {
        format!(
            "<InputSerialization><JSON><Type>{kind}</Type></JSON></InputSerialization>\
             <OutputSerialization>{output}</OutputSerialization>"
        )
    };
    let csv = "<CSV><QuoteFields>ASNEEDED</QuoteFields><FieldDelimiter>;</FieldDelimiter><RecordDelimiter>\\r\\n</RecordDelimiter></CSV>";
    let json = "<JSON><RecordDelimiter>,</RecordDelimiter></JSON>";
    for (key, kind, output, expression, expected) in [
        (
            "d.json",
            "DOCUMENT",
            csv,
            "SELECT s.a[1], s.b FROM COSObject s",
            "2;\"x;y\"\r\n",
        ),
        (
            "d.json",
            "DOCUMENT",
            json,
            "Select * from COSObject",
            "{\"a\":[1,2],\"b\":\"x;y\"},",
        ),
        (
            "l.json",
            "LINES",
            json,
            "Select * from COSObject",
            "{\"a\":1},{\"a\":2},",
        ),
        (
            "l.json",
            "LINES",
            csv,
            "SELECT SUM(s.a) FROM S3Object s",
            "3\r\n",
        ),
    ] {
        let document = document(expression, &serialization(kind, output));
        let answer = select(&running, key, &document).await;
        let messages = messages(&answer);
        assert_eq!(messages[0].text(), expected, "{expression}");
    }
    // Nothing selected is no record.
    let nothing = document(
        "SELECT * FROM COSObject s WHERE s.a > 5",
        &serialization("LINES", json),
    );
    let nothing = messages(&select(&running, "l.json", &nothing).await);
    assert_eq!(kinds(&nothing), ["Stats", "End"]);
    running.stop().await;
}

#[tokio::test]
async fn mistakes_are_told_before_the_answer_begins() {
    let running = Running::start().await;
    running.put("k.csv", b"a,b\n1,2\n").await;
    running.put("k.json", b"{\"a\":").await;
    let json = CSV_TO_JSON.replace(
        "<CSV><FileHeaderInfo>USE</FileHeaderInfo></CSV>",
        "<JSON><Type>DOCUMENT</Type></JSON>",
    );
    let all = "SELECT * FROM COSObject";
    for (key, document, status, code) in [
        (
            "k.csv",
            document("SELECT * FROM", CSV_TO_JSON),
            400,
            "InvalidDataSource",
        ),
        (
            "k.csv",
            document("SELECT c FROM COSObject", CSV_TO_JSON),
            400,
            "MissingHeaderName",
        ),
        (
            "k.csv",
            document("SELECT CAST('x' AS INT) FROM COSObject", CSV_TO_JSON),
            400,
            "CastFailed",
        ),
        ("k.json", document(all, &json), 400, "JSONParsingError"),
        (
            "k.csv",
            document("", CSV_TO_JSON),
            400,
            "MissingRequiredParameter",
        ),
        ("k.csv", document(all, ""), 400, "MissingRequiredParameter"),
        (
            "k.csv",
            document(all, CSV_TO_JSON).replace("SQL", "PL"),
            400,
            "InvalidExpressionType",
        ),
        (
            "k.csv",
            document(all, &CSV_TO_JSON.replace("USE", "PERHAPS")),
            400,
            "InvalidFileHeaderInfo",
        ),
        (
            "k.csv",
            document(all, &CSV_TO_JSON.replace("NONE", "ZIP")),
            400,
            "InvalidCompressionFormat",
        ),
        (
            "k.csv",
            document(all, &CSV_TO_JSON.replace("NONE", "GZIP")),
            501,
            "NotImplemented",
        ),
        (
            "k.json",
            document(all, &json.replace("DOCUMENT", "PAGES")),
            400,
            "InvalidJsonType",
        ),
        ("k.csv", "<Other/>".to_owned(), 400, "MalformedXML"),
        ("missing", document(all, CSV_TO_JSON), 404, "NoSuchKey"),
    ] {
        let answer = select(&running, key, &document).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{document}");
    }
    let old = Ask::new("POST", "/k.csv?select").body(document(all, CSV_TO_JSON).as_bytes());
    assert_eq!(running.ask(old).await.code(), "InvalidArgument");
    running.stop().await;
}

#[tokio::test]
async fn large_objects_are_selected_piece_by_piece() {
    let running = Running::start().await;
    let line = format!("{}\n", "x".repeat(99));
    let mut object = line.repeat(30_000).into_bytes();
    let whole = object.len();
    let plain = "<InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization>";
    running.put("k", &object).await;
    let all = document("SELECT * FROM COSObject", plain).replace("FALSE", "TRUE");
    let found = messages(&select(&running, "k", &all).await);
    let records = found
        .iter()
        .filter(|message| message.header(":event-type") == "Records");
    let payloads: Vec<_> = records.map(|message| message.payload.len()).collect();
    assert_eq!(payloads.iter().sum::<usize>(), whole);
    assert!(payloads.len() > 10 && payloads.iter().all(|size| *size < 1 << 20));
    let progress: Vec<_> = found
        .iter()
        .filter(|message| message.header(":event-type") == "Progress")
        .collect();
    assert!(progress.len() > 2, "{}", progress.len());
    let last = progress.last().unwrap().text();
    assert!(
        last.contains(&format!("<BytesReturned>{whole}</BytesReturned>")),
        "{last}"
    );
    assert_eq!(kinds(&found)[found.len() - 2..], ["Stats", "End"]);

    // While nothing is selected, the connection is kept alive.
    let nothing = document("SELECT * FROM COSObject s WHERE s._1 = 'y'", plain);
    let nothing = messages(&select(&running, "k", &nothing).await);
    assert!(kinds(&nothing).contains(&"Cont"), "{:?}", kinds(&nothing));

    // A mistake far in ends the messages, and a limit ends the reading.
    object.extend_from_slice(b"\xff\n");
    running.put("k", &object).await;
    let broken = messages(&select(&running, "k", &all).await);
    let failure = broken.last().unwrap();
    assert_eq!(failure.header(":message-type"), "error");
    assert_eq!(failure.header(":error-code"), "InvalidTextEncoding");
    assert!(!failure.header(":error-message").is_empty());
    let few = document("SELECT * FROM COSObject LIMIT 2", plain);
    let few = messages(&select(&running, "k", &few).await);
    assert_eq!(few[0].payload, line.repeat(2).into_bytes());
    running.stop().await;
}

#[tokio::test]
async fn selecting_needs_the_permission_to_read() {
    let mut running = Running::start().await;
    running.put("k.csv", b"a\n1\n").await;
    let policy = |action: &str| {
        format!(
            r#"{{"version":"2.0","statement":[{{"effect":"allow","action":"name/cos:{action}","resource":"*"}}]}}"#
        )
    };
    let owner = running.credentials.clone();
    for (action, status) in [("GetObject", 200), ("PutObject", 403)] {
        crate::access::become_key(&mut running, action, |key| {
            key.principal.standing = Standing::User {
                uin: "100000000002".into(),
                policy: Some(policy(action).into()),
            };
        });
        let document = document("SELECT * FROM COSObject", CSV_TO_JSON);
        let answer = select(&running, "k.csv", &document).await;
        assert_eq!(answer.status, status, "{action}");
        running.credentials = owner.clone();
    }
    running.stop().await;
}
