"""Written by backlot: makes `certifi` answer with the certificates in BACKLOT_CA_BUNDLE, if that names a file."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_NAMES = ("certifi.core", "certifi")
_BUNDLE = os.environ.get("BACKLOT_CA_BUNDLE", "")


class _Loader(importlib.abc.Loader):
    """Loads a module as before, then replaces where it finds the certificates."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        _replace(module)


def _replace(module):
    if hasattr(module, "where"):
        module.where = lambda: _BUNDLE
    if hasattr(module, "contents"):
        module.contents = _contents


def _contents():
    with open(_BUNDLE, encoding="ascii", errors="replace") as bundle:
        return bundle.read()


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name not in _NAMES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def _run_the_next():
    """A folder that comes first hides the sitecustomize of others, which still has to run."""
    others = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


if _BUNDLE and os.path.isfile(_BUNDLE):
    sys.meta_path.insert(0, _Finder())
    # Path files of installed packages come earlier than this, and may have imported it.
    for name in _NAMES:
        if name in sys.modules:
            _replace(sys.modules[name])

_run_the_next()
