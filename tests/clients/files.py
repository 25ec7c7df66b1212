"""A folder of files that is hard on clients, and what tells whether two folders are equal."""

import os
import pathlib

from checks import data, equal, sha

MIB = 1024 * 1024

# Names that clients have to encode, each a way of its own.
ODD_NAMES = [
    "plain.txt",
    "with space.txt",
    "plus+and&amp=.txt",
    "percent%41.txt",
    "目录/文件 一.txt",
    "deep/er/and/deeper.txt",
    "~tilde'quote\"double.txt",
    "emoji 🎬.mp4",
    "hash#question.txt",
    "comma,semi;colon:at@.txt",
]
# In parts for every client of the suite.
LARGE = "large.bin"


def make(folder, large=17 * MIB + 3):
    """Fills the folder, and answers it."""
    folder = pathlib.Path(folder)
    for number, name in enumerate(ODD_NAMES):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data(100 + number, number))
    (folder / "empty").write_bytes(b"")
    (folder / LARGE).write_bytes(data(large, 3))
    return folder


def digests(folder):
    """The digest of each file below the folder, by its path from there."""
    folder = pathlib.Path(folder)
    found = (path for path in folder.rglob("*") if path.is_file())
    return {os.fspath(path.relative_to(folder)): sha(path.read_bytes()) for path in found}


def same(got, want):
    """Fails unless both folders hold the same files."""
    equal(digests(got), digests(want))
