"""Official SDKs inside functions: `backlot invoke` starts them, with the environment that functions get and nothing else.

BACKLOT is the program; NODE_PATH is where the Node SDKs are. The functions themselves are in functions/.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from checks import Suite, account, equal, truthy, write

BACKLOT = os.environ["BACKLOT"]
UIN = os.environ["TENCENTCLOUD_UIN"]
APPID = account()[3]
BUCKET = f"archive-{APPID}"
CODE = pathlib.Path(__file__).resolve().parent / "functions"

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()

CONFIG = {
    "functions": {
        "in-python": {"command": [sys.executable, str(CODE / "in_python.py")], "role": True, "timeout": "60s"},
        "in-node": {
            "command": ["node", str(CODE / "in_node.js")],
            # Where `npm install` has put them, as a layer would be.
            "environment": {"NODE_PATH": os.environ["NODE_PATH"]},
            "role": True,
            "timeout": "60s",
        },
        "without-role": {"command": [sys.executable, str(CODE / "in_python.py")], "role": False, "timeout": "60s"},
    }
}
# JSON is YAML.
write(os.path.join(folder.name, "backlot.yaml"), json.dumps(CONFIG).encode())


def backlot(*words, fails=None, asked=""):
    """Runs backlot where its configuration is. It knows nothing of the one that is around this suite."""
    names = ("PATH", "LANG", "TMPDIR", "HOME")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    ended = subprocess.run(
        [BACKLOT, *words], input=asked, capture_output=True, text=True, timeout=100, cwd=folder.name, env=environment
    )
    if ended.returncode != (fails or 0):
        raise AssertionError(f"{words[0]} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"[-1500:])
    return ended.stdout


def invoke(function, event, *flags, **more):
    return backlot("invoke", function, *flags, asked=json.dumps(event), **more)


def event_for(key):
    return {"bucket": BUCKET, "key": f"in/{key}", "prefix": "in/", "body": f"内容 of {key}"}


def played(function):
    @check(f"{function}: uploads, reads and lists; asks sts and mps")
    def _():
        answer = json.loads(invoke(function, event_for(function)))
        equal((answer["read"], answer["listed"]), (f"内容 of {function}", [f"in/{function}"]))
        equal((answer["account"], answer["refused"]), (UIN, "UnsupportedOperation"))

    @check(f"{function}: what it leaves behind is there for others")
    def _():
        data = os.path.join(folder.name, function)
        for key, count in (("one", 1), ("two", 2)):
            equal(len(json.loads(invoke(function, event_for(key), "--data", data))["listed"]), count)
        script = (
            "import os, sys; from qcloud_cos import CosConfig, CosS3Client\n"
            "of = os.environ; cos = CosS3Client(CosConfig(Region=of['TENCENTCLOUD_REGION'],\n"
            "    SecretId=of['TENCENTCLOUD_SECRETID'], SecretKey=of['TENCENTCLOUD_SECRETKEY']))\n"
            f"print(cos.get_object(Bucket='{BUCKET}', Key='in/two')['Body'].get_raw_stream().read().decode())\n"
        )
        saved = os.path.join(folder.name, f"{function}.state")
        up = ["up", "--data", data, "--listen", "127.0.0.1:0", "--detach"]
        backlot(*up)
        try:
            backlot("state", "save", saved, "--data", data)
        finally:
            backlot("stop", "--data", data)
        state = os.path.join(folder.name, f"{function}-kept")
        os.makedirs(state)
        os.rename(saved, os.path.join(state, "objects.backlot"))
        printed = backlot("exec", "--import", state, "--", sys.executable, "-c", script)
        equal(printed.strip(), "内容 of two")

    @check(f"{function}: an error of the SDK is the invocation's")
    def _():
        printed = invoke(function, {**event_for("x"), "bucket": f"absent-{APPID}"}, fails=1)
        truthy("NoSuchBucket" in printed, printed)


played("in-python")
played("in-node")


@check("in-python: another host is refused by its name")
def _():
    equal(json.loads(invoke("in-python", event_for("x")))["elsewhere"], [403, True])


@check("without a role there are no credentials")
def _():
    printed = invoke("without-role", event_for("x"), fails=1)
    truthy("TENCENTCLOUD_SECRETID" in printed, printed)


folder.cleanup()
suite.end()
