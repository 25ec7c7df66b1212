"""tencentcloud-sdk-python and what makes functions run without a caller: triggers, asynchronous events, and what is told of them."""

import base64
import hashlib
import io
import json
import os
import urllib.request
import zipfile

from qcloud_cos import CosConfig, CosS3Client

from checks import Suite, equal, truthy
from cloud_api import APPID, REGION, SECRET_ID, SECRET_KEY
from scf_client import create, do, invoke, packed, refused, saying, settle

suite = Suite()
check = suite.check
cos = CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY))

BUCKET = f"media-{APPID}"
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
CREATED = json.dumps({"event": "cos:ObjectCreated:*", "filter": {"Prefix": "in/", "Suffix": ".mp4"}}, separators=(",", ":"))
WORKFLOW = json.dumps({"eventType": "WorkflowTask"})
EDIT = json.dumps({"eventType": "EditMediaTask"})

cos.create_bucket(Bucket=BUCKET)
create("watch")
create("other")
create("broken", "def main_handler(event, context):\n    raise ValueError('no')\n")


def trigger(function, kind, name, description, **more):
    settings = {"TriggerName": name, "Type": kind, "TriggerDesc": description, "Enable": "OPEN", **more}
    return do("CreateTrigger", FunctionName=function, **settings).TriggerInfo


def named(kind, name, **more):
    return {"FunctionName": "watch", "Type": kind, "TriggerName": name, **more}


def events(function, **more):
    return do("ListAsyncEvents", FunctionName=function, **more).EventList


# Triggers


@check("a timer: created, listed, and shown with its function")
def _():
    made = trigger("watch", "timer", "each-hour", "0 0 * * * * *", CustomArgument="tick", Qualifier="$DEFAULT")
    equal((made.Type, made.TriggerName, made.Qualifier, made.CustomArgument), ("timer", "each-hour", "$DEFAULT", "tick"))
    equal((made.Enable, made.AvailableStatus), (1, "Available"))
    equal(json.loads(made.TriggerDesc), {"cron": "0 0 * * * * *"})
    listed = do("ListTriggers", FunctionName="watch")
    equal((listed.TotalCount, [row.TriggerName for row in listed.Triggers]), (1, ["each-hour"]))
    shown = do("GetFunction", FunctionName="watch").Triggers
    equal([(row.Type, row.TriggerName) for row in shown], [("timer", "each-hour")])


@check("a timer that runs out has run its function")
def _():
    trigger("other", "timer", "each-second", "* * * * * * *", CustomArgument="tick")
    with urllib.request.urlopen(f"http://{os.environ['BACKLOT_ADDRESS']}/_backlot/journal?follow=true") as journal:
        next(line for line in journal if json.loads(line)["what"] == "attempt-finished")
    event = json.loads(do("GetFunctionLogs", FunctionName="other").Data[-1].RetMsg)
    equal((event["Type"], event["TriggerName"], event["Message"]), ("Timer", "each-second", "tick"))
    do("DeleteTrigger", FunctionName="other", Type="timer", TriggerName="each-second")


@check("a COS trigger: an upload runs the function")
def _():
    made = trigger("watch", "cos", HOST, CREATED)
    equal((made.Type, made.TriggerName, made.TriggerDesc), ("cos", HOST, CREATED))
    cos.put_object(Bucket=BUCKET, Key="in/a.mp4", Body=b"film")
    cos.put_object(Bucket=BUCKET, Key="in/a.txt", Body=b"text")
    settle()
    rows = do("GetFunctionLogs", FunctionName="watch").Data
    equal(len(rows), 1)
    truthy("/media/in/a.mp4" in rows[0].RetMsg, rows[0].RetMsg)
    equal([event.InvokeType for event in events("watch")], ["COS"])


