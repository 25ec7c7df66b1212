"""boto3 against backlot, with the endpoint that COS documents for S3 clients, and credentials from the environment."""

import base64
import hashlib
import os
import tempfile

import boto3
import requests
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

from checks import Suite, account, data, equal, read, sha, truthy, write

SECRET_ID, SECRET_KEY, REGION, APPID = account()
BUCKET = f"boto-{APPID}"
MIB = 1024 * 1024


def client_of(secret_id=SECRET_ID, secret_key=SECRET_KEY, token=None, style="virtual", endpoint=None, **config):
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint or f"https://cos.{REGION}.myqcloud.com",
        aws_access_key_id=secret_id,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
        config=Config(s3={"addressing_style": style}, retries={"max_attempts": 1}, **config),
    )


def local():
    """A client of the local address, where paths name buckets."""
    address = os.environ["BACKLOT_ADDRESS"]
    return client_of(style="path", endpoint=address if "//" in address else f"http://{address}")


s3 = client_of()
suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()
PARTS = TransferConfig(multipart_threshold=MIB, multipart_chunksize=5 * MIB, max_concurrency=3)
BIG = data(12 * MIB + 5, 9)


def path(name):
    return os.path.join(folder.name, name)


def put(key, body=b"x", bucket=BUCKET, **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def get(key, bucket=BUCKET, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def new_bucket(name):
    name = f"{name}-{APPID}"
    s3.create_bucket(Bucket=name)
    return name


def keys(answer, of="Contents", field="Key"):
    return [item[field] for item in answer.get(of, [])]


def refused(status, code, call, *args, **more):
    """Fails unless the call ends with this status and, if given, this code."""
    try:
        call(*args, **more)
    except ClientError as error:
        equal(error.response["ResponseMetadata"]["HTTPStatusCode"], status)
        if code:
            equal(error.response["Error"]["Code"], code)
        return error
    raise AssertionError("no ClientError was raised")


@check("bucket: create, head, list")
def _():
    refused(404, "404", s3.head_bucket, Bucket=BUCKET)
    s3.create_bucket(Bucket=BUCKET)
    s3.head_bucket(Bucket=BUCKET)
    truthy(BUCKET in keys(s3.list_buckets(), "Buckets", "Name"))


@check("bucket: a second create")
def _():
    try:
        s3.create_bucket(Bucket=BUCKET)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    raise AssertionError("no error")


@check("bucket: location, for which boto3 has the bucket in the path")
def _():
    refused(403, "PathStyleDomainForbidden", s3.get_bucket_location, Bucket=BUCKET)
    truthy(local().get_bucket_location(Bucket=BUCKET)["LocationConstraint"] in (REGION, f"cos.{REGION}"))


@check("bucket: delete")
def _():
    name = new_bucket("boto-gone")
    put("k", bucket=name)
    refused(409, "BucketNotEmpty", s3.delete_bucket, Bucket=name)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    refused(404, "404", s3.head_bucket, Bucket=name)


@check("object: put and get give the same bytes")
def _():
    body = data(200_000, 1)
    equal(put("plain", body)["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
    equal(sha(get("plain")), sha(body))


@check("object: empty")
def _():
    put("empty", b"")
    equal(get("empty"), b"")


@check("object: unusual keys")
def _():
    for key in ["目录/文件 一.txt", "a b+c%20d?e&f=g.txt", "~tilde'(1)!*.txt", "emoji-😀", "a//b"]:
        put(key, key.encode())
        equal(get(key), key.encode())


@check("object: headers and metadata")
def _():
    put(
        "headers",
        CacheControl="max-age=60",
        ContentType="text/plain",
        ContentDisposition="inline",
        ContentEncoding="identity",
        ContentLanguage="en",
        Metadata={"one": "1", "two-words": "b c"},
    )
    head = s3.head_object(Bucket=BUCKET, Key="headers")
    equal(head["Metadata"], {"one": "1", "two-words": "b c"})
    equal((head["CacheControl"], head["ContentType"]), ("max-age=60", "text/plain"))
    equal((head["ContentDisposition"], head["ContentLanguage"]), ("inline", "en"))


@check("object: Content-MD5, right and wrong")
def _():
    digest = lambda body: base64.b64encode(hashlib.md5(body).digest()).decode()
    put("md5", b"abc", ContentMD5=digest(b"abc"))
    refused(400, "BadDigest", put, "md5", b"abc", ContentMD5=digest(b"other"))


@check("object: from a stream of unknown signature (chunked, trailing checksum)")
def _():
    with open(write(path("stream"), data(300_000, 3)), "rb") as file:
        put("stream", file)
    equal(sha(get("stream")), sha(data(300_000, 3)))


@check("object: the checksums that the SDK can send")
def _():
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put(f"sum-{algorithm}", b"abc", ChecksumAlgorithm=algorithm)
        equal(get(f"sum-{algorithm}"), b"abc")


@check("object: storage class")
def _():
    put("class", StorageClass="STANDARD_IA")
    equal(s3.head_object(Bucket=BUCKET, Key="class")["StorageClass"], "STANDARD_IA")


@check("object: delete, and again")
def _():
    put("gone")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    try:
        get("gone")
    except s3.exceptions.NoSuchKey as error:
        truthy(error.response["Error"]["Message"])
        return
    raise AssertionError("no NoSuchKey")


@check("object: head of an absent one")
def _():
    refused(404, "404", s3.head_object, Bucket=BUCKET, Key="absent")


@check("range: first, last, beyond")
def _():
    put("range", b"0123456789")
    equal(get("range", Range="bytes=2-4"), b"234")
    equal(get("range", Range="bytes=-3"), b"789")
    equal(s3.get_object(Bucket=BUCKET, Key="range", Range="bytes=2-4")["ContentRange"], "bytes 2-4/10")
    refused(416, "InvalidRange", get, "range", Range="bytes=10-")


@check("condition: IfMatch and IfNoneMatch")
def _():
    etag = put("condition", b"abc")["ETag"]
    equal(get("condition", IfMatch=etag), b"abc")
    refused(412, "PreconditionFailed", get, "condition", IfMatch='"0"')
    refused(304, "304", get, "condition", IfNoneMatch=etag)
    equal(get("condition", IfNoneMatch='"0"'), b"abc")


@check("condition: IfModifiedSince and IfUnmodifiedSince")
def _():
    future, past = "2044-01-01", "2004-01-01"
    equal(get("condition", IfModifiedSince=past), b"abc")
    equal(get("condition", IfUnmodifiedSince=future), b"abc")
    refused(412, "PreconditionFailed", get, "condition", IfUnmodifiedSince=past)


@check("get: response headers on demand")
def _():
    answer = s3.get_object(Bucket=BUCKET, Key="condition", ResponseContentType="text/x", ResponseCacheControl="no-store")
    equal((answer["ContentType"], answer["CacheControl"]), ("text/x", "no-store"))


@check("upload_file: small")
def _():
    s3.upload_file(write(path("small"), b"small"), BUCKET, "up-small")
    equal(get("up-small"), b"small")


@check("upload_file: in parts, with threads, metadata and progress")
def _():
    seen = []
    s3.upload_file(
        write(path("big"), BIG), BUCKET, "up-big", Config=PARTS, Callback=seen.append,
        ExtraArgs={"Metadata": {"a": "b"}, "ContentType": "video/mp4"},
    )  # fmt: skip
    equal(sum(seen), len(BIG))
    head = s3.head_object(Bucket=BUCKET, Key="up-big")
    equal((head["Metadata"], head["ContentType"], head["ContentLength"]), ({"a": "b"}, "video/mp4", len(BIG)))
    truthy(head["ETag"].endswith('-3"'), head["ETag"])


@check("download_file: in ranges, with threads")
def _():
    s3.download_file(BUCKET, "up-big", path("down"), Config=PARTS)
    equal(sha(read(path("down"))), sha(BIG))


@check("upload_fileobj and download_fileobj")
def _():
    with open(path("big"), "rb") as file:
        s3.upload_fileobj(file, BUCKET, "up-object", Config=PARTS)
    with open(path("down2"), "wb") as file:
        s3.download_fileobj(BUCKET, "up-object", file, Config=PARTS)
    equal(sha(read(path("down2"))), sha(BIG))


@check("managed copy: in parts")
def _():
    s3.copy({"Bucket": BUCKET, "Key": "up-big"}, BUCKET, "managed-copy", Config=PARTS)
    equal(sha(get("managed-copy")), sha(BIG))


@check("multipart: by hand, listed in pages, completed")
def _():
    started = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    common = {"Bucket": BUCKET, "Key": "parts", "UploadId": started}
    parts = []
    for number in (1, 2, 3):
        etag = s3.upload_part(**common, PartNumber=number, Body=data(MIB, number))["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    one = s3.list_parts(**common, MaxParts=2)
    equal((len(one["Parts"]), one["IsTruncated"], one["NextPartNumberMarker"]), (2, True, 2))
    pages = s3.get_paginator("list_parts").paginate(**common, PaginationConfig={"PageSize": 2})
    equal([part["PartNumber"] for page in pages for part in page["Parts"]], [1, 2, 3])
    answer = s3.complete_multipart_upload(**common, MultipartUpload={"Parts": parts})
    equal((answer["Bucket"], answer["Key"]), (BUCKET, "parts"))
    equal(sha(get("parts")), sha(b"".join(data(MIB, number) for number in (1, 2, 3))))


@check("multipart: resume what was left, after a break")
def _():
    started = s3.create_multipart_upload(Bucket=BUCKET, Key="resumed")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="resumed", UploadId=started, PartNumber=1, Body=BIG[: 5 * MIB])
    found = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="resumed")["Uploads"]
    equal([item["UploadId"] for item in found], [started])
    common = {"Bucket": BUCKET, "Key": "resumed", "UploadId": started}
    there = {part["PartNumber"]: part["ETag"] for part in s3.list_parts(**common)["Parts"]}
    equal(list(there), [1])
    there[2] = s3.upload_part(**common, PartNumber=2, Body=BIG[5 * MIB :])["ETag"]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in there.items()]
    s3.complete_multipart_upload(**common, MultipartUpload={"Parts": parts})
    equal(sha(get("resumed")), sha(BIG))


@check("multipart: abort")
def _():
    started = s3.create_multipart_upload(Bucket=BUCKET, Key="aborted")["UploadId"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="aborted", UploadId=started)
    refused(404, "NoSuchUpload", s3.list_parts, Bucket=BUCKET, Key="aborted", UploadId=started)


@check("multipart: wrong order and wrong part")
def _():
    started = s3.create_multipart_upload(Bucket=BUCKET, Key="wrong")["UploadId"]
    common = {"Bucket": BUCKET, "Key": "wrong", "UploadId": started}
    etags = [s3.upload_part(**common, PartNumber=number, Body=data(MIB, number))["ETag"] for number in (1, 2)]
    parts = [{"PartNumber": 1, "ETag": etags[0]}, {"PartNumber": 2, "ETag": etags[1]}]
    refused(400, "InvalidPartOrder", s3.complete_multipart_upload, **common, MultipartUpload={"Parts": parts[::-1]})
    parts[1]["ETag"] = etags[0]
    refused(400, "InvalidPart", s3.complete_multipart_upload, **common, MultipartUpload={"Parts": parts})


@check("multipart: list uploads with delimiter and pages")
def _():
    bucket = new_bucket("boto-uploads")
    for key in ("a/1", "a/2", "b"):
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    answer = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    equal((keys(answer, "CommonPrefixes", "Prefix"), keys(answer, "Uploads")), (["a/"], ["b"]))
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    equal([key for page in pages for key in keys(page, "Uploads")], ["a/1", "a/2", "b"])


@check("copy: small, metadata kept and replaced")
def _():
    put("from", b"copied", Metadata={"a": "1"})
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "from"})
    equal((get("copy"), s3.head_object(Bucket=BUCKET, Key="copy")["Metadata"]), (b"copied", {"a": "1"}))
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/from", MetadataDirective="REPLACE", Metadata={"b": "2"})
    equal(s3.head_object(Bucket=BUCKET, Key="copy")["Metadata"], {"b": "2"})


