"""cos-python-sdk-v5 against backlot: default https endpoints, credentials from the environment, nothing else."""

import base64
import hashlib
import hmac
import json
import logging
import os
import tempfile
import time

import requests
from qcloud_cos import CosConfig, CosS3Client
from qcloud_cos.cos_exception import CosClientError, CosServiceError

from checks import Suite, account, data, equal, raises, read, sha, truthy, write

logging.disable(logging.CRITICAL)
SECRET_ID, SECRET_KEY, REGION, APPID = account()
BUCKET = f"python-{APPID}"
MIB = 1024 * 1024


def client_of(secret_id=SECRET_ID, secret_key=SECRET_KEY, **more):
    return CosS3Client(CosConfig(Region=REGION, SecretId=secret_id, SecretKey=secret_key, **more))


cos = client_of()
suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def put(key, body=b"x", bucket=BUCKET, **more):
    return cos.put_object(Bucket=bucket, Key=key, Body=body, **more)


def get(key, bucket=BUCKET, **more):
    return cos.get_object(Bucket=bucket, Key=key, **more)["Body"].get_raw_stream().read()


def new_bucket(name):
    name = f"{name}-{APPID}"
    cos.create_bucket(Bucket=name)
    return name


def keys(answer, of="Contents", field="Key"):
    return [item[field] for item in answer.get(of, [])]


# Buckets


@check("bucket: create, exists, head")
def _():
    equal(cos.bucket_exists(Bucket=BUCKET), False)
    cos.create_bucket(Bucket=BUCKET)
    equal(cos.bucket_exists(Bucket=BUCKET), True)
    equal(cos.head_bucket(Bucket=BUCKET)["x-cos-bucket-region"], REGION)


@check("bucket: a second create is refused as one's own")
def _():
    with raises(CosServiceError, status_code=409, error_code="BucketAlreadyOwnedByYou"):
        cos.create_bucket(Bucket=BUCKET)


@check("bucket: list_buckets names it with its region")
def _():
    found = {item["Name"]: item for item in cos.list_buckets()["Buckets"]["Bucket"]}
    equal(found[BUCKET]["Location"], REGION)


@check("bucket: location")
def _():
    truthy(cos.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] in (REGION, f"cos.{REGION}"))


@check("bucket: delete; a full one is refused, an absent one is not found")
def _():
    name = new_bucket("python-gone")
    put("a", bucket=name)
    with raises(CosServiceError, status_code=409, error_code="BucketNotEmpty"):
        cos.delete_bucket(Bucket=name)
    cos.delete_object(Bucket=name, Key="a")
    cos.delete_bucket(Bucket=name)
    with raises(CosServiceError, status_code=404, error_code="NoSuchBucket"):
        cos.list_objects(Bucket=name)


# Objects


