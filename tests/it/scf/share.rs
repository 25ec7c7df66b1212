//! The reserved share of a function. Follows: SCF reference, section 12.

use backlot::scf::{Function, InProcess};
use backlot::signal::{FunctionTarget, InvokeWanted};
use bytes::Bytes;

use super::rig::Rig;

/// A version of a function with a share of 256 MB.
fn narrow(version: &str, memory_mb: u32) -> Function {
    let code = InProcess::handler(|_, event: Bytes| async move { Ok(event) });
    Function {
        version: version.to_owned(),
        memory_mb,
        reserved_mb: Some(256),
        retry_num: 0,
        ..Function::in_process("narrow", code)
    }
}

/// When each attempt ended, and its status, of events that arrive together, in this order, at these versions.
async fn play(versions: &[&'static str]) -> Vec<Vec<(i64, u16)>> {
    let rig = Rig::new([narrow("$LATEST", 128), narrow("1", 256), narrow("2", 128)]);
    let scenario = rig.clock.hold("the scenario");
    for version in versions {
        let wanted = InvokeWanted {
            target: FunctionTarget {
                qualifier: (*version).into(),
                ..FunctionTarget::named("narrow")
            },
            source: "MPS_TRIGGER".into(),
            event: Bytes::from_static(b"{}"),
            hold: scenario.another("an event on its way"),
        };
        rig.scf.invoke_async(wanted).unwrap();
    }
    rig.quiet(scenario).await;
    rig.scf.stop().await;
    let numbers = 1..=u32::try_from(versions.len()).unwrap();
    numbers
        .map(|number| {
            let attempts = rig.attempts(number).into_iter();
            attempts
                .map(|attempt| (attempt.ended, attempt.status))
                .collect()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_versions_of_a_function_have_its_reserved_quota_together() {
    // Whichever pool is the first to go on, the journal is the same.
    for _ in 0..20 {
        let found = play(&["$LATEST", "1", "2", "2"]).await;
        let expected = [
            vec![(0, 200)],
            // 128 MB are used, and it needs 256.
            vec![(0, 432), (60, 200)],
            vec![(0, 200)],
            vec![(0, 432), (60, 432), (120, 200)],
        ];
        assert_eq!(found, expected);
    }
    let found = play(&["1", "$LATEST", "2"]).await;
    let expected = [
        vec![(0, 200)],
        vec![(0, 432), (60, 200)],
        vec![(0, 432), (60, 200)],
    ];
    assert_eq!(found, expected);
}
