"""tencentcloud-sdk-python and tencentserverless drive SCF: functions from zips, versions, aliases, namespaces, and their errors."""

import base64
import json

from qcloud_cos import CosConfig, CosS3Client
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentserverless import scf as serverless
from tencentserverless.exception import TencentServerlessSDKException

from checks import Suite, equal, truthy
from cloud_api import APPID, REGION, SECRET_ID, SECRET_KEY
from scf_client import ECHO, create, do, invoke, packed, refused, saying

suite = Suite()
check = suite.check


# Functions


@check("create from a zip, and read it back")
def _():
    truthy(create("notify", Description="first", MemorySize=256, Timeout=10).RequestId)
    got = do("GetFunction", FunctionName="notify")
    equal((got.Status, got.Runtime, got.Handler), ("Active", "Python3.10", "index.main_handler"))
    equal((got.MemorySize, got.Timeout, got.InitTimeout, got.Description), (256, 10, 65, "first"))
    equal(got.Environment.Variables[0].Key, "PACKAGES")
    truthy(got.FunctionId.startswith("lam-") and got.CodeSize > 0, got.FunctionId)
    equal((got.Namespace, got.Qualifier, got.FunctionVersion), ("default", "$LATEST", "$LATEST"))


@check("its code is shown when that is asked for")
def _():
    equal(do("GetFunction", FunctionName="notify", ShowCode="TRUE").CodeInfo, ECHO)


@check("invoke: the event comes back")
def _():
    result = invoke("notify", {"a": [1, 2.50, "中文"]})
    equal(json.loads(result.RetMsg), {"a": [1, 2.5, "中文"]})
    equal((result.InvokeResult, result.ErrMsg, result.Log), (0, "", ""))
    truthy(result.FunctionRequestId and result.Duration >= 0 and result.BillDuration >= 0)


@check("invoke: the tail of the log")
def _():
    result = invoke("notify", {"n": 1}, LogType="Tail")
    truthy(result.Log.startswith(f"START RequestId: {result.FunctionRequestId}\n"), result.Log)
    truthy("\nseen {'n': 1}\n" in result.Log and "Report RequestId: " in result.Log, result.Log)


@check("invoke: in the background")
def _():
    result = invoke("notify", {}, InvocationType="Event")
    truthy(len(result.FunctionRequestId) == 36, result.FunctionRequestId)
    equal((result.RetMsg, result.Duration, result.MemUsage, result.InvokeResult), ("", 0, 0, 0))


@check("InvokeFunction: its event and its default")
def _():
    result = do("InvokeFunction", FunctionName="notify", Event='{"b": 1}').Result
    equal(json.loads(result.RetMsg), {"b": 1})


@check("invoke: a function that raises")
def _():
    create("broken", "def main_handler(event, context):\n    return event['missing']\n")
    result = invoke("broken", {})
    equal((result.InvokeResult, result.ErrMsg), (1, "user code exception caught"))
    told = json.loads(result.RetMsg)
    equal((told["statusCode"], told["requestId"]), (430, result.FunctionRequestId))
    truthy("KeyError: 'missing'" in told["stackTrace"], told)


@check("invoke: code that does not load, and a process that ends")
def _():
    create("unloadable", "def main_handler(event, context:\n")
    equal(json.loads(invoke("unloadable").RetMsg)["statusCode"], 443)
    create("exiting", "import os\ndef main_handler(event, context):\n    os._exit(1)\n")
    result = invoke("exiting")
    equal((result.InvokeResult, json.loads(result.RetMsg)["statusCode"]), (-1, 439))


@check("invoke: a time limit")
def _():
    create("slow", "import time\ndef main_handler(event, context):\n    time.sleep(30)\n", Timeout=1)
    result = invoke("slow")
    equal(result.ErrMsg, "Invoking task timed out after 1 seconds")
    truthy(result.Duration >= 1000, result.Duration)


@check("a program that asks for events itself")
def _():
    program = """#!/usr/bin/env python3
import os, urllib.request
api = f"http://{os.environ['SCF_RUNTIME_API']}:{os.environ['SCF_RUNTIME_API_PORT']}/runtime"
urllib.request.urlopen(f"{api}/init/ready", b" ").read()
while True:
    event = urllib.request.urlopen(f"{api}/invocation/next").read()
    urllib.request.urlopen(f"{api}/invocation/response", b"raw " + event).read()
"""
    code = {"ZipFile": packed(bootstrap=program)}
    do("CreateFunction", FunctionName="program", Runtime="CustomRuntime", Handler="any", Code=code)
    equal(invoke("program", [1]).RetMsg, "raw [1]")