@check("object: put and get give the same bytes")
def _():
    body = data(300_000)
    answer = put("plain", body)
    equal(answer["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
    equal(sha(get("plain")), sha(body))


@check("object: empty")
def _():
    put("empty", b"")
    equal(get("empty"), b"")
    equal(cos.head_object(Bucket=BUCKET, Key="empty")["Content-Length"], "0")


@check("object: text, chinese key, space, plus, percent, question mark")
def _():
    for key in ["目录/文件 一.txt", "a b+c%20d?e&f=g.txt", "~tilde'(1)!*.txt", "emoji-😀"]:
        put(key, key.encode())
        equal(get(key), key.encode())
        cos.head_object(Bucket=BUCKET, Key=key)


@check("object: put with EnableMD5, and a wrong Content-MD5 is refused")
def _():
    put("md5", b"abc", EnableMD5=True)
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with raises(CosServiceError, status_code=400, error_code="BadDigest"):
        put("md5", b"abc", ContentMD5=wrong)


@check("object: put from a file and get into one")
def _():
    body = data(700_000, 2)
    with open(write(path("from"), body), "rb") as file:
        cos.put_object(Bucket=BUCKET, Key="file", Body=file)
    cos.get_object(Bucket=BUCKET, Key="file")["Body"].get_stream_to_file(path("to"))
    equal(sha(read(path("to"))), sha(body))
    cos.put_object_from_local_file(Bucket=BUCKET, LocalFilePath=path("from"), Key="file2")
    equal(sha(get("file2")), sha(body))


@check("object: headers and metadata come back")
def _():
    put(
        "headers",
        CacheControl="max-age=60",
        ContentType="text/plain",
        ContentDisposition='attachment; filename="a"',
        ContentEncoding="identity",
        ContentLanguage="zh-CN",
        Expires="Thu, 01 Dec 2044 16:00:00 GMT",
        Metadata={"x-cos-meta-one": "1", "x-cos-meta-two-words": "b c"},
    )
    head = cos.head_object(Bucket=BUCKET, Key="headers")
    equal(head["Cache-Control"], "max-age=60")
    equal(head["Content-Type"], "text/plain")
    equal(head["Content-Disposition"], 'attachment; filename="a"')
    equal(head["Content-Encoding"], "identity")
    equal(head["Content-Language"], "zh-CN")
    equal(head["Expires"], "Thu, 01 Dec 2044 16:00:00 GMT")
    equal((head["x-cos-meta-one"], head["x-cos-meta-two-words"]), ("1", "b c"))


@check("object: storage class, and its change")
def _():
    put("class", StorageClass="STANDARD_IA")
    equal(cos.head_object(Bucket=BUCKET, Key="class")["x-cos-storage-class"], "STANDARD_IA")
    cos.change_object_storage_class(Bucket=BUCKET, Key="class", StorageClass="STANDARD")
    equal(cos.head_object(Bucket=BUCKET, Key="class").get("x-cos-storage-class", "STANDARD"), "STANDARD")


@check("object: update_object_meta")
def _():
    put("meta", b"kept", Metadata={"x-cos-meta-old": "1"})
    cos.update_object_meta(Bucket=BUCKET, Key="meta", Metadata={"x-cos-meta-new": "2"}, ContentType="text/css")
    head = cos.head_object(Bucket=BUCKET, Key="meta")
    equal((head["x-cos-meta-new"], head["Content-Type"]), ("2", "text/css"))
    equal(get("meta"), b"kept")


@check("object: crc64 of the body")
def _():
    equal(put("crc", b"123456789")["x-cos-hash-crc64ecma"], "11051210869376104954")


@check("object: exists, delete, delete again")
def _():
    put("gone")
    equal(cos.object_exists(Bucket=BUCKET, Key="gone"), True)
    cos.delete_object(Bucket=BUCKET, Key="gone")
    equal(cos.object_exists(Bucket=BUCKET, Key="gone"), False)
    cos.delete_object(Bucket=BUCKET, Key="gone")


@check("object: append grows, and a wrong position is refused")
def _():
    answer = cos.append_object(Bucket=BUCKET, Key="append", Position=0, Data=b"one,")
    equal(answer["x-cos-next-append-position"], "4")
    cos.append_object(Bucket=BUCKET, Key="append", Position=4, Data=b"two")
    equal(get("append"), b"one,two")
    with raises(CosServiceError, status_code=409, error_code="AppendPositionErr"):
        cos.append_object(Bucket=BUCKET, Key="append", Position=1, Data=b"x")
    put("normal")
    with raises(CosServiceError, status_code=409, error_code="ObjectNotAppendable"):
        cos.append_object(Bucket=BUCKET, Key="normal", Position=1, Data=b"x")


@check("object: forbid-overwrite")
def _():
    put("once")
    with raises(CosServiceError, status_code=409, error_code="FileAlreadyExists"):
        put("once", Metadata={"x-cos-forbid-overwrite": "true"})


@check("object: symlink")
def _():
    put("target", b"behind")
    cos.put_symlink(Bucket=BUCKET, SymlinkName="link", SymlinkTarget="target")
    equal(cos.get_symlink(Bucket=BUCKET, SymlinkName="link")["x-cos-symlink-target"], "target")
    equal(get("link"), b"behind")


@check("object: restore of an archived one")
def _():
    put("cold", StorageClass="ARCHIVE")
    with raises(CosServiceError, status_code=403, error_code="InvalidObjectState"):
        get("cold")
    request = {"Days": 1, "CASJobParameters": {"Tier": "Expedited"}}
    cos.restore_object(Bucket=BUCKET, Key="cold", RestoreRequest=request)
    truthy("ongoing-request" in cos.head_object(Bucket=BUCKET, Key="cold")["x-cos-restore"])


@check("object: customer-provided encryption key")
def _():
    key = b"0123456789abcdef0123456789abcdef"
    sse = {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": base64.b64encode(key).decode(),
        "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(key).digest()).decode(),
    }
    put("secret", b"hidden", **sse)
    equal(get("secret", **sse), b"hidden")
    with raises(CosServiceError, status_code=400):
        get("secret")


@check("object: server-side encryption is echoed")
def _():
    equal(put("sse", ServerSideEncryption="AES256")["x-cos-server-side-encryption"], "AES256")


@check("object: traffic limit out of bounds is refused")
def _():
    put("slow", TrafficLimit="819200")
    with raises(CosServiceError, status_code=400):
        put("slow", TrafficLimit="1")


# Ranges and conditions


@check("range: first bytes, last bytes, open end")
def _():
    put("range", b"0123456789")
    equal(get("range", Range="bytes=2-4"), b"234")
    equal(get("range", Range="bytes=-3"), b"789")
    equal(get("range", Range="bytes=7-"), b"789")
    equal(cos.get_object(Bucket=BUCKET, Key="range", Range="bytes=2-4")["Content-Range"], "bytes 2-4/10")


@check("range: beyond the end")
def _():
    with raises(CosServiceError, status_code=416, error_code="InvalidRange"):
        get("range", Range="bytes=10-")


@check("condition: If-Match")
def _():
    etag = put("condition", b"abc")["ETag"]
    equal(get("condition", IfMatch=etag), b"abc")
    with raises(CosServiceError, status_code=412, error_code="PreconditionFailed"):
        get("condition", IfMatch='"00000000000000000000000000000000"')


@check("condition: If-None-Match answers without a body")
def _():
    etag = put("condition", b"abc")["ETag"]
    equal(get("condition", IfNoneMatch=etag), b"")
    equal(get("condition", IfNoneMatch='"1"'), b"abc")


@check("condition: If-Modified-Since and If-Unmodified-Since")
def _():
    future, past = "Thu, 01 Dec 2044 16:00:00 GMT", "Thu, 01 Dec 2004 16:00:00 GMT"
    equal(get("condition", IfModifiedSince=past), b"abc")
    equal(get("condition", IfUnmodifiedSince=future), b"abc")
    with raises(CosServiceError, status_code=412):
        get("condition", IfUnmodifiedSince=past)


@check("get: response headers on demand")
def _():
    answer = cos.get_object(
        Bucket=BUCKET,
        Key="condition",
        ResponseContentType="text/x-own",
        ResponseCacheControl="no-store",
        ResponseContentDisposition='attachment; filename="a"',
    )
    equal((answer["Content-Type"], answer["Cache-Control"]), ("text/x-own", "no-store"))
    equal(answer["Content-Disposition"], 'attachment; filename="a"')
    preview = cos.get_object(Bucket=BUCKET, Key="condition", ResponseContentDisposition="inline")
    equal((preview["Content-Disposition"], preview["x-cos-force-download"]), ("attachment", "true"))


# Transfer managers


@check("upload_file: small is one put")
def _():
    body = data(1000, 3)
    cos.upload_file(Bucket=BUCKET, Key="up-small", LocalFilePath=write(path("small"), body))
    equal(get("up-small"), body)


BIG = data(5 * MIB + 17, 4)


@check("upload_file: many parts in threads")
def _():
    seen = []
    answer = cos.upload_file(
        Bucket=BUCKET,
        Key="up-big",
        LocalFilePath=write(path("big"), BIG),
        PartSize=1,
        MAXThread=4,
        EnableMD5=True,
        progress_callback=lambda done, total: seen.append((done, total)),
        Metadata={"x-cos-meta-a": "b"},
    )
    truthy(answer["ETag"].endswith('-6"'), answer["ETag"])
    equal(max(seen), (len(BIG), len(BIG)))
    equal(sha(get("up-big")), sha(BIG))
    equal(cos.head_object(Bucket=BUCKET, Key="up-big")["x-cos-meta-a"], "b")


@check("upload_file: resumes from the parts that are there")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="up-resumed")["UploadId"]
    for number in (1, 3):
        part = BIG[(number - 1) * MIB : number * MIB]
        cos.upload_part(Bucket=BUCKET, Key="up-resumed", Body=part, PartNumber=number, UploadId=started)
    sent = []
    original = cos.upload_part
    cos.upload_part = lambda *a, **k: sent.append(a[3] if len(a) > 3 else k["PartNumber"]) or original(*a, **k)
    try:
        cos.upload_file(Bucket=BUCKET, Key="up-resumed", LocalFilePath=path("big"), PartSize=1)
    finally:
        del cos.upload_part
    equal(sorted(sent), [2, 4, 5, 6])
    equal(sha(get("up-resumed")), sha(BIG))
    with raises(CosServiceError, status_code=404, error_code="NoSuchUpload"):
        cos.list_parts(Bucket=BUCKET, Key="up-resumed", UploadId=started)


@check("upload_file: starts afresh after an abort")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="up-aborted")["UploadId"]
    cos.upload_part(Bucket=BUCKET, Key="up-aborted", Body=BIG[:MIB], PartNumber=1, UploadId=started)
    cos.abort_multipart_upload(Bucket=BUCKET, Key="up-aborted", UploadId=started)
    cos.upload_file(Bucket=BUCKET, Key="up-aborted", LocalFilePath=path("big"), PartSize=2)
    equal(sha(get("up-aborted")), sha(BIG))


