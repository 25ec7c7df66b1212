"""tccli against backlot: each check runs the command, with credentials and region from the environment."""

import json
import os
import subprocess
import sys
import tempfile

import requests

from checks import Suite, account, data, equal, read, sha, truthy, write

SECRET_ID, SECRET_KEY, REGION, APPID = account()
UIN = os.environ["TENCENTCLOUD_UIN"]
BUCKET = f"tccli-{APPID}"
TCCLI = os.path.join(os.path.dirname(sys.executable), "tccli")

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def run(*words, fails=False, **variables):
    """Runs tccli and answers what it prints. Fails unless it ends as expected."""
    # It writes into its home folder, which stays empty of profiles.
    environment = {**os.environ, "HOME": folder.name, **variables}
    ended = subprocess.run(
        [TCCLI, *words], capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, env=environment
    )
    if (ended.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(words)} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"[-600:])
    return ended.stdout + ended.stderr


def refused(code, *words, **variables):
    printed = run(*words, fails=True, **variables)
    truthy(f"code:{code} " in printed and "requestId:" in printed, printed)
    return printed


def cos(command, *words, bucket=BUCKET):
    printed = run("cos", command, "--bucket", bucket, *words)
    truthy("Error:" not in printed, printed)
    return printed


@check("sts GetCallerIdentity")
def _():
    answer = json.loads(run("sts", "GetCallerIdentity"))
    equal((answer["AccountId"], answer["Type"]), (UIN, "RootAccount"))
    truthy(answer["RequestId"])


@check("output: text, and one field")
def _():
    equal(run("sts", "GetCallerIdentity", "--output", "text", "--filter", "AccountId").strip(), UIN)


@check("another region, and the endpoint of one")
def _():
    for more in (["--region", "ap-singapore"], ["--endpoint", f"sts.{REGION}.tencentcloudapi.com"]):
        equal(json.loads(run("sts", "GetCallerIdentity", *more))["AccountId"], UIN)


@check("sts GetFederationToken: its keys work from the environment")
def _():
    policy = json.dumps({"version": "2.0", "statement": [{"effect": "allow", "action": ["*"], "resource": ["*"]}]})
    asked = ["--Name", "tester", "--DurationSeconds", "900", "--Policy", policy]
    keys = json.loads(run("sts", "GetFederationToken", *asked))["Credentials"]
    with_keys = {"TENCENTCLOUD_SECRET_ID": keys["TmpSecretId"], "TENCENTCLOUD_SECRET_KEY": keys["TmpSecretKey"]}
    printed = run("sts", "GetCallerIdentity", **with_keys, TENCENTCLOUD_TOKEN=keys["Token"])
    equal(json.loads(printed)["AccountId"], UIN)
    refused("AuthFailure.TokenFailure", "sts", "GetCallerIdentity", **with_keys)


@check("a role is assumed")
def _():
    arn = f"qcs::cam::uin/{UIN}:roleName/SCF_ExecuteRole"
    printed = run("sts", "GetCallerIdentity", "--role-arn", arn, "--role-session-name", "session")
    equal(json.loads(printed)["AccountId"], UIN)


@check("mps and scf: an unsupported action names itself")
def _():
    for service, action in (("mps", "DescribeStreamLinkRegions"), ("scf", "ListLayers")):
        truthy(action in refused("UnsupportedOperation", service, action))


@check("mps: parameters from JSON")
def _():
    asked = write(path("asked.json"), json.dumps({"Type": "Preset", "Definitions": [1, 20]}).encode())
    found = json.loads(run("mps", "DescribeTranscodeTemplates", "--cli-input-json", f"file://{asked}"))
    equal([template["Definition"] for template in found["TranscodeTemplateSet"]], ["20"])


@check("errors: a wrong and an unknown key, said by their codes")
def _():
    refused("AuthFailure.SignatureFailure", "sts", "GetCallerIdentity", TENCENTCLOUD_SECRET_KEY="x" * 32)
    refused("AuthFailure.SecretIdNotFound", "sts", "GetCallerIdentity", "--secretId", "x", "--secretKey", "y")


@check("cos: create and list buckets")
def _():
    truthy("Error" not in cos("create_bucket"))
    truthy(BUCKET in run("cos", "list_buckets"))


@check("cos: upload, head, cat and download, in one piece and in parts")
def _():
    for name, body in (("small", b"small"), ("big", data(21 * 1024 * 1024 + 3, 9))):
        cos("upload", "--local_path", write(path(name), body), "--cos_key", f"in/{name}")
        truthy(str(len(body)) in cos("head", "--cos_key", f"in/{name}"), "its size")
        cos("download", "--cos_key", f"in/{name}", "--local_path", path(f"{name}.back"))
        equal(sha(read(path(f"{name}.back"))), sha(body))
    equal(cos("cat", "--cos_key", "in/small").strip(), "small")


@check("cos: list, copy and delete")
def _():
    truthy("in/big" in cos("list", "--prefix", "in/") and "DIR  in/" in cos("list"))
    cos("copy", "--cos_key", "in/small", "--dest_key", "copied")
    equal(cos("cat", "--cos_key", "copied").strip(), "small")
    cos("delete", "--cos_key", "copied", "--force", "True")
    truthy("copied" not in cos("list"))


@check("cos: signurl is readable by anybody")
def _():
    url = next(word for word in cos("signurl", "--cos_key", "in/small").split() if word.startswith("https://"))
    equal(requests.get(url, timeout=30).content, b"small")
    equal(requests.get(url.split("?")[0], timeout=30).status_code, 403)


@check("cos: errors by their codes")
def _():
    printed = run("cos", "head", "--bucket", f"absent-{APPID}", "--cos_key", "x")
    truthy("404" in printed or "NoSuch" in printed, printed)


folder.cleanup()
suite.end()
