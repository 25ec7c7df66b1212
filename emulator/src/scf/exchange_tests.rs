//! Tests of [`super`]: what a process asks and says, in every order.

use super::*;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;

use backlot_base::clock::Clock;
use backlot_base::journal::{Journal, Record, What};
use backlot_base::seed::Seed;

const LANE: Lane = Lane::Invocation(1);

fn exchange() -> (Arc<Exchange>, oneshot::Receiver<Loaded>, Journal) {
    let clock = Clock::virtual_default();
    let context = Context::new(&clock, Seed(1));
    let journal = context.journal.clone();
    let (output, _printer) = Output::of_printer();
    let (exchange, ready) = Exchange::new(context, "echo/1.1".into(), output, None, LANE);
    (exchange, ready, journal)
}

fn remarks(journal: &Journal) -> Vec<String> {
    let records = journal.appended().into_iter();
    let remarks = records.filter_map(|record| match record.what {
        What::Notice(NoticeRecord::Diagnostic { text }) => Some(text),
        _ => None,
    });
    remarks.collect()
}

fn assignment() -> Assignment {
    Assignment {
        lane: LANE,
        attempt: 1,
        request_id: HeaderValue::from_static("id"),
        event: Bytes::from_static(b"{}"),
        is_begun: false,
    }
}

#[tokio::test]
async fn next_waits_and_then_gives_the_same_event_again() {
    let (exchange, ready, _) = exchange();
    let early = exchange.next(|| true);
    tokio::pin!(early);
    assert!(early.as_mut().now_or_never().is_none(), "not ready");
    exchange.ready();
    assert_eq!(ready.await, Ok(Ok(())));
    assert!(early.as_mut().now_or_never().is_none(), "no event");
    let _awaited = exchange.assign(assignment());
    assert_eq!(early.await.unwrap().event, "{}");
    assert_eq!(exchange.next(|| true).await.unwrap().event, "{}");
}

#[tokio::test]
async fn the_first_result_wins_and_the_second_is_noted() {
    let (exchange, _ready, journal) = exchange();
    exchange.ready();
    let ended = exchange.assign(assignment()).ended;
    exchange.push(Push::Response("one".into()), None);
    exchange.push(Push::Error("two".into()), None);
    let end = ended.await.unwrap();
    assert!(matches!(end.push, Push::Response(body) if body == "one"));
    exchange.record_notes();
    let last = journal.appended().pop().unwrap();
    assert!(
        matches!(last.what, What::Notice(NoticeRecord::Diagnostic { text }) if text.contains("an error"))
    );
}

#[tokio::test]
async fn a_request_before_the_result_waits_for_it() {
    let (exchange, _ready, journal) = exchange();
    exchange.ready();
    let _awaited = exchange.assign(assignment());
    exchange.next(|| true).await.unwrap();
    let next = exchange.next(|| true);
    tokio::pin!(next);
    assert!(
        next.as_mut().now_or_never().is_none(),
        "the result may come"
    );
    exchange.push(Push::Response("one".into()), None);
    let second = Assignment {
        request_id: HeaderValue::from_static("second"),
        ..assignment()
    };
    let ended = exchange.assign(second).ended;
    assert_eq!(next.await.unwrap().request_id, "second");
    exchange.push(Push::Response("two".into()), None);
    assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "two"));
    exchange.record_notes();
    let is_remark = |record: &Record| matches!(record.what, What::Notice(_));
    assert!(!journal.appended().iter().any(is_remark));
}

#[tokio::test]
async fn results_of_a_repeated_event_are_not_those_of_the_next() {
    let (exchange, _ready, journal) = exchange();
    exchange.ready();
    let _awaited = exchange.assign(assignment());
    for _ in 0..3 {
        exchange.next(|| true).await.unwrap();
    }
    let asking = Asking::new(&exchange);
    exchange.push(Push::Response("one".into()), None);
    let ended = exchange.assign(assignment()).ended;
    exchange.next(|| true).await.unwrap();
    for body in ["one", "one", "two"] {
        exchange.push(Push::Response(body.into()), None);
    }
    assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "two"));
    drop(asking);
    let remarks = remarks(&journal);
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].contains("given out again"), "{remarks:?}");
    assert!(
        remarks[1].contains("no event was open for it"),
        "{remarks:?}"
    );
}

#[tokio::test]
async fn a_request_id_says_which_event_a_result_is_for() {
    let (exchange, _ready, journal) = exchange();
    exchange.ready();
    let ids = ["a", "b", "c"].map(HeaderValue::from_static);
    for (index, (id, under)) in [(0, "a"), (1, "b"), (2, "nonsense")]
        .into_iter()
        .enumerate()
    {
        let ended = exchange.assign(Assignment {
            request_id: ids[id].clone(),
            ..assignment()
        });
        exchange.next(|| true).await.unwrap();
        if index > 0 {
            exchange.push(Push::Response("late".into()), Some(&ids[0]));
        }
        let under = HeaderValue::from_static(under);
        exchange.push(Push::Response("own".into()), Some(&under));
        let push = ended.ended.await.unwrap().push;
        assert!(matches!(push, Push::Response(body) if body == "own"));
    }
    let remarks = remarks(&journal);
    assert!(
        remarks.last().unwrap().contains("`nonsense`"),
        "{remarks:?}"
    );
}

#[tokio::test]
async fn only_the_very_first_event_may_be_answered_unseen() {
    let (exchange, _ready, _) = exchange();
    exchange.ready();
    let ended = exchange.assign(assignment()).ended;
    exchange.push(Push::Response("one".into()), None);
    assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "one"));
    let mut ended = exchange.assign(assignment()).ended;
    exchange.push(Push::Response("late".into()), None);
    assert!(ended.try_recv().is_err());
    exchange.next(|| true).await.unwrap();
    exchange.push(Push::Response("two".into()), None);
    assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "two"));
}

#[tokio::test]
async fn a_withdrawn_event_says_what_was_missed() {
    let (exchange, _ready, _) = exchange();
    exchange.ready();
    let _awaited = exchange.assign(assignment());
    assert_eq!(exchange.withdraw(), Some(Missed::Fetch));
    assert!(exchange.next(|| true).await.is_err());
}
