"""A headless Chromium with a profile of its own for each page that is opened."""

import os
import subprocess
import tempfile

# Seconds of the page's own time after which its timers and requests count as done.
BUDGET = 8

# A page that takes longer hangs.
WATCHDOG = 120


class Browser:
    def __init__(self, program):
        self.program = program

    def open(self, address):
        """Opens an address as if a person had typed it, waits until the page is quiet, and returns its text as HTML."""
        with tempfile.TemporaryDirectory() as profile:
            command = [
                self.program,
                "--headless=new",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--no-default-browser-check",
                # Pages of these names are on this machine; the proxy of the environment is not asked.
                "--host-resolver-rules=MAP *.test 127.0.0.1",
                "--no-proxy-server",
                f"--user-data-dir={profile}",
                f"--virtual-time-budget={BUDGET * 1000}",
                "--dump-dom",
                address,
            ]
            if os.geteuid() == 0:
                command.insert(1, "--no-sandbox")
            ended = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG)
            assert ended.returncode == 0, f"the browser ended with {ended.returncode}: {ended.stderr[-2000:]}"
            return ended.stdout
