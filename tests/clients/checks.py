"""Named checks: each prints one line, and the suite ends with a count and an exit code."""

import contextlib
import hashlib
import os
import random
import sys
import traceback


class Suite:
    """Runs functions as checks, in the order in which they are written."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.known = 0

    def check(self, name, known=None):
        """Runs the decorated function at once. `known` is the reason why it is expected to fail."""

        def run(function):
            try:
                function()
            except Exception as error:  # the check's verdict, whatever it is
                where = traceback.extract_tb(error.__traceback__)
                line = next((f.lineno for f in reversed(where) if f.filename == function.__code__.co_filename), 0)
                what = " ".join(f"{type(error).__name__}: {error}".split())[:600]
                if known:
                    self.known += 1
                    print(f"known {name}: {known}", flush=True)
                else:
                    self.failed += 1
                    print(f"FAIL {name}: line {line}: {what}", flush=True)
            else:
                if known:
                    self.failed += 1
                    print(f"FAIL {name}: is marked as known to fail ({known}), and passes", flush=True)
                else:
                    self.passed += 1
                    print(f"ok {name}", flush=True)

        return run

    def end(self):
        """Prints the count and ends the process."""
        known = f", {self.known} known" if self.known else ""
        print(f"{self.passed} passed, {self.failed} failed{known}", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def equal(got, want):
    """Fails with both sides if they differ."""
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def truthy(got, about=""):
    """Fails unless `got` is true."""
    if not got:
        raise AssertionError(f"{about or 'claim'}: got {got!r}")


@contextlib.contextmanager
def raises(kind, **wanted):
    """Fails unless the block raises `kind`, whose getters (`get_NAME()`) answer as wanted."""
    try:
        yield
    except kind as error:
        for name, want in wanted.items():
            equal((name, getattr(error, f"get_{name}")()), (name, want))
    else:
        raise AssertionError(f"no {kind.__name__} was raised")


def data(size, seed=1):
    """The same bytes for the same size and seed."""
    return random.Random(seed).randbytes(size)


def sha(body):
    """A digest to compare bodies by."""
    return hashlib.sha256(body).hexdigest()


def write(path, body):
    """Makes a file, and answers its path."""
    with open(path, "wb") as file:
        file.write(body)
    return path


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def account():
    """What `backlot exec` put into the environment."""
    return (
        os.environ["TENCENTCLOUD_SECRETID"],
        os.environ["TENCENTCLOUD_SECRETKEY"],
        os.environ["TENCENTCLOUD_REGION"],
        os.environ["TENCENTCLOUD_APPID"],
    )
