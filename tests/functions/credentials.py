"""Answers with the names of the credentials that it has, and the status of an upload that they sign (0 without them)."""

import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request

import runtime_api as api

NAMES = ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"]


def digest(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()


def headers(path):
    now = int(time.time())
    span = f"{now - 60};{now + 600}"
    request = hashlib.sha1(f"put\n{path}\n\n\n".encode()).hexdigest()
    key = digest(os.environ["TENCENTCLOUD_SECRETKEY"], span)
    signature = digest(key, f"sha1\n{span}\n{request}\n")
    return {
        "Authorization": f"q-sign-algorithm=sha1&q-ak={os.environ['TENCENTCLOUD_SECRETID']}"
        f"&q-sign-time={span}&q-key-time={span}&q-header-list=&q-url-param-list=&q-signature={signature}",
        "x-cos-security-token": os.environ["TENCENTCLOUD_SESSIONTOKEN"],
    }


def upload():
    url = "http://archive-1250000000.cos.ap-guangzhou.myqcloud.com/by-role"
    request = urllib.request.Request(url, data=b"1", method="PUT", headers=headers("/by-role"))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


api.ready()
while True:
    api.next_event()
    found = [name for name in NAMES if name in os.environ]
    status = upload() if len(found) == len(NAMES) else 0
    api.respond(json.dumps({"names": found, "status": status}).encode())
