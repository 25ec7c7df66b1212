"""Misbehaves in the way its first argument names."""

import os
import signal
import subprocess
import sys

import runtime_api as api


def out(text):
    print(text, flush=True)


kind = sys.argv[1]
out(f"{kind} starts")
if kind == "exits-before-ready":
    sys.exit(7)
if kind == "never-ready":
    signal.pause()
api.ready()
if kind == "never-next":
    signal.pause()
while True:
    _, headers, event = api.next_event()
    out(f"{kind} has an event")
    if kind == "slow":
        signal.pause()
    if kind == "slow-once":
        if not os.path.exists(os.path.join(os.environ["TMPDIR"], "seen")):
            open(os.path.join(os.environ["TMPDIR"], "seen"), "w").close()
            api.respond(b"first")
            continue
        signal.pause()
    if kind == "remembers":
        # Says whether its private folder has a file, which it then writes.
        file = os.path.join(os.environ["TMPDIR"], "seen")
        seen = b"kept" if os.path.exists(file) else b"empty"
        open(file, "w").close()
        if event == b'"hang"':
            signal.pause()
        if event == b'"die"':
            os._exit(3)
        if event == b'"fail"':
            api.fail(seen)
        else:
            api.respond(seen)
    if kind == "hoards":
        hoard = b"\1" * (160 * 1024 * 1024)
        api.respond(b"full")
    if kind == "tells-pid":
        api.respond(str(os.getpid()).encode())
    if kind == "tells-child":
        # A child that prints to the same log, and that nobody waits for.
        child = subprocess.Popen(["sleep", "1000"])
        api.respond(str(child.pid).encode())
    if kind == "crash":
        sys.stderr.write("last words")
        sys.stderr.flush()
        os._exit(3)
    if kind == "leaves-child":
        # A child that would answer, if it were not killed with its parent.
        subprocess.Popen(["sleep", "1000"])
        sys.exit(0)
    if kind == "fails":
        api.fail(b'{"msg":"upload refused"}')
    if kind == "floods":
        for number in range(4000):
            print(f"{number:04} " + "x" * 200)
        out("y" * 20000)
        api.respond(b"flooded")
    if kind == "answers-and-exits":
        # Sends its answer and ends without waiting for what the platform says to it.
        api._connection.request("POST", "/runtime/invocation/response", b"gone")
        os._exit(0)
