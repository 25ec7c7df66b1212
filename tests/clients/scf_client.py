"""SCF by tencentcloud-sdk-python: what the suites that call it have in common."""

import base64
import io
import json
import os
import subprocess
import sys
import zipfile

from tencentcloud.scf.v20180416 import models
from tencentcloud.scf.v20180416.scf_client import ScfClient

from cloud_api import CloudApi

# Where functions find the SDKs that the platform would have installed for them.
PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))

scf = CloudApi(ScfClient, models)
do, refused = scf.do, scf.refused

ECHO = "def main_handler(event, context):\n    print('seen', event)\n    return event\n"


def packed(**files):
    """A zip in base64. `index` is `index.py`, and `bootstrap` is executable."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as out:
        for name, text in files.items():
            info = zipfile.ZipInfo(name if name == "bootstrap" else f"{name}.py")
            info.external_attr = 0o755 << 16
            out.writestr(info, text)
    return base64.b64encode(kept.getvalue()).decode()


def saying(text):
    return f"def main_handler(event, context):\n    return {text!r}\n"


def create(name, code=ECHO, **more):
    variables = {"Variables": [{"Key": "PACKAGES", "Value": PACKAGES}]}
    settings = {"Runtime": "Python3.10", "Handler": "index.main_handler", "Environment": variables, **more}
    return do("CreateFunction", FunctionName=name, Code={"ZipFile": packed(index=code)}, **settings)


def invoke(name, data=None, **more):
    if data is not None:
        more["ClientContext"] = json.dumps(data)
    return do("Invoke", FunctionName=name, **more).Result


def settle():
    """Waits until no event runs, and none is due within half a minute."""
    subprocess.run([os.environ["BACKLOT"], "wait", "--idle", "--horizon", "30", "--timeout", "2m"], check=True, capture_output=True)
