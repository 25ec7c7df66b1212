"""OpenDAL against backlot: its services `cos`, with the keys and hosts of COS, and `s3`, at the local address."""

import os
import tempfile

import boto3
import opendal
from botocore.client import Config

from checks import Suite, account, data, equal, sha, truthy
from files import LARGE, MIB, ODD_NAMES, digests, make

SECRET_ID, SECRET_KEY, REGION, APPID = account()

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()
tree = make(os.path.join(folder.name, "tree"))

# Its Python package trusts the authorities that are built into it and no others, so the hosts of COS are asked over http.
OPERATORS = {
    "cos": opendal.Operator(
        "cos",
        bucket=f"opendal-cos-{APPID}",
        endpoint=f"http://cos.{REGION}.myqcloud.com",
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
    ),
    "s3": opendal.Operator(
        "s3",
        bucket=f"opendal-s3-{APPID}",
        endpoint=f"http://{os.environ['BACKLOT_ADDRESS']}",
        region=REGION,
        access_key_id=SECRET_ID,
        secret_access_key=SECRET_KEY,
    ),
}


def make_bucket(name):
    """OpenDAL works within a bucket that is there."""
    config = Config(s3={"addressing_style": "virtual"})
    endpoint = f"https://cos.{REGION}.myqcloud.com"
    keys = {"aws_access_key_id": SECRET_ID, "aws_secret_access_key": SECRET_KEY}
    boto3.client("s3", endpoint_url=endpoint, region_name=REGION, config=config, **keys).create_bucket(Bucket=name)


for service, operator in OPERATORS.items():
    make_bucket(f"opendal-{service}-{APPID}")

    @check(f"{service}: check")
    def _():
        operator.check()

    @check(f"{service}: writes and reads, odd names and a large file")
    def _():
        for name in digests(tree):
            operator.write(f"tree/{name}", (tree / name).read_bytes())
        for name, digest in digests(tree).items():
            equal((name, sha(operator.read(f"tree/{name}"))), (name, digest))

    @check(f"{service}: writes in parts")
    def _():
        body = data(11 * MIB + 1, 6)
        with operator.open("parts", "wb", chunk=5 * MIB) as file:
            for start in range(0, len(body), MIB):
                file.write(body[start : start + MIB])
        equal(sha(operator.read("parts")), sha(body))

    @check(f"{service}: lists")
    def _():
        found = {entry.path for entry in operator.scan("tree/") if not entry.path.endswith("/")}
        equal(sorted(found), sorted(f"tree/{name}" for name in [*ODD_NAMES, "empty", LARGE]))
        truthy("tree/deep/" in {entry.path for entry in operator.list("tree/")})

    @check(f"{service}: stat")
    def _():
        equal(operator.stat(f"tree/{LARGE}").content_length, os.path.getsize(tree / LARGE))

    @check(f"{service}: seeks within an object")
    def _():
        operator.write("letters", b"abcdefgh")
        with operator.open("letters", "rb") as file:
            file.seek(2)
            equal(bytes(file.read(3)), b"cde")

    @check(f"{service}: copies")
    def _():
        operator.copy("letters", "copied")
        equal(bytes(operator.read("copied")), b"abcdefgh")

    @check(f"{service}: an object that is not there")
    def _():
        try:
            operator.read("nothing")
        except opendal.exceptions.NotFound:
            return
        raise AssertionError("an object was found")

    @check(f"{service}: removes all")
    def _():
        operator.remove_all("/")
        equal([entry.path for entry in operator.scan("/") if entry.path != "/"], [])


suite.end()
