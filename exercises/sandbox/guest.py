"""What lives inside the sandbox: built into the component with a running interpreter (build.py), never imported by the house.

Everything here can be changed by the learner's program, so nothing that it says is believed (reply.py): it only has to be
convenient. The host gives and takes two strings; there are no files, no network, no clock that moves.
"""

import abc
import annotationlib
import array
import ast
import asyncio
import asyncio.base_events
import asyncio.events
import base64
import binascii
import bisect
import calendar
import cmath
import collections
import collections.abc
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import difflib
import encodings.ascii
import encodings.cp1252
import encodings.idna
import encodings.latin_1
import encodings.punycode
import encodings.raw_unicode_escape
import encodings.unicode_escape
import encodings.utf_8
import encodings.utf_8_sig
import encodings.utf_16
import encodings.utf_32
import enum
import fractions
import functools
import hashlib
import heapq
import hmac
import html
import importlib.abc
import importlib.machinery
import inspect
import io
import itertools
import json
import keyword
import linecache
import marshal
import math
import numbers
import operator
import os
import pickle
import pprint
import random
import re
import secrets
import statistics
import string
import string.templatelib
import struct
import sys
import textwrap
import time
import tokenize
import traceback
import types
import typing
import unicodedata
import urllib.parse
import uuid
import warnings

import _strptime
import wit_world

MAIN = "main.py"
UNTOLD = '{"ok": false, "problem": {"type": "Exception", "message": "", "line": 0, "traceback": ""}}'
# What needs an operating system, a screen or a network, and what is of no use without.
LEFT_OUT = {
    "__pycache__", "_pyrepl", "antigravity.py", "bdb.py", "cProfile.py", "compileall.py", "ctypes", "curses", "dbm", "ensurepip",
    "ftplib.py", "http", "idlelib", "imaplib.py", "lib2to3", "mailbox.py", "multiprocessing", "pdb.py", "poplib.py", "profile.py",
    "pty.py", "py_compile.py", "pydoc_data", "shelve.py", "site-packages", "smtplib.py", "socketserver.py", "sqlite3", "test",
    "this.py", "tkinter", "trace.py", "turtle.py", "turtledemo", "venv", "webbrowser.py", "wsgiref", "xmlrpc", "zipapp.py",
}  # fmt: skip
library = {}


def gather(folder, package=""):
    """Compile the rest of the standard library once and keep it in memory: imports work without any file."""
    for entry in sorted(os.listdir(folder)):
        path = f"{folder}/{entry}"
        if entry in LEFT_OUT or entry == "__init__.py":
            continue
        if entry.endswith(".py"):
            keep(package + entry[:-3], path, False)
        elif os.path.exists(f"{path}/__init__.py"):
            keep(package + entry, f"{path}/__init__.py", True)
            gather(path, f"{package}{entry}.")


def keep(name, path, is_package):
    """Compile one module; what cannot be compiled here is left out."""
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), f"<library>/{name}", "exec", dont_inherit=True, optimize=2)
    except (OSError, SyntaxError, ValueError):
        return
    library[name] = is_package, marshal.dumps(code)


