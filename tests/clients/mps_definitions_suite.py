"""tencentcloud-sdk-python drives what an account of MPS defines: a life of create, read, update and delete for every family of
templates, and how each error is reported."""

from tencentcloud.mps.v20190612 import models
from tencentcloud.mps.v20190612.mps_client import MpsClient

from checks import Suite, equal, truthy
from cloud_api import CloudApi

suite = Suite()
check = suite.check
mps = CloudApi(MpsClient, models)
do, refused = mps.do, mps.refused

VIDEO = {"Codec": "h264", "Fps": 25, "Bitrate": 800, "Height": 540}
AUDIO = {"Codec": "aac", "Bitrate": 64, "SampleRate": 44100}
ON = {"Switch": "ON"}

# Each family, what its templates are made of, and a member that is read back.
FAMILIES = {
    "TranscodeTemplate": ({"Container": "hls", "VideoTemplate": VIDEO, "AudioTemplate": AUDIO}, ("Container", "hls")),
    "SampleSnapshotTemplate": ({"SampleType": "Percent", "SampleInterval": 25}, ("SampleInterval", 25)),
    "SnapshotByTimeOffsetTemplate": ({"Format": "png"}, ("Format", "png")),
    "ImageSpriteTemplate": (
        {"SampleType": "Time", "SampleInterval": 5, "RowCount": 2, "ColumnCount": 3},
        ("ColumnCount", 3),
    ),
    "AnimatedGraphicsTemplate": ({"Fps": 5, "Quality": 50.5}, ("Quality", 50.5)),
    "AdaptiveDynamicStreamingTemplate": (
        {"Format": "HLS", "StreamInfos": [{"Video": VIDEO, "Audio": AUDIO}]},
        ("Format", "HLS"),
    ),
    "WatermarkTemplate": (
        {"Type": "image", "XPos": "10%", "ImageTemplate": {"ImageContent": "aGVsbG8=", "Width": "5%"}},
        ("XPos", "10%"),
    ),
    "ContentReviewTemplate": ({"PornConfigure": {"ImgReviewInfo": ON}}, ("TerrorismConfigure", None)),
    "AIAnalysisTemplate": ({"TagConfigure": ON}, ("CoverConfigure", None)),
    "AIRecognitionTemplate": ({"FaceConfigure": {**ON, "Score": 95.5}}, ("TranslateConfigure", None)),
}


def described(family, definition):
    """The templates of an id: one or none."""
    answer = do(f"Describe{family}s", Definitions=[int(definition)])
    found = getattr(answer, f"{family}Set")
    equal(answer.TotalCount, len(found))
    return found


def cycle(family, members, member):
    definition = do(f"Create{family}", Name="night", **members).Definition
    (made,) = described(family, definition)
    equal((int(made.Definition), made.Name, getattr(made, member[0])), (definition, "night", member[1]))
    do(f"Modify{family}", Definition=definition, Name="day", Comment="bright")
    (changed,) = described(family, definition)
    equal((changed.Name, changed.Comment, getattr(changed, member[0])), ("day", "bright", member[1]))
    equal(changed.CreateTime, made.CreateTime)
    do(f"Delete{family}", Definition=definition)
    equal(described(family, definition), [])
    refused("ResourceNotFound.TemplateNotExist", f"Modify{family}", Definition=definition)
    refused("ResourceNotFound.TemplateNotExist", f"Delete{family}", Definition=definition)


for name, (members, member) in FAMILIES.items():
    check(f"{name}: create, read, update, delete")(lambda name=name, members=members, member=member: cycle(name, members, member))


@check("a change of a transcoding template keeps what it does not name")
def _():
    made = do("CreateTranscodeTemplate", Container="mp4", VideoTemplate=VIDEO, AudioTemplate=AUDIO).Definition
    do("ModifyTranscodeTemplate", Definition=made, VideoTemplate={"Bitrate": 900})
    (template,) = described("TranscodeTemplate", made)
    video, audio = template.VideoTemplate, template.AudioTemplate
    equal((video.Codec, video.Bitrate, video.Height, audio.Codec), ("libx264", 900, 540, "libfdk_aac"))
    equal((template.Definition, template.ContainerType), (str(made), "Video"))
    do("DeleteTranscodeTemplate", Definition=made)


@check("presets of both generations can be read only")
def _():
    (old,) = described("TranscodeTemplate", 10)
    (new,) = described("TranscodeTemplate", 100010)
    equal((old.Type, old.VideoTemplate.Width, new.Name, new.VideoTemplate.Height), ("Preset", 320, "MP4-FLU", 360))
    refused("InvalidParameterValue.ModifyDefaultTemplate", "ModifyTranscodeTemplate", Definition=10, Name="mine")
    refused("InvalidParameterValue.DeleteDefaultTemplate", "DeleteTranscodeTemplate", Definition=100010)


@check("descriptions are filtered and come in pages")
def _():
    made = [do("CreateSnapshotByTimeOffsetTemplate", Name=name).Definition for name in ("one", "two", "three")]
    page = do("DescribeSnapshotByTimeOffsetTemplates", Type="Custom", Offset=1, Limit=1)
    equal((page.TotalCount, page.SnapshotByTimeOffsetTemplateSet[0].Name), (3, "two"))
    named = do("DescribeSnapshotByTimeOffsetTemplates", Name="three")
    equal([template.Definition for template in named.SnapshotByTimeOffsetTemplateSet], made[2:])
    preset = do("DescribeSnapshotByTimeOffsetTemplates", Type="Preset")
    equal([template.Definition for template in preset.SnapshotByTimeOffsetTemplateSet], [10])
    for definition in made:
        do("DeleteSnapshotByTimeOffsetTemplate", Definition=definition)


@check("errors have the documented codes")
def _():
    transcode = {"Container": "mp4", "VideoTemplate": VIDEO, "AudioTemplate": AUDIO}
    for code, change in [
        ("InvalidParameterValue.Container", {"Container": "exe"}),
        ("InvalidParameterValue.Name", {"Name": "n" * 65}),
        ("InvalidParameterValue.VideoCodec", {"VideoTemplate": {**VIDEO, "Codec": "divx"}}),
        ("InvalidParameterValue.VideoBitrate", {"VideoTemplate": {**VIDEO, "Bitrate": 127}}),
        ("InvalidParameterValue.AudioSampleRate", {"AudioTemplate": {**AUDIO, "SampleRate": 8000}}),
        ("InvalidParameterValue.Width", {"VideoTemplate": {**VIDEO, "Width": 4097}}),
        ("MissingParameter", {"AudioTemplate": None}),
    ]:
        said = refused(code, "CreateTranscodeTemplate", **{**transcode, **change})
        truthy("`" in said, said)
    refused("InvalidParameterValue.SampleInterval", "CreateSampleSnapshotTemplate", SampleType="Percent", SampleInterval=101)
    refused("InvalidParameterValue.Fps", "CreateAnimatedGraphicsTemplate", Fps=31)
    refused("InvalidParameterValue.Limit", "DescribeWatermarkTemplates", Limit=101)
    refused("InvalidParameterValue.Switch", "CreateAIAnalysisTemplate", TagConfigure={"Switch": "MAYBE"})


@check("there are at most 16 custom templates of animated pictures")
def _():
    made = [do("CreateAnimatedGraphicsTemplate", Fps=2).Definition for _ in range(16)]
    refused("LimitExceeded.TooMuchTemplate", "CreateAnimatedGraphicsTemplate", Fps=2)
    for definition in made:
        do("DeleteAnimatedGraphicsTemplate", Definition=definition)


suite.end()