@check("upload_file_from_buffer")
def _():
    with open(path("big"), "rb") as file:
        cos.upload_file_from_buffer(Bucket=BUCKET, Key="up-buffer", Body=file, MaxBufferSize=2, PartSize=1)
    equal(sha(get("up-buffer")), sha(BIG))


@check("download_file: ranges in threads, with crc")
def _():
    cos.download_file(Bucket=BUCKET, Key="up-big", DestFilePath=path("down"), PartSize=1, MAXThread=4, EnableCRC=True)
    equal(sha(read(path("down"))), sha(BIG))


@check("download_file: resumes from its record")
def _():
    calls = []
    original = cos.get_object

    def fails_late(*args, **more):
        calls.append(more.get("Range"))
        if len(calls) > 2:
            raise CosClientError("the line is cut")
        return original(*args, **more)

    record = path("record")
    os.mkdir(record)
    options = dict(Bucket=BUCKET, Key="up-big", DestFilePath=path("down2"), PartSize=1, MAXThread=1, DumpRecordDir=record)
    cos.get_object = fails_late
    try:
        with raises(CosClientError):
            cos.download_file(**options)
    finally:
        del cos.get_object
    again = []
    cos.get_object = lambda *a, **k: again.append(1) or original(*a, **k)
    try:
        cos.download_file(**options, EnableCRC=True)
    finally:
        del cos.get_object
    equal(len(again), 4)
    equal(sha(read(path("down2"))), sha(BIG))


# Multipart by hand


@check("multipart: upload, list, complete")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="parts", ContentType="video/mp4")["UploadId"]
    parts = []
    for number in (1, 2):
        body = data(MIB, number)
        etag = cos.upload_part(Bucket=BUCKET, Key="parts", Body=body, PartNumber=number, UploadId=started, EnableMD5=True)
        parts.append({"PartNumber": number, "ETag": etag["ETag"]})
    listed = cos.list_parts(Bucket=BUCKET, Key="parts", UploadId=started)
    equal([(part["PartNumber"], part["Size"]) for part in listed["Part"]], [("1", str(MIB)), ("2", str(MIB))])
    answer = cos.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=started, MultipartUpload={"Part": parts})
    equal(answer["Bucket"], BUCKET)
    equal(answer["Key"], "parts")
    equal(sha(get("parts")), sha(data(MIB, 1) + data(MIB, 2)))
    equal(cos.head_object(Bucket=BUCKET, Key="parts")["Content-Type"], "video/mp4")


@check("multipart: list_parts in pages")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="paged")["UploadId"]
    for number in (1, 2, 3):
        cos.upload_part(Bucket=BUCKET, Key="paged", Body=b"x", PartNumber=number, UploadId=started)
    one = cos.list_parts(Bucket=BUCKET, Key="paged", UploadId=started, MaxParts=2)
    equal((len(one["Part"]), one["IsTruncated"], one["NextPartNumberMarker"]), (2, "true", "2"))
    two = cos.list_parts(Bucket=BUCKET, Key="paged", UploadId=started, PartNumberMarker=2, EncodingType="url")
    equal(([part["PartNumber"] for part in two["Part"]], two["IsTruncated"]), (["3"], "false"))