@check("copy: conditions and an absent source")
def _():
    source = {"Bucket": BUCKET, "Key": "from"}
    refused(412, "PreconditionFailed", s3.copy_object, Bucket=BUCKET, Key="c", CopySource=source, CopySourceIfMatch='"0"')
    refused(404, None, s3.copy_object, Bucket=BUCKET, Key="c", CopySource={"Bucket": BUCKET, "Key": "absent"})


LIST = f"boto-list-{APPID}"
LISTED = ["a/1", "a/2", "a/b/3", "b", "c d", "e+f", "中"]


@check("list v1: all, prefix, delimiter, marker")
def _():
    s3.create_bucket(Bucket=LIST)
    for key in LISTED:
        put(key, bucket=LIST)
    equal(keys(s3.list_objects(Bucket=LIST)), LISTED)
    equal(keys(s3.list_objects(Bucket=LIST, Prefix="a/")), LISTED[:3])
    answer = s3.list_objects(Bucket=LIST, Delimiter="/")
    equal((keys(answer, "CommonPrefixes", "Prefix"), keys(answer)), (["a/"], LISTED[3:]))
    equal(keys(s3.list_objects(Bucket=LIST, Marker="b")), LISTED[4:])
    pages = s3.get_paginator("list_objects").paginate(Bucket=LIST, PaginationConfig={"PageSize": 2})
    equal([key for page in pages for key in keys(page)], LISTED)


