"""pyarrow's S3 file system, the AWS SDK for C++, against backlot: through the proxy, and at the local address."""

import os
from urllib.parse import urlsplit

import pyarrow
import pyarrow.parquet
from pyarrow.fs import FileSelector, FileType, S3FileSystem

from checks import Suite, account, data, equal, sha, truthy
from files import MIB

SECRET_ID, SECRET_KEY, REGION, APPID = account()

suite = Suite()
check = suite.check
proxy = urlsplit(os.environ["HTTP_PROXY"])
keys = {"access_key": SECRET_ID, "secret_key": SECRET_KEY, "region": REGION, "allow_bucket_creation": True, "allow_bucket_deletion": True}
SYSTEMS = {
    "hosts": S3FileSystem(
        endpoint_override=f"cos.{REGION}.myqcloud.com",
        scheme="http",
        force_virtual_addressing=True,
        proxy_options={"scheme": "http", "host": proxy.hostname, "port": proxy.port},
        **keys,
    ),
    "local": S3FileSystem(endpoint_override=os.environ["BACKLOT_ADDRESS"], scheme="http", **keys),
}

for style, files in SYSTEMS.items():
    bucket = f"arrow-{style}-{APPID}"

    @check(f"{style}: makes a bucket")
    def _():
        files.create_dir(bucket)
        equal(files.get_file_info(bucket).type, FileType.Directory)

    @check(f"{style}: writes and reads, in parts")
    def _():
        body = data(12 * MIB + 1, 8)
        with files.open_output_stream(f"{bucket}/large", buffer_size=MIB) as file:
            for start in range(0, len(body), MIB):
                file.write(body[start : start + MIB])
        with files.open_input_stream(f"{bucket}/large") as file:
            equal(sha(file.read()), sha(body))

    @check(f"{style}: reads ranges")
    def _():
        with files.open_output_stream(f"{bucket}/letters") as file:
            file.write(b"abcdefgh")
        with files.open_input_file(f"{bucket}/letters") as file:
            equal(file.read_at(3, 2), b"cde")

    @check(f"{style}: a table as Parquet, one column of it")
    def _():
        table = pyarrow.table({"task": [f"task-{number}" for number in range(1000)], "code": list(range(1000))})
        pyarrow.parquet.write_table(table, f"{bucket}/tables/one.parquet", filesystem=files)
        read = pyarrow.parquet.read_table(f"{bucket}/tables/one.parquet", columns=["code"], filesystem=files)
        equal(read.column("code").to_pylist(), list(range(1000)))

    @check(f"{style}: lists with folders, odd names as they are")
    def _():
        odd = f"{bucket}/目录/with space+plus%.txt"
        with files.open_output_stream(odd) as file:
            file.write(b"odd")
        found = {info.path: info for info in files.get_file_info(FileSelector(bucket, recursive=True))}
        equal(found[odd].size, 3)
        equal(found[f"{bucket}/目录"].type, FileType.Directory)

    @check(f"{style}: copies and moves")
    def _():
        files.copy_file(f"{bucket}/letters", f"{bucket}/copied")
        files.move(f"{bucket}/copied", f"{bucket}/moved")
        equal(files.get_file_info(f"{bucket}/copied").type, FileType.NotFound)
        with files.open_input_stream(f"{bucket}/moved") as file:
            equal(file.read(), b"abcdefgh")

    @check(f"{style}: what is not there")
    def _():
        equal(files.get_file_info(f"{bucket}/nothing").type, FileType.NotFound)
        try:
            files.open_input_file(f"{bucket}/nothing")
        except FileNotFoundError:
            return
        raise AssertionError("a file was found")

    @check(f"{style}: deletes files")
    def _():
        for info in files.get_file_info(FileSelector(bucket, recursive=True)):
            if info.type == FileType.File:
                files.delete_file(info.path)
        left = files.get_file_info(FileSelector(bucket, recursive=True))
        truthy(all(info.type == FileType.Directory for info in left), left)


suite.end()
