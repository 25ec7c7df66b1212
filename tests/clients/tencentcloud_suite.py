"""tencentcloud-sdk-python against backlot: default https endpoints, credentials from the environment, nothing else."""

import json
import os

from qcloud_cos import CosConfig, CosS3Client
from qcloud_cos.cos_exception import CosServiceError
from tencentcloud.common import credential, retry
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models as mps_models
from tencentcloud.mps.v20190612.mps_client import MpsClient
from tencentcloud.scf.v20180416 import models as scf_models
from tencentcloud.scf.v20180416.scf_client import ScfClient
from tencentcloud.sts.v20180813 import models as sts_models
from tencentcloud.sts.v20180813.sts_client import StsClient

from checks import Suite, account, equal, raises, truthy

SECRET_ID, SECRET_KEY, REGION, APPID = account()
UIN = os.environ["TENCENTCLOUD_UIN"]
OWNER = credential.EnvironmentVariableCredential().get_credential()
TC3, SHA256, SHA1 = "TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"

suite = Suite()
check = suite.check


def profile(sign=TC3, method="POST", language="zh-CN", **http):
    return ClientProfile(signMethod=sign, language=language, httpProfile=HttpProfile(reqMethod=method, **http))


def sts(who=OWNER, region=REGION, **more):
    return StsClient(who, region, profile(**more))


def mps(who=OWNER, region=REGION, **more):
    return MpsClient(who, region, profile(**more))


def scf(who=OWNER, region=REGION, **more):
    return ScfClient(who, region, profile(**more))


def identity(client):
    return client.GetCallerIdentity(sts_models.GetCallerIdentityRequest())


def federation(client, seconds=1800, name="tester", statements=None):
    request = sts_models.GetFederationTokenRequest()
    everything = [{"effect": "allow", "action": ["*"], "resource": ["*"]}]
    request.Name = name
    request.Policy = json.dumps({"version": "2.0", "statement": statements or everything})
    request.DurationSeconds = seconds
    return client.GetFederationToken(request)


def temporary(**more):
    """The keys of a federated user."""
    keys = federation(sts(), **more).Credentials
    return credential.Credential(keys.TmpSecretId, keys.TmpSecretKey, keys.Token)


def refused(code, call):
    """Fails unless the API refuses with this code and names the request. Answers the error."""
    try:
        call()
    except TencentCloudSDKException as error:
        equal(error.get_code(), code)
        truthy(error.get_request_id(), "a request id")
        return error
    raise AssertionError(f"no {code}")


# Signatures


def signed(sign, method):
    @check(f"{sign}, {method}: sts, mps and scf")
    def _():
        answer = identity(sts(sign=sign, method=method))
        equal((answer.AccountId, answer.Type), (UIN, "RootAccount"))
        truthy(answer.RequestId)
        client = mps(sign=sign, method=method)
        request = mps_models.DescribeTranscodeTemplatesRequest()
        request.from_json_string(json.dumps({"Type": "Preset", "Definitions": [1, 20], "Offset": 0}))
        found = client.DescribeTranscodeTemplates(request)
        equal([template.Definition for template in found.TranscodeTemplateSet], ["20"])
        request = scf_models.ListAliasesRequest()
        request.FunctionName = "中文 a+b&c=d/%~*"
        refused("ResourceNotFound.Function", lambda: scf(sign=sign, method=method).ListAliases(request))


for sign in (TC3, SHA256, SHA1):
    for method in ("POST", "GET"):
        signed(sign, method)


@check("TC3: a payload that is not part of the signature")
def _():
    unsigned = profile()
    unsigned.unsignedPayload = True
    equal(identity(StsClient(OWNER, REGION, unsigned)).AccountId, UIN)


@check("a wrong key is said by its code, with each signature")
def _():
    wrong = credential.Credential(SECRET_ID, "x" * 32)
    for sign in (TC3, SHA256, SHA1):
        for method in ("POST", "GET"):
            refused("AuthFailure.SignatureFailure", lambda: identity(sts(wrong, sign=sign, method=method)))


@check("an unknown key is said by its code")
def _():
    unknown = credential.Credential(SECRET_ID[:-4] + "0000", SECRET_KEY)
    for client in (sts, mps):
        call = identity if client is sts else lambda of: of.DescribeTasks(mps_models.DescribeTasksRequest())
        refused("AuthFailure.SecretIdNotFound", lambda: call(client(unknown)))


# Endpoints


@check("regional endpoints, and those of the intranet")
def _():
    for host in (f"sts.{REGION}.tencentcloudapi.com", "sts.internal.tencentcloudapi.com", "sts.intl.tencentcloudapi.com"):
        equal(identity(sts(endpoint=host)).AccountId, UIN)
    asked = lambda: mps(endpoint="mps.ap-hongkong.tencentcloudapi.com").DescribeStreamLinkRegions(
        mps_models.DescribeStreamLinkRegionsRequest()
    )
    refused("UnsupportedOperation", asked)


@check("another root domain")
def _():
    equal(identity(sts(rootDomain="internal.tencentcloudapi.com")).AccountId, UIN)


@check("without TLS, and over a connection that is kept")
def _():
    equal(identity(sts(protocol="http")).AccountId, UIN)
    client = sts(keepAlive=True)
    ids = {identity(client).RequestId for _ in range(5)}
    equal(len(ids), 5)


