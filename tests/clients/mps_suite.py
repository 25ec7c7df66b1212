"""tencentcloud-sdk-python drives MPS: tasks and what becomes of them, notifications, and how each error is reported."""

import json
import time

from qcloud_cos import CosConfig, CosS3Client
from tencentcloud.mps.v20190612 import models
from tencentcloud.mps.v20190612.mps_client import MpsClient

from checks import Suite, equal, truthy
from cloud_api import APPID, REGION, SECRET_ID, SECRET_KEY, CloudApi

BUCKET = f"media-in-{APPID}"

suite = Suite()
check = suite.check
mps = CloudApi(MpsClient, models)
do, refused = mps.do, mps.refused
cos = CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY))


def source(key):
    return {"Type": "COS", "CosInputInfo": {"Bucket": BUCKET, "Region": REGION, "Object": key}}


def transcode(*definitions):
    return {"TranscodeTaskSet": [{"Definition": definition} for definition in definitions]}


def process(key="/in/a.mp4", tasks=None, **more):
    return do("ProcessMedia", InputInfo=source(key), MediaProcessTask=tasks or transcode(100010), **more).TaskId


def finished(task):
    """Waits for the end of a task, as clients do."""
    for _ in range(100):
        detail = do("DescribeTaskDetail", TaskId=task)
        if detail.Status == "FINISH":
            return detail
        time.sleep(0.2)
    raise AssertionError(f"{task} does not finish")


for name in ("a", "b"):
    cos.put_object(Bucket=BUCKET, Key=f"in/{name}.mp4", Body=b"x" * 2048, Metadata={"x-cos-meta-mps-duration-ms": "10000"})


@check("ProcessMedia, and its life in DescribeTaskDetail")
def _():
    task = process(SessionContext="order-42", TasksPriority=3)
    truthy("-WorkflowTask-" in task, task)
    early = do("DescribeTaskDetail", TaskId=task)
    equal((early.TaskType, early.Status, early.WorkflowTask.Status), ("WorkflowTask", "WAITING", "PROCESSING"))
    equal(early.FinishTime, "0000-00-00T00:00:00Z")
    detail = finished(task)
    equal((detail.SessionContext, detail.TasksPriority), ("order-42", 3))
    result = detail.WorkflowTask.MediaProcessResultSet[0]
    equal((result.Type, result.TranscodeTask.Status), ("Transcode", "SUCCESS"))
    equal(result.TranscodeTask.Output.Path, "/in/a_transcode_100010.mp4")
    truthy(cos.object_exists(BUCKET, "in/a_transcode_100010.mp4"), "the output")


@check("every kind of media task")
def _():
    tasks = {
        **transcode(100010),
        "AnimatedGraphicTaskSet": [{"Definition": 20000, "StartTimeOffset": 0, "EndTimeOffset": 2.5}],
        "SnapshotByTimeOffsetTaskSet": [{"Definition": 10, "ExtTimeOffsetSet": ["1s", "50%"]}],
        "SampleSnapshotTaskSet": [{"Definition": 10}],
        "ImageSpriteTaskSet": [{"Definition": 10}],
        "AdaptiveDynamicStreamingTaskSet": [{"Definition": 10}],
    }
    detail = finished(process(tasks=tasks, OutputDir="output/"))
    results = detail.WorkflowTask.MediaProcessResultSet
    equal([result.Type for result in results][-2:], ["ImageSprites", "AdaptiveDynamicStreaming"])
    equal(results[2].SnapshotByTimeOffsetTask.Output.PicInfoSet[1].TimeOffset, 5)
    truthy(cos.object_exists(BUCKET, "output/a_imageSprite_10.vtt"), "an output")


@check("a source at a URL")
def _():
    url = {"Type": "URL", "UrlInputInfo": {"Url": "https://media.example/c.mov?sign=1"}}
    storage = {"Type": "COS", "CosOutputStorage": {"Bucket": BUCKET, "Region": REGION}}
    asked = dict(InputInfo=url, OutputStorage=storage, MediaProcessTask=transcode(100010))
    detail = finished(do("ProcessMedia", **asked).TaskId)
    equal(detail.WorkflowTask.InputInfo.UrlInputInfo.Url, url["UrlInputInfo"]["Url"])
    equal(detail.WorkflowTask.MediaProcessResultSet[0].TranscodeTask.Output.Path, "/c_transcode_100010.mp4")


@check("a missing source and an unknown template fail in the task")
def _():
    missing = finished(process("/in/none.mp4")).WorkflowTask
    equal((missing.ErrCode, missing.MetaData), (60000, None))
    unknown = finished(process(tasks=transcode(4711))).WorkflowTask
    equal(unknown.MediaProcessResultSet[0].TranscodeTask.ErrCodeExt, "InvalidInput.DefinitionNotExist")


@check("a session id counts once")
def _():
    process(SessionId="once")
    truthy("once" in refused("InvalidParameterValue.SessionId", "ProcessMedia", InputInfo=source("/in/a.mp4"),
                             MediaProcessTask=transcode(100010), SessionId="once"))


