"""tccli drives SCF: each check runs the command, with credentials and region from the environment."""

import base64
import io
import json
import os
import subprocess
import zipfile

from checks import Suite, equal, truthy
from tccli_client import Tccli

suite = Suite()
check = suite.check
tccli = Tccli("scf")
scf, refused = tccli.do, tccli.refused


def packed(text):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as out:
        out.writestr("index.py", text)
    return base64.b64encode(kept.getvalue()).decode()


ECHO = packed("def main_handler(event, context):\n    return event\n")


@check("CreateFunction and GetFunction")
def _():
    scf("CreateFunction", FunctionName="from-cli", Runtime="Python3.10", Handler="index.main_handler", Code={"ZipFile": ECHO})
    got = scf("GetFunction", FunctionName="from-cli")
    equal((got["Status"], got["Runtime"], got["Type"]), ("Active", "Python3.10", "Event"))


@check("Invoke, and in the background")
def _():
    result = scf("Invoke", FunctionName="from-cli", ClientContext='{"a": 1}', LogType="Tail")["Result"]
    equal((result["RetMsg"], result["InvokeResult"]), ('{"a": 1}', 0))
    truthy("START RequestId: " in result["Log"], result["Log"])
    result = scf("Invoke", FunctionName="from-cli", InvocationType="Event")["Result"]
    equal(len(result["FunctionRequestId"]), 36)


@check("UpdateFunctionConfiguration and UpdateFunctionCode")
def _():
    scf("UpdateFunctionConfiguration", FunctionName="from-cli", Timeout=5, Description="changed")
    changed = packed("def main_handler(event, context):\n    return context['time_limit_in_ms']\n")
    scf("UpdateFunctionCode", FunctionName="from-cli", Code={"ZipFile": changed})
    equal(scf("Invoke", FunctionName="from-cli")["Result"]["RetMsg"], "5000")


@check("ListFunctions")
def _():
    listed = scf("ListFunctions", SearchKey="from-cli")
    equal((listed["TotalCount"], listed["Functions"][0]["Description"]), (1, "changed"))


@check("PublishVersion and ListVersionByFunction")
def _():
    equal(scf("PublishVersion", FunctionName="from-cli")["FunctionVersion"], "1")
    versions = scf("ListVersionByFunction", FunctionName="from-cli")["Versions"]
    equal([version["Version"] for version in versions], ["$LATEST", "1"])


@check("CreateAlias, UpdateAlias, GetAlias and DeleteAlias")
def _():
    scf("CreateAlias", FunctionName="from-cli", Name="live", FunctionVersion="1")
    scf("UpdateAlias", FunctionName="from-cli", Name="live", FunctionVersion="$LATEST")
    equal(scf("GetAlias", FunctionName="from-cli", Name="live")["FunctionVersion"], "$LATEST")
    scf("DeleteAlias", FunctionName="from-cli", Name="live")
    refused("ResourceNotFound.Alias", "GetAlias", FunctionName="from-cli", Name="live")


@check("CreateNamespace, ListNamespaces and DeleteNamespace")
def _():
    scf("CreateNamespace", Namespace="cli-space")
    truthy("cli-space" in [space["Name"] for space in scf("ListNamespaces")["Namespaces"]])
    scf("DeleteNamespace", Namespace="cli-space")


@check("PutReservedConcurrencyConfig")
def _():
    scf("PutReservedConcurrencyConfig", FunctionName="from-cli", ReservedConcurrencyMem=0)
    equal(json.loads(scf("Invoke", FunctionName="from-cli")["Result"]["RetMsg"])["statusCode"], 432)
    scf("DeleteReservedConcurrencyConfig", FunctionName="from-cli")


@check("GetAccount")
def _():
    truthy("from-cli" in scf("GetAccount")["AccountUsage"]["Namespace"][0]["Functions"])


@check("CreateTrigger, ListTriggers, UpdateTriggerStatus and DeleteTrigger")
def _():
    timer = {"FunctionName": "from-cli", "TriggerName": "each-hour", "Type": "timer"}
    made = scf("CreateTrigger", **timer, TriggerDesc="0 0 * * * * *", Enable="OPEN")["TriggerInfo"]
    equal((made["TriggerName"], made["Enable"]), ("each-hour", 1))
    scf("UpdateTriggerStatus", **timer, Enable="CLOSE")
    refused("FailedOperation.UpdateTriggerStatus", "UpdateTriggerStatus", **timer, Enable="CLOSE")
    equal([row["Enable"] for row in scf("ListTriggers", FunctionName="from-cli")["Triggers"]], [0])
    refused("ResourceInUse.TriggerName", "CreateTrigger", **timer, TriggerDesc="0 0 * * * * *")
    scf("DeleteTrigger", **timer)
    refused("ResourceNotFound.Trigger", "DeleteTrigger", **timer)


@check("asynchronous events: status, list, retries and logs")
def _():
    about = {"FunctionName": "from-cli"}
    called = scf("Invoke", **about, InvocationType="Event")["Result"]["FunctionRequestId"]
    subprocess.run([os.environ["BACKLOT"], "wait", "--idle"], check=True, capture_output=True)
    state = scf("GetAsyncEventStatus", InvokeRequestId=called)["Result"]
    equal((state["Status"], state["StatusCode"]), ("FINISHED", 200))
    truthy(called in [row["InvokeRequestId"] for row in scf("ListAsyncEvents", **about)["EventList"]])
    equal(scf("GetRequestStatus", **about, FunctionRequestId=called)["Data"][0]["RetCode"], 0)
    equal(scf("GetFunctionLogs", **about, FunctionRequestId=called)["TotalCount"], 1)
    refused("FailedOperation.AsyncEventStatus", "TerminateAsyncEvent", **about, InvokeRequestId=called)
    config = {"MsgTTL": 300, "RetryConfig": [{"RetryNum": 1}]}
    scf("UpdateFunctionEventInvokeConfig", **about, AsyncTriggerConfig=config)
    equal(scf("GetFunctionEventInvokeConfig", **about)["AsyncTriggerConfig"]["MsgTTL"], 300)


@check("errors have their codes")
def _():
    refused("ResourceNotFound.FunctionName", "GetFunction", FunctionName="nobody")
    refused("InvalidParameterValue.MemorySize", "UpdateFunctionConfiguration", FunctionName="from-cli", MemorySize=100)
    refused("UnsupportedOperation", "ListLayers")


@check("DeleteFunction")
def _():
    scf("DeleteFunction", FunctionName="from-cli")
    refused("ResourceNotFound.Function", "Invoke", FunctionName="from-cli")


suite.end()
