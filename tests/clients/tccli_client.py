"""tccli as a user calls it, with credentials and region from the environment."""

import json
import os
import subprocess
import sys
import tempfile

from checks import truthy, write

TCCLI = os.path.join(os.path.dirname(sys.executable), "tccli")


class Tccli:
    """The commands of one service. They write into a home folder of their own, which has no profiles."""

    def __init__(self, service):
        self.service = service
        self.home = tempfile.TemporaryDirectory()

    def do(self, action, fails=False, **parameters):
        """Runs one action, whose parameters are in a file as they would be in JSON, and answers what it prints."""
        asked = os.path.join(self.home.name, "asked.json")
        write(asked, json.dumps(parameters).encode())
        words = [TCCLI, self.service, action, "--cli-input-json", f"file://{asked}"]
        environment = {**os.environ, "HOME": self.home.name}
        ended = subprocess.run(
            words, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, env=environment
        )
        if (ended.returncode != 0) != fails:
            raise AssertionError(f"{action} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"[-600:])
        return ended.stderr + ended.stdout if fails else json.loads(ended.stdout)

    def refused(self, code, action, **parameters):
        """Fails unless the action is refused with this code and names the request."""
        printed = self.do(action, fails=True, **parameters)
        truthy(f"code:{code} " in printed and "requestId:" in printed, printed)