@check("code from an object of COS")
def _():
    cos = CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY))
    cos.create_bucket(Bucket=f"code-{APPID}")
    package = base64.b64decode(packed(index=saying("from COS")))
    cos.put_object(Bucket=f"code-{APPID}", Key="a/fn.zip", Body=package)
    code = {"CosBucketName": "code", "CosObjectName": "/a/fn.zip", "CosBucketRegion": REGION}
    do("CreateFunction", FunctionName="from-cos", Runtime="Python3.10", Handler="index.main_handler", Code=code)
    equal(invoke("from-cos").RetMsg, '"from COS"')
    code["CosObjectName"] = "/a/none.zip"
    refused("InvalidParameterValue.CosObjectName", "UpdateFunctionCode", FunctionName="from-cos", Code=code)


@check("update the code: in use at the next event")
def _():
    create("changing", saying("old"))
    equal(invoke("changing").RetMsg, '"old"')
    do("UpdateFunctionCode", FunctionName="changing", ZipFile=packed(index=saying("new")), Handler="index.main_handler")
    equal(invoke("changing").RetMsg, '"new"')


@check("update the settings: variables, limits, and what is left out")
def _():
    create("setting", "import os\ndef main_handler(event, context):\n    return [os.environ.get('A'), context['time_limit_in_ms']]\n")
    equal(json.loads(invoke("setting").RetMsg), [None, 3000])
    variables = {"Variables": [{"Key": "A", "Value": "1"}]}
    do("UpdateFunctionConfiguration", FunctionName="setting", Timeout=7, Environment=variables, Description="set")
    equal(json.loads(invoke("setting").RetMsg), ["1", 7000])
    do("UpdateFunctionConfiguration", FunctionName="setting", Environment={"Variables": [{"Key": "", "Value": ""}]})
    equal(json.loads(invoke("setting").RetMsg), [None, 7000])
    equal(do("GetFunction", FunctionName="setting").Description, "set")


@check("lists: pages, a search, filters, an order")
def _():
    everything = do("ListFunctions", Limit=100)
    truthy(everything.TotalCount == len(everything.Functions) > 5, everything.TotalCount)
    page = do("ListFunctions", Limit=2, Offset=1, Orderby="FunctionName", Order="ASC")
    names = sorted(function.FunctionName for function in everything.Functions)
    equal([function.FunctionName for function in page.Functions], names[1:3])
    equal([function.FunctionName for function in do("ListFunctions", SearchKey="rok").Functions], ["broken"])
    filters = [{"Name": "Runtime", "Values": ["CustomRuntime"]}, {"Name": "FunctionName", "Values": ["program"]}]
    equal([function.FunctionName for function in do("ListFunctions", Filters=filters).Functions], ["program"])


@check("delete, and create anew under the name")
def _():
    create("short-lived")
    do("DeleteFunction", FunctionName="short-lived")
    refused("ResourceNotFound.FunctionName", "GetFunction", FunctionName="short-lived")
    create("short-lived", saying("again"))
    equal(invoke("short-lived").RetMsg, '"again"')


@check("copy")
def _():
    do("CopyFunction", FunctionName="changing", NewFunctionName="copied", Description="a copy")
    equal(invoke("copied").RetMsg, '"new"')
    equal(do("GetFunction", FunctionName="copied").Description, "a copy")


# Versions, aliases, namespaces, concurrency


@check("a version keeps its code")
def _():
    create("versioned", saying("one"))
    published = do("PublishVersion", FunctionName="versioned", Description="first")
    equal((published.FunctionVersion, published.Description, published.Runtime), ("1", "first", "Python3.10"))
    do("UpdateFunctionCode", FunctionName="versioned", ZipFile=packed(index=saying("two")), Publish="TRUE")
    equal(invoke("versioned", Qualifier="1").RetMsg, '"one"')
    equal(invoke("versioned", Qualifier="2").RetMsg, '"two"')
    listed = do("ListVersionByFunction", FunctionName="versioned")
    equal([version.Version for version in listed.Versions], ["$LATEST", "2", "1"])


@check("an alias is moved, and routes a share")
def _():
    do("CreateAlias", FunctionName="versioned", Name="live", FunctionVersion="1")
    equal(invoke("versioned", Qualifier="live").RetMsg, '"one"')
    routing = {"AdditionalVersionWeights": [{"Version": "2", "Weight": 1.0}]}
    do("UpdateAlias", FunctionName="versioned", Name="live", FunctionVersion="1", RoutingConfig=routing)
    equal(invoke("versioned", Qualifier="live").RetMsg, '"two"')
    got = do("GetAlias", FunctionName="versioned", Name="live")
    equal((got.FunctionVersion, got.RoutingConfig.AdditionalVersionWeights[0].Weight), ("1", 1.0))


