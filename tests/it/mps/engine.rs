//! Every figure of the mock engine's vectors.

use backlot::base::json::{Object, Value};
use backlot::mps::SourceObject;
use backlot::mps::definitions::Templates;
use backlot::mps::engine::probe::Media;
use backlot::mps::engine::transcode::Transcoded;
use backlot::mps::engine::{image, output_md5};
use backlot::mps::path::{Naming, Numbers};

use super::vector;

const OUTPUT: &str = "media-out-1250000000";

fn text(value: &Value, name: &str) -> String {
    value.get(name).unwrap().as_str().unwrap().to_owned()
}

fn number(value: &Value, name: &str) -> u64 {
    let number = value.get(name).unwrap().as_i64().unwrap();
    number.try_into().unwrap()
}

fn source(vector: &Value) -> SourceObject {
    SourceObject {
        bucket: text(vector, "bucket"),
        region: text(vector, "region"),
        key: text(vector, "object")[1..].to_owned(),
        size: number(vector, "size"),
        etag: text(vector, "etag"),
        metadata: Vec::new(),
    }
}

fn vectors() -> Vec<Value> {
    let vectors = vector("mock-engine-vectors.json");
    let vectors = vectors.get("vectors").unwrap().as_array().unwrap().to_vec();
    assert_eq!(vectors.len(), 4);
    vectors
}

/// The same fields in the same order as the vector has them, up to `transcode`.
#[test]
fn sources() {
    for expected in vectors() {
        let media = Media::made_up(&source(&expected));
        let found: Value = Object::new()
            .with("seed_hex", media.entropy.hex())
            .with("width", media.width)
            .with("height", media.height)
            .with("duration_ms", media.duration)
            .with("video_duration_ms", media.video_duration)
            .with("audio_duration_ms", media.audio_duration)
            .with("fps", media.fps)
            .with("audio_bitrate", media.audio_bitrate)
            .with("sample_rate", media.sample_rate)
            .with("total_bitrate", media.total_bitrate)
            .with("video_bitrate", media.video_bitrate)
            .into();
        for (name, value) in found.as_object().unwrap() {
            assert_eq!(expected.get(name), Some(value), "{name}");
        }
    }
}

#[test]
fn transcodes() {
    for vector in vectors() {
        let media = Media::made_up(&source(&vector));
        for expected in vector.get("transcode").unwrap().as_array().unwrap() {
            let index = usize::try_from(number(expected, "index")).unwrap();
            let definition = number(expected, "definition");
            let entropy = media.entropy.part("transcode", index, definition);
            let template = Templates::default().transcode(definition).unwrap();
            let made = Transcoded::of(&media, &template, media.duration, index, definition);
            let video = made.video.unwrap();
            let name = "{inputName}_transcode_{definition}.{format}";
            let path = path(&vector, definition, name, template.format);
            let found: Value = Object::new()
                .with("index", number(expected, "index"))
                .with("definition", definition)
                .with("subseed_hex", entropy.hex())
                .with("width", video.width)
                .with("height", video.height)
                .with("video_bitrate", video.bitrate)
                .with("audio_bitrate", made.audio.unwrap().bitrate)
                .with("duration_ms", made.duration)
                .with("size", made.size)
                .with("path", path.as_str())
                .with("md5", output_md5(OUTPUT, &path, definition, made.size))
                .into();
            assert_eq!(*expected, found);
        }
    }
}

#[test]
fn animated_pictures_and_sprites() {
    for vector in vectors() {
        let media = Media::made_up(&source(&vector));
        let template = Templates::default().animated(20_000).unwrap();
        let figures = image::animated(&media, &template, 3000);
        let expected = vector.get("animated_20000_0_3").unwrap();
        let name = "{inputName}_animatedGraphic_{definition}.{format}";
        let path = path(&vector, 20_000, name, template.format);
        let found: Value = Object::new()
            .with("size", figures.size)
            .with("bitrate", figures.bitrate)
            .with("md5", output_md5(OUTPUT, &path, 20_000, figures.size))
            .into();
        assert_eq!(*expected, found);
        let template = Templates::default().sprite(10).unwrap();
        let expected = vector.get("sprite_10").unwrap();
        assert_eq!(
            image::sprite_counts(&media, &template),
            (number(expected, "thumbs"), number(expected, "images"))
        );
    }
}

fn path(vector: &Value, definition: u64, template: &str, format: &str) -> String {
    let naming = Naming::new(&source(vector).key, Some("/out/"), definition);
    naming.render(template, format, &Numbers::default())
}
