//! Templates are made, changed, described and deleted, and tasks do what they say. Follows: mps.md section 11.3.

use backlot::base::registry::Registry;
use backlot::mps::definitions::{Family, Presets};
use serde_json::{Value, json};

use super::rig::Rig;

/// The least that each family is made of.
fn least() -> [(Family, Value); 10] {
    let video = json!({ "Codec": "h264", "Fps": 25, "Bitrate": 800, "Height": 540 });
    let audio = json!({ "Codec": "aac", "Bitrate": 64, "SampleRate": 44100 });
    let sampled = json!({ "SampleType": "Percent", "SampleInterval": 25 });
    let sprite =
        json!({ "SampleType": "Time", "SampleInterval": 5, "RowCount": 2, "ColumnCount": 3 });
    let stream = json!({ "Video": video, "Audio": audio });
    [
        (
            Family::Transcode,
            json!({ "Container": "hls", "VideoTemplate": video, "AudioTemplate": audio }),
        ),
        (Family::Sampled, sampled),
        (Family::SnapshotByTime, json!({})),
        (Family::Sprite, sprite),
        (Family::Animated, json!({ "Fps": 5 })),
        (
            Family::Adaptive,
            json!({ "Format": "HLS", "StreamInfos": [stream] }),
        ),
        (
            Family::Watermark,
            json!({ "Type": "image", "ImageTemplate": { "ImageContent": "aGVsbG8=" } }),
        ),
        (Family::ContentReview, json!({})),
        (
            Family::Analysis,
            json!({ "TagConfigure": { "Switch": "ON" } }),
        ),
        (
            Family::Recognition,
            json!({ "FaceConfigure": { "Switch": "ON", "Score": "95.5" } }),
        ),
    ]
}

/// What is described of one template of a family; `None` if it is not there.
async fn described(rig: &Rig, family: Family, definition: &Value) -> Option<Value> {
    let noun = family.noun();
    let wanted = json!({ "Definitions": [definition] });
    let mut answer = rig.answer(&format!("Describe{noun}s"), wanted).await;
    let set = answer[format!("{noun}Set")].take();
    let mut set = set.as_array().cloned().unwrap();
    assert_eq!(answer["TotalCount"], set.len());
    set.pop()
}

#[tokio::test]
async fn every_family_lives_from_create_to_delete() {
    let rig = Rig::new();
    for (family, members) in least() {
        let noun = family.noun();
        let made = rig.answer(&format!("Create{noun}"), members).await;
        let definition = &made["Definition"];
        let before = described(&rig, family, definition).await.unwrap();
        assert_eq!(before["Name"], "", "{noun}");
        let change = json!({ "Definition": definition, "Name": "night", "Comment": "dark" });
        rig.answer(&format!("Modify{noun}"), change).await;
        let mut after = described(&rig, family, definition).await.unwrap();
        assert_eq!(after["Name"], "night", "{noun}");
        assert_eq!(after["Comment"], "dark", "{noun}");
        after["Name"] = "".into();
        after["Comment"] = before["Comment"].clone();
        assert_eq!(after, before, "{noun}: the rest is as it was");
        let gone = json!({ "Definition": definition });
        rig.answer(&format!("Delete{noun}"), gone.clone()).await;
        assert_eq!(described(&rig, family, definition).await, None, "{noun}");
        for verb in ["Modify", "Delete"] {
            let code = rig.code(&format!("{verb}{noun}"), gone.clone()).await;
            assert_eq!(code, "ResourceNotFound.TemplateNotExist", "{verb}{noun}");
        }
    }
}