class Library(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what `gather` has kept."""

    def find_spec(self, name, path=None, target=None):
        kept = library.get(name)
        return importlib.machinery.ModuleSpec(name, self, is_package=kept[0]) if kept else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(marshal.loads(library[module.__name__][1]), module.__dict__)


class Stream(io.TextIOBase):
    """What is printed goes to the host at once."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, number):
        self.number = number

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            wit_world.emit(self.number, text.encode("utf-8", "replace").decode())
        return len(text)


# --- The module `ai` ------------------------------------------------------------------------------------------------------

class AIError(RuntimeError):
    """The model gave no answer; the text says why."""


def _ask(**request):
    reply = json.loads(wit_world.gateway(json.dumps(request)))
    if "error" in reply:
        raise AIError(reply["error"])
    return reply


def chat(prompt, *, system=None, temperature=0.0, max_tokens=300, model=""):
    """Ask the course's model and return its answer as text.

    `prompt` is a text, or a list of messages such as {"role": "user", "content": "…"}. Raises ai.AIError.
    """
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    if system is not None:
        messages = [{"role": "system", "content": system}, *messages]
    return _ask(op="chat", messages=messages, temperature=temperature, max_tokens=max_tokens, model=model)["text"]


def embed(texts):
    """The meaning of each text as a list of numbers. Raises ai.AIError."""
    one = isinstance(texts, str)
    vectors = _ask(op="embed", texts=[texts] if one else list(texts))["vectors"]
    return vectors[0] if one else vectors


ai = types.ModuleType("ai", "The models of this course.")
ai.chat, ai.embed, ai.AIError = chat, embed, AIError
chat.__module__ = embed.__module__ = AIError.__module__ = "ai"


# --- Time stands still: what sleeps wakes at once ---------------------------------------------------------------------------

class Selector:
    """asyncio's clock: waiting moves it on and costs nothing."""

    now = 0.0

    def select(self, timeout):
        if timeout:
            Selector.now += timeout
        return []


class Loop(asyncio.base_events.BaseEventLoop):
    """asyncio's loop without sockets, threads and signals."""

    def __init__(self):
        super().__init__()
        self._selector = Selector()
        self._clock_resolution = 1e-9

    def time(self):
        return Selector.now

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


def run_coroutine(main, *, debug=None, loop_factory=None):
    """asyncio.run: what is still under way when the main coroutine is done is cancelled."""
    loop = Loop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def sleep(seconds):
    """time.sleep: returns at once."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")


# --- A job ------------------------------------------------------------------------------------------------------------------

def lines_of(error):
    """The innermost line of the learner's own file, or that of a syntax error in it."""
    if isinstance(error, SyntaxError) and error.filename == MAIN:
        return error.lineno or 0
    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == MAIN]
    return numbers[-1] if numbers else 0


def own_lines(told):
    """Without the frames of this file: they say nothing about the learner's program."""
    told.stack[:] = [frame for frame in told.stack if not frame.filename.endswith("guest.py")]
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            own_lines(other)
    return told


def text_of(error):
    """The exception's own words, if it has any that can be said."""
    try:
        return str(error)[:1000]
    except Exception:
        return ""


def ended_well(error):
    """Whether this is sys.exit() or sys.exit(0), and nothing that only looks like it."""
    return type(error) is SystemExit and (error.code is None or type(error.code) is int and error.code == 0)


def told(error):
    """An exception in words."""
    text = "".join(own_lines(traceback.TracebackException.from_exception(error, limit=-14)).format())
    return {"type": type(error).__name__[:100], "message": text_of(error), "line": lines_of(error), "traceback": text[-6000:]}


def answer(job):
    """Run the program, and call its function if one is wanted."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    scope = module.__dict__
    code = job["code"]
    linecache.cache[MAIN] = len(code), None, code.splitlines(True), MAIN
    if "data" in job:
        scope["data"] = job["data"]
    exec(compile(code, MAIN, "exec", dont_inherit=True), scope)
    if "call" not in job:
        return {"ok": True}
    call = job["call"]
    if call["function"] not in scope:
        raise NameError(f"name '{call['function']}' is not defined")
    value = scope[call["function"]](*call["arguments"], **call["named"])
    return {"ok": True, "value": plain(value)}


def plain(value):
    """What JSON can write: a tuple is a list there, and a set says that it is one (compare.py)."""
    return json.loads(json.dumps(value, default=described))


def described(value):
    """What JSON cannot write by itself."""
    if isinstance(value, (set, frozenset)):
        return {"__set__": sorted(value, key=repr)}
    raise TypeError(f"{type(value).__name__} is no value that can be checked here (use numbers, texts, lists, dictionaries)")


class WitWorld(wit_world.WitWorld):
    """What the host may call."""

    def run(self, job: str) -> str:
        job = json.loads(job)
        sys.stdout, sys.stderr, sys.stdin = Stream(1), Stream(2), io.StringIO(job.get("stdin", ""))
        random.seed = seed
        random.seed(job.get("seed", 0))
        try:
            return json.dumps(answer(job))
        except BaseException as error:
            try:
                return json.dumps({"ok": True} if ended_well(error) else {"ok": False, "problem": told(error)})
            except Exception:  # An exception that was made to break those who look at it.
                return UNTOLD


gather("/python")
sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, Library()]
sys.path[:] = []
sys.path_importer_cache.clear()
sys.modules["ai"] = ai
sys.dont_write_bytecode = True
asyncio.run = run_coroutine
asyncio.new_event_loop = asyncio.events.new_event_loop = Loop
time.sleep = sleep
# The runtime seeds from the host when it wakes up, slowly; run() seeds from the job instead.
seed, random.seed = random.seed, lambda *given, **more: None
warnings.simplefilter("ignore")