@check("any region, and none")
def _():
    for region in ("ap-singapore", "", None):
        equal(identity(sts(region=region)).AccountId, UIN)


@check("answers in another language")
def _():
    for language in ("zh-CN", "en-US"):
        equal(identity(sts(language=language)).AccountId, UIN)


@check("the common client: any product, by its names")
def _():
    for method in ("POST", "GET"):
        client = CommonClient("sts", "2018-08-13", OWNER, REGION, profile(method=method))
        equal(client.call_json("GetCallerIdentity", {})["Response"]["AccountId"], UIN)


@check("an unsupported product is refused by its host")
def _():
    client = CommonClient("cvm", "2017-03-12", OWNER, REGION, profile())
    try:
        client.call_json("DescribeZones", {})
    except TencentCloudSDKException as error:
        told = f"{error.get_code()} {error.get_message()}"
        truthy("UnsupportedOperation" in told or "cvm" in told, told)
    else:
        raise AssertionError("no error")


# Errors


@check("an unsupported action names itself")
def _():
    error = refused("UnsupportedOperation", lambda: scf().ListLayers(scf_models.ListLayersRequest()))
    truthy("ListLayers" in error.get_message(), error.get_message())


@check("an action and a version that do not exist")
def _():
    client = CommonClient("scf", "2018-04-16", OWNER, REGION, profile())
    refused("InvalidAction", lambda: client.call_json("ListNothing", {}))
    client = CommonClient("sts", "2017-01-01", OWNER, REGION, profile())
    refused("NoSuchVersion", lambda: client.call_json("GetCallerIdentity", {}))


@check("retries are not spent on what the API refuses")
def _():
    trying = profile()
    trying.retryer = retry.StandardRetryer(max_attempts=3, backoff_fn=lambda n: 0)
    client = StsClient(credential.Credential(SECRET_ID, "wrong"), REGION, trying)
    refused("AuthFailure.SignatureFailure", lambda: identity(client))


# Temporary credentials


@check("sts: keys of a federated user work, with each signature")
def _():
    keys = temporary()
    for sign in (TC3, SHA256, SHA1):
        for method in ("POST", "GET"):
            equal(identity(sts(keys, sign=sign, method=method)).AccountId, UIN)


@check("sts: the end of a token, and its bounds")
def _():
    answer = federation(sts(), seconds=900)
    got = answer.ExpiredTime
    truthy(answer.Expiration.endswith("Z"), answer.Expiration)
    later = federation(sts(), seconds=7200).ExpiredTime
    truthy(6290 <= later - got <= 6310 + 60, f"{later} and {got}")
    refused("InvalidParameter.OverTimeError", lambda: federation(sts(), seconds=7201))
    refused("InvalidParameter.StrategyFormatError", lambda: federation(sts(), statements=[{"effect": "maybe"}]))


@check("sts: a key without its token, and with another's")
def _():
    keys = temporary()
    bare = credential.Credential(keys.secret_id, keys.secret_key)
    refused("AuthFailure.TokenFailure", lambda: identity(sts(bare)))
    other = credential.Credential(keys.secret_id, keys.secret_key, temporary(name="other").token)
    refused("AuthFailure.TokenFailure", lambda: identity(sts(other)))


@check("sts: the SDK assumes a role by itself")
def _():
    arn = f"qcs::cam::uin/{UIN}:roleName/SCF_ExecuteRole"
    keys = credential.STSAssumeRoleCredential(SECRET_ID, SECRET_KEY, arn, "session")
    truthy(keys.token != "", "a token")
    equal(identity(sts(keys)).AccountId, UIN)
    truthy(scf(keys).ListNamespaces(scf_models.ListNamespacesRequest()).TotalCount)


@check("sts: temporary keys open COS as far as their policy goes")
def _():
    bucket = f"tencentcloud-{APPID}"
    CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY)).create_bucket(Bucket=bucket)
    resource = f"qcs::cos:{REGION}:uid/{APPID}:{bucket}/in/*"
    allowed = [{"effect": "allow", "action": ["name/cos:PutObject", "name/cos:GetObject"], "resource": [resource]}]
    keys = temporary(statements=allowed)
    cos = CosS3Client(CosConfig(Region=REGION, SecretId=keys.secret_id, SecretKey=keys.secret_key, Token=keys.token))
    cos.put_object(Bucket=bucket, Key="in/a", Body=b"allowed")
    equal(cos.get_object(Bucket=bucket, Key="in/a")["Body"].get_raw_stream().read(), b"allowed")
    with raises(CosServiceError, status_code=403, error_code="AccessDenied"):
        cos.put_object(Bucket=bucket, Key="out/a", Body=b"denied")
    with raises(CosServiceError, status_code=403, error_code="AccessDenied"):
        cos.delete_object(Bucket=bucket, Key="in/a")


# Where credentials come from


@check("the default chain finds the credentials in the environment")
def _():
    found = credential.DefaultCredentialProvider().get_credential()
    equal((found.secret_id, found.secret_key), (SECRET_ID, SECRET_KEY))
    equal(identity(sts(found)).AccountId, UIN)


suite.end()
