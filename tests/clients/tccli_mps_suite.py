"""tccli drives MPS: each check runs the command, with credentials and region from the environment."""

import json

from checks import Suite, account, equal, truthy
from tccli_client import Tccli

_, _, REGION, APPID = account()

suite = Suite()
check = suite.check
tccli = Tccli("mps")
mps, refused = tccli.do, tccli.refused

SOURCE = {"Type": "URL", "UrlInputInfo": {"Url": "https://media.example/films/a.mp4"}}
STORAGE = {"Type": "COS", "CosOutputStorage": {"Bucket": f"media-in-{APPID}", "Region": REGION}}
TASKS = {"TranscodeTaskSet": [{"Definition": 100010}]}


@check("ProcessMedia, DescribeTaskDetail and ManageTask")
def _():
    task = mps("ProcessMedia", InputInfo=SOURCE, OutputStorage=STORAGE, MediaProcessTask=TASKS, TasksPriority=2)["TaskId"]
    detail = mps("DescribeTaskDetail", TaskId=task)
    equal((detail["TaskType"], detail["TasksPriority"], detail["WorkflowTask"]["TaskId"]), ("WorkflowTask", 2, task))
    listed = mps("DescribeTasks", Status=detail["Status"], Limit=100)
    truthy(listed["TotalCount"] >= 0, listed)
    refused("InvalidParameterValue.InvalidOperationType", "ManageTask", OperationType="Stop", TaskId=task)
    refused("InvalidParameterValue.TaskId", "ManageTask", OperationType="Abort", TaskId="nobody")


@check("EditMedia")
def _():
    asked = dict(FileInfos=[{"InputInfo": SOURCE}], OutputStorage=STORAGE, OutputObjectPath="/out/a.mp4")
    task = mps("EditMedia", **asked)["TaskId"]
    equal(mps("DescribeTaskDetail", TaskId=task)["TaskType"], "EditMediaTask")


@check("DescribeMediaMetaData")
def _():
    equal(mps("DescribeMediaMetaData", InputInfo=SOURCE)["MetaData"]["Container"], "mp4")


@check("ParseNotification")
def _():
    content = json.dumps({"EventType": "WorkflowTask", "WorkflowTaskEvent": {"TaskId": "t"}})
    equal(mps("ParseNotification", Content=content)["WorkflowTaskEvent"]["TaskId"], "t")
    refused("InvalidParameterValue.InvalidContent", "ParseNotification", Content="[]")


@check("errors have the documented codes")
def _():
    refused("InvalidParameter", "ProcessMedia", InputInfo=SOURCE, OutputStorage=STORAGE)
    refused("MissingParameter", "ProcessMedia", InputInfo=SOURCE, MediaProcessTask=TASKS)
    refused("ResourceNotFound", "DescribeTaskDetail", TaskId="nobody")
    refused("InvalidParameterValue.Limit", "DescribeTasks", Status="FINISH", Limit=101)
    refused("UnsupportedOperation", "ProcessMedia", InputInfo={"Type": "VOD"}, MediaProcessTask=TASKS)


suite.end()
