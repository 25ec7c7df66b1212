//! `SmartEraseTaskResult` and `AiDubbingTaskResult`, which have no `ErrCode`. Follows: mps.md section 5.4.

use backlot_base::json::Object;

use super::super::Made;
use super::members::{Codes, Members, Since};
use super::work::{Kind, Work};

pub(super) const ERASE: [Kind; 1] = [kind("SmartErase", "SmartEraseTaskResult", true, erase)];

pub(super) const DUBBING: [Kind; 1] = [kind("Dubbing", "AiDubbingTaskResult", false, dub)];

const fn kind(
    name: &'static str,
    member: &'static str,
    needs_video: bool,
    make: fn(Work<'_>) -> Made,
) -> Kind {
    Kind {
        name,
        member,
        since: Since::Newest,
        members: Members::new(Codes::Text).with_progress().with_times(),
        needs_video,
        make,
    }
}

fn path<'a>(work: Work<'a>, usual: &'a str) -> &'a str {
    work.task.output_path.as_deref().unwrap_or(usual)
}

fn erase(work: Work<'_>) -> Made {
    let mut files = work.files();
    let path = files.add(
        path(work, "{inputName}_erase_{definition}.{format}"),
        "mp4",
        None,
    );
    let output = Object::new()
        .with("Path", path)
        .with("OutputStorage", work.storage())
        .with("OriginSubtitlePath", "")
        .with("TranslateSubtitlePath", "");
    files.made(output)
}

fn dub(work: Work<'_>) -> Made {
    let mut files = work.files();
    let path = files.add(
        path(work, "{inputName}_dubbing_{definition}.{format}"),
        "mp4",
        None,
    );
    let span = (3204, 7204);
    let original = files.add_subtitles(
        "{inputName}_dubbing_{definition}_origin.{format}",
        span,
        "hello media processing",
    );
    let translated = files.add_subtitles(
        "{inputName}_dubbing_{definition}_translated.{format}",
        span,
        "你好，媒体处理",
    );
    let output = Object::new()
        .with("OriginSubtitlePath", original)
        .with("TranslateSubtitlePath", translated)
        .with("VideoPath", path)
        .with("OutputStorage", work.storage());
    files.made(output)
}
