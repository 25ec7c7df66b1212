"""The runtime API for the functions beside this file, with nothing but the standard library."""

import http.client
import os

_connection = http.client.HTTPConnection(
    os.environ["SCF_RUNTIME_API"], int(os.environ["SCF_RUNTIME_API_PORT"])
)


def ask(method, path, body=None):
    _connection.request(method, path, body)
    answer = _connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def ready():
    return ask("POST", "/runtime/init/ready", b" ")


def next_event():
    return ask("GET", "/runtime/invocation/next")


def respond(body):
    return ask("POST", "/runtime/invocation/response", body)


def fail(body):
    return ask("POST", "/runtime/invocation/error", body)
