use super::*;

fn event(id: &str, body: &'static [u8]) -> Kept {
    Kept {
        request_id: id.to_owned(),
        target: FunctionTarget::named("archive"),
        version: Some("$LATEST".to_owned()),
        source: "MPS_TRIGGER".to_owned(),
        event: Bytes::from_static(body),
        queued: Timestamp::from_second(0).unwrap(),
        retry_num: 2,
        msg_ttl: Duration::from_secs(21_600),
        attempt: 1,
        retries: 0,
        due: None,
    }
}

fn open(folder: &tempfile::TempDir) -> QueueFile {
    QueueFile::open(folder.path(), false).unwrap()
}

fn keep(file: &QueueFile, kept: Kept) -> Keeping {
    file.keep(kept).unwrap().unwrap()
}

#[test]
fn what_waits_is_found_again_in_its_order_and_what_ended_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    let first = keep(&file, event("a", b"{\"n\": 1.0}"));
    let second = keep(&file, event("b", b"\xff\x00"));
    let third = keep(&file, event("c", b"3"));
    let due = Timestamp::from_second(60).unwrap();
    third.retry(2, 1, due);
    first.end();
    second.retry(5, 0, due);
    let expected = [
        Kept {
            attempt: 5,
            due: Some(due),
            ..event("b", b"\xff\x00")
        },
        Kept {
            attempt: 2,
            retries: 1,
            due: Some(due),
            ..event("c", b"3")
        },
    ];
    // As after the end of the process: nothing is closed.
    let again = open(&folder);
    assert_eq!(again.waiting(), expected);
    // The opening has written it anew.
    assert_eq!(open(&folder).waiting(), expected);
    again.clear();
    assert!(open(&folder).waiting().is_empty());
}

#[test]
fn a_last_line_without_its_end_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    keep(&file, event("a", b"1"));
    let path = folder.path().join(FILE);
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(br#"{"ended":{"id":"a""#);
    std::fs::write(&path, text).unwrap();
    assert_eq!(open(&folder).waiting(), [event("a", b"1")]);
}

#[test]
fn damage_and_later_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "{\"format\":1}\n{\"ended\":{}}\n").unwrap();
    let error = QueueFile::open(folder.path(), false).unwrap_err();
    assert!(
        matches!(error, QueueFileError::Damaged { line: 2, .. }),
        "{error}"
    );
    std::fs::write(&path, "{\"format\":3}\n").unwrap();
    let error = QueueFile::open(folder.path(), false).unwrap_err();
    assert!(
        matches!(error, QueueFileError::LaterFormat { found: 3, .. }),
        "{error}"
    );
}

#[test]
fn the_file_does_not_grow_with_events_that_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = open(&folder);
    let body: &'static [u8] = Box::leak(vec![b'1'; 64 * 1024].into_boxed_slice());
    let waits = keep(&file, event("waits", body));
    for number in 0..100 {
        keep(&file, event(&number.to_string(), body)).end();
    }
    let size = std::fs::metadata(folder.path().join(FILE)).unwrap().len();
    assert!(size < 2 * COMPACT_AT as u64, "{size}");
    assert_eq!(open(&folder).waiting(), [event("waits", body)]);
    drop(waits);
}