@check("an alias routes by a key")
def _():
    rule = {"Version": "2", "Key": "invoke.headers.User", "Method": "exact", "Expression": "bob"}
    routing = {"AddtionVersionMatchs": [rule]}
    do("CreateAlias", FunctionName="versioned", Name="keyed", FunctionVersion="1", RoutingConfig=routing)
    for user, said in (("bob", '"two"'), ("ann", '"one"')):
        key = json.dumps({"User": user})
        equal(invoke("versioned", Qualifier="keyed", RoutingKey=key).RetMsg, said)


@check("aliases are listed and deleted")
def _():
    names = [alias.Name for alias in do("ListAliases", FunctionName="versioned").Aliases]
    equal(names, ["$DEFAULT", "keyed", "live"])
    refused("FailedOperation.DeleteFunction", "DeleteFunctionVersion", FunctionName="versioned", Qualifier="2")
    for name in ("keyed", "live"):
        do("DeleteAlias", FunctionName="versioned", Name=name)
    do("DeleteFunctionVersion", FunctionName="versioned", Qualifier="2")
    refused("ResourceNotFound.Qualifier", "Invoke", FunctionName="versioned", Qualifier="2")
    refused("ResourceNotFound.Alias", "GetAlias", FunctionName="versioned", Name="live")


@check("a namespace has functions of its own")
def _():
    do("CreateNamespace", Namespace="media", Description="films")
    create("notify", saying("media"), Namespace="media")
    equal(invoke("notify", Namespace="media").RetMsg, '"media"')
    equal(invoke("notify", {}).RetMsg, "{}")
    equal([function.FunctionName for function in do("ListFunctions", Namespace="media").Functions], ["notify"])
    refused("FailedOperation.DeleteNamespace", "DeleteNamespace", Namespace="media")


@check("namespaces are listed, described and deleted")
def _():
    do("UpdateNamespace", Namespace="media", Description="films and more")
    listed = {space.Name: space.Description for space in do("ListNamespaces").Namespaces}
    equal((listed["media"], "default" in listed), ("films and more", True))
    do("DeleteFunction", FunctionName="notify", Namespace="media")
    do("DeleteNamespace", Namespace="media")
    refused("ResourceNotFound.Namespace", "ListFunctions", Namespace="media")


@check("a reserved share of zero switches a function off")
def _():
    equal(do("GetReservedConcurrencyConfig", FunctionName="changing").ReservedMem, None)
    do("PutReservedConcurrencyConfig", FunctionName="changing", ReservedConcurrencyMem=0)
    result = invoke("changing")
    equal(json.loads(result.RetMsg)["statusCode"], 432)
    do("DeleteReservedConcurrencyConfig", FunctionName="changing")
    equal(invoke("changing").InvokeResult, 0)


@check("the account, its use and its limits")
def _():
    answer = do("GetAccount")
    equal((answer.AccountUsage.TotalConcurrencyMem, answer.AccountLimit.NamespacesCount), (128000, 5))
    truthy("notify" in answer.AccountUsage.Namespace[0].Functions)


# Errors


@check("errors: what does not exist")
def _():
    for action in ("Invoke", "DeleteFunction", "PublishVersion", "ListAliases", "UpdateFunctionConfiguration"):
        refused("ResourceNotFound.Function", action, FunctionName="nobody")
    refused("ResourceNotFound.Namespace", "Invoke", FunctionName="notify", Namespace="nowhere")
    refused("ResourceNotFound.Qualifier", "Invoke", FunctionName="notify", Qualifier="99")


@check("errors: what a function cannot be")
def _():
    def with_(code, **more):
        parameters = {"FunctionName": "new", "Runtime": "Python3.10", "Code": {"ZipFile": packed(index=ECHO)}, **more}
        refused(code, "CreateFunction", **parameters)

    with_("ResourceInUse.FunctionName", FunctionName="notify")
    with_("InvalidParameterValue.FunctionName", FunctionName="9")
    with_("InvalidParameterValue.Runtime", Runtime="Cobol85")
    with_("InvalidParameterValue.Handler", Handler="index")
    with_("InvalidParameterValue.MemorySize", MemorySize=100)
    with_("LimitExceeded.Memory", MemorySize=6144)
    with_("LimitExceeded.Timeout", Timeout=901)
    with_("MissingParameter.Code", Code={})
    with_("InvalidParameterValue.ZipFile", Code={"ZipFile": "bm8gemlw"})
    with_("InvalidParameterValue.ZipFileBase64BinasciiError", Code={"ZipFile": "???"})
    variables = {"Variables": [{"Key": "SCF_MINE", "Value": "1"}]}
    with_("InvalidParameterValue.EnvironmentSystemProtect", Environment=variables)