@check("list v2: all, count, start-after, owner")
def _():
    answer = s3.list_objects_v2(Bucket=LIST, FetchOwner=True)
    equal((keys(answer), answer["KeyCount"], answer["IsTruncated"]), (LISTED, len(LISTED), False))
    truthy(answer["Contents"][0]["Owner"]["ID"])
    equal(keys(s3.list_objects_v2(Bucket=LIST, StartAfter="b")), LISTED[4:])


@check("list v2: delimiter, and pages with it")
def _():
    answer = s3.list_objects_v2(Bucket=LIST, Prefix="a/", Delimiter="/")
    equal((keys(answer, "CommonPrefixes", "Prefix"), keys(answer)), (["a/b/"], ["a/1", "a/2"]))
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=LIST, Delimiter="/", PaginationConfig={"PageSize": 2})
    found = [item for page in pages for item in keys(page, "CommonPrefixes", "Prefix") + keys(page)]
    equal(found, ["a/", *LISTED[3:]])


@check("list v2: encoding-type url")
def _():
    answer = s3.list_objects_v2(Bucket=LIST, EncodingType="url")
    equal([requests.utils.unquote(key.replace("+", " ")) for key in keys(answer)], LISTED)


@check("delete_objects: refused without Content-MD5, which this boto3 does not send by itself")
def _():
    refused(400, "InvalidRequest", s3.delete_objects, Bucket=LIST, Delete={"Objects": [{"Key": "a/1"}]})