@check("an MPS trigger: one function for each type of event")
def _():
    for kind, description in (("WorkflowTaskEvent", WORKFLOW), ("EditMediaTaskEvent", EDIT)):
        made = trigger("watch", "mps", kind, description, Qualifier="$DEFAULT")
        truthy(made.ResourceId.endswith(f"TriggerType/{kind}"), made.ResourceId)
    for function in ("watch", "other"):
        settings = {"FunctionName": function, "TriggerName": "WorkflowTaskEvent", "Type": "mps", "TriggerDesc": WORKFLOW}
        message = refused("ResourceInUse.Trigger", "CreateTrigger", **settings)
        truthy("`watch`" in message, message)


@check("triggers are listed by qualifier and in pages")
def _():
    everything = do("ListTriggers", FunctionName="watch", Limit=100)
    equal(sorted(row.Type for row in everything.Triggers), ["cos", "mps", "mps", "timer"])
    filters = [{"Name": "Qualifier", "Values": ["$LATEST"]}]
    equal([row.Type for row in do("ListTriggers", FunctionName="watch", Filters=filters).Triggers], ["cos"])
    page = do("ListTriggers", FunctionName="watch", Offset=1, Limit=2)
    equal((page.TotalCount, len(page.Triggers)), (4, 2))


@check("a trigger is switched off and on, and not twice")
def _():
    status = named("cos", HOST, TriggerDesc=CREATED)
    do("UpdateTriggerStatus", **status, Enable="CLOSE")
    refused("FailedOperation.UpdateTriggerStatus", "UpdateTriggerStatus", **status, Enable="CLOSE")
    rows = do("ListTriggers", FunctionName="watch").Triggers
    equal([row.Enable for row in rows if row.Type == "cos"], [0])
    cos.put_object(Bucket=BUCKET, Key="in/off.mp4", Body=b"film")
    settle()
    equal(len(events("watch")), 1)
    do("UpdateTriggerStatus", **status, Enable="OPEN")
    cos.put_object(Bucket=BUCKET, Key="in/on.mp4", Body=b"film")
    settle()
    equal(len(events("watch")), 2)


@check("a timer is changed")
def _():
    changed = named("timer", "each-hour", Qualifier="$DEFAULT", TriggerDesc="0 30 * * * * *", CustomArgument="tock")
    do("UpdateTrigger", **changed)
    rows = do("ListTriggers", FunctionName="watch").Triggers
    row = next(row for row in rows if row.Type == "timer")
    equal((json.loads(row.TriggerDesc)["cron"], row.CustomArgument, row.Enable), ("0 30 * * * * *", "tock", 1))


@check("triggers that cannot be are refused with their code")
def _():
    def create_(code, **more):
        settings = {"FunctionName": "other", "TriggerName": "new", "Type": "timer", "TriggerDesc": "0 0 * * * * *", **more}
        return refused(code, "CreateTrigger", **settings)

    create_("InvalidParameterValue.TriggerDesc", TriggerDesc="every day")
    create_("InvalidParameterValue.TriggerDesc", Type="mps", TriggerName="", TriggerDesc=json.dumps({"eventType": "ScheduleTask"}))
    create_("InvalidParameterValue.TriggerName", TriggerName="two words")
    create_("InvalidParameterValue.Enable", Enable="ON")
    create_("InvalidParameterValue.Type", Type="carrier-pigeon")
    create_("InvalidParameterValue.CosNotifyRuleConflict", Type="cos", TriggerName=HOST, TriggerDesc=CREATED)
    create_("FailedOperation.CreateTrigger", Type="cos", TriggerName=HOST.replace("media", "nowhere"), TriggerDesc=CREATED)
    create_("ResourceNotFound.Function", FunctionName="nobody")
    for kind in ("apigw", "ckafka", "http"):
        create_("UnsupportedOperation.Trigger", Type=kind, TriggerDesc="{}")


