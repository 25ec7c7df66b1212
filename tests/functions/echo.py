"""Answers every event with itself, and says on both streams what it does."""

import sys

import runtime_api as api

print("initialized", flush=True)
api.ready()
count = 0
while True:
    _, _, event = api.next_event()
    count += 1
    print(f"out {count}", flush=True)
    print(f"err {count}", file=sys.stderr, flush=True)
    sys.stdout.write("no end")
    sys.stdout.flush()
    api.respond(event)
    print("between", flush=True)
