"""The AWS command line against backlot, at the endpoint that COS documents for S3 clients and at the local address."""

import json
import os
import sys
import tempfile

from checks import Suite, account, equal, read, truthy, write
from commands import Command
from files import LARGE, ODD_NAMES, make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()
AWS = os.path.join(os.path.dirname(sys.executable), "aws")

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(*names):
    return os.path.join(folder.name, *names)


def client(name, endpoint, style):
    config = f"[default]\nregion = {REGION}\ns3 =\n  addressing_style = {style}\n  multipart_threshold = 8MB\n"
    write(path(name), config.encode())
    return Command(
        sys.executable,
        AWS,
        "--endpoint-url",
        endpoint,
        AWS_CONFIG_FILE=path(name),
        AWS_ACCESS_KEY_ID=SECRET_ID,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_REQUEST_CHECKSUM_CALCULATION="when_required",
        AWS_PAGER="",
    )


CLIENTS = {
    "hosts": client("hosts.cfg", f"https://cos.{REGION}.myqcloud.com", "virtual"),
    "local": client("local.cfg", f"http://{os.environ['BACKLOT_ADDRESS']}", "path"),
}
tree = make(path("tree"))

for style, aws in CLIENTS.items():
    name = f"aws-{style}-{APPID}"
    bucket = f"s3://{name}"

    @check(f"{style}: makes a bucket, which is listed")
    def _():
        aws("s3", "mb", bucket)
        truthy(name in aws("s3", "ls"), aws("s3", "ls"))

    @check(f"{style}: sync up, in parts where large")
    def _():
        aws("s3", "sync", "--no-progress", tree, f"{bucket}/tree")

    @check(f"{style}: names are listed as they are")
    def _():
        listed = aws("s3", "ls", "--recursive", f"{bucket}/tree/")
        truthy(all(f"tree/{odd}\n" in listed for odd in ODD_NAMES), listed)

    @check(f"{style}: sync down")
    def _():
        aws("s3", "sync", "--no-progress", f"{bucket}/tree", path(f"back-{style}"))
        same(path(f"back-{style}"), tree)

    @check(f"{style}: a second sync sends nothing")
    def _():
        equal(aws("s3", "sync", "--no-progress", tree, f"{bucket}/tree"), "")

    @check(f"{style}: from standard input and to standard output")
    def _():
        aws("s3", "cp", "-", f"{bucket}/typed", typed="typed")
        equal(aws("s3", "cp", f"{bucket}/typed", "-"), "typed")

    @check(f"{style}: copy and move on the server, in parts where large")
    def _():
        aws("s3", "cp", "--no-progress", f"{bucket}/tree/{LARGE}", f"{bucket}/copy of large")
        aws("s3", "mv", "--no-progress", f"{bucket}/copy of large", f"{bucket}/moved")
        aws("s3", "cp", "--no-progress", f"{bucket}/moved", path("moved"))
        equal(read(path("moved")), read(tree / LARGE))

    @check(f"{style}: presigned")
    def _():
        printed = aws("s3", "presign", f"{bucket}/typed").strip()
        equal(Command("curl", "-sS", "-f")(printed), "typed")

    @check(f"{style}: s3api pages through the keys")
    def _():
        words = ["--bucket", name, "--prefix", "tree/", "--page-size", "3", "--query", "Contents[].Key", "--output", "json"]
        listed = json.loads(aws("s3api", "list-objects-v2", *words))
        equal(len(listed), len(ODD_NAMES) + 2)

    @check(f"{style}: what COS has not is refused and changes nothing")
    def _():
        aws("s3api", "put-object-legal-hold", "--bucket", name, "--key", "typed", "--legal-hold", "Status=ON", fails=True)
        aws("s3api", "delete-public-access-block", "--bucket", name, fails=True)
        equal(aws("s3", "cp", f"{bucket}/typed", "-"), "typed")

    @check(f"{style}: removes all, and the bucket")
    def _():
        aws("s3", "rb", "--force", bucket)
        truthy(name not in aws("s3", "ls"))


suite.end()
