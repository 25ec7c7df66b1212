"""minio-py against backlot: at the endpoint that COS documents, through the proxy; and at the local address."""

import io
import os
import tempfile

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import S3Error

from checks import Suite, account, data, equal, sha, truthy
from files import LARGE, MIB, ODD_NAMES, digests, make, same

SECRET_ID, SECRET_KEY, REGION, APPID = account()

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()
tree = make(os.path.join(folder.name, "tree"))

proxied = urllib3.ProxyManager(os.environ["HTTPS_PROXY"], cert_reqs="CERT_REQUIRED", ca_certs=os.environ["SSL_CERT_FILE"])
keys = {"access_key": SECRET_ID, "secret_key": SECRET_KEY, "region": REGION}
CLIENTS = {
    "hosts": Minio(f"cos.{REGION}.myqcloud.com", http_client=proxied, **keys),
    "local": Minio(os.environ["BACKLOT_ADDRESS"], secure=False, **keys),
}
CLIENTS["hosts"].enable_virtual_style_endpoint()

for style, minio in CLIENTS.items():
    bucket = f"minio-{style}-{APPID}"

    def names(**more):
        return [found.object_name for found in minio.list_objects(bucket, recursive=True, **more)]

    def get(name):
        reply = minio.get_object(bucket, name)
        try:
            return reply.read()
        finally:
            reply.close()
            reply.release_conn()

    @check(f"{style}: makes a bucket, which is listed")
    def _():
        minio.make_bucket(bucket)
        truthy(minio.bucket_exists(bucket))
        truthy(bucket in [found.name for found in minio.list_buckets()])

    @check(f"{style}: a bucket that is not there")
    def _():
        equal(minio.bucket_exists(f"nothing-{APPID}"), False)

    @check(f"{style}: files up, in parts where large")
    def _():
        for name in digests(tree):
            minio.fput_object(bucket, f"tree/{name}", str(tree / name), part_size=5 * MIB)

    @check(f"{style}: names are listed as they are")
    def _():
        equal(sorted(names(prefix="tree/")), sorted(f"tree/{name}" for name in [*ODD_NAMES, "empty", LARGE]))

    @check(f"{style}: listing in pages")
    def _():
        for number in range(23):
            minio.put_object(bucket, f"pages/{number:02}", io.BytesIO(b""), 0)
        equal(len(names(prefix="pages/", start_after="pages/10")), 12)

    @check(f"{style}: files down")
    def _():
        back = os.path.join(folder.name, f"back-{style}")
        for name in digests(tree):
            minio.fget_object(bucket, f"tree/{name}", os.path.join(back, name))
        same(back, tree)

    @check(f"{style}: a stream of unknown length")
    def _():
        body = data(11 * MIB + 1, 4)
        minio.put_object(bucket, "stream", io.BytesIO(body), -1, part_size=5 * MIB)
        equal(sha(get("stream")), sha(body))

    @check(f"{style}: metadata and type")
    def _():
        minio.put_object(bucket, "described", io.BytesIO(b"x"), 1, "text/own", metadata={"color": "blue"})
        found = minio.stat_object(bucket, "described")
        equal((found.content_type, found.metadata.get("x-amz-meta-color")), ("text/own", "blue"))

    @check(f"{style}: copy")
    def _():
        minio.copy_object(bucket, "copied", CopySource(bucket, "described"))
        equal(get("copied"), b"x")

    @check(f"{style}: presigned")
    def _():
        plain = urllib3.PoolManager() if style == "local" else proxied
        url = minio.presigned_get_object(bucket, "copied")
        equal(plain.request("GET", url).data, b"x")
        url = minio.presigned_put_object(bucket, "sent")
        equal(plain.request("PUT", url, body=b"sent").status, 200)
        equal(get("sent"), b"sent")

    @check(f"{style}: an object that is not there")
    def _():
        try:
            get("nothing")
        except S3Error as error:
            equal(error.code, "NoSuchKey")
        else:
            raise AssertionError("an object was found")

    @check(f"{style}: removes all, and the bucket")
    def _():
        # Deleting many at a time wants a Content-MD5, which this client no longer sends: one by one, then.
        for name in names():
            minio.remove_object(bucket, name)
        minio.remove_bucket(bucket)
        equal(minio.bucket_exists(bucket), False)


suite.end()
