"""s3fs against backlot: a bucket that is mounted, where the machine allows it, and worked with as with files."""

import atexit
import os
import shutil
import tempfile

import boto3
from botocore.client import Config

from checks import Suite, account, equal, read, truthy, write
from commands import Command
from files import make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()
BUCKET = f"s3fs-{APPID}"
ENDPOINT = f"https://cos.{REGION}.myqcloud.com"

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()
mounted = os.path.join(folder.name, "mounted")


def path(*names):
    return os.path.join(folder.name, *names)


if not os.path.exists("/dev/fuse"):
    raise SystemExit("error: `/dev/fuse` is missing: s3fs cannot mount a bucket here, and nothing is skipped")

config = Config(s3={"addressing_style": "virtual"})
s3 = boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=SECRET_ID, aws_secret_access_key=SECRET_KEY, config=config)
s3.create_bucket(Bucket=BUCKET)
os.mkdir(mounted)
os.chmod(write(path("passwd"), f"{SECRET_ID}:{SECRET_KEY}".encode()), 0o600)
options = f"url={ENDPOINT},endpoint={REGION},passwd_file={path('passwd')},multipart_size=5,sigv4"
# It goes to the background once the bucket is mounted, and ends when it is unmounted, which happens whatever the checks do.
Command("s3fs")(BUCKET, mounted, "-o", options)
atexit.register(Command("fusermount", "-u", mounted))
tree = make(path("tree"))


@check("mounts the bucket")
def _():
    truthy(os.path.ismount(mounted))


@check("writes and reads a file")
def _():
    write(os.path.join(mounted, "small"), b"small")
    equal(read(os.path.join(mounted, "small")), b"small")
    equal(s3.get_object(Bucket=BUCKET, Key="small")["Body"].read(), b"small")


@check("copies a folder in, in parts where large, and back")
def _():
    shutil.copytree(tree, os.path.join(mounted, "tree"))
    shutil.copytree(os.path.join(mounted, "tree"), path("back"))
    same(path("back"), tree)


@check("appends, renames and truncates")
def _():
    with open(os.path.join(mounted, "small"), "ab") as file:
        file.write(b" and more")
    os.rename(os.path.join(mounted, "small"), os.path.join(mounted, "renamed"))
    with open(os.path.join(mounted, "renamed"), "r+b") as file:
        file.truncate(7)
    equal(s3.get_object(Bucket=BUCKET, Key="renamed")["Body"].read(), b"small a")


@check("modes and times are kept")
def _():
    renamed = os.path.join(mounted, "renamed")
    os.chmod(renamed, 0o640)
    os.utime(renamed, (1_700_000_000, 1_700_000_000))
    found = os.stat(renamed)
    equal((found.st_mode & 0o777, int(found.st_mtime)), (0o640, 1_700_000_000))


@check("removes what it wrote")
def _():
    shutil.rmtree(os.path.join(mounted, "tree"))
    os.remove(os.path.join(mounted, "renamed"))
    truthy("Contents" not in s3.list_objects_v2(Bucket=BUCKET), "the bucket is empty")


suite.end()
