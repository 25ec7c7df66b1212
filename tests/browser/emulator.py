"""An emulator with known keys, and a program's view of it."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.parse

BUCKET = "archive-1250000000"

FUNCTION = """#!/usr/bin/env python3
import http.client, os, pathlib
port = int(os.environ["SCF_RUNTIME_API_PORT"])
def ask(method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body)
    return connection.getresponse().read()
ask("POST", "/runtime/init/ready")
here = pathlib.Path(os.environ["HERE"])
while True:
    event = ask("GET", "/runtime/invocation/next")
    # The test reads the port, attacks, and then lets the function answer. Both files are pipes.
    here.joinpath("port").write_text(str(port))
    here.joinpath("go").read_text()
    ask("POST", "/runtime/invocation/response", b'"honest"')
"""


class Emulator:
    def __init__(self, backlot, folder):
        self.backlot, self.folder = backlot, pathlib.Path(folder)

    def __enter__(self):
        function = self.folder / "function"
        function.write_text(FUNCTION)
        function.chmod(0o755)
        for name in ("port", "go"):
            os.mkfifo(self.folder / name)
        function = {
            "command": ["./function"],
            "timeout": "60s",
            "environment": {"HERE": str(self.folder)},
            "cos-triggers": [{"bucket": "media-in-1250000000", "prefix": "start"}],
        }
        settings = {"functions": {"archive": function}, "buckets": [BUCKET, "media-in-1250000000"]}
        (self.folder / "backlot.yaml").write_text(json.dumps(settings))
        flags = ["-q", "--listen", "127.0.0.1:0", "--seed", "1", "--store", "memory"]
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        self.process = subprocess.Popen(
            [self.backlot, "up", *flags], cwd=self.folder, env=kept, stdout=subprocess.PIPE, text=True
        )
        ready = self.process.stdout.readline().strip()
        assert ready.startswith("backlot is ready at http://"), ready
        self.host, port = ready.removeprefix("backlot is ready at http://").split(":")
        self.port = int(port)
        listed = subprocess.run(
            [self.backlot, "env", "--listen", f"{self.host}:{self.port}"], env=kept, stdout=subprocess.PIPE, text=True, check=True
        )
        lines = (line.removeprefix("export ").split("=", 1) for line in listed.stdout.splitlines())
        variables = {name: value.strip("'") for name, value in lines}
        self.id, self.key = variables["TENCENTCLOUD_SECRETID"], variables["TENCENTCLOUD_SECRETKEY"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def at(self, path, name="127.0.0.1"):
        return f"http://{name}:{self.port}{path}"

    def ask(self, method, path, body=b"", headers=None):
        """A request of a program: status and body."""
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def signed(self, method, path, body=b"", headers=None):
        """A request that the owner signs: status and body."""
        return self.ask(method, path, body, {"Authorization": self.signature(method, path), **(headers or {})})

    def signature(self, method, path):
        path, _, query = path.partition("?")
        names = sorted(part.split("=")[0].lower() for part in query.split("&") if part)
        pairs = "&".join(f"{name}=" for name in names)
        start = int(time.time()) - 60
        period = f"{start};{start + 3600}"
        text = f"{method.lower()}\n{urllib.parse.unquote(path)}\n{pairs}\n\n"
        to_sign = f"sha1\n{period}\n{hashlib.sha1(text.encode()).hexdigest()}\n"
        signature = _sha1(_sha1(self.key, period), to_sign)
        return (
            f"q-sign-algorithm=sha1&q-ak={self.id}&q-sign-time={period}&q-key-time={period}"
            f"&q-header-list=&q-url-param-list={';'.join(names)}&q-signature={signature}"
        )

    def signed_address(self, method, path):
        """An address that works without headers."""
        parts = (part.split("=", 1) for part in self.signature(method, path).split("&"))
        return self.at(path) + "?" + "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in parts)

    def form(self, fields):
        """The fields of a form upload that the owner signs."""
        start = int(time.time()) - 60
        period = f"{start};{start + 3600}"
        signing = {"q-sign-algorithm": "sha1", "q-ak": self.id}
        covered = fields | signing | {"q-sign-time": period, "bucket": BUCKET}
        conditions = [{name: value} for name, value in covered.items()]
        policy = json.dumps({"expiration": "2099-01-01T00:00:00Z", "conditions": conditions}).encode()
        return fields | signing | {
            "policy": base64.b64encode(policy).decode(),
            "q-key-time": period,
            "q-signature": _sha1(_sha1(self.key, period), hashlib.sha1(policy).hexdigest()),
        }

    def call(self, action, version, **parameters):
        """The address of a signed call of the Cloud API."""
        given = parameters | {
            "Action": action,
            "Version": version,
            "SecretId": self.id,
            "Timestamp": str(int(time.time())),
            "Nonce": "1",
            "SignatureMethod": "HmacSHA256",
        }
        sorted_pairs = "&".join(f"{name}={given[name]}" for name in sorted(given))
        text = f"GET{self.host}:{self.port}/?{sorted_pairs}"
        signature = base64.b64encode(hmac.new(self.key.encode(), text.encode(), hashlib.sha256).digest()).decode()
        return self.at("/?" + urllib.parse.urlencode(given | {"Signature": signature}))

    def put_page(self, key, html, content_type="text/html"):
        """Uploads an object that everyone may read, as a program does, and returns its path."""
        path = f"/{BUCKET}/{key}"
        status, said = self.signed("PUT", path, html.encode(), {"Content-Type": content_type, "x-cos-acl": "public-read"})
        assert status == 200, said
        return path

    def working_function(self):
        """Starts the function and returns the port of its runtime API. It works until `finish`."""
        status, said = self.signed("PUT", "/media-in-1250000000/start", b"")
        assert status == 200, said
        return int((self.folder / "port").read_text())

    def finish(self):
        """Lets the function answer, and returns the record of its attempt."""
        (self.folder / "go").write_text("")
        return next(record for record in self.follow() if record["what"] == "attempt-finished")

    def follow(self):
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.request("GET", "/_backlot/journal?follow=true")
        yield from map(json.loads, connection.getresponse())

    def keys(self):
        status, said = self.signed("GET", f"/{BUCKET}/")
        assert status == 200, said
        return [part.split("</Key>")[0] for part in said.decode().split("<Key>")[1:]]

    def journal(self, what):
        status, said = self.ask("GET", "/_backlot/journal")
        assert status == 200, said
        return [record for record in map(json.loads, said.splitlines()) if record["what"] == what]


def _sha1(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()
