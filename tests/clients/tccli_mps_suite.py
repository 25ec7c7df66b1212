"""tccli drives MPS: each check runs the command, with credentials and region from the environment."""

import json
import os
import subprocess
import sys
import tempfile

from checks import Suite, account, equal, truthy, write

TCCLI = os.path.join(os.path.dirname(sys.executable), "tccli")
_, _, REGION, APPID = account()

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def mps(action, fails=False, **parameters):
    """Runs one action, whose parameters are in a file as they would be in JSON, and answers what it prints."""
    asked = os.path.join(folder.name, "asked.json")
    write(asked, json.dumps(parameters).encode())
    words = [TCCLI, "mps", action, "--cli-input-json", f"file://{asked}"]
    environment = {**os.environ, "HOME": folder.name}
    ended = subprocess.run(words, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, env=environment)
    if (ended.returncode != 0) != fails:
        raise AssertionError(f"{action} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"[-600:])
    return ended.stderr + ended.stdout if fails else json.loads(ended.stdout)


def refused(code, action, **parameters):
    printed = mps(action, fails=True, **parameters)
    truthy(f"code:{code} " in printed and "requestId:" in printed, printed)


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
