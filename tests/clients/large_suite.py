"""One large object through `backlot up`, in parts and back in ranges, within a bound of memory, on both stores.

BACKLOT_LARGE_MIB is its size, BACKLOT is the program. Each store gets a folder of its own, which is gone afterwards.
"""

import atexit
import hashlib
import os
import re
import subprocess
import tempfile
import threading

from qcloud_cos import CosConfig, CosS3Client

from checks import Suite, equal, truthy

BACKLOT = os.environ["BACKLOT"]
MIB = 1024 * 1024
SIZE = int(os.environ.get("BACKLOT_LARGE_MIB", "256")) * MIB
PART = 16 * MIB
# What the server may hold at any time, however large the object is.
BOUND = 64 * MIB

suite = Suite()
check = suite.check


# Every MiB of the source has another beginning, and the rest of it is the same.
FILLING = hashlib.sha256(b"filling").digest() * (MIB // 32)


def slice_of(start, end):
    """The bytes of the source from `start` until `end`."""
    blocks = []
    for number in range(start // MIB, -(-end // MIB)):
        block = number.to_bytes(8, "big") + FILLING[8:]
        blocks.append(block[max(0, start - number * MIB) : max(0, end - number * MIB)])
    return b"".join(blocks)


class Up:
    """`backlot up` with a store in a folder of its own."""

    def __init__(self, store):
        self.folder = tempfile.TemporaryDirectory()
        data = os.path.join(self.folder.name, "data")
        where = ["--data", data]
        command = [BACKLOT, "up", *where, "--store", store, "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=self.folder.name)
        # Whatever happens here, it does not stay.
        atexit.register(self.process.kill)
        truthy("ready" in self.process.stdout.readline(), "the line that says so")
        printed = subprocess.run([BACKLOT, "env", *where], capture_output=True, text=True, check=True).stdout
        os.environ.update(re.findall(r"^export (\w+)='(.*)'$", printed, re.M))
        region = os.environ["TENCENTCLOUD_REGION"]
        keys = {"SecretId": os.environ["TENCENTCLOUD_SECRETID"], "SecretKey": os.environ["TENCENTCLOUD_SECRETKEY"]}
        self.bucket = f"large-{os.environ['TENCENTCLOUD_APPID']}"
        self.cos = CosS3Client(CosConfig(Region=region, Timeout=120, **keys))
        self.cos.create_bucket(Bucket=self.bucket)

    def peak(self):
        """The most that the process has held so far, in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024

    def end(self):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.folder.cleanup()
        return code


def in_parts(up, key, size, send):
    """Makes an object out of parts, three at a time. `send` takes what names a part and its first byte and end."""
    upload_id = up.cos.create_multipart_upload(Bucket=up.bucket, Key=key)["UploadId"]
    turns = iter(range(1, -(-SIZE // size) + 1))
    parts, errors, lock = [], [], threading.Lock()

    def work():
        while not errors:
            with lock:
                number = next(turns, None)
            if number is None:
                return
            part = {"Bucket": up.bucket, "Key": key, "UploadId": upload_id, "PartNumber": number}
            try:
                answer = send(part, (number - 1) * size, min(SIZE, number * size))
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            except Exception as error:  # told below, by the check
                errors.append(error)

    together(work)
    if errors:
        raise errors[0]
    parts.sort(key=lambda part: part["PartNumber"])
    return up.cos.complete_multipart_upload(
        Bucket=up.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Part": parts}
    )


def together(work):
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def digest(chunks):
    counted = hashlib.sha256()
    for chunk in chunks:
        counted.update(chunk)
    return counted.hexdigest()


def compare(up, key, start, end):
    """Fails unless the object has the bytes of the source in this range; read as a stream."""
    asked = {"Range": f"bytes={start}-{end - 1}"} if (start, end) != (0, SIZE) else {}
    answer = up.cos.get_object(Bucket=up.bucket, Key=key, **asked)
    equal(answer["Content-Length"], str(end - start))
    got = digest(answer["Body"].get_stream(MIB))
    equal(got, digest(slice_of(at, min(end, at + MIB)) for at in range(start, end, MIB)))


def on(store):
    up = Up(store)
    shown = f"{store}, {SIZE // MIB} MiB"

    def bounded(name):
        """A check that ends with the bound of memory."""

        def run(function):
            @check(f"{shown}: {name}")
            def _():
                function()
                truthy(up.peak() <= BOUND, f"a peak of {up.peak() // 1024} kB, at most {BOUND // 1024}")

        return run

    @bounded("upload in parts, three at a time")
    def _():
        answer = in_parts(
            up, "large", PART, lambda part, start, end: up.cos.upload_part(**part, Body=slice_of(start, end))
        )
        truthy(answer["ETag"].rstrip('"').endswith(f"-{-(-SIZE // PART)}"), answer["ETag"])
        equal(up.cos.head_object(Bucket=up.bucket, Key="large")["Content-Length"], str(SIZE))

    @bounded("download as one stream")
    def _():
        compare(up, "large", 0, SIZE)

    @bounded("download in ranges that cross parts")
    def _():
        for start in (0, PART - 3, SIZE // 2 - 1, SIZE - 2 * MIB):
            compare(up, "large", start, min(SIZE, start + PART + 5))

    @bounded("copy in parts of 64 MiB, three at a time")
    def _():
        source = {"Bucket": up.bucket, "Key": "large", "Region": os.environ["TENCENTCLOUD_REGION"]}

        def send(part, start, end):
            return up.cos.upload_part_copy(**part, CopySource=source, CopySourceRange=f"bytes={start}-{end - 1}")

        in_parts(up, "copied", 64 * MIB, send)
        compare(up, "copied", SIZE // 2 - 1, SIZE // 2 + PART)
        up.cos.delete_object(Bucket=up.bucket, Key="copied")

    @bounded("a tenth of it in one request, and back")
    def _():
        up.cos.put_object(Bucket=up.bucket, Key="whole", Body=slice_of(0, SIZE // 10))
        compare(up, "whole", 0, SIZE // 10)

    peak = up.peak()

    @check(f"{shown}: it ends by itself")
    def _():
        equal(up.end(), 0)

    print(f"   {shown}: VmHWM {peak // 1024} kB", flush=True)


for store in ("fs", "sqlite"):
    on(store)
suite.end()