@check("errors: what cannot be invoked")
def _():
    refused("InvalidParameterValue.Param", "Invoke", FunctionName="notify", ClientContext="{")
    refused("InvalidParameterValue.InvokeType", "Invoke", FunctionName="notify", InvocationType="Later")
    large = json.dumps("x" * (128 * 1024))
    kind = {"InvocationType": "Event", "ClientContext": large}
    refused("InvalidParameter.RequestTooLarge", "Invoke", FunctionName="notify", **kind)
    equal(json.loads(invoke("notify", "x" * (128 * 1024)).RetMsg), "x" * (128 * 1024))


@check("errors: what is unsupported says so")
def _():
    truthy("ListLayers" in refused("UnsupportedOperation", "ListLayers"))
    refused("UnsupportedOperation", "CreateFunction", FunctionName="web", Type="HTTP", Code={"ZipFile": packed(a="")})


# Logs


@check("logs: what a call has printed, by its request id")
def _():
    called = invoke("notify", {"told": 1})
    got = do("GetFunctionLogs", FunctionName="notify", FunctionRequestId=called.FunctionRequestId)
    equal((got.TotalCount, got.Data[0].RequestId), (1, called.FunctionRequestId))
    truthy("seen {'told': 1}" in got.Data[0].Log, got.Data[0].Log)


@check("logs: a call that failed")
def _():
    called = invoke("broken", {})
    got = do("GetFunctionLogs", FunctionName="broken", FunctionRequestId=called.FunctionRequestId)
    truthy(got.Data[0].RetCode != 0 and "KeyError" in got.Data[0].RetMsg, got.Data[0].RetMsg)


@check("the state of a request")
def _():
    called = invoke("notify", {"n": 2})
    got = do("GetRequestStatus", FunctionName="notify", FunctionRequestId=called.FunctionRequestId)
    equal((got.Data[0].RequestId, got.Data[0].RetCode), (called.FunctionRequestId, 0))


# Functions that call functions

CALLING = """
import os, sys
sys.path.insert(0, os.environ["PACKAGES"])
from tencentserverless import scf

def main_handler(event, context):
    return scf.invoke("notify", data=event)
"""

LOOPING = """
import json, os, sys
sys.path.insert(0, os.environ["PACKAGES"])
from tencentcloud.common.credential import Credential
from tencentcloud.common.common_client import CommonClient

keys = Credential(*[os.environ["TENCENTCLOUD_" + name] for name in ("SECRETID", "SECRETKEY", "SESSIONTOKEN")])

def main_handler(event, context):
    client = CommonClient("scf", "2018-04-16", keys, os.environ["TENCENTCLOUD_REGION"])
    try:
        answer = client.call_json("Invoke", {"FunctionName": "looping"})
    except Exception as error:
        return [error.get_code()]
    return [context["function_name"], *json.loads(answer["Response"]["Result"]["RetMsg"])]
"""


@check("tencentserverless: invoke from outside, by name and as a method")
def _():
    equal(json.loads(serverless.invoke("notify", data={"a": 1})), {"a": 1})
    made = serverless.Client(REGION, SECRET_ID, SECRET_KEY)
    equal(json.loads(made.notify(b=2)), {"b": 2})


@check("tencentserverless: errors of the function and of the call")
def _():
    try:
        serverless.invoke("broken", data={"a": 1})
    except TencentServerlessSDKException as error:
        truthy("user code exception caught" in str(error), error)
    else:
        raise AssertionError("no error")
    try:
        serverless.invoke("nobody", data={"a": 1})
    except TencentCloudSDKException as error:
        equal(error.get_code(), "ResourceNotFound.Function")
    else:
        raise AssertionError("no error")


@check("a function calls another with tencentserverless and the keys of its role")
def _():
    create("calling", CALLING, Role="SCF_ExecuteRole", Timeout=60)
    result = invoke("calling", {"through": 1})
    equal(result.InvokeResult, 0)
    equal(json.loads(json.loads(result.RetMsg)), {"through": 1})


@check("without a role a function has no keys to call with")
def _():
    create("roleless", "import os\ndef main_handler(event, context):\n    return 'TENCENTCLOUD_SECRETID' in os.environ\n")
    equal(invoke("roleless").RetMsg, "false")


@check("a function that calls itself is stopped after the limit of a chain")
def _():
    create("looping", LOOPING, Role="SCF_ExecuteRole", Timeout=60)
    # 16 events follow from one another; the last of them may not cause another.
    equal(json.loads(invoke("looping").RetMsg), ["looping"] * 15 + ["FailedOperation.InvokeFunction"])


suite.end()
