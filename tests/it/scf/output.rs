//! What a function prints, and to which invocation it belongs.

use backlot::base::clock::Clock;
use backlot::journal::{ScfRecord, What};
use backlot::scf::{Function, InProcess};
use bytes::Bytes;

use super::rig::{Rig, python, trouble};

#[tokio::test]
async fn both_streams_are_one_and_lines_go_where_the_platform_puts_them() {
    let rig = Rig::new([python("echo", &["echo.py"])]);
    rig.play("echo", &["1", "2"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.lines(1, 1), ["initialized", "out 1", "err 1", "no end"]);
    assert_eq!(rig.lines(2, 1), ["between", "out 2", "err 2", "no end"]);
}

#[tokio::test]
async fn nothing_is_lost_of_much_output_and_long_lines_are_cut() {
    let rig = Rig::new([trouble("floods")]);
    rig.play("floods", &["{}"]).await;
    rig.scf.stop().await;
    assert_eq!(rig.attempts(1)[0].result, "flooded");
    let lines = rig.lines(1, 1);
    assert_eq!(
        lines.len(),
        4003,
        "two at the start, the numbers, the long one"
    );
    assert!(lines[2].starts_with("0000 "));
    assert!(lines[4001].starts_with("3999 "));
    assert_eq!(lines[4002].len(), 8 * 1024);
}

#[tokio::test]
async fn on_the_real_clock_a_line_is_in_the_journal_while_the_attempt_runs() {
    let rig = Rig::on(Clock::real(), [trouble("slow")], None);
    let scenario = rig.clock.hold("the scenario");
    let event = Bytes::from_static(b"{}");
    let number = rig.queue("slow", event, &scenario).unwrap();
    let printed = rig.journal.wait_for(|record| match &record.what {
        What::Scf(ScfRecord::LogLine { text, .. }) if text == "slow has an event" => Some(()),
        _ => None,
    });
    printed.await;
    assert_eq!(rig.attempts(number), [], "it never answers");
    assert_eq!(rig.lines(number, 1), ["slow starts", "slow has an event"]);
    drop(scenario);
    rig.scf.stop().await;
}

#[tokio::test]
async fn on_the_real_clock_lines_go_where_the_platform_puts_them() {
    let rig = Rig::on(Clock::real(), [python("echo", &["echo.py"])], None);
    let first = rig.reply("echo", "1").await;
    let second = rig.reply("echo", "2").await;
    rig.scf.stop().await;
    assert_eq!(rig.lines(1, 1), ["initialized", "out 1", "err 1", "no end"]);
    assert_eq!(rig.lines(2, 1), ["between", "out 2", "err 2", "no end"]);
    assert!(first.log.contains("\ninitialized\nout 1\n"), "{first:?}");
    assert!(second.log.contains("\nbetween\nout 2\n"), "{second:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_print_at_the_same_time_each_has_its_own_lines() {
    let code = || {
        InProcess::handler(|embedded, event: Bytes| async move {
            for line in 0..20 {
                let event = String::from_utf8_lossy(&event);
                embedded.printer.line(format!("{event} prints {line}"));
                tokio::task::yield_now().await;
            }
            Ok(event)
        })
    };
    for clock in [Clock::real(), Clock::virtual_default()] {
        let function = Function {
            instances: 16,
            ..Function::in_process("wide", code())
        };
        let rig = Rig::on(clock, [function], None);
        let events: Vec<_> = (1..=64_u32).map(|number| number.to_string()).collect();
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        rig.play("wide", &events).await;
        rig.scf.stop().await;
        assert!(rig.instances().len() > 1, "they run side by side");
        for number in 1..=64 {
            let expected: Vec<_> = (0..20)
                .map(|line| format!("{number} prints {line}"))
                .collect();
            assert_eq!(rig.lines(number, 1), expected);
        }
    }
}
