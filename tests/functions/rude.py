"""Answers its events, or does not, as no well-behaved function would: its first argument says how."""

import os
import signal
import subprocess
import sys
import threading

import runtime_api as api


def out(text):
    print(text, flush=True)


def half_an_answer():
    connection = api._connection
    connection.putrequest("POST", "/runtime/invocation/response")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    connection.send(b"half")


def forks(event):
    """A grandchild that nobody waits for, which ignores what asks it to end."""
    child = os.fork()
    if child == 0:
        grandchild = os.fork()
        if grandchild == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            while True:
                signal.pause()
        open(os.path.join(os.environ["TMPDIR"], "pid"), "w").write(str(grandchild))
        os._exit(0)
    os.waitpid(child, 0)
    api.respond(open(os.path.join(os.environ["TMPDIR"], "pid"), "rb").read())


def forks_and_hangs(event):
    """A child that prints for ever, and no answer."""
    out("parent")
    subprocess.Popen(["sh", "-c", "while :; do echo child; done"])
    signal.pause()


def ignores_signals(event):
    """Everything that can be ignored is; tells its number and hangs at the second event."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    if event == b"hang":
        while True:
            signal.pause()
    api.respond(str(os.getpid()).encode())


def floods(event):
    """Much more than a log holds, on both streams, before its answer."""
    for number in range(40):
        os.write(1, b"x" * 1000 + b"\n")
        os.write(2, b"y" * 200_000)
    os.write(1, b"\n" * 6000)
    api.respond(b"flooded")


def floods_for_ever(event):
    """A thread that goes on printing after the answer."""
    threading.Thread(target=lambda: [os.write(1, b"z" * 100 + b"\n") for _ in iter(int, 1)], daemon=True).start()
    api.respond(b"flooding")


def reads_stdin(event):
    """There is nothing to read, and closing it harms nobody."""
    read = b"" if event == b"again" else os.read(0, 10)
    if event != b"again":
        os.close(0)
    api.respond(b"read %d" % len(read))


def closes_all(event):
    """Standard streams that are closed; the log ends, the function goes on."""
    if event == b"1":
        out("last line")
        for stream in (0, 1, 2):
            os.close(stream)
    api.respond(b"silent")


def prints_bytes(event):
    """Bytes that are no UTF-8, control characters, and a character in two pieces."""
    os.write(1, b"caf\xe9 \xff\xfe\n")
    os.write(1, "中".encode()[:2])
    os.write(1, "中".encode()[2:] + b"\x00\x1b[31m\r\n")
    api.respond(b"caf\xe9")


def dies_in_its_answer(event):
    """Ends when half of what it has announced is sent."""
    half_an_answer()
    os._exit(0)


def hangs_in_its_answer(event):
    """Never sends the rest."""
    half_an_answer()
    signal.pause()


def breaks_off_its_answer(event):
    """Closes the connection in the middle of an answer, and gives another over a new one."""
    half_an_answer()
    api._connection.close()
    api.respond(b"whole")


def answers_twice(event):
    """The second answer to an event comes after its first, by the same connection."""
    api.respond(b"first of " + event)
    status, _, body = api.respond(b"second of " + event)
    out(f"{status} {body.decode()}")


def answers_elsewhere(event):
    """A path with an id, as other platforms have it, does not exist here."""
    status, _, _ = api.ask("POST", "/runtime/invocation/0/response", event)
    out(f"elsewhere: {status}")
    api.respond(b"here")


def answers_under_a_wrong_id(event):
    """The header of another event, or of none."""
    api._connection.request("POST", "/runtime/invocation/response", b"to " + event, {"request_id": "nobody"})
    api._connection.getresponse().read()


def kills_itself(event):
    """By a signal."""
    out("goodbye")
    os.kill(os.getpid(), signal.SIGKILL)


def kills_its_group(event):
    """With all that it has started, as `kill 0` in a script."""
    subprocess.Popen(["sleep", "1000"])
    os.kill(0, signal.SIGTERM)
    signal.pause()


def leaves_its_group(event):
    """A session of its own, and an answer from there."""
    if os.fork():
        signal.pause()
    os.setsid()
    api.respond(str(os.getpid()).encode())
    signal.pause()


act = globals()[sys.argv[1].replace("-", "_")]
api.ready()
while True:
    _, _, event = api.next_event()
    act(event)
