//! `ProcessMedia`: what is accepted, what is refused, and under which code. Follows: mps.md section 11.1.

use serde_json::{Value, json};

use super::{Api, input, process_media};

#[tokio::test]
async fn a_task_ends_in_an_event_and_a_detail_that_agree() {
    let api = Api::new();
    let id = api
        .process(json!({"SessionId": "s-1", "SessionContext": "order-42", "TasksPriority": 7}))
        .await;
    assert!(id.starts_with("2600000001-WorkflowTask-") && id.ends_with("tt7"));
    api.idle().await;
    let events = api.delivered();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(event["SessionId"], "s-1");
    assert_eq!(event["SessionContext"], "order-42");
    let detail = api.detail(&id).await;
    assert_eq!(detail["TaskType"], "WorkflowTask");
    assert_eq!(detail["Status"], "FINISH");
    assert_eq!(detail["WorkflowTask"], event["WorkflowTaskEvent"]);
    assert_eq!(detail["WorkflowTask"]["TaskId"], id);
    assert_eq!(detail["SessionContext"], "order-42");
    assert_eq!(detail["TasksPriority"], 7);
    assert_eq!(detail["EditMediaTask"], Value::Null);
    assert_eq!(detail["TaskNotifyConfig"], Value::Null);
    let outputs = api.host.outputs.lock().unwrap();
    assert_eq!(outputs[0].1.bucket, "media-in-1250000000");
    assert_eq!(outputs[0].1.key, "in/a_transcode_100010.mp4");
}

#[tokio::test]
async fn output_directories_are_understood_as_they_are_written() {
    for (dir, key) in [
        (json!("output/"), "output/a_transcode_100010.mp4"),
        (json!("/output/"), "output/a_transcode_100010.mp4"),
        (json!("out/put"), "out/put/a_transcode_100010.mp4"),
        (json!("/"), "a_transcode_100010.mp4"),
        (json!(""), "in/a_transcode_100010.mp4"),
        (Value::Null, "in/a_transcode_100010.mp4"),
    ] {
        let api = Api::new();
        api.process(json!({"OutputDir": dir})).await;
        api.idle().await;
        assert_eq!(api.host.outputs.lock().unwrap()[0].1.key, key, "{dir}");
    }
}

#[tokio::test]
async fn a_url_is_not_fetched_and_its_outputs_go_where_the_request_says() {
    let api = Api::new();
    let url = "https://media.example/films/b.mov?sign=x";
    let source = json!({"Type": "URL", "UrlInputInfo": {"Url": url}});
    let asked = process_media(json!({"InputInfo": source, "OutputDir": "/out/"}));
    assert_eq!(
        api.code("ProcessMedia", asked.clone()).await,
        "MissingParameter"
    );
    let mut asked = asked;
    asked["OutputStorage"] = storage("media-out-1250000000", "ap-beijing");
    api.ok("ProcessMedia", asked).await;
    api.idle().await;
    let event = &api.delivered()[0]["WorkflowTaskEvent"];
    assert_eq!(event["ErrCode"], 0);
    assert_eq!(
        event["InputInfo"],
        json!({
            "Type": "URL",
            "CosInputInfo": {"Bucket": "", "Region": "", "Object": ""},
            "UrlInputInfo": {"Url": url},
            "S3InputInfo": null,
        })
    );
    let output = &event["MediaProcessResultSet"][0]["TranscodeTask"]["Output"];
    assert_eq!(output["Path"], "/out/b_transcode_100010.mp4");
    assert_eq!(
        output["OutputStorage"]["CosOutputStorage"],
        json!({"Bucket": "media-out-1250000000", "Region": "ap-beijing"})
    );
}

fn storage(bucket: &str, region: &str) -> Value {
    json!({"Type": "COS", "CosOutputStorage": {"Bucket": bucket, "Region": region}})
}

