//! What a function prints, and to which invocation it belongs.

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
