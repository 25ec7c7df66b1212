"""Makes the calls that its event lists and answers with what came of each: a status with a body, or an error's name."""

import http.client
import json
import urllib.error
import urllib.request

import runtime_api as api


def call(wanted):
    body = wanted.get("body")
    request = urllib.request.Request(
        wanted["url"],
        data=None if body is None else body.encode(),
        headers=wanted.get("headers", {}),
        method=wanted.get("method", "GET"),
    )
    try:
        with urllib.request.urlopen(request, timeout=wanted.get("timeout", 20)) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode()]
    except urllib.error.URLError as error:
        return [type(error.reason).__name__, str(error.reason)]
    except (OSError, http.client.HTTPException) as error:
        return [type(error).__name__, str(error)]


api.ready()
while True:
    _, _, event = api.next_event()
    api.respond(json.dumps([call(wanted) for wanted in json.loads(event)]).encode())