@check("a function has a name once, and ten triggers of a type")
def _():
    for number in range(10):
        trigger("other", "timer", f"timer-{number}", "0 0 0 1 1 * *")
    taken = {"FunctionName": "other", "Type": "timer", "TriggerDesc": "0 0 0 1 1 * *"}
    refused("ResourceInUse.TriggerName", "CreateTrigger", TriggerName="timer-0", **taken)
    refused("LimitExceeded.Trigger", "CreateTrigger", TriggerName="timer-10", **taken)


@check("triggers are deleted, and go with their function")
def _():
    do("DeleteTrigger", **named("timer", "each-hour", Qualifier="$DEFAULT"))
    refused("ResourceNotFound.Trigger", "DeleteTrigger", **named("timer", "each-hour", Qualifier="$DEFAULT"))
    do("DeleteTrigger", **named("cos", HOST, TriggerDesc=CREATED))
    cos.put_object(Bucket=BUCKET, Key="in/gone.mp4", Body=b"film")
    settle()
    equal(len(events("watch")), 2)
    do("DeleteFunction", FunctionName="other")
    refused("ResourceNotFound.Function", "ListTriggers", FunctionName="other")
    trigger("broken", "cos", HOST, CREATED)
    do("DeleteTrigger", FunctionName="broken", Type="cos", TriggerName=HOST, TriggerDesc=CREATED)


# Asynchronous events


@check("an event in the background: listed, with its state and times")
def _():
    create("queued")
    called = invoke("queued", {"n": 1}, InvocationType="Event")
    settle()
    row = events("queued")[0]
    equal((row.InvokeRequestId, row.Status, row.InvokeType), (called.FunctionRequestId, "FINISHED", "OTHERS"))
    truthy(row.StartTime <= row.EndTime and len(row.EndTime) == 23, row.EndTime)
    state = do("GetAsyncEventStatus", InvokeRequestId=called.FunctionRequestId).Result
    equal((state.Status, state.StatusCode), ("FINISHED", 200))
    status = do("GetRequestStatus", FunctionName="queued", FunctionRequestId=called.FunctionRequestId)
    equal((status.TotalCount, status.Data[0].RetCode, status.Data[0].RetMsg), (1, 0, '{"n": 1}'))


@check("events are listed by state, type, time and page")
def _():
    for number in range(2, 5):
        invoke("queued", {"n": number}, InvocationType="Event")
    settle()
    equal(len(events("queued", Status=["FINISHED"])), 4)
    equal(len(events("queued", Status=["RUNNING", "FAILED"])), 0)
    equal(len(events("queued", InvokeType=["COS", "MPS_TRIGGER"])), 0)
    page = do("ListAsyncEvents", FunctionName="queued", Offset=3, Limit=2, Orderby="StartTime", Order="ASC")
    equal((page.TotalCount, len(page.EventList)), (4, 1))
    past = {"Start": "2020-01-01 00:00:00", "End": "2020-01-02 00:00:00"}
    equal(len(events("queued", StartTimeInterval=past)), 0)


@check("an event that failed waits for its retry, and is ended")
def _():
    called = invoke("broken", {}, InvocationType="Event")
    settle()
    about = {"InvokeRequestId": called.FunctionRequestId}
    equal(do("GetAsyncEventStatus", **about).Result.Status, "RUNNING")
    do("TerminateAsyncEvent", FunctionName="broken", **about)
    state = do("GetAsyncEventStatus", **about).Result
    equal((state.Status, state.StatusCode), ("ABORTED", 499))
    refused("FailedOperation.AsyncEventStatus", "TerminateAsyncEvent", FunctionName="broken", **about)
    refused("ResourceNotFound.AsyncEvent", "GetAsyncEventStatus", InvokeRequestId="00000000-0000-4000-8000-000000000000")


@check("an event that runs is ended")
def _():
    create("sleeping", "import time\ndef main_handler(event, context):\n    time.sleep(100)\n", Timeout=200)
    called = invoke("sleeping", {}, InvocationType="Event")
    do("TerminateAsyncEvent", FunctionName="sleeping", InvokeRequestId=called.FunctionRequestId)
    settle()
    equal([(row.InvokeRequestId, row.Status) for row in events("sleeping")], [(called.FunctionRequestId, "ABORTED")])