@check("EditMedia with two files")
def _():
    storage = {"Type": "COS", "CosOutputStorage": {"Bucket": BUCKET, "Region": REGION}}
    files = [{"InputInfo": source("/in/a.mp4"), "StartTimeOffset": 1.5, "EndTimeOffset": 4}, {"InputInfo": source("/in/b.mp4")}]
    task = do("EditMedia", FileInfos=files, OutputStorage=storage, OutputObjectPath="/out/joined.{format}").TaskId
    truthy("-EditMediaTask-" in task, task)
    done = finished(task).EditMediaTask
    equal((done.ErrCode, done.Output.Path, done.Output.MetaData.Duration), (0, "/out/joined.mp4", 12.5))
    truthy(cos.object_exists(BUCKET, "out/joined.mp4"), "the output")


@check("ManageTask aborts a task that waits")
def _():
    task = process()
    do("ManageTask", OperationType="Abort", TaskId=task)
    done = do("DescribeTaskDetail", TaskId=task)
    equal((done.Status, done.WorkflowTask.MediaProcessResultSet[0].TranscodeTask.Status), ("FINISH", "FAIL"))
    refused("InvalidParameterValue.NotProcessingTask", "ManageTask", OperationType="Abort", TaskId=task)
    refused("InvalidParameterValue.TaskId", "ManageTask", OperationType="Abort", TaskId="nobody")
    refused("InvalidParameterValue.InvalidOperationType", "ManageTask", OperationType="Stop", TaskId=task)


@check("DescribeTasks page by page")
def _():
    first = do("DescribeTasks", Status="FINISH", Limit=3)
    equal(len(first.TaskSet), 3)
    equal(first.TaskSet[0].SubTaskTypes, ["action-trans"])
    seen, token = [task.TaskId for task in first.TaskSet], first.ScrollToken
    while token:
        page = do("DescribeTasks", Status="FINISH", Limit=3, ScrollToken=token)
        seen += [task.TaskId for task in page.TaskSet]
        token = page.ScrollToken
    equal((len(set(seen)), len(seen)), (first.TotalCount, first.TotalCount))
    failed = do("DescribeTasks", Status="FINISH", SubTaskHasFailed=True, Limit=100)
    truthy(0 < failed.TotalCount < first.TotalCount, failed.TotalCount)


@check("DescribeMediaMetaData")
def _():
    found = do("DescribeMediaMetaData", InputInfo=source("/in/a.mp4")).MetaData
    equal((found.Duration, found.Size, found.Container), (10, 2048, "mp4"))
    refused("InvalidParameterValue.SrcFile", "DescribeMediaMetaData", InputInfo=source("/in/none.mp4"))


@check("ParseNotification of a notification, and of nothing")
def _():
    body = {"EventType": "EditMediaTask", "EditMediaTaskEvent": {"TaskId": "t", "Status": "FINISH", "ErrCode": 0}, "SessionContext": "c"}
    read = do("ParseNotification", Content=json.dumps(body))
    equal((read.EventType, read.EditMediaTaskEvent.TaskId, read.SessionContext), ("EditMediaTask", "t", "c"))
    equal(read.WorkflowTaskEvent, None)
    refused("InvalidParameterValue.InvalidContent", "ParseNotification", Content="{")
    refused("InvalidParameterValue.InvalidContent", "ParseNotification", Content='{"EventType": "ProcedureStateChanged"}')


@check("errors of requests have the documented codes")
def _():
    ask = lambda code, **more: refused(code, "ProcessMedia", **{"InputInfo": source("/in/a.mp4"), "MediaProcessTask": transcode(1), **more})
    ask("MissingParameter", InputInfo=None)
    ask("InvalidParameter", MediaProcessTask=None)
    ask("InvalidParameterValue", TasksPriority=11)
    ask("InvalidParameterValue.SessionIdTooLong", SessionId="x" * 51)
    ask("InvalidParameterValue.SessionContextTooLong", SessionContext="x" * 1001)
    refused("ResourceNotFound", "DescribeTaskDetail", TaskId="nobody")
    refused("InvalidParameterValue.Limit", "DescribeTasks", Status="FINISH", Limit=101)
    refused("InvalidParameterValue", "DescribeTasks", Status="DONE")
    refused("MissingParameter", "EditMedia", FileInfos=[{"InputInfo": source("/in/a.mp4")}])


@check("what backlot lacks is refused by name")
def _():
    s3 = {"Type": "AWS-S3", "S3InputInfo": {"S3Bucket": "b", "S3Region": "r", "S3Object": "o"}}
    said = refused("UnsupportedOperation", "ProcessMedia", InputInfo=s3, MediaProcessTask=transcode(100010))
    truthy("`InputInfo.Type`" in said, said)
    refused("UnsupportedOperation", "ProcessLiveStream", Url="rtmp://x/y", TaskNotifyConfig={}, OutputStorage={"Type": "COS"})


suite.end()
