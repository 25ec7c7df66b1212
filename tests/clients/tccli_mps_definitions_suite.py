"""tccli drives templates of MPS, as a provisioning script does: create, read, update, delete, and how errors are reported."""

import json
import os
import subprocess
import sys
import tempfile

from checks import Suite, account, equal, truthy, write

TCCLI = os.path.join(os.path.dirname(sys.executable), "tccli")
account()

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


@check("a template of animated pictures from create to delete")
def _():
    made = mps("CreateAnimatedGraphicsTemplate", Fps=4, Width=320, Height=0, Format="webp", Name="loop")["Definition"]
    read = lambda: mps("DescribeAnimatedGraphicsTemplates", Definitions=[made])["AnimatedGraphicsTemplateSet"]
    (template,) = read()
    equal((template["Type"], template["Fps"], template["Width"], template["Quality"]), ("Custom", 4, 320, 75))
    mps("ModifyAnimatedGraphicsTemplate", Definition=made, Fps=8)
    (template,) = read()
    equal((template["Fps"], template["Format"], template["Name"]), (8, "webp", "loop"))
    mps("DeleteAnimatedGraphicsTemplate", Definition=made)
    equal(read(), [])


@check("errors have the documented codes")
def _():
    refused("InvalidParameterValue.Fps", "CreateAnimatedGraphicsTemplate", Fps=31)
    refused("InvalidParameterValue.DeleteDefaultTemplate", "DeleteAnimatedGraphicsTemplate", Definition=20000)
    refused("ResourceNotFound.TemplateNotExist", "DeleteAnimatedGraphicsTemplate", Definition=4711)


suite.end()
