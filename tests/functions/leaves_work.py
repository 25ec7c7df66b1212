"""Answers every event at once and leaves behind what the event says, with nothing but the standard library."""

import json
import os
import subprocess
import threading
import time
import urllib.request

import runtime_api as api


def call(url, wait):
    time.sleep(wait)
    with urllib.request.urlopen(url) as answer:
        print("called", answer.status, flush=True)


def count(path):
    while True:
        with open(path, "a") as file:
            file.write("x")
        time.sleep(0.001)


def spin():
    while True:
        pass


api.ready()
while True:
    _, _, event = api.next_event()
    event = json.loads(event)
    answer = b"done"
    if "call" in event:
        arguments = (event["call"], event.get("wait", 0))
        threading.Thread(target=call, args=arguments, daemon=True).start()
    if "child" in event:
        subprocess.Popen(["sleep", "1000"])
    if "sleep" in event:
        threading.Thread(target=time.sleep, args=(event["sleep"],), daemon=True).start()
    if "spin" in event:
        threading.Thread(target=spin, daemon=True).start()
    if "count" in event:
        threading.Thread(target=count, args=(event["count"],), daemon=True).start()
    if "pid" in event:
        answer = str(os.getpid()).encode()
    api.respond(answer)
    if "exit" in event:
        os._exit(5)