#[tokio::test]
async fn presets_can_be_read_only() {
    let rig = Rig::new();
    let mut preset = described(&rig, Family::Transcode, &json!(100_010))
        .await
        .unwrap();
    assert_eq!(preset["Definition"], "100010", "a text, unlike elsewhere");
    assert_eq!(preset["Type"], "Preset");
    assert_eq!(preset["ContainerType"], "Video");
    let video = preset["VideoTemplate"].take();
    assert_eq!(
        (&video["Codec"], &video["Height"], &video["Bitrate"]),
        (&json!("libx264"), &json!(360), &json!(400))
    );
    let named = json!({ "Definition": 100_010, "Name": "mine" });
    let changed = rig.code("ModifyTranscodeTemplate", named).await;
    assert_eq!(changed, "InvalidParameterValue.ModifyDefaultTemplate");
    let deleted = rig.code("DeleteTranscodeTemplate", json!({ "Definition": 10 }));
    assert_eq!(deleted.await, "InvalidParameterValue.DeleteDefaultTemplate");
}

#[tokio::test]
async fn a_switch_selects_the_generations_of_presets() {
    for (presets, first, second) in [
        (Presets::Both, 1, 1),
        (Presets::First, 1, 0),
        (Presets::Second, 0, 1),
    ] {
        let rig = Rig::on(&Registry::in_memory(), presets);
        for (definition, expected) in [(10, first), (100_010, second)] {
            let wanted = json!({ "Definitions": [definition] });
            let answer = rig.answer("DescribeTranscodeTemplates", wanted).await;
            assert_eq!(answer["TotalCount"], expected, "{presets:?} {definition}");
        }
    }
}