@check("retries and age of events are changed")
def _():
    got = do("GetFunctionEventInvokeConfig", FunctionName="broken").AsyncTriggerConfig
    equal((got.MsgTTL, got.RetryConfig[0].RetryNum), (21600, 2))
    config = {"MsgTTL": 600, "RetryConfig": [{"RetryNum": 0}]}
    do("UpdateFunctionEventInvokeConfig", FunctionName="broken", AsyncTriggerConfig=config)
    got = do("GetFunctionEventInvokeConfig", FunctionName="broken").AsyncTriggerConfig
    equal((got.MsgTTL, got.RetryConfig[0].RetryNum), (600, 0))
    called = invoke("broken", {}, InvocationType="Event")
    settle()
    state = do("GetAsyncEventStatus", InvokeRequestId=called.FunctionRequestId).Result
    equal((state.Status, state.StatusCode), ("FAILED", 430))


@check("retries and ages that cannot be are refused with their code")
def _():
    for code, config in (
        ("LimitExceeded.RetryNum", {"MsgTTL": 600, "RetryConfig": [{"RetryNum": 3}]}),
        ("LimitExceeded.MsgTTL", {"MsgTTL": 59, "RetryConfig": [{"RetryNum": 1}]}),
        ("LimitExceeded.MsgTTL", {"MsgTTL": 21601, "RetryConfig": [{"RetryNum": 1}]}),
    ):
        refused(code, "UpdateFunctionEventInvokeConfig", FunctionName="broken", AsyncTriggerConfig=config)


@check("logs by the result, in an order, in pages")
def _():
    failed = do("GetFunctionLogs", FunctionName="broken", Filter={"RetCode": "UserCodeException"})
    equal(failed.TotalCount, 2)
    truthy(all("ValueError: no" in row.RetMsg for row in failed.Data), failed.Data[0].RetMsg)
    equal(do("GetFunctionLogs", FunctionName="broken", Filter={"RetCode": "is0"}).TotalCount, 0)
    rows = do("GetFunctionLogs", FunctionName="queued", Order="asc", OrderBy="start_time", Offset=1, Limit=2)
    equal((rows.TotalCount, [row.RetMsg for row in rows.Data]), (4, ['{"n": 2}', '{"n": 3}']))
    truthy("seen {'n': 2}" in rows.Data[0].Log, rows.Data[0].Log)
    half = {"FunctionName": "queued", "StartTime": "2024-01-01 00:00:00"}
    refused("InvalidParameterValue.StartTimeOrEndTime", "GetFunctionLogs", **half)


@check("a function with asynchronous execution answers callers at once")
def _():
    create("long", saying("done"), AsyncRunEnable="TRUE", TraceEnable="TRUE", Timeout=86400)
    equal(do("GetFunction", FunctionName="long").AsyncRunEnable, "TRUE")
    called = invoke("long", {})
    equal((called.RetMsg, called.Duration, len(called.FunctionRequestId)), ("", 0, 36))
    settle()
    equal(do("GetAsyncEventStatus", InvokeRequestId=called.FunctionRequestId).Result.Status, "FINISHED")


# Code


@check("the code is downloaded from its address")
def _():
    code = packed(index=saying("packed"))
    do("CreateFunction", FunctionName="packed", Runtime="Python3.10", Handler="index.main_handler", Code={"ZipFile": code})
    got = do("GetFunctionAddress", FunctionName="packed")
    zipped = urllib.request.urlopen(got.Url).read()
    equal((zipped, hashlib.sha256(zipped).hexdigest()), (base64.b64decode(code), got.CodeSha256))
    equal(zipfile.ZipFile(io.BytesIO(zipped)).read("index.py").decode(), saying("packed"))


suite.end()
