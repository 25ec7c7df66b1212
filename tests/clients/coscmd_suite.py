"""coscmd against backlot: each check runs the command. Its configuration file is written by `coscmd config`."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile

import requests
from qcloud_cos import CosConfig, CosS3Client

from checks import Suite, account, data, equal, read, sha, truthy, write

SECRET_ID, SECRET_KEY, REGION, APPID = account()
BUCKET = f"coscmd-{APPID}"
MIB = 1024 * 1024
COSCMD = os.path.join(os.path.dirname(sys.executable), "coscmd")

suite = Suite()
check = suite.check
folder = tempfile.TemporaryDirectory()
HOME = ["-c", os.path.join(folder.name, "cos.conf"), "-l", os.path.join(folder.name, "cos.log")]


def path(*names):
    return os.path.join(folder.name, *names)


def run(*words, bucket=None, fails=False):
    """Runs coscmd and answers what it prints. Fails unless it ends as expected."""
    command = [COSCMD, *HOME, *(["-b", bucket] if bucket else []), *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)
    printed = ended.stdout + ended.stderr
    if (ended.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(words)} ended with {ended.returncode}: {printed[-400:]}")
    return printed


def put(key, body=b"x"):
    run("upload", write(path("put"), body), key)


def get(key):
    run("download", "-f", key, path("got"))
    return read(path("got"))


@check("config: writes a file that the other commands read")
def _():
    run("config", "-a", SECRET_ID, "-s", SECRET_KEY, "-b", BUCKET, "-r", REGION, "--retry", "1")
    truthy(b"schema = https" in read(path("cos.conf")))


@check("createbucket, and again")
def _():
    run("createbucket")
    run("createbucket", fails=True)


@check("upload and download: small")
def _():
    put("small", b"small")
    equal(get("small"), b"small")


@check("upload: the checksum is kept as metadata")
def _():
    truthy(hashlib.md5(b"small").hexdigest() in run("info", "small"))


@check("upload: chinese key with spaces")
def _():
    put("目录/文件 一 a+b.txt", b"named")
    equal(get("目录/文件 一 a+b.txt"), b"named")


@check("upload: headers")
def _():
    headers = "{'x-cos-storage-class': 'STANDARD_IA', 'Content-Type': 'text/own', 'x-cos-meta-a': 'b'}"
    run("upload", "-H", headers, write(path("headed"), b"x"), "headed")
    printed = run("info", "headed")
    truthy("text/own" in printed and "STANDARD_IA" in printed, printed)


BIG = data(21 * MIB + 3, 5)


@check("upload: in parts, above the threshold")
def _():
    config = read(path("cos.conf")).decode()
    write(path("cos.conf"), (config.rstrip() + "\nmultiupload_threshold = 20\nmultidownload_threshold = 20\n").encode())
    run("upload", write(path("big"), BIG), "big")
    truthy(re.search(r'-\d+"', run("info", "big")), run("info", "big"))


@check("download: in parts")
def _():
    run("download", "-n", "4", "big", path("big.back"))
    equal(sha(read(path("big.back"))), sha(BIG))


@check("download: what is there already is left alone, unless forced")
def _():
    write(path("kept"), b"mine")
    run("download", "small", path("kept"), fails=True)
    equal(read(path("kept")), b"mine")
    run("download", "-f", "small", path("kept"))
    equal(read(path("kept")), b"small")


@check("download: an absent object")
def _():
    printed = run("download", "absent", path("absent"), fails=True)
    truthy("404" in printed or "not" in printed.lower(), printed)


@check("upload -r: a folder, with a filter")
def _():
    os.makedirs(path("tree", "sub"))
    for name in ("1.txt", "2.log", "sub/3.txt"):
        write(path("tree", name), name.encode())
    run("upload", "-r", "--ignore", "*.log", path("tree"), "tree")
    printed = run("list", "-ar", "tree/")
    truthy("tree/1.txt" in printed and "tree/sub/3.txt" in printed and "2.log" not in printed, printed)


@check("upload -rs: only what changed")
def _():
    write(path("tree", "1.txt"), b"changed")
    printed = run("upload", "-rs", path("tree"), "tree")
    equal(re.findall(r"(\d+) files (\w+)", printed), [("2", "uploaded"), ("1", "skipped"), ("0", "failed")])
    equal(get("tree/1.txt"), b"changed")
    equal(get("tree/2.log"), b"2.log")


@check("upload -rs --delete: what is gone here goes there")
def _():
    os.remove(path("tree", "2.log"))
    run("upload", "-rs", "-y", "--delete", path("tree"), "tree")
    truthy("2.log" not in run("list", "-ar", "tree/"))


@check("download -r: a folder")
def _():
    run("download", "-r", "tree/", path("tree.back"))
    equal(read(path("tree.back", "sub", "3.txt")), b"sub/3.txt")


@check("list: folders, number, all")
def _():
    printed = run("list", "tree/")
    truthy("tree/sub/" in printed and "DIR" in printed and "3.txt" not in printed, printed)
    truthy(len(re.findall(r"^ *tree/", run("list", "-r", "-n", "1", "tree/"), re.M)) == 1)
    truthy("small" in run("list", "-a", "--human"))


@check("info: of an absent object")
def _():
    run("info", "absent", fails=True)


@check("copy: within the bucket")
def _():
    run("copy", f"{BUCKET}.cos.{REGION}.myqcloud.com/small", "copied")
    equal(get("copied"), b"small")


@check("copy: in parts")
def _():
    run("copy", f"{BUCKET}.cos.{REGION}.myqcloud.com/big", "big-copied")
    equal(sha(get("big-copied")), sha(BIG))


@check("copy -r: a folder")
def _():
    run("copy", "-r", "-y", f"{BUCKET}.cos.{REGION}.myqcloud.com/tree/", "tree-copied/")
    equal(get("tree-copied/sub/3.txt"), b"sub/3.txt")


@check("move")
def _():
    run("move", f"{BUCKET}.cos.{REGION}.myqcloud.com/copied", "moved")
    equal(get("moved"), b"small")
    run("info", "copied", fails=True)


@check("signurl: readable by anybody")
def _():
    url = re.search(r"https://[^\s']+", run("signurl", "-t", "60", "small"))[0]
    equal(requests.get(url, timeout=30).content, b"small")
    equal(requests.get(url.split("?")[0], timeout=30).status_code, 403)


@check("object acl: set and shown")
def _():
    run("putobjectacl", "--grant-read", "100000000007", "small")
    printed = run("getobjectacl", "small")
    truthy("100000000007" in printed and "READ" in printed, printed)


@check("bucket acl: set and shown")
def _():
    run("putbucketacl", "--grant-read", "100000000007")
    printed = run("getbucketacl")
    truthy("100000000007" in printed and "READ" in printed, printed)


@check("restore: of an archived object")
def _():
    run("upload", "-H", "{'x-cos-storage-class': 'ARCHIVE'}", write(path("cold"), b"cold"), "cold")
    run("restore", "-d", "1", "-t", "Expedited", "cold")


@check("listparts and abort: an upload that was left")
def _():
    cos = CosS3Client(CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY))
    started = cos.create_multipart_upload(BUCKET, "left")["UploadId"]
    truthy(started in run("listparts"))
    run("abort")
    truthy(started not in run("listparts"))


@check("versioning: enable, list, read and delete one version")
def _():
    run("putbucketversioning", "Enabled")
    truthy("Enabled" in run("getbucketversioning"))
    put("versioned", b"one")
    put("versioned", b"two")
    printed = run("list", "-v", "-r", "versioned")
    ids = re.findall(r"MT[A-Za-z0-9]{20,}", printed)
    equal(len(ids), 2)
    run("download", "-f", "--versionId", ids[1], "versioned", path("old"))
    equal(read(path("old")), b"one")
    run("delete", "-f", "--versionId", ids[1], "versioned")
    equal(re.findall(r"MT[A-Za-z0-9]{20,}", run("list", "-v", "-r", "versioned")), ids[:1])
    run("delete", "-f", "--versions", "versioned")


@check("delete, and delete -r")
def _():
    run("delete", "-f", "moved")
    run("info", "moved", fails=True)
    run("delete", "-rf", "tree-copied/")
    truthy("tree-copied" not in run("list", "-ar"))


@check("deletebucket: refused while full, done with -f")
def _():
    run("deletebucket", fails=True)
    other = f"coscmd-other-{APPID}"
    run("createbucket", bucket=other)
    run("upload", path("put"), "k", bucket=other)
    run("deletebucket", "-f", bucket=other)
    run("list", bucket=other, fails=True)


@check("errors: a wrong key, said by its code")
def _():
    config = read(path("cos.conf")).decode()
    write(path("cos.conf"), config.replace(SECRET_KEY, "wrong").encode())
    try:
        printed = run("list", fails=True)
    finally:
        write(path("cos.conf"), config.encode())
    truthy("SignatureDoesNotMatch" in printed, printed)


@check("config --do-not-use-ssl: the same over http")
def _():
    run("config", "-a", SECRET_ID, "-s", SECRET_KEY, "-b", BUCKET, "-r", REGION, "--do-not-use-ssl")
    truthy(b"schema = http\n" in read(path("cos.conf")))
    equal(get("small"), b"small")


folder.cleanup()
suite.end()
