"""The platform's part of a Python function: takes events from the runtime API, hands them to the handler, reports results.

Written by backlot; Python 3.6 or newer, standard library only. Follows: SCF reference, sections 6.1 to 6.3 and 7.

A cold start waits for every import that is made here, so only what each event needs is imported at the top. `logging` takes
longer than all the rest together, and is set up when the handler imports it.
"""

import sys

# The folder of `-c`, which is the working folder: the user's files do not stand in for modules that this code needs.
sys.path[:1] = []

import _socket
import json
import os

# The name that this code has in tracebacks: where it is on the platform, not a temporary folder.
FILE = "/var/runtime/python3/bootstrap.py"
# Encoding and decoding is this code's work, too.
JSON = os.path.dirname(json.__file__) + os.sep
# `logging.DEBUG`.
DEBUG = 10
# Variables that a handler does not see on the platform.
HIDDEN = ("SCF_RUNTIME_API", "SCF_RUNTIME_API_PORT", "_HANDLER", "PYTHONUSERBASE")


class RuntimeApi:
    """One connection that stays open.

    The socket of `_socket`: importing `socket` takes as long as all the rest of the start, and `http.client` several times
    that.
    """

    def __init__(self, host, port):
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        # No time limit, also if the handler sets a default one.
        self._socket.settimeout(None)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._unread = bytearray()
        self._host = "%s:%s" % (host, port)

    def ask(self, method, path, body=b""):
        head = "%s /runtime/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
        self._socket.sendall((head % (method, path, self._host, len(body))).encode() + body)
        end = self._unread.find(b"\r\n\r\n")
        while end < 0:
            self._receive()
            end = self._unread.find(b"\r\n\r\n")
        lines = self._take(end + 4).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers["content-length"])
        while len(self._unread) < length:
            self._receive()
        return headers, self._take(length)

    def _receive(self):
        received = self._socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the runtime API is gone")
        self._unread += received

    def _take(self, length):
        taken = bytes(self._unread[:length])
        del self._unread[:length]
        return taken


class CosV5:
    """`qcloud_cos_v5`, which the platform's Python carries: the installed `qcloud_cos` under that name.

    A package `qcloud_cos_v5` that the user has packed is found before it.
    """

    NAME = "qcloud_cos_v5"

    def __init__(self):
        self._is_packed = False

    def find_spec(self, name, path=None, target=None):
        if self._is_packed or name.partition(".")[0] != self.NAME:
            return None
        from importlib import machinery

        if name == self.NAME:
            packed = machinery.PathFinder.find_spec(name, path, target)
            self._is_packed = packed is not None
            if self._is_packed:
                return packed
        return machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        import importlib

        try:
            module = importlib.import_module("qcloud_cos" + spec.name[len(self.NAME):])
        except ModuleNotFoundError as error:
            if error.name != "qcloud_cos":
                raise
            raise ModuleNotFoundError(
                "`qcloud_cos_v5` is installed on the platform; here it is the package `cos-python-sdk-v5`, "
                "which is missing: run `%s -m pip install cos-python-sdk-v5`" % sys.executable,
                name=spec.name,
            ) from None
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        # The import system has just replaced it, but the module goes on to be the installed one.
        module.__spec__ = module.__spec__.loader_state


def packed_packages(root):
    """What `pip install --target` has put beside the code, by the first part of its path."""
    names = set()
    for folder in os.listdir(root):
        record = os.path.join(root, folder, "RECORD")
        if folder.endswith(".dist-info") and os.path.isfile(record):
            with open(record, encoding="utf-8", errors="replace") as lines:
                names.update(line.partition(",")[0].partition("/")[0] for line in lines)
    return names


def without_libraries(root):
    """Drops debug lines of installed packages: SDKs print keys, signatures and the machine's time there."""
    packed = []

    def keep(record):
        path = record.pathname
        if record.levelno > DEBUG:
            return True
        if "/site-packages/" in path or "/dist-packages/" in path:
            return False
        if not path.startswith(root):
            return True
        if not packed:
            packed.append(packed_packages(root))
        return path[len(root):].partition("/")[0] not in packed[0]

    return keep