@check("multipart: complete out of order, with an unknown part, with parts too small")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="wrong")["UploadId"]
    parts = []
    for number in (1, 2):
        etag = cos.upload_part(Bucket=BUCKET, Key="wrong", Body=b"small", PartNumber=number, UploadId=started)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})

    def complete(parts):
        cos.complete_multipart_upload(Bucket=BUCKET, Key="wrong", UploadId=started, MultipartUpload={"Part": parts})

    with raises(CosServiceError, status_code=400, error_code="InvalidPartOrder"):
        complete(parts[::-1])
    with raises(CosServiceError, status_code=400, error_code="InvalidPart"):
        complete([parts[0], {"PartNumber": 2, "ETag": parts[0]["ETag"][::-1]}])
    with raises(CosServiceError, status_code=400, error_code="EntityTooSmall"):
        complete(parts)


@check("multipart: abort, and then nothing is there")
def _():
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="aborted")["UploadId"]
    cos.abort_multipart_upload(Bucket=BUCKET, Key="aborted", UploadId=started)
    with raises(CosServiceError, status_code=404, error_code="NoSuchUpload"):
        cos.upload_part(Bucket=BUCKET, Key="aborted", Body=b"x", PartNumber=1, UploadId=started)


@check("multipart: a part copied from a range")
def _():
    put("source", BIG)
    started = cos.create_multipart_upload(Bucket=BUCKET, Key="part-copy")["UploadId"]
    source = {"Bucket": BUCKET, "Key": "source", "Region": REGION}
    parts = []
    for number, first, last in ((1, 0, 2 * MIB - 1), (2, 2 * MIB, len(BIG) - 1)):
        etag = cos.upload_part_copy(BUCKET, "part-copy", number, started, source, f"bytes={first}-{last}")["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    cos.complete_multipart_upload(BUCKET, "part-copy", started, {"Part": parts})
    equal(sha(get("part-copy")), sha(BIG))


@check("multipart: list uploads by prefix, delimiter, pages, markers")
def _():
    bucket = new_bucket("python-uploads")
    started = {key: cos.create_multipart_upload(bucket, key)["UploadId"] for key in ("a/1", "a/2", "b", "c")}
    answer = cos.list_multipart_uploads(bucket, Prefix="a/")
    equal([(item["Key"], item["UploadId"]) for item in answer["Upload"]], [(k, started[k]) for k in ("a/1", "a/2")])
    answer = cos.list_multipart_uploads(bucket, Delimiter="/")
    equal(([p["Prefix"] for p in answer["CommonPrefixes"]], keys(answer, "Upload")), (["a/"], ["b", "c"]))
    one = cos.list_multipart_uploads(bucket, MaxUploads=3)
    equal((one["IsTruncated"], keys(one, "Upload")), ("true", ["a/1", "a/2", "b"]))
    two = cos.list_multipart_uploads(bucket, KeyMarker=one["NextKeyMarker"], UploadIdMarker=one["NextUploadIdMarker"])
    equal((two["IsTruncated"], keys(two, "Upload")), ("false", ["c"]))
    equal(keys(cos.list_multipart_uploads(bucket, EncodingType="url"), "Upload"), ["a/1", "a/2", "b", "c"])


# Copies


@check("copy: small, in one call")
def _():
    put("from", b"copied", Metadata={"x-cos-meta-a": "1"}, ContentType="text/a")
    cos.copy(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "from", "Region": REGION})
    equal(get("copy"), b"copied")
    head = cos.head_object(Bucket=BUCKET, Key="copy")
    equal((head["x-cos-meta-a"], head["Content-Type"]), ("1", "text/a"))


@check("copy: replaced metadata, chinese source key")
def _():
    put("来源 a+b", b"copied")
    answer = cos.copy_object(
        Bucket=BUCKET,
        Key="copy2",
        CopySource={"Bucket": BUCKET, "Key": "来源 a+b", "Region": REGION},
        CopyStatus="Replaced",
        Metadata={"x-cos-meta-b": "2"},
    )
    equal(answer["ETag"], f'"{hashlib.md5(b"copied").hexdigest()}"')
    head = cos.head_object(Bucket=BUCKET, Key="copy2")
    equal(head["x-cos-meta-b"], "2")


@check("copy: large, from another region, in parts")
def _():
    other = CosS3Client(CosConfig(Region="ap-shanghai", SecretId=SECRET_ID, SecretKey=SECRET_KEY))
    bucket = f"python-far-{APPID}"
    other.create_bucket(Bucket=bucket)
    other.put_object(Bucket=bucket, Key="far", Body=BIG)
    cos._conf.set_copy_part_threshold_size(MIB)
    try:
        source = {"Bucket": bucket, "Key": "far", "Region": "ap-shanghai"}
        answer = cos.copy(Bucket=BUCKET, Key="near", CopySource=source, PartSize=2, MAXThread=3)
    finally:
        cos._conf.set_copy_part_threshold_size(5 * 1024 * MIB)
    truthy(answer["ETag"].endswith('-3"'), answer["ETag"])
    equal(sha(get("near")), sha(BIG))


@check("copy: an absent source, and conditions on the source")
def _():
    with raises(CosServiceError, status_code=404):
        cos.copy_object(BUCKET, "copy3", {"Bucket": BUCKET, "Key": "absent", "Region": REGION})
    with raises(CosServiceError, status_code=412, error_code="PreconditionFailed"):
        source = {"Bucket": BUCKET, "Key": "from", "Region": REGION}
        cos.copy_object(BUCKET, "copy3", source, CopySourceIfMatch='"0"')


# Listings

LIST = f"python-list-{APPID}"
LISTED = ["a/1", "a/2", "a/b/3", "b", "c d", "e+f", "中"]


@check("list: all in order")
def _():
    cos.create_bucket(Bucket=LIST)
    for key in LISTED:
        put(key, key.encode(), bucket=LIST)
    answer = cos.list_objects(Bucket=LIST)
    equal(keys(answer), LISTED)
    equal((answer["Name"], answer["IsTruncated"], answer["MaxKeys"]), (LIST, "false", "1000"))
    first = answer["Contents"][0]
    equal((first["Size"], first["ETag"]), ("3", f'"{hashlib.md5(b"a/1").hexdigest()}"'))
    equal(first["StorageClass"], "STANDARD")


