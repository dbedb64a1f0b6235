"""Stand-ins for packages that a consumer imports and does not need to read a mixture (torch above all, 700 MB)."""

import abc
import importlib.abc
import importlib.machinery
import sys
import types


class _Name(abc.ABCMeta):
    """A class whose every attribute is another such class, so that `torch.distributed.ProcessGroup` is one. Its
    instances return what they are called with, as decorators may."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = _made(name)
        setattr(cls, name, made)
        return made

    def __getitem__(cls, parameters):
        return cls

    def __or__(cls, other):
        return cls

    __ror__ = __or__


def _made(name):
    def initialise(self, *arguments, **named):
        pass

    def call(self, *arguments, **named):
        return arguments[0] if arguments else None

    return _Name(name, (), {"__module__": "stand_in", "__init__": initialise, "__call__": call})


class _Module(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = _made(name)
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, packages):
        self.packages = packages

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


def stand_in(*packages):
    """Imports of these packages succeed from now on, and mean nothing."""
    sys.meta_path.insert(0, _Finder(packages))


def empty_package(name, folder):
    """A package without its `__init__`, which would import all of it; modules in it are found in `folder`."""
    module = types.ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