def add_content_md5(request, **_):
    """What users of other S3 stores that want Content-MD5 register, too."""
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    request.headers["Content-MD5"] = base64.b64encode(hashlib.md5(body).digest()).decode()


s3.meta.events.register("before-sign.s3.DeleteObjects", add_content_md5)


@check("delete_objects: several, absent, quiet")
def _():
    ask = lambda names, **more: s3.delete_objects(Bucket=LIST, Delete={"Objects": [{"Key": k} for k in names], **more})
    equal(sorted(keys(ask(["a/1", "c d", "absent"]), "Deleted")), ["a/1", "absent", "c d"])
    equal(keys(ask(["中"], Quiet=True), "Deleted"), [])
    equal(keys(s3.list_objects_v2(Bucket=LIST)), ["a/2", "a/b/3", "b", "e+f"])


VERSIONED = f"boto-versions-{APPID}"


@check("versioning: versions, markers, pages")
def _():
    s3.create_bucket(Bucket=VERSIONED)
    equal(s3.get_bucket_versioning(Bucket=VERSIONED).get("Status"), None)
    s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    equal(s3.get_bucket_versioning(Bucket=VERSIONED)["Status"], "Enabled")
    one = put("v", b"one", bucket=VERSIONED)["VersionId"]
    two = put("v", b"two", bucket=VERSIONED)["VersionId"]
    equal(get("v", bucket=VERSIONED, VersionId=one), b"one")
    gone = s3.delete_object(Bucket=VERSIONED, Key="v")
    equal(gone["DeleteMarker"], True)
    refused(404, "NoSuchKey", get, "v", bucket=VERSIONED)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=VERSIONED, PaginationConfig={"PageSize": 1})
    pages = list(pages)
    equal([item["VersionId"] for page in pages for item in page.get("Versions", [])], [two, one])
    equal([item["VersionId"] for page in pages for item in page.get("DeleteMarkers", [])], [gone["VersionId"]])