@check("list: prefix")
def _():
    equal(keys(cos.list_objects(Bucket=LIST, Prefix="a/")), ["a/1", "a/2", "a/b/3"])
    equal(keys(cos.list_objects(Bucket=LIST, Prefix="absent")), [])


@check("list: delimiter")
def _():
    answer = cos.list_objects(Bucket=LIST, Delimiter="/")
    equal(([p["Prefix"] for p in answer["CommonPrefixes"]], keys(answer)), (["a/"], LISTED[3:]))
    answer = cos.list_objects(Bucket=LIST, Prefix="a/", Delimiter="/")
    equal(([p["Prefix"] for p in answer["CommonPrefixes"]], keys(answer)), (["a/b/"], ["a/1", "a/2"]))


@check("list: pages by marker")
def _():
    found, marker = [], ""
    while True:
        answer = cos.list_objects(Bucket=LIST, MaxKeys=2, Marker=marker)
        found += keys(answer)
        if answer["IsTruncated"] == "false":
            break
        marker = answer["NextMarker"]
    equal(found, LISTED)


@check("list: encoding-type url, asked for by the caller, is the caller's to decode")
def _():
    equal([requests.utils.unquote(key) for key in keys(cos.list_objects(Bucket=LIST, EncodingType="url"))], LISTED)


@check("list: max-keys out of bounds or not a number")
def _():
    equal(cos.list_objects(Bucket=LIST, MaxKeys=5000)["MaxKeys"], "1000")
    with raises(CosServiceError, status_code=400, error_code="InvalidArgument"):
        cos.list_objects(Bucket=LIST, MaxKeys=-1)


@check("delete_objects: several, absent ones too, quiet")
def _():
    answer = cos.delete_objects(Bucket=LIST, Delete={"Object": [{"Key": "a/1"}, {"Key": "c d"}, {"Key": "absent"}]})
    equal(sorted(keys(answer, "Deleted")), ["a/1", "absent", "c d"])
    answer = cos.delete_objects(Bucket=LIST, Delete={"Object": [{"Key": "中"}], "Quiet": "true"})
    equal(answer.get("Deleted", []), [])
    equal(keys(cos.list_objects(Bucket=LIST)), ["a/2", "a/b/3", "b", "e+f"])


# Versions

VERSIONED = f"python-versions-{APPID}"


@check("versioning: enable, two versions, read each")
def _():
    cos.create_bucket(Bucket=VERSIONED)
    equal(cos.get_bucket_versioning(Bucket=VERSIONED).get("Status"), None)
    put("v", b"null version", bucket=VERSIONED)
    cos.put_bucket_versioning(Bucket=VERSIONED, Status="Enabled")
    equal(cos.get_bucket_versioning(Bucket=VERSIONED)["Status"], "Enabled")
    one = put("v", b"one", bucket=VERSIONED)["x-cos-version-id"]
    put("v", b"two", bucket=VERSIONED)
    equal(get("v", bucket=VERSIONED), b"two")
    equal(get("v", bucket=VERSIONED, VersionId=one), b"one")
    equal(get("v", bucket=VERSIONED, VersionId="null"), b"null version")
    with raises(CosServiceError, status_code=404, error_code="NoSuchVersion"):
        get("v", bucket=VERSIONED, VersionId="MTg0NDUxNTc1NjIzMTQ1MDAwODg")


@check("versioning: delete markers")
def _():
    answer = cos.delete_object(Bucket=VERSIONED, Key="v")
    equal(answer["x-cos-delete-marker"], "true")
    with raises(CosServiceError, status_code=404, error_code="NoSuchKey"):
        get("v", bucket=VERSIONED)
    listed = cos.list_objects_versions(Bucket=VERSIONED)
    equal([item["IsLatest"] for item in listed["DeleteMarker"]], ["true"])
    equal([item["IsLatest"] for item in listed["Version"]], ["false"] * 3)
    equal(listed["Version"][-1]["VersionId"], "null")
    cos.delete_object(Bucket=VERSIONED, Key="v", VersionId=answer["x-cos-version-id"])
    equal(get("v", bucket=VERSIONED), b"two")


@check("versioning: list in pages, by prefix and delimiter")
def _():
    for key in ("d/1", "d/2", "e"):
        put(key, bucket=VERSIONED)
    found, more = [], {}
    while True:
        answer = cos.list_objects_versions(Bucket=VERSIONED, MaxKeys=2, **more)
        found += keys(answer, "Version")
        if answer["IsTruncated"] == "false":
            break
        more = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
    equal(found, ["d/1", "d/2", "e", "v", "v", "v"])
    answer = cos.list_objects_versions(Bucket=VERSIONED, Delimiter="/", EncodingType="url")
    equal([p["Prefix"] for p in answer["CommonPrefixes"]], ["d/"])
    equal(keys(cos.list_objects_versions(Bucket=VERSIONED, Prefix="d/"), "Version"), ["d/1", "d/2"])


@check("versioning: delete_objects of versions, copy of a version")
def _():
    one = put("w", b"old", bucket=VERSIONED)["x-cos-version-id"]
    put("w", b"new", bucket=VERSIONED)
    source = {"Bucket": VERSIONED, "Key": "w", "Region": REGION, "VersionId": one}
    cos.copy_object(VERSIONED, "w-copy", source)
    equal(get("w-copy", bucket=VERSIONED), b"old")
    answer = cos.delete_objects(Bucket=VERSIONED, Delete={"Object": [{"Key": "w", "VersionId": one}]})
    equal(answer["Deleted"][0]["VersionId"], one)
    with raises(CosServiceError, status_code=404, error_code="NoSuchVersion"):
        get("w", bucket=VERSIONED, VersionId=one)