def log_everything(logging, stdout, root, has_libraries):
    """As on the platform: whatever is logged is printed, bare."""
    handler = logging.StreamHandler(stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    if not has_libraries:
        handler.addFilter(without_libraries(root))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG)


class WhenImported:
    """Calls `then` with the module `name` when that is imported for the first time, before whoever imports it has it."""

    def __init__(self, name, then):
        self._name, self._then = name, then
        if name in sys.modules:
            then(sys.modules[name])
        else:
            sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            # Old ones have another method only.
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec and find_spec(name, path, target)
            if spec is not None:
                self._loader, spec.loader = spec.loader, self
                return spec
        return None

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        # As if this had not been there.
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._then(module)


def is_ours(frame):
    name = frame.f_code.co_filename
    return name == FILE or name.startswith(("<frozen importlib", JSON))


def text_of(error):
    """The traceback without the frames that lead from this code to the user's."""
    import traceback

    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame):
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip("\n")
    header = "Traceback (most recent call last):"
    return text if header in text else header + "\n" + text


def load(root, handler):
    """The handler: a function of a module that is loaded from its file. The folder of the file is the working folder."""
    from importlib import util

    path, _, function = handler.rpartition(".")
    path = os.path.join(root, path + ".py")
    folder, name = os.path.split(path)
    os.chdir(folder)
    if folder not in sys.path[:1]:
        sys.path.insert(0, folder)
    spec = util.spec_from_file_location(name[:-len(".py")], path)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return getattr(module, function)


def encode(value):
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        value = str(value)
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def facts(environ):
    """What the context says in every event."""
    namespace = environ["SCF_NAMESPACE"]
    return {
        "environment": json.dumps({"SCF_NAMESPACE": namespace}, separators=(",", ":")),
        # The duplicate is the platform's.
        "environ": "SCF_NAMESPACE=%s;SCF_NAMESPACE=%s" % (namespace, namespace),
        "function_version": environ["SCF_FUNCTIONVERSION"],
        "function_name": environ["SCF_FUNCTIONNAME"],
        "namespace": namespace,
        "tencentcloud_region": environ["TENCENTCLOUD_REGION"],
        "tencentcloud_appid": environ["TENCENTCLOUD_APPID"],
        "tencentcloud_uin": environ["TENCENTCLOUD_UIN"],
    }


def context_of(headers, common):
    context = {
        "memory_limit_in_mb": int(headers["memory_limit_in_mb"]),
        "time_limit_in_ms": int(headers["time_limit_in_ms"]),
        "request_id": headers["request_id"],
    }
    context.update(common)
    return context


def serve(api, function, common):
    while True:
        headers, event = api.ask("GET", "invocation/next")
        try:
            result = encode(function(json.loads(event.decode("utf-8")), context_of(headers, common)))
        except Exception as error:  # Not `SystemExit`, which ends the process, as on the platform.
            text = text_of(error).encode("utf-8", "backslashreplace")
            api.ask("POST", "invocation/error", text)
        else:
            api.ask("POST", "invocation/response", result)


def main():
    api = RuntimeApi(os.environ["SCF_RUNTIME_API"], os.environ["SCF_RUNTIME_API_PORT"])
    handler, common = os.environ["_HANDLER"], facts(os.environ)
    for name in HIDDEN:
        os.environ.pop(name, None)
    sys.argv = [FILE]
    sys.meta_path.insert(0, CosV5())
    # `SCRIPT` and `LIBRARY_LOGS` are globals that the start sets. The handler finds its temporary folder empty.
    os.unlink(SCRIPT)
    os.rmdir(os.path.dirname(SCRIPT))
    root = os.environ["USER_CODE_ROOT"]
    stdout = sys.stdout
    WhenImported("logging", lambda logging: log_everything(logging, stdout, root, LIBRARY_LOGS))
    try:
        function = load(root, handler)
    except BaseException as error:  # Also `SystemExit`: code that ends while it loads did not load.
        api.ask("POST", "init/error", text_of(error).encode("utf-8", "backslashreplace"))
        return
    api.ask("POST", "init/ready", b" ")
    serve(api, function, common)


try:
    main()
except ConnectionError:
    pass  # The instance is gone.
