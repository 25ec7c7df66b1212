"""Leaves a daemon in a session of its own, and uses `/tmp`; tells on a pipe of the current folder that it runs."""

import json
import os
import subprocess
import sys

import runtime_api as api

MARK = "/tmp/backlot-test-of-private-tmp"
DAEMON = ["setsid", "sh", "-c", "sleep 3600 & exit 0"]

api.ready()
while True:
    _, _, event = api.next_event()
    event = json.loads(event)
    with open(MARK, "a") as file:
        file.write("x\n")
    with open(MARK) as file:
        lines = len(file.readlines())
    if "pipe" in event:
        # The daemon inherits the pipe: its reader learns when all are gone.
        pipe = os.open(event["pipe"], os.O_WRONLY)
        os.set_inheritable(pipe, True)
        os.write(pipe, b"!")
        quiet = subprocess.DEVNULL
        subprocess.run(DAEMON, stdin=quiet, stdout=quiet, stderr=quiet, close_fds=False)
        os.write(pipe, b"!")
    if "hang" in event:
        sys.stdin.close()
        subprocess.run(["sleep", "3600"])
    api.respond(str(lines).encode())