#[tokio::test]
async fn descriptions_are_filtered_and_come_in_pages() {
    let rig = Rig::new();
    for name in ["night", "day"] {
        let (_, mut members) = least()[0].clone();
        members["Name"] = name.into();
        rig.answer("CreateTranscodeTemplate", members).await;
    }
    let describe = |parameters| rig.answer("DescribeTranscodeTemplates", parameters);
    let names = |answer: &Value| {
        let set = answer["TranscodeTemplateSet"].as_array().unwrap();
        let names = set
            .iter()
            .map(|item| item["Name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let custom = describe(json!({ "Type": "Custom" })).await;
    assert_eq!(
        (custom["TotalCount"].clone(), names(&custom)),
        (json!(2), vec!["night".into(), "day".into()])
    );
    let page = describe(json!({ "Type": "Custom", "Offset": "1", "Limit": 1 })).await;
    assert_eq!(
        (page["TotalCount"].clone(), names(&page)),
        (json!(2), vec!["day".into()])
    );
    let night = describe(json!({ "Name": "nigh" })).await;
    assert_eq!(names(&night), ["night"]);
    let all = describe(json!({})).await;
    assert_eq!(names(&all).len(), 10, "the usual page");
    let sound = describe(json!({ "ContainerType": "PureAudio", "Limit": 100 })).await;
    assert_eq!(sound["TotalCount"], 7);
    let tehd = describe(json!({ "TranscodeType": "TEHD" })).await;
    assert_eq!(tehd["TotalCount"], 5);
    let image = rig
        .answer("DescribeWatermarkTemplates", json!({ "Type": "image" }))
        .await;
    assert_eq!(image["TotalCount"], 0);
    for (parameters, expected) in [
        (json!({ "Limit": 101 }), "InvalidParameterValue.Limit"),
        (json!({ "Type": "Both" }), "InvalidParameterValue.Type"),
        (
            json!({ "Definitions": vec![1; 101] }),
            "InvalidParameterValue.Definitions",
        ),
        (json!({ "SceneType": "normal" }), "UnknownParameter"),
    ] {
        let code = rig.code("DescribeTranscodeTemplates", parameters).await;
        assert_eq!(code, expected);
    }
}

#[tokio::test]
async fn there_is_an_end_to_custom_templates() {
    let rig = Rig::new();
    let gif = json!({ "Fps": 5 });
    for _ in 0..16 {
        rig.answer("CreateAnimatedGraphicsTemplate", gif.clone())
            .await;
    }
    let code = rig.code("CreateAnimatedGraphicsTemplate", gif).await;
    assert_eq!(code, "LimitExceeded.TooMuchTemplate");
    rig.answer("CreateSnapshotByTimeOffsetTemplate", json!({}))
        .await;
}

#[tokio::test]
async fn templates_survive_a_restart_but_not_a_reset() {
    let registry = Registry::in_memory();
    let rig = Rig::on(&registry, Presets::default());
    let mut before = Vec::new();
    for (family, members) in least() {
        let made = rig
            .answer(&format!("Create{}", family.noun()), members)
            .await;
        let definition = made["Definition"].clone();
        let item = described(&rig, family, &definition).await.unwrap();
        before.push((family, definition, item));
    }
    let again = Rig::on(&registry, Presets::default());
    for (family, definition, item) in &before {
        let kept = described(&again, *family, definition).await.unwrap();
        assert_eq!(kept, *item);
    }
    let (family, definition, _) = before.pop().unwrap();
    let noun = family.noun();
    let gone = json!({ "Definition": definition });
    again.answer(&format!("Delete{noun}"), gone).await;
    let third = Rig::on(&registry, Presets::default());
    let next = third.answer(&format!("Create{noun}"), json!({})).await;
    assert_ne!(next["Definition"], definition, "an id is used once");
    registry.clear().unwrap();
    third.mps.definitions().reload().unwrap();
    for (family, definition, _) in &before {
        assert_eq!(described(&third, *family, definition).await, None);
    }
}

#[tokio::test]
async fn tasks_do_what_custom_templates_say() {
    let rig = Rig::new();
    let video = json!({ "Codec": "h265", "Fps": 15, "Bitrate": 300, "Width": 480, "Height": 480, "ResolutionAdaptive": "close" });
    let members = json!({ "Container": "mov", "VideoTemplate": video, "RemoveAudio": 1 });
    let square = rig.answer("CreateTranscodeTemplate", members).await;
    let sampled = json!({ "SampleType": "Time", "SampleInterval": 20, "Format": "png" });
    let sampled = rig.answer("CreateSampleSnapshotTemplate", sampled).await;
    let (square, sampled) = (&square["Definition"], &sampled["Definition"]);
    let request = format!(
        "tasks: [ {{ transcode: {{ definition: {square} }} }}, {{ sampled: {{ definition: {sampled} }} }} ]"
    );
    let event = rig.event(&request).await;
    let results = &event["WorkflowTaskEvent"]["MediaProcessResultSet"];
    let output = &results[0]["TranscodeTask"]["Output"];
    assert_eq!(
        (&output["Width"], &output["Height"]),
        (&json!(480), &json!(480))
    );
    assert_eq!(output["VideoStreamSet"][0]["Codec"], "hevc");
    assert_eq!(output["VideoStreamSet"][0]["Fps"], 15);
    assert_eq!(output["AudioStreamSet"], json!([]));
    assert!(
        output["Path"].as_str().unwrap().contains(".mov"),
        "{output}"
    );
    let pictures = &results[1]["SampleSnapshotTask"]["Output"];
    assert_eq!(
        (&pictures["SampleType"], &pictures["Interval"]),
        (&json!("Time"), &json!(20))
    );
    let paths = pictures["ImagePathSet"].as_array().unwrap();
    assert_eq!(paths.len(), 4, "one at 0, 20, 40 and 60 of 62.8 seconds");
    assert!(paths[0].as_str().unwrap().contains(".png"));

    let gone = json!({ "Definition": square });
    rig.answer("DeleteTranscodeTemplate", gone).await;
    let event = rig.event(&format!("{request}\nprofile: modern")).await;
    let results = &event["WorkflowTaskEvent"]["MediaProcessResultSet"];
    let failed = &results[0]["TranscodeTask"];
    assert_eq!(failed["ErrCodeExt"], "InvalidInput.DefinitionNotExist");
    assert_eq!(results[1]["SampleSnapshotTask"]["Status"], "SUCCESS");
}
