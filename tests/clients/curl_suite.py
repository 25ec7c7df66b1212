"""curl against backlot: proxy and certificates from the environment, signatures by the Python SDK."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import tempfile
import time

from qcloud_cos import CosConfig, CosS3Client

from checks import Suite, account, data, equal, read, sha, truthy, write

SECRET_ID, SECRET_KEY, REGION, APPID = account()
BUCKET = f"curl-{APPID}"
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
ADDRESS = os.environ["BACKLOT_ADDRESS"]
MIB = 1024 * 1024

cos = CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY))
cos.create_bucket(Bucket=BUCKET)
cos.put_object(Bucket=BUCKET, Key="digits", Body=b"0123456789", ContentType="text/own")

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


class Ended:
    """What became of a request."""

    def __init__(self, ended):
        self.code = ended.returncode
        self.told = ended.stderr
        # What `--write-out` has been asked for.
        self.said = ended.stdout
        blocks = read(path("headers")).decode("latin-1").split("\r\n\r\n") if os.path.exists(path("headers")) else []
        # The answer to CONNECT and interim answers come before.
        self.blocks = [block for block in blocks if block]
        self.raw = self.blocks[-1] if self.blocks else ""
        self.headers = dict(re.findall(r"^([^:\r\n]+): *(.*?)\r?$", self.raw, re.M))
        self.status = int(self.raw.split()[1]) if self.raw else 0
        self.body = read(path("body")) if os.path.exists(path("body")) else b""


def curl(*words, fails=(0,), into="body", env=None):
    """Runs curl. Fails unless it ends with 0, or with one of `fails`."""
    for name in ("headers", "body"):
        if os.path.exists(path(name)):
            os.remove(path(name))
    command = ["curl", "-sS", "--max-time", "60", "-D", path("headers"), "-o", path(into), *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, env=env)
    if ended.returncode not in fails:
        raise AssertionError(f"curl ended with {ended.returncode}: {ended.stderr}")
    return Ended(ended)


def url(key, method="GET", scheme="https", **more):
    """A presigned address."""
    signed = cos.get_presigned_url(Bucket=BUCKET, Key=key, Method=method, Expired=600, **more)
    return signed.replace("https://", f"{scheme}://")


def signed(method, key, host=HOST, **headers):
    """Flags for a signature in the header, which covers `headers` as well."""
    authorization = cos.get_auth(Method=method, Bucket=BUCKET, Key=key, Expired=600, Headers={"Host": host, **headers})
    pairs = {"Authorization": authorization, "Host": host, **headers}
    return [word for name, value in pairs.items() for word in ("-H", f"{name}: {value}")]


def signed_path(host):
    """Flags for a request whose path begins with the bucket."""
    authorization = cos.get_auth(Method="GET", Bucket=BUCKET, Key=f"{BUCKET}/digits", Headers={"Host": host})
    return ["-H", f"Authorization: {authorization}"]


# Ways in


@check("https: by CONNECT, with the certificate of the environment")
def _():
    got = curl("-w", "%{scheme} %{http_connect} %{ssl_verify_result} %{proxy_ssl_verify_result}", url("digits"))
    equal((got.status, got.body, got.said.upper()), (200, b"0123456789", "HTTPS 200 0 0"))


@check("https: refused without that certificate")
def _():
    environment = {name: value for name, value in os.environ.items() if name not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE")}
    # 60: not trusted; 77: this machine has no authorities at all.
    truthy(curl(url("digits"), fails=(60, 77), env=environment).body == b"")


@check("https: ALPN settles on HTTP/1.1, even if HTTP/2 is offered")
def _():
    got = curl("-v", "--http2", "-w", "%{http_version}", url("digits"))
    equal(got.said, "1.1")
    truthy(re.search(r"ALPN[:,] server accepted (to use )?http/1\.1", got.told), got.told)
    truthy(got.raw.startswith("HTTP/1.1 200"), got.raw)


@check("https: TLS 1.2 and 1.3")
def _():
    for version in ("1.2", "1.3"):
        got = curl("-v", f"--tlsv{version}", "--tls-max", version, url("digits"))
        truthy(re.search(f"SSL connection using TLSv?{version}", got.told), got.told)


@check("http: absolute form, through the proxy")
def _():
    got = curl("-v", url("digits", scheme="http"))
    equal((got.status, got.body), (200, b"0123456789"))
    truthy(f"GET http://{HOST}/digits" in got.told, got.told)


@check("http: the proxy by CONNECT")
def _():
    got = curl("--proxytunnel", url("digits", scheme="http"))
    equal((got.status, got.body, len(got.blocks)), (200, b"0123456789", 2))


@check("http: without the proxy, by --connect-to and by the Host header")
def _():
    got = curl("--noproxy", "*", "--connect-to", f"::{ADDRESS}", url("digits", scheme="http"))
    equal(got.body, b"0123456789")
    got = curl(f"http://{ADDRESS}/digits", *signed("GET", "digits"))
    equal(got.body, b"0123456789")


@check("https: without the proxy, straight at the port")
def _():
    got = curl("--noproxy", "*", "--connect-to", f"::{ADDRESS}", url("digits"))
    equal((got.status, got.body), (200, b"0123456789"))


@check("path style on localhost")
def _():
    port = ADDRESS.rsplit(":", 1)[1]
    for name in ("localhost", "127.0.0.1"):
        got = curl(f"http://{name}:{port}/{BUCKET}/digits", *signed_path(f"{name}:{port}"))
        equal((got.status, got.body), (200, b"0123456789"))


@check("one connection for several requests")
def _():
    counted = ["-w", "%{num_connects} "]
    got = curl(*counted, url("digits"), "--next", "-sS", *counted, "-o", path("second"), url("digits"))
    equal((got.said, read(path("second"))), ("1 0 ", b"0123456789"))


@check("a foreign host is refused by its name, with what would help")
def _():
    got = curl("http://example.com/x")
    equal(got.status, 403)
    truthy(b"example.com" in got.body and b"backlot" in got.body, got.body)
    got = curl("https://example.com/x", fails=(56,))
    truthy("403" in got.raw.split("\r\n")[0], got.raw)


# Requests


@check("Range: first, last, middle, none")
def _():
    for asked, status, want in (("0-3", 206, b"0123"), ("-2", 206, b"89"), ("4-", 206, b"456789")):
        got = curl("-r", asked, url("digits"))
        equal((got.status, got.body), (status, want))
    equal(curl("-r", "0-3", url("digits")).headers["Content-Range"], "bytes 0-3/10")
    equal(curl("-r", "10-", url("digits")).status, 416)


@check("a download goes on where it was left")
def _():
    write(path("half"), b"01234")
    curl("-C", "-", url("digits"), into="half")
    equal(read(path("half")), b"0123456789")


@check("HEAD")
def _():
    got = curl("-I", url("digits", "HEAD"))
    equal((got.status, got.headers["Content-Length"], got.headers["Content-Type"]), (200, "10", "text/own"))
    equal(got.headers["ETag"], f'"{hashlib.md5(b"0123456789").hexdigest()}"')
    equal(curl("-I", url("absent", "HEAD")).status, 404)


@check("header names in the spelling of COS")
def _():
    raw = curl(url("digits")).raw
    for name in ("ETag", "Last-Modified", "Content-Length", "Content-Type", "x-cos-request-id", "x-cos-hash-crc64ecma"):
        truthy(f"\r\n{name}: " in raw, f"{name} in {raw}")


@check("conditional: by ETag and by time")
def _():
    first = curl(url("digits")).headers
    for flag, value, status in (
        ("If-None-Match", first["ETag"], 304),
        ("If-None-Match", '"other"', 200),
        ("If-Match", '"other"', 412),
        ("If-Match", first["ETag"], 200),
        ("If-Modified-Since", first["Last-Modified"], 304),
        ("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT", 412),
    ):
        equal((flag, curl("-H", f"{flag}: {value}", url("digits")).status), (flag, status))
    curl("--etag-save", path("etag"), url("digits"))
    equal(curl("--etag-compare", path("etag"), url("digits")).status, 304)


@check("PUT: a file, presigned and signed in the header")
def _():
    equal(curl("-T", write(path("file"), b"put"), url("put", "PUT")).status, 200)
    equal(curl(url("put")).body, b"put")
    mine = signed("PUT", "put2", **{"x-cos-meta-a": "b"})
    equal(curl("-T", path("file"), f"https://{HOST}/put2", *mine).status, 200)
    equal(curl("-I", url("put2", "HEAD")).headers["x-cos-meta-a"], "b")


@check("PUT: Expect 100-continue with a large body, which waits for the interim answer")
def _():
    body = data(64 * MIB, 3)
    got = curl("-v", "--expect100-timeout", "50", "-H", "Expect: 100-continue", "-T", write(path("large"), body), url("large", "PUT"))
    equal(got.status, 200)
    truthy("HTTP/1.1 100 Continue" in got.told, got.told[-2000:])
    equal(sha(curl(url("large")).body), sha(body))


@check("PUT: Expect 100-continue of what is refused sends no body")
def _():
    wrong = url("large", "PUT").replace("q-signature=", "q-signature=0")
    got = curl("-v", "--expect100-timeout", "50", "-H", "Expect: 100-continue", "-T", path("large"), wrong)
    equal(got.status, 403)
    truthy("100 Continue" not in got.told and b"SignatureDoesNotMatch" in got.body, got.told[-2000:])


@check("PUT: chunked, of a length that is not known before")
def _():
    body = data(3 * MIB + 1, 4)
    write(path("chunked"), body)
    got = curl("-v", "-H", "Transfer-Encoding: chunked", "-T", path("chunked"), url("chunked", "PUT"))
    equal(got.status, 200)
    truthy("Transfer-Encoding: chunked" in got.told and "Content-Length" not in got.told.split("PUT ")[1].split("< ")[0])
    equal(sha(curl(url("chunked")).body), sha(body))


@check("PUT: Content-MD5 is held against the body")
def _():
    for of, status in ((b"put", 200), (b"other", 400)):
        digest = base64.b64encode(hashlib.md5(of).digest()).decode()
        equal(curl("-T", path("file"), "-H", f"Content-MD5: {digest}", url("md5", "PUT")).status, status)


@check("POST: a signed form")
def _():
    now = int(time.time())
    key_time = f"{now - 60};{now + 600}"
    conditions = [{"bucket": BUCKET}, {"key": "form"}, {"q-sign-algorithm": "sha1"}, {"q-ak": SECRET_ID}]
    conditions.append({"q-sign-time": key_time})
    later = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now + 600))
    policy = json.dumps({"expiration": later, "conditions": conditions}).encode()
    sign_key = hmac.new(SECRET_KEY.encode(), key_time.encode(), "sha1").hexdigest()
    signature = hmac.new(sign_key.encode(), hashlib.sha1(policy).hexdigest().encode(), "sha1").hexdigest()
    fields = {
        "key": "form",
        "policy": base64.b64encode(policy).decode(),
        "q-sign-algorithm": "sha1",
        "q-ak": SECRET_ID,
        "q-key-time": key_time,
        "q-signature": signature,
    }
    form = [word for name, value in fields.items() for word in ("--form-string", f"{name}={value}")]
    equal(curl(*form, "-F", f"file=@{path('file')}", f"https://{HOST}/").status, 204)
    equal(curl(url("form")).body, b"put")


@check("DELETE, and then it is gone")
def _():
    equal(curl("-X", "DELETE", url("put", "DELETE")).status, 204)
    got = curl(url("put"))
    equal(got.status, 404)
    truthy(b"<Code>NoSuchKey</Code>" in got.body, got.body)


@check("presigned: altered, and run out")
def _():
    altered = curl(url("digits").replace("/digits", "/put2"))
    equal(altered.status, 403)
    truthy(b"<Code>SignatureDoesNotMatch</Code>" in altered.body, altered.body)
    past = cos.get_presigned_url(Bucket=BUCKET, Key="digits", Method="GET", Expired=-100)
    got = curl(past)
    equal(got.status, 403)
    truthy(b"expired" in got.body.lower(), got.body)


@check("unsigned requests are refused, and --fail says so")
def _():
    equal(curl(f"https://{HOST}/digits").status, 403)
    curl("--fail", f"https://{HOST}/digits", fails=(22,))


@check("keys with spaces, plus, percent and chinese letters")
def _():
    for key in ("a b+c%20d?e&f=g", "目录/文件"):
        equal(curl("-T", path("file"), url(key, "PUT")).status, 200)
        equal(curl(url(key)).body, b"put")
    names = [item["Key"] for item in cos.list_objects(Bucket=BUCKET)["Contents"]]
    truthy("a b+c%20d?e&f=g" in names and "目录/文件" in names, names)


folder.cleanup()
suite.end()