@check("versioning: suspended writes the null version")
def _():
    cos.put_bucket_versioning(Bucket=VERSIONED, Status="Suspended")
    truthy("x-cos-version-id" not in put("s", b"1", bucket=VERSIONED))
    put("s", b"2", bucket=VERSIONED)
    equal([v["VersionId"] for v in cos.list_objects_versions(VERSIONED, Prefix="s")["Version"]], ["null"])


# Presigned URLs, without the SDK on the other side


@check("presigned: download, upload")
def _():
    url = cos.get_presigned_url(Bucket=BUCKET, Key="signed 文", Method="PUT", Expired=60)
    equal(requests.put(url, data=b"by url", timeout=30).status_code, 200)
    url = cos.get_presigned_download_url(Bucket=BUCKET, Key="signed 文", Expired=60)
    equal(requests.get(url, timeout=30).content, b"by url")


@check("presigned: parameters and headers are part of it")
def _():
    url = cos.get_presigned_url(
        BUCKET, "signed 文", "GET", Params={"response-content-type": "text/x"}, Headers={"x-cos-traffic-limit": "819200"}
    )
    answer = requests.get(url, headers={"x-cos-traffic-limit": "819200"}, timeout=30)
    equal((answer.status_code, answer.headers["Content-Type"]), (200, "text/x"))
    equal(requests.get(url, timeout=30).status_code, 403)


@check("presigned: expired, for another method, changed key")
def _():
    expired = cos.get_presigned_url(BUCKET, "range", "GET", Expired=-600)
    answer = requests.get(expired, timeout=30)
    equal(answer.status_code, 403)
    truthy("expired" in answer.text.lower(), answer.text)
    url = cos.get_presigned_url(BUCKET, "range", "GET")
    equal(requests.delete(url, timeout=30).status_code, 403)
    equal(requests.get(url.replace("/range", "/plain"), timeout=30).status_code, 403)


@check("object url: readable when public, refused when not")
def _():
    put("open", b"for all", ACL="public-read")
    equal(requests.get(cos.get_object_url(BUCKET, "open"), timeout=30).content, b"for all")
    equal(requests.get(cos.get_object_url(BUCKET, "plain"), timeout=30).status_code, 403)


@check("post object: an html form with a policy")
def _():
    now = int(time.time())
    span = f"{now};{now + 600}"
    policy = json.dumps(
        {
            "expiration": "2040-01-01T00:00:00.000Z",
            "conditions": [
                {"q-sign-algorithm": "sha1"},
                {"q-ak": SECRET_ID},
                {"q-sign-time": span},
                ["starts-with", "$key", "form/"],
            ],
        }
    )
    sign_key = hmac.new(SECRET_KEY.encode(), span.encode(), hashlib.sha1).hexdigest()
    text = hashlib.sha1(policy.encode()).hexdigest()
    form = {
        "key": "form/${filename}",
        "success_action_status": "201",
        "policy": base64.b64encode(policy.encode()).decode(),
        "q-sign-algorithm": "sha1",
        "q-ak": SECRET_ID,
        "q-key-time": span,
        "q-signature": hmac.new(sign_key.encode(), text.encode(), hashlib.sha1).hexdigest(),
    }
    url = f"https://{BUCKET}.cos.{REGION}.myqcloud.com/"
    answer = requests.post(url, data=form, files={"file": ("a.txt", b"from a form")}, timeout=30)
    equal(answer.status_code, 201)
    equal(get("form/a.txt"), b"from a form")
    form["key"] = "elsewhere"
    answer = requests.post(url, data=form, files={"file": ("a.txt", b"x")}, timeout=30)
    equal(answer.status_code, 403)


# Access


@check("acl: of a bucket")
def _():
    bucket = new_bucket("python-acl")
    cos.put_bucket_acl(Bucket=bucket, ACL="public-read")
    equal(cos.get_bucket_acl(Bucket=bucket)["CannedACL"], "public-read")
    cos.put_bucket_acl(Bucket=bucket, ACL="private")
    equal(cos.get_bucket_acl(Bucket=bucket)["CannedACL"], "private")
    cos.put_bucket_acl(Bucket=bucket, GrantRead='id="100000000007"')
    grants = cos.get_bucket_acl(Bucket=bucket)["AccessControlList"]["Grant"]
    truthy(any("100000000007" in g["Grantee"]["ID"] and g["Permission"] == "READ" for g in grants), grants)


@check("acl: of an object, default and by document")
def _():
    put("acl")
    equal(cos.get_object_acl(Bucket=BUCKET, Key="acl")["CannedACL"], "default")
    cos.put_object_acl(Bucket=BUCKET, Key="acl", ACL="public-read")
    equal(cos.get_object_acl(Bucket=BUCKET, Key="acl")["CannedACL"], "public-read")
    owner = cos.get_object_acl(Bucket=BUCKET, Key="acl")["Owner"]["ID"]
    grantee = {"Type": "CanonicalUser", "ID": "qcs::cam::uin/100000000007:uin/100000000007", "DisplayName": "x"}
    document = {
        "Owner": {"ID": owner},
        "AccessControlList": {"Grant": [{"Grantee": grantee, "Permission": "READ"}]},
    }
    cos.put_object_acl(Bucket=BUCKET, Key="acl", AccessControlPolicy=document)
    grants = cos.get_object_acl(Bucket=BUCKET, Key="acl")["AccessControlList"]["Grant"]
    truthy(any("100000000007" in g["Grantee"].get("ID", "") for g in grants), grants)


