"""restic against backlot: a repository in a bucket, backed up to, checked, restored from and pruned."""

import json
import os
import tempfile

from checks import Suite, account, equal, truthy
from commands import Command
from files import make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(*names):
    return os.path.join(folder.name, *names)


def client(repository, *options):
    return Command(
        "restic",
        "--repo",
        repository,
        "--cache-dir",
        path("cache"),
        *options,
        AWS_ACCESS_KEY_ID=SECRET_ID,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_DEFAULT_REGION=REGION,
        RESTIC_PASSWORD="secret",
    )


CLIENTS = {
    "hosts": client(f"s3:https://cos.{REGION}.myqcloud.com/restic-hosts-{APPID}", "-o", "s3.bucket-lookup=dns"),
    "local": client(f"s3:http://{os.environ['BACKLOT_ADDRESS']}/restic-local-{APPID}", "-o", "s3.bucket-lookup=path"),
}
tree = make(path("tree"))

for style, restic in CLIENTS.items():

    @check(f"{style}: init makes the bucket")
    def _():
        restic("init")

    @check(f"{style}: backup")
    def _():
        restic("backup", "--quiet", tree)

    @check(f"{style}: a changed file is in the second snapshot")
    def _():
        (tree / "added").write_bytes(b"added")
        restic("backup", "--quiet", tree)
        equal(len(json.loads(restic("snapshots", "--json"))), 2)

    @check(f"{style}: check reads all data")
    def _():
        truthy("no errors were found" in restic("check", "--read-data"))

    @check(f"{style}: restore")
    def _():
        restic("restore", "latest", "--target", path(f"back-{style}"))
        same(path(f"back-{style}") + str(tree), tree)

    @check(f"{style}: forget and prune")
    def _():
        restic("forget", "--keep-last", "1", "--prune")
        equal(len(json.loads(restic("snapshots", "--json"))), 1)
        truthy("no errors were found" in restic("check", "--read-data"))


suite.end()