@check("versioning: delete_objects by version, copy of a version")
def _():
    versions = s3.list_object_versions(Bucket=VERSIONED, Prefix="v")
    old = versions["Versions"][-1]["VersionId"]
    s3.copy_object(Bucket=VERSIONED, Key="c", CopySource={"Bucket": VERSIONED, "Key": "v", "VersionId": old})
    equal(get("c", bucket=VERSIONED), b"one")
    marker = versions["DeleteMarkers"][0]["VersionId"]
    answer = s3.delete_objects(Bucket=VERSIONED, Delete={"Objects": [{"Key": "v", "VersionId": marker}]})
    equal(answer["Deleted"][0]["VersionId"], marker)
    equal(get("v", bucket=VERSIONED), b"two")


@check("presigned: get, put")
def _():
    url = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "signed 文"}, ExpiresIn=60)
    answer = requests.put(url, data=b"by url", timeout=30)
    equal((answer.status_code, answer.text), (200, ""))
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "signed 文"}, ExpiresIn=60)
    equal(requests.get(url, timeout=30).content, b"by url")
    equal(requests.delete(url, timeout=30).status_code, 403)


@check("presigned: signature version 4")
def _():
    four = client_of(signature_version="s3v4")
    url = four.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "range"}, ExpiresIn=60)
    truthy("X-Amz-Signature" in url, url)
    equal(requests.get(url, timeout=30).content, b"0123456789")
    equal(requests.get(url.replace("/range", "/plain"), timeout=30).status_code, 403)


@check("presigned: form upload", known="forms signed the AWS way are refused; COS documents q-sign forms only")
def _():
    form = s3.generate_presigned_post(BUCKET, "form/${filename}", ExpiresIn=60)
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("a.txt", b"by form")}, timeout=30)
    equal((answer.status_code, answer.text), (204, ""))
    equal(get("form/a.txt"), b"by form")


@check("signature version 2 in the header")
def _():
    two = client_of(signature_version="s3")
    equal(two.get_object(Bucket=BUCKET, Key="range")["Body"].read(), b"0123456789")


@check("path style")
def _():
    at_cos = client_of(style="path")
    refused(403, "PathStyleDomainForbidden", at_cos.get_object, Bucket=BUCKET, Key="range")
    equal(local().get_object(Bucket=BUCKET, Key="range")["Body"].read(), b"0123456789")
    names = [bucket["Name"] for bucket in local().list_buckets()["Buckets"]]
    truthy(BUCKET in names, names)


@check("hosts: another region, no APPID")
def _():
    far = client_of(endpoint="https://cos.ap-hongkong.myqcloud.com")
    refused(404, "NoSuchBucket", far.get_object, Bucket=BUCKET, Key="range")
    refused(404, "404", far.head_bucket, Bucket=BUCKET)
    refused(400, "InvalidRequest", s3.get_object, Bucket="mybucket", Key="range")


@check("hosts: downloads over default hosts")
def _():
    put("page.html", ContentType="text/html", ContentDisposition="inline")
    headers = s3.get_object(Bucket=BUCKET, Key="page.html")["ResponseMetadata"]["HTTPHeaders"]
    equal((headers["content-disposition"], headers["x-amz-force-download"]), ("attachment", "true"))
    equal(s3.head_object(Bucket=BUCKET, Key="page.html")["ContentDisposition"], "inline")
    put("app.apk")
    refused(403, "DownloadForbidden", s3.get_object, Bucket=BUCKET, Key="app.apk")


