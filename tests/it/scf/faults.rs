//! Planned trouble on the way to a function.

use std::time::Duration;

use backlot::fault::{Matcher, Rule, Rules, Verdict};
use backlot::scf::{Function, InProcess};
use bytes::Bytes;

use super::rig::Rig;

fn echo() -> Function {
    let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
    Function::in_process("echo", code)
}

fn on_first_attempt(verdict: Verdict) -> Rules {
    Rules::new(vec![Rule {
        name: "trouble".into(),
        on: Matcher {
            service: Some("scf".into()),
            operation: Some("Attempt".into()),
            attempt: Some(1),
            ..Matcher::default()
        },
        nth: None,
        times: None,
        verdict,
    }])
}

async fn attempts(verdict: Verdict) -> (Rig, Vec<(i64, u16)>) {
    let rig = Rig::with_faults([echo()], Some(on_first_attempt(verdict)));
    rig.play("echo", &["{}"]).await;
    rig.scf.stop().await;
    let attempts = rig.attempts(1).into_iter();
    let attempts = attempts
        .map(|attempt| (attempt.ended, attempt.status))
        .collect();
    (rig, attempts)
}

#[tokio::test]
async fn a_failing_platform_is_tried_again_without_reaching_the_function() {
    let code = "InternalError".to_owned();
    let (rig, attempts) = attempts(Verdict::Fail { status: 500, code }).await;
    assert_eq!(attempts, [(0, 500), (60, 200)]);
    assert_eq!(rig.instances().len(), 1);
}

#[tokio::test]
async fn a_killed_instance_is_replaced() {
    let (rig, attempts) = attempts(Verdict::Kill).await;
    assert_eq!(attempts, [(0, 439), (60, 200)]);
    let reasons: Vec<_> = rig
        .instances()
        .into_iter()
        .map(|(_, reason)| reason)
        .collect();
    let expected = ["killed by a planned fault", "stage stopped"];
    assert_eq!(reasons, expected.map(|reason| Some(reason.to_owned())));
}

#[tokio::test]
async fn a_delay_passes_on_the_clock_of_the_stage() {
    let (_rig, attempts) = attempts(Verdict::Delay(Duration::from_secs(5))).await;
    assert_eq!(attempts, [(5, 200)]);
}
