//! The journal's records of calls.

use backlot::http::auth::Acting;
use backlot::journal::{HttpRecord, Lane, NoticeRecord, What};

use super::super::within;
use super::{Api, Call};

#[tokio::test]
async fn calls_are_recorded_in_the_lane_of_their_caller() {
    let api = Api::open().await;
    let lane = Lane::Invocation(3);
    api.owner.act(Acting { lane, attempt: 1 });
    for call in [
        Call::new("Echo", "{\"Secret\":1}"),
        Call::new("Fail", "{}"),
        Call::new("Absent", "{}"),
        Call::new("Echo", "{}").unsigned(),
        Call::new("Echo", "{}").host("vod.tencentcloudapi.com"),
    ] {
        api.call(&call).await;
    }
    let request = |lane, service: &str, action: &str, code: Option<&str>| {
        format!("{lane} {service} {action} {code:?}")
    };
    let gap = |lane, service: &str, action: &str| format!("{lane} unsupported {service} {action}");
    let stage = Lane::Stage;
    let expected = [
        request(lane, "mps", "Echo", None),
        request(lane, "mps", "Fail", Some("ResourceNotFound.Thing")),
        gap(lane, "mps", "Absent"),
        request(lane, "mps", "Absent", Some("UnsupportedOperation")),
        request(stage, "mps", "Echo", Some("MissingParameter")),
        gap(stage, "vod", "Echo"),
        request(stage, "vod", "Echo", Some("UnsupportedOperation")),
    ];
    let records = api.journal.appended().into_iter();
    let found: Vec<_> = records
        .map(|record| match record.what {
            What::Http(HttpRecord::ApiRequest {
                service,
                action,
                version,
                code,
                ..
            }) => {
                assert_eq!(version, "2019-06-12");
                request(record.lane, &service, &action, code.as_deref())
            }
            What::Notice(NoticeRecord::Unsupported {
                service, feature, ..
            }) => gap(record.lane, &service, &feature),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, expected);
    within(api.server.stop()).await;
}
