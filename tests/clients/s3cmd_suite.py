"""s3cmd against backlot: at the endpoint that COS documents, through the proxy; and at the local address."""

import os
import sys
import tempfile
from urllib.parse import urlsplit

from checks import Suite, account, equal, read, truthy, write
from commands import Command
from files import LARGE, ODD_NAMES, make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()
S3CMD = os.path.join(os.path.dirname(sys.executable), "s3cmd")
PROXY = urlsplit(os.environ["HTTPS_PROXY"])
HOST = f"cos.{REGION}.myqcloud.com"
LOCAL = os.environ["BACKLOT_ADDRESS"]

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(*names):
    return os.path.join(folder.name, *names)


def client(name, host, bucket_host, *more):
    settings = {
        "access_key": SECRET_ID,
        "secret_key": SECRET_KEY,
        "host_base": host,
        "host_bucket": bucket_host,
        "multipart_chunk_size_mb": 5,
        "signature_v2": False,
        "bucket_location": REGION,
        "max_retries": 1,
    } | dict(more)
    lines = ["[default]", *(f"{key} = {value}" for key, value in settings.items())]
    write(path(name), ("\n".join(lines) + "\n").encode())
    return Command(sys.executable, S3CMD, "-c", path(name), "--no-progress")


CLIENTS = {
    "hosts": client(
        "hosts.cfg",
        HOST,
        f"%(bucket)s.{HOST}",
        ("use_https", True),
        ("proxy_host", PROXY.hostname),
        ("proxy_port", PROXY.port),
        ("ca_certs_file", os.environ["SSL_CERT_FILE"]),
    ),
    "local": client("local.cfg", LOCAL, LOCAL, ("use_https", False)),
}
tree = make(path("tree"))

for style, s3cmd in CLIENTS.items():
    bucket = f"s3://s3cmd-{style}-{APPID}"

    @check(f"{style}: makes a bucket, which is listed")
    def _():
        s3cmd("mb", bucket)
        truthy(bucket in s3cmd("ls"), s3cmd("ls"))

    @check(f"{style}: put and get")
    def _():
        s3cmd("put", write(path("small"), b"small"), f"{bucket}/small")
        s3cmd("get", "--force", f"{bucket}/small", path("small.back"))
        equal(read(path("small.back")), b"small")

    @check(f"{style}: sync up, in parts where large")
    def _():
        s3cmd("sync", f"{tree}/", f"{bucket}/tree/")

    @check(f"{style}: names are listed as they are")
    def _():
        listed = s3cmd("ls", "-r", f"{bucket}/tree/")
        truthy(all(f"{bucket}/tree/{name}" in listed for name in ODD_NAMES), listed)

    @check(f"{style}: sync down")
    def _():
        os.mkdir(path(f"back-{style}"))
        s3cmd("sync", f"{bucket}/tree/", path(f"back-{style}") + "/")
        same(path(f"back-{style}"), tree)

    @check(f"{style}: a second sync sends nothing")
    def _():
        truthy("upload:" not in s3cmd("sync", "--dry-run", f"{tree}/", f"{bucket}/tree/"))

    @check(f"{style}: info has size and digest")
    def _():
        printed = s3cmd("info", f"{bucket}/tree/{LARGE}")
        truthy(str(os.path.getsize(tree / LARGE)) in printed, printed)

    @check(f"{style}: copy and move on the server")
    def _():
        s3cmd("cp", f"{bucket}/small", f"{bucket}/copy of small")
        s3cmd("mv", f"{bucket}/copy of small", f"{bucket}/moved")
        s3cmd("get", "--force", f"{bucket}/moved", path("moved"))
        equal(read(path("moved")), b"small")

    @check(f"{style}: what COS has not is refused and changes nothing")
    def _():
        s3cmd("setobjectlegalhold", "ON", f"{bucket}/small", fails=True)
        s3cmd("get", "--force", f"{bucket}/small", path("small.back"))
        equal(read(path("small.back")), b"small")

    @check(f"{style}: deletes all, and the bucket")
    def _():
        s3cmd("del", "--recursive", "--force", bucket)
        s3cmd("rb", bucket)
        truthy(bucket not in s3cmd("ls"))


suite.end()
