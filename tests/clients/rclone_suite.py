"""rclone against backlot, as its documentation sets up Tencent COS: provider `TencentCOS`, both styles of addresses."""

import os
import tempfile

from checks import Suite, account, equal, read, truthy, write
from commands import Command
from files import ODD_NAMES, make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(*names):
    return os.path.join(folder.name, *names)


def remote(name, provider, endpoint, path_style):
    lines = [
        f"[{name}]",
        "type = s3",
        f"provider = {provider}",
        f"access_key_id = {SECRET_ID}",
        f"secret_access_key = {SECRET_KEY}",
        f"endpoint = {endpoint}",
        "acl = private",
        f"force_path_style = {'true' if path_style else 'false'}",
    ]
    return "\n".join(lines) + "\n"


HOST = f"cos.{REGION}.myqcloud.com"
LOCAL = f"http://{os.environ['BACKLOT_ADDRESS']}"
write(
    path("rclone.conf"),
    (
        remote("cos", "TencentCOS", HOST, path_style=False)
        + remote("local", "Other", LOCAL, path_style=True)
    ).encode(),
)
rclone = Command("rclone", "--config", path("rclone.conf"), "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi", "--retries", "1")
tree = make(path("tree"))

for style in ("cos", "local"):
    bucket = f"{style}:rclone-{style}-{APPID}"

    @check(f"{style}: makes a bucket, which is listed")
    def _():
        rclone("mkdir", bucket)
        truthy(f"rclone-{style}-{APPID}" in rclone("lsd", f"{style}:"), rclone("lsd", f"{style}:"))

    @check(f"{style}: sync up, odd names and a large file in parts")
    def _():
        rclone("sync", tree, f"{bucket}/tree")

    @check(f"{style}: check finds no difference")
    def _():
        printed = rclone("check", "--download", tree, f"{bucket}/tree")
        truthy("0 differences found" in printed, printed)

    @check(f"{style}: a second sync sends nothing")
    def _():
        printed = rclone("sync", "-v", "--dry-run", tree, f"{bucket}/tree")
        truthy("Skipped" not in printed, printed)

    @check(f"{style}: names are listed as they are")
    def _():
        listed = rclone("lsf", "-R", "--files-only", f"{bucket}/tree").splitlines()
        truthy(all(name in listed for name in ODD_NAMES), listed)

    @check(f"{style}: sync down")
    def _():
        rclone("sync", f"{bucket}/tree", path(f"back-{style}"))
        same(path(f"back-{style}"), tree)

    @check(f"{style}: sync deletes what is gone")
    def _():
        rclone("delete", f"{bucket}/tree/deep")
        rclone("sync", f"{bucket}/tree", path(f"back-{style}"))
        truthy(not os.path.exists(path(f"back-{style}", "deep", "er", "and", "deeper.txt")))

    @check(f"{style}: copies and moves on the server")
    def _():
        rclone("copyto", f"{bucket}/tree/plain.txt", f"{bucket}/copied")
        rclone("moveto", f"{bucket}/copied", f"{bucket}/moved to")
        rclone("copyto", f"{bucket}/moved to", path("moved"))
        equal(read(path("moved")), read(tree / "plain.txt"))

    @check(f"{style}: cat of a range")
    def _():
        rclone("copyto", write(path("letters"), b"abcdefgh"), f"{bucket}/letters")
        equal(rclone("cat", "--offset", "2", "--count", "3", f"{bucket}/letters"), "cde")

    @check(f"{style}: rcat, of unknown length")
    def _():
        rclone("rcat", f"{bucket}/rcat", typed="typed")
        equal(rclone("cat", f"{bucket}/rcat"), "typed")

    @check(f"{style}: size")
    def _():
        truthy("Total objects:" in rclone("size", bucket))

    @check(f"{style}: purge removes the bucket")
    def _():
        rclone("purge", bucket)
        truthy(f"rclone-{style}" not in rclone("lsd", f"{style}:"))


suite.end()