#[tokio::test]
async fn every_kind_of_media_task_is_read() {
    let api = Api::new();
    let number = json!({"InitialValue": 5, "Increment": 2, "MinLength": 3, "PlaceHolder": ""});
    let tasks = json!({
        "TranscodeTaskSet": [{"Definition": "100010", "WatermarkSet": [{"Definition": 7}],
            "StartTimeOffset": 1, "EndTimeOffset": 3.5, "OutputObjectPath": "/t/{inputName}.{format}",
            "RawParameter": null, "MosaicSet": []}],
        "AnimatedGraphicTaskSet": [{"Definition": 20000, "StartTimeOffset": 0, "EndTimeOffset": 2}],
        "SnapshotByTimeOffsetTaskSet": [{"Definition": 10, "ExtTimeOffsetSet": ["1.5s", "50%"],
            "TimeOffsetSet": [9], "ObjectNumberFormat": number}],
        "SampleSnapshotTaskSet": [{"Definition": 10}],
        "ImageSpriteTaskSet": [{"Definition": 10, "WebVttObjectName": "v.{format}"}],
        "AdaptiveDynamicStreamingTaskSet": [{"Definition": 10,
            "OutputStorage": storage("other-1250000000", "ap-guangzhou")}],
    });
    let id = api.process(json!({"MediaProcessTask": tasks})).await;
    api.idle().await;
    let detail = api.detail(&id).await;
    let results = detail["WorkflowTask"]["MediaProcessResultSet"]
        .as_array()
        .unwrap();
    let kinds: Vec<_> = results
        .iter()
        .map(|result| result["Type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "Transcode",
            "AnimatedGraphics",
            "SnapshotByTimeOffset",
            "SampleSnapshot",
            "ImageSprites",
            "AdaptiveDynamicStreaming"
        ]
    );
    assert_eq!(results[0]["TranscodeTask"]["Output"]["Path"], "/t/a.mp4");
    assert_eq!(results[0]["TranscodeTask"]["Input"]["StartTimeOffset"], 1);
    let pictures = &results[2]["SnapshotByTimeOffsetTask"]["Output"]["PicInfoSet"];
    assert_eq!(pictures[1]["Path"], "/in/a_snapshotByTimeOffset_10_007.jpg");
    let adaptive = &results[5]["AdaptiveDynamicStreamingTask"]["Output"];
    assert_eq!(
        adaptive["Storage"]["CosOutputStorage"]["Bucket"],
        "other-1250000000"
    );
    let listed = api.ok("DescribeTasks", json!({"Status": "FINISH"})).await;
    assert_eq!(
        listed["TaskSet"][0]["SubTaskTypes"],
        json!([
            "action-trans",
            "action-animated-graphics",
            "action-snapshotByTimeOffset",
            "action-samplesnapshot",
            "action-image-sprite",
            "action-adaptive-substream"
        ])
    );
}