@check("sub-resources that COS does not have")
def _():
    name = new_bucket("boto-precious")
    for call in (s3.delete_public_access_block, s3.delete_bucket_ownership_controls, s3.get_bucket_request_payment):
        refused(405, "MethodNotAllowed", call, Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"precious")
    refused(405, "MethodNotAllowed", s3.put_object_legal_hold, Bucket=name, Key="k", LegalHold={"Status": "ON"})
    refused(405, "MethodNotAllowed", s3.get_object_torrent, Bucket=name, Key="k")
    equal(get("k", bucket=name), b"precious")


@check("tagging: of an object")
def _():
    put("tags", Tagging="a=1&b=2")
    equal(s3.get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"], [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    s3.put_object_tagging(Bucket=BUCKET, Key="tags", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    equal(s3.get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"], [{"Key": "c", "Value": "3"}])
    s3.delete_object_tagging(Bucket=BUCKET, Key="tags")
    equal(s3.get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"], [])


@check("acl: of an object")
def _():
    put("acl", ACL="public-read")
    grants = s3.get_object_acl(Bucket=BUCKET, Key="acl")["Grants"]
    truthy(any(grant["Permission"] == "READ" and "URI" in grant["Grantee"] for grant in grants), grants)
    equal(requests.get(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/acl", timeout=30).content, b"x")
    s3.put_object_acl(Bucket=BUCKET, Key="acl", ACL="private")
    equal(requests.get(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/acl", timeout=30).status_code, 403)


@check("acl: of a bucket")
def _():
    bucket = new_bucket("boto-acl")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    answer = s3.get_bucket_acl(Bucket=bucket)
    truthy(answer["Owner"]["ID"])
    truthy(any(grant["Permission"] == "READ" for grant in answer["Grants"]), answer["Grants"])


@check("config: cors")
def _():
    refused(404, "NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=BUCKET)
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    got = s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"][0]
    equal({name: got[name] for name in rule}, rule)
    s3.delete_bucket_cors(Bucket=BUCKET)
    refused(404, "NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=BUCKET)


@check("config: lifecycle")
def _():
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    got = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]
    equal((got["ID"], got["Expiration"]["Days"], got["Filter"]["Prefix"]), ("r", 7, "logs/"))
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    refused(404, "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)


@check("config: website")
def _():
    s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "i.html"}})
    equal(s3.get_bucket_website(Bucket=BUCKET)["IndexDocument"]["Suffix"], "i.html")
    s3.delete_bucket_website(Bucket=BUCKET)
    refused(404, "NoSuchWebsiteConfiguration", s3.get_bucket_website, Bucket=BUCKET)


@check("config: tagging")
def _():
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    equal(s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"], [{"Key": "k", "Value": "v"}])
    s3.delete_bucket_tagging(Bucket=BUCKET)
    refused(404, "NoSuchTagSet", s3.get_bucket_tagging, Bucket=BUCKET)


@check("error: wrong key, unknown key")
def _():
    refused(403, "SignatureDoesNotMatch", client_of(secret_key="wrong").get_object, Bucket=BUCKET, Key="plain")
    refused(403, "InvalidAccessKeyId", client_of(secret_id="unknown").get_object, Bucket=BUCKET, Key="plain")


@check("error: an absent bucket")
def _():
    try:
        put("k", bucket=f"boto-absent-{APPID}")
    except s3.exceptions.NoSuchBucket as error:
        truthy(error.response["ResponseMetadata"]["HTTPStatusCode"] == 404)
        return
    raise AssertionError("no NoSuchBucket")


@check("resource: the object-oriented side")
def _():
    bucket = boto3.resource("s3", region_name=REGION, endpoint_url=f"https://cos.{REGION}.myqcloud.com",
                            aws_access_key_id=SECRET_ID, aws_secret_access_key=SECRET_KEY,
                            config=Config(s3={"addressing_style": "virtual"}))  # fmt: skip
    bucket.meta.client.meta.events.register("before-sign.s3.DeleteObjects", add_content_md5)
    bucket = bucket.Bucket(LIST)
    equal([item.key for item in bucket.objects.filter(Prefix="a/")], ["a/2", "a/b/3"])
    bucket.objects.all().delete()
    equal(list(bucket.objects.all()), [])


@check("waiter: object_exists does not wait for one that is there")
def _():
    s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="plain", WaiterConfig={"MaxAttempts": 1})


folder.cleanup()
suite.end()
