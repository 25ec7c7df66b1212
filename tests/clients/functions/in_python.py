"""A function for a custom runtime: uses the official SDKs with what it finds in its environment, and says what it saw."""

import http.client
import json
import os
import traceback

import requests
from qcloud_cos import CosConfig, CosS3Client
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.mps.v20190612 import models as mps_models
from tencentcloud.mps.v20190612.mps_client import MpsClient
from tencentcloud.sts.v20180813 import models as sts_models
from tencentcloud.sts.v20180813.sts_client import StsClient

runtime = http.client.HTTPConnection(os.environ["SCF_RUNTIME_API"], int(os.environ["SCF_RUNTIME_API_PORT"]))


def ask(method, path, body=None):
    runtime.request(method, path, body)
    return runtime.getresponse().read()


def handle(event):
    region = os.environ["TENCENTCLOUD_REGION"]
    secret_id, secret_key = os.environ["TENCENTCLOUD_SECRETID"], os.environ["TENCENTCLOUD_SECRETKEY"]
    token = os.environ["TENCENTCLOUD_SESSIONTOKEN"]
    cos = CosS3Client(CosConfig(Region=region, SecretId=secret_id, SecretKey=secret_key, Token=token))
    bucket, key = event["bucket"], event["key"]
    cos.put_object(Bucket=bucket, Key=key, Body=event["body"].encode())
    read = cos.get_object(Bucket=bucket, Key=key)["Body"].get_raw_stream().read().decode()
    listed = [item["Key"] for item in cos.list_objects(Bucket=bucket, Prefix=event["prefix"])["Contents"]]
    keys = credential.Credential(secret_id, secret_key, token)
    identity = StsClient(keys, region).GetCallerIdentity(sts_models.GetCallerIdentityRequest())
    refused = ""
    try:
        MpsClient(keys, region).DescribeStreamLinkRegions(mps_models.DescribeStreamLinkRegionsRequest())
    except TencentCloudSDKException as error:
        refused = error.get_code()
    elsewhere = requests.get("http://example.com/", timeout=10)
    return {
        "read": read,
        "listed": listed,
        "account": identity.AccountId,
        "refused": refused,
        "elsewhere": [elsewhere.status_code, "example.com" in elsewhere.text],
    }


ask("POST", "/runtime/init/ready", b" ")
while True:
    given = ask("GET", "/runtime/invocation/next")
    try:
        answer = json.dumps(handle(json.loads(given))).encode()
    except Exception:  # it becomes the invocation's error
        ask("POST", "/runtime/invocation/error", traceback.format_exc().encode())
    else:
        ask("POST", "/runtime/invocation/response", answer)