def config_checks():
    bucket = new_bucket("python-config")

    def round_trip(kind, document, same, absent, extra=None, tidy=True):
        @check(f"config: {kind}: absent, put, get, delete")
        def _():
            putter, getter = getattr(cos, f"put_bucket_{kind}"), getattr(cos, f"get_bucket_{kind}")
            more = extra or {}
            if absent:
                with raises(CosServiceError, status_code=404, error_code=absent):
                    getter(Bucket=bucket, **more)
            putter(bucket, *document[:1], **more) if not extra else putter(bucket, more["Id"], *document[:1])
            same(getter(Bucket=bucket, **more))
            if tidy:
                getattr(cos, f"delete_bucket_{kind}")(Bucket=bucket, **more)
                if absent:
                    with raises(CosServiceError, status_code=404, error_code=absent):
                        getter(Bucket=bucket, **more)

    cors = {"CORSRule": [{"ID": "one", "AllowedOrigin": ["https://a.example"], "AllowedMethod": ["GET", "PUT"],
                          "AllowedHeader": ["*"], "ExposeHeader": ["ETag"], "MaxAgeSeconds": "60"}]}  # fmt: skip
    round_trip("cors", [cors], lambda got: equal(got["CORSRule"][0]["AllowedMethod"], ["GET", "PUT"]),
               "NoSuchCORSConfiguration")  # fmt: skip
    lifecycle = {"Rule": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": "7"}}]}
    round_trip("lifecycle", [lifecycle], lambda got: equal(got["Rule"][0]["Expiration"]["Days"], "7"),
               "NoSuchLifecycleConfiguration")  # fmt: skip
    tags = {"TagSet": {"Tag": [{"Key": "k", "Value": "v"}, {"Key": "k2", "Value": "v2"}]}}
    round_trip("tagging", [tags], lambda got: equal(got["TagSet"]["Tag"], tags["TagSet"]["Tag"]), "NoSuchTagSet")
    website = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    round_trip("website", [website], lambda got: equal(got["IndexDocument"]["Suffix"], "index.html"),
               "NoSuchWebsiteConfiguration")  # fmt: skip
    statement = {"Principal": {"qcs": ["qcs::cam::anyone:anyone"]}, "Effect": "allow",
                 "Action": ["name/cos:GetObject"],
                 "Resource": [f"qcs::cos:{REGION}:uid/{APPID}:{bucket}/*"]}  # fmt: skip
    policy = {"Statement": [statement], "version": "2.0"}

    def same_policy(got):
        got = json.loads(got["Policy"]) if isinstance(got.get("Policy"), str) else got
        truthy("anyone" in json.dumps(got), got)

    round_trip("policy", [policy], same_policy, "NoSuchPolicy")
    referer = {"Status": "Enabled", "RefererType": "White-List", "DomainList": {"Domain": ["a.example", "*.b.example"]}}
    round_trip("referer", [referer], lambda got: equal(got["DomainList"]["Domain"], ["a.example", "*.b.example"]), None)
    domain = {"DomainRule": [{"Name": "www.a.example", "Status": "ENABLED", "Type": "REST"}]}
    round_trip("domain", [domain], lambda got: equal(got["DomainRule"][0]["Name"], "www.a.example"), None)
    encryption = {"Rule": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    round_trip("encryption", [encryption], lambda got: truthy("AES256" in json.dumps(got), got), None)
    origin = {"OriginRule": {"OriginType": "Mirror", "OriginCondition": {"HTTPStatusCode": "404", "Prefix": ""},
                             "OriginParameter": {"Protocol": "HTTP"},
                             "OriginInfo": {"HostInfo": {"HostName": "o.example"}}}}  # fmt: skip
    round_trip("origin", [origin], lambda got: truthy("o.example" in json.dumps(got), got), None)
    logs = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/"}}
    round_trip("logging", [logs], lambda got: equal(got["LoggingEnabled"]["TargetPrefix"], "logs/"), None, tidy=False)
    tiering = {"Status": "Enabled", "Transition": {"Days": "30", "RequestFrequent": "1"}}
    round_trip("intelligenttiering", [tiering], lambda got: equal(got["Status"], "Enabled"), None, tidy=False)
    inventory = {
        "Destination": {"COSBucketDestination": {"AccountId": "100000000001", "Bucket": f"qcs::cos:{REGION}::{bucket}",
                                                 "Format": "CSV", "Prefix": "list"}},
        "IsEnabled": "true", "Filter": {"Prefix": "p"}, "IncludedObjectVersions": "All",
        "OptionalFields": {"Field": ["Size", "ETag"]}, "Schedule": {"Frequency": "Daily"},
    }  # fmt: skip
    round_trip("inventory", [inventory], lambda got: equal(got["OptionalFields"]["Field"], ["Size", "ETag"]), None,
               extra={"Id": "one"})  # fmt: skip


config_checks()


@check("config: a cors rule answers a preflight")
def _():
    bucket = f"python-config-{APPID}"
    rule = {"AllowedOrigin": ["https://a.example"], "AllowedMethod": ["PUT"], "AllowedHeader": ["*"], "MaxAgeSeconds": "60"}
    cos.put_bucket_cors(bucket, {"CORSRule": [rule]})
    url = cos.get_object_url(bucket, "k")
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    answer = requests.options(url, headers=ask, timeout=30)
    equal((answer.status_code, answer.headers["Access-Control-Allow-Origin"]), (200, "https://a.example"))
    ask["Origin"] = "https://b.example"
    equal(requests.options(url, headers=ask, timeout=30).status_code, 403)


@check("config: a replication rule, between versioned buckets")
def _():
    for name in ("python-rep-a", "python-rep-b"):
        cos.put_bucket_versioning(new_bucket(name), "Enabled")
    truthy(cos.get_bucket_versioning(f"python-rep-a-{APPID}")["Status"])
    document = {
        "Role": "qcs::cam::uin/100000000001:uin/100000000001",
        "Rule": [{"ID": "1", "Status": "Enabled", "Prefix": "x",
                  "Destination": {"Bucket": f"qcs::cos:{REGION}::python-rep-b-{APPID}"}}],
    }  # fmt: skip
    bucket = f"python-rep-a-{APPID}"
    cos.put_bucket_replication(bucket, document)
    equal(cos.get_bucket_replication(bucket)["Rule"][0]["ID"], "1")
    cos.delete_bucket_replication(bucket)
    with raises(CosServiceError, status_code=404, error_code="ReplicationConfigurationNotFoundError"):
        cos.get_bucket_replication(bucket)


@check("config: get_bucket_meta reads everything at once")
def _():
    meta = cos.get_bucket_meta(Bucket=BUCKET)
    truthy(REGION in json.dumps(meta), meta)


@check("tagging: of an object, by call and by header")
def _():
    put("tags", Metadata={"x-cos-tagging": "a=1&b=2"})
    found = cos.get_object_tagging(BUCKET, "tags")["TagSet"]["Tag"]
    equal(found, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    cos.put_object_tagging(BUCKET, "tags", {"TagSet": {"Tag": [{"Key": "c", "Value": "3"}]}})
    equal(cos.get_object_tagging(BUCKET, "tags")["TagSet"]["Tag"], [{"Key": "c", "Value": "3"}])
    cos.delete_object_tagging(BUCKET, "tags")
    equal((cos.get_object_tagging(BUCKET, "tags")["TagSet"] or {}).get("Tag", []), [])


# Errors and identities


@check("error: an absent object")
def _():
    try:
        get("absent")
    except CosServiceError as error:
        equal((error.get_status_code(), error.get_error_code()), (404, "NoSuchKey"))
        truthy(error.get_request_id(), "request id")
        truthy(error.get_trace_id(), "trace id")
        truthy(error.get_resource_location().endswith("/absent"), error.get_resource_location())
        truthy(error.get_error_msg(), "message")
    else:
        raise AssertionError("no error")


@check("error: an absent object, by head")
def _():
    with raises(CosServiceError, status_code=404):
        cos.head_object(Bucket=BUCKET, Key="absent")


@check("error: an absent bucket")
def _():
    with raises(CosServiceError, status_code=404, error_code="NoSuchBucket"):
        put("k", bucket=f"python-absent-{APPID}")


@check("error: a wrong key of the owner")
def _():
    with raises(CosServiceError, status_code=403, error_code="SignatureDoesNotMatch"):
        client_of(secret_key="wrong").get_object(Bucket=BUCKET, Key="plain")


@check("error: an unknown owner")
def _():
    with raises(CosServiceError, status_code=403, error_code="InvalidAccessKeyId"):
        client_of(secret_id="unknown").get_object(Bucket=BUCKET, Key="plain")


@check("error: an unsigned request for a private object")
def _():
    anonymous = CosS3Client(CosConfig(Region=REGION, Anonymous=True))
    with raises(CosServiceError, status_code=403, error_code="AccessDenied"):
        anonymous.get_object(Bucket=BUCKET, Key="plain")
    equal(anonymous.get_object(Bucket=BUCKET, Key="open")["Body"].get_raw_stream().read(), b"for all")


@check("error: an invalid storage class")
def _():
    with raises(CosServiceError, status_code=400):
        put("k", StorageClass="COLDEST")


def federation_token(policy):
    """Asks STS as a Cloud API client does, with a TC3 signature."""
    host, now = "sts.tencentcloudapi.com", int(time.time())
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    body = json.dumps({"Name": "suite", "DurationSeconds": 1800, "Policy": requests.utils.quote(json.dumps(policy), safe="")})
    canonical = "\n".join(
        ["POST", "/", "", f"content-type:application/json\nhost:{host}\n", "content-type;host", hashlib.sha256(body.encode()).hexdigest()]
    )
    scope = f"{day}/sts/tc3_request"
    to_sign = "\n".join(["TC3-HMAC-SHA256", str(now), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("TC3" + SECRET_KEY).encode()
    for piece in (day, "sts", "tc3_request"):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers = {
        "Authorization": f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}",
        "Content-Type": "application/json",
        "X-TC-Action": "GetFederationToken",
        "X-TC-Version": "2018-08-13",
        "X-TC-Timestamp": str(now),
        "X-TC-Region": REGION,
    }
    return requests.post(f"https://{host}/", data=body, headers=headers, timeout=30).json()["Response"]["Credentials"]


@check("sts: temporary keys may do what their policy says, and nothing else")
def _():
    resource = [f"qcs::cos:{REGION}:uid/{APPID}:{BUCKET}/temporary/*"]
    statement = {"effect": "allow", "action": ["name/cos:PutObject", "name/cos:GetObject"], "resource": resource}
    keys = federation_token({"version": "2.0", "statement": [statement]})
    guest = client_of(keys["TmpSecretId"], keys["TmpSecretKey"], Token=keys["Token"])
    guest.put_object(Bucket=BUCKET, Key="temporary/a", Body=b"guest")
    equal(guest.get_object(Bucket=BUCKET, Key="temporary/a")["Body"].get_raw_stream().read(), b"guest")
    with raises(CosServiceError, status_code=403, error_code="AccessDenied"):
        guest.get_object(Bucket=BUCKET, Key="plain")
    url = guest.get_presigned_url(BUCKET, "temporary/a", "GET", Params={"x-cos-security-token": keys["Token"]})
    equal(requests.get(url, timeout=30).content, b"guest")


@check("http: the same without tls")
def _():
    plain = client_of(Scheme="http")
    plain.put_object(Bucket=BUCKET, Key="by-http", Body=b"plain text")
    equal(get("by-http"), b"plain text")


@check("domain: the tencentcos.cn names")
def _():
    new = client_of(EnableOldDomain=False)
    equal(new.get_object(Bucket=BUCKET, Key="by-http")["Body"].get_raw_stream().read(), b"plain text")


folder.cleanup()
suite.end()