#[tokio::test]
async fn what_does_not_exist_is_accepted_and_fails_later() {
    let api = Api::new();
    let missing = api
        .process(json!({"InputInfo": input("/in/none.mp4")}))
        .await;
    let unknown = json!({"TranscodeTaskSet": [{"Definition": 4711}, {"Definition": 100_010}]});
    let unknown = api.process(json!({ "MediaProcessTask": unknown })).await;
    api.host
        .missing
        .lock()
        .unwrap()
        .push("none-1250000000".into());
    let nowhere = json!({"OutputStorage": storage("none-1250000000", "ap-guangzhou")});
    let nowhere = api.process(nowhere).await;
    api.idle().await;

    let missing = api.detail(&missing).await;
    assert_eq!(missing["Status"], "FINISH");
    assert_eq!(missing["WorkflowTask"]["ErrCode"], 60_000);
    assert_eq!(missing["WorkflowTask"]["MetaData"], Value::Null);

    let unknown = api.detail(&unknown).await;
    assert_eq!(unknown["WorkflowTask"]["ErrCode"], 0);
    let results = &unknown["WorkflowTask"]["MediaProcessResultSet"];
    let failed = &results[0]["TranscodeTask"];
    assert_eq!(failed["ErrCodeExt"], "InvalidInput.DefinitionNotExist");
    assert_eq!(failed["Output"], Value::Null);
    assert_eq!(results[1]["TranscodeTask"]["Status"], "SUCCESS");

    let nowhere = api.detail(&nowhere).await;
    let failed = &nowhere["WorkflowTask"]["MediaProcessResultSet"][0]["TranscodeTask"];
    assert_eq!(failed["Status"], "FAIL");
    assert_eq!(failed["ErrCodeExt"], "InternalError");
    assert_eq!(
        failed["Message"],
        "the bucket `none-1250000000` for the output does not exist"
    );
    assert_eq!(api.delivered().len(), 3);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn each_mistake_has_its_code() {
    let api = Api::new();
    let tasks = |task: Value| json!({"MediaProcessTask": {"TranscodeTaskSet": [task]}});
    for (other, code, part) in [
        (
            json!({"InputInfo": null}),
            "MissingParameter",
            "`InputInfo`",
        ),
        (
            json!({"InputInfo": {}}),
            "MissingParameter",
            "`InputInfo.Type`",
        ),
        (
            json!({"InputInfo": "x"}),
            "InvalidParameter",
            "must be an object",
        ),
        (
            json!({"InputInfo": {"Type": "FTP"}}),
            "InvalidParameterValue",
            "one of `COS`, `URL`",
        ),
        (
            json!({"InputInfo": {"Type": "COS"}}),
            "MissingParameter",
            "`InputInfo.CosInputInfo`",
        ),
        (
            json!({"InputInfo": {"Type": "URL", "UrlInputInfo": {"Url": "ftp://x"}}}),
            "InvalidParameterValue",
            "must begin with `http://`",
        ),
        (
            json!({"MediaProcessTask": null}),
            "InvalidParameter",
            "asks for no task",
        ),
        (
            json!({"MediaProcessTask": {}}),
            "InvalidParameter",
            "asks for no task",
        ),
        (
            tasks(json!({})),
            "MissingParameter",
            "`MediaProcessTask.TranscodeTaskSet.0.Definition`",
        ),
        (
            tasks(json!({"Definition": -1})),
            "InvalidParameterValue",
            "must be from 0",
        ),
        (
            tasks(json!({"Definition": "x"})),
            "InvalidParameter",
            "must be an integer",
        ),
        (
            tasks(json!({"Definition": 1, "Definiton": 1})),
            "UnknownParameter",
            "0.Definiton",
        ),
        (
            tasks(json!({"Definition": 1, "StartTimeOffset": -0.5})),
            "InvalidParameterValue",
            "must not be negative",
        ),
        (
            json!({"MediaProcessTask": {"AnimatedGraphicTaskSet": [{"Definition": 20000}]}}),
            "MissingParameter",
            "0.StartTimeOffset",
        ),
        (
            json!({"MediaProcessTask": {"SnapshotByTimeOffsetTaskSet": [{"Definition": 10, "ExtTimeOffsetSet": ["soon"]}]}}),
            "InvalidParameterValue",
            "such as `3.5s`",
        ),
        (
            json!({"OutputStorage": {"Type": "COS"}}),
            "MissingParameter",
            "CosOutputStorage",
        ),
        (
            json!({"TasksPriority": 11}),
            "InvalidParameterValue",
            "must be from -10 to 10",
        ),
        (
            json!({"SkipMateData": 2}),
            "InvalidParameterValue",
            "must be from 0 to 1",
        ),
        (
            json!({"TaskType": "Later"}),
            "InvalidParameterValue",
            "one of",
        ),
        (
            json!({"OutputDirr": "/"}),
            "UnknownParameter",
            "`OutputDirr`",
        ),
        (
            json!({"SessionId": "x".repeat(51)}),
            "InvalidParameterValue.SessionIdTooLong",
            "at most 50",
        ),
        (
            json!({"SessionContext": "x".repeat(1001)}),
            "InvalidParameterValue.SessionContextTooLong",
            "at most 1000",
        ),
        (
            json!({"SessionId": 7}),
            "InvalidParameter",
            "must be a string",
        ),
        (
            json!({"TaskNotifyConfig": {"NotifyType": "URL"}}),
            "MissingParameter",
            "`TaskNotifyConfig.NotifyUrl`",
        ),
        (
            json!({"TaskNotifyConfig": {"NotifyType": "Pigeon"}}),
            "InvalidParameterValue",
            "one of",
        ),
    ] {
        let (found, message) = api
            .refused("ProcessMedia", process_media(other.clone()))
            .await;
        assert_eq!(found, code, "{other}: {message}");
        assert!(message.contains(part), "{other}: {message}");
    }
    let listed = api.ok("DescribeTasks", json!({"Status": "WAITING"})).await;
    assert_eq!(listed["TotalCount"], 0, "what is refused leaves no task");
}

#[tokio::test]
async fn what_backlot_lacks_is_refused_by_its_path() {
    let api = Api::new();
    let transcode = |task: Value| json!({"MediaProcessTask": {"TranscodeTaskSet": [task]}});
    for (other, path) in [
        (
            json!({"InputInfo": {"Type": "AWS-S3", "S3InputInfo": {}}}),
            "InputInfo.Type",
        ),
        (json!({"InputInfo": {"Type": "VOD"}}), "InputInfo.Type"),
        (
            json!({"OutputStorage": {"Type": "AWS-S3"}}),
            "OutputStorage.Type",
        ),
        (json!({"ScheduleId": 24}), "ScheduleId"),
        (
            transcode(json!({"Definition": 100_010, "MosaicSet": [{"XPos": "1%"}]})),
            "MediaProcessTask.TranscodeTaskSet.0.MosaicSet",
        ),
        (
            transcode(json!({"Definition": 100_010, "OutputStorage": storage("b-1", "ap-x")})),
            "MediaProcessTask.TranscodeTaskSet.0.OutputStorage.CosOutputStorage.Region",
        ),
    ] {
        let (code, message) = api.refused("ProcessMedia", process_media(other)).await;
        assert_eq!(code, "UnsupportedOperation", "{message}");
        assert_eq!(
            message,
            format!("backlot does not support the parameter `{path}`.")
        );
    }
    let records = api.context.journal.appended();
    assert_eq!(records.len(), 6, "each is on record: {records:?}");
}

#[tokio::test]
async fn ai_tasks_are_read_with_a_template_or_without() {
    let api = Api::new();
    let raw = json!({"SubtitleType": 0, "VideoSrcLanguage": "zh"});
    let id = api
        .process(json!({
            "MediaProcessTask": null,
            "AiContentReviewTask": {"Definition": 10},
            "AiAnalysisTask": {"Definition": 20, "ExtendedParameter": "{\"a\":1}"},
            "AiRecognitionTask": {"Definition": 10},
            "AiQualityControlTask": {"Definition": 10},
            "SmartSubtitlesTask": {"RawParameter": raw},
            "SmartEraseTask": {"Definition": 10, "OutputStorage": storage("none-1250000000", "ap-guangzhou")},
        }))
        .await;
    api.host
        .missing
        .lock()
        .unwrap()
        .push("none-1250000000".into());
    let waiting = api.detail(&id).await;
    assert_eq!(
        waiting["WorkflowTask"]["AiAnalysisResultSet"][0]["ClassificationTask"]["Status"],
        "PROCESSING"
    );
    api.idle().await;
    let task = &api.detail(&id).await["WorkflowTask"];
    assert_eq!(task["MediaProcessResultSet"], json!([]));
    assert_eq!(task["AiContentReviewResultSet"][0]["Type"], "Porn");
    assert_eq!(
        task["AiAnalysisResultSet"][0]["ClassificationTask"]["Status"],
        "SUCCESS"
    );
    assert!(
        task["AiRecognitionResultSet"]
            .as_array()
            .is_some_and(|set| !set.is_empty())
    );
    assert_eq!(task["AiQualityControlTaskResult"]["Status"], "SUCCESS");
    assert!(
        task["SmartSubtitlesTaskResult"]
            .to_string()
            .contains("VideoSrcLanguage")
    );
    let erase = &task["SmartEraseTaskResult"];
    assert_eq!(erase["Status"], "FAIL");
    assert!(
        erase["Message"]
            .as_str()
            .unwrap()
            .contains("`none-1250000000`"),
        "{erase}"
    );
    let listed = api.ok("DescribeTasks", json!({"Status": "FINISH"})).await;
    let kinds = listed["TaskSet"][0]["SubTaskTypes"].to_string();
    assert!(
        kinds.contains("action-aiReview") && kinds.contains("action-SmartErase"),
        "{kinds}"
    );
    for (task, code) in [
        (json!({"AiAnalysisTask": {}}), "MissingParameter"),
        (json!({"SmartSubtitlesTask": {}}), "MissingParameter"),
        (
            json!({"SmartSubtitlesTask": {"RawParameter": []}}),
            "InvalidParameter",
        ),
        (
            json!({"AIDubbingTask": {"Definition": 10, "DramaId": "x"}}),
            "UnsupportedOperation",
        ),
        (
            json!({"AiAnalysisTask": {"Definition": 10, "Extended": "x"}}),
            "UnknownParameter",
        ),
    ] {
        assert_eq!(
            api.code("ProcessMedia", process_media(task.clone())).await,
            code,
            "{task}"
        );
    }
}
