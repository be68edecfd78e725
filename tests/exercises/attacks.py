"""Programs that try to do harm, and how each must end. The first part holds the known classes, the second those of our own."""

from collections.abc import Mapping

from exercises.sandbox.job import Status

OK, ERROR, FUEL, CPU, MEMORY, OUTPUT = Status.OK, Status.ERROR, Status.FUEL, Status.CPU, Status.MEMORY, Status.OUTPUT
STACK, DENIED, REPLY, FELL = Status.STACK, Status.DENIED, Status.REPLY, Status.FELL

# name: (program, the endings that are right)
KNOWN: Mapping[str, tuple[str, set[Status]]] = {
    # --- Processes and threads
    "fork bomb": ("import os\nwhile True: os.fork()", {ERROR, DENIED}),
    "subprocess": ("import subprocess\nsubprocess.run(['id'])", {ERROR, DENIED}),
    "os.system": ("import os\nos.system('id')", {ERROR, DENIED}),
    "os.execv": ("import os\nos.execv('/bin/sh', ['sh'])", {ERROR, DENIED}),
    "thread bomb": ("import threading\nwhile True: threading.Thread(target=print).start()", {ERROR, DENIED}),
    "multiprocessing": ("import multiprocessing\nmultiprocessing.Pool(9)", {ERROR, DENIED}),
    "kill the parent": ("import os\nos.kill(os.getppid(), 9)", {ERROR, DENIED}),
    "signal": ("import signal\nsignal.alarm(1)\nsignal.pause()", {ERROR, DENIED}),
    # --- Memory
    "memory bomb of lists": ("a = []\nwhile True: a.append(' ' * 10**6)", {MEMORY}),
    "memory bomb of one text": ("a = 'x' * 10**9", {MEMORY}),
    "memory bomb of bytes": ("a = bytearray(3 * 10**9)", {MEMORY, ERROR}),
    "memory bomb of doubling": ("a = 'x'\nwhile True: a += a", {MEMORY}),
    "memory bomb of dictionaries": ("a = {}\nwhile True: a = {1: a, 2: [a] * 10**5}", {MEMORY, STACK, FUEL}),
    # --- Time
    "loop without end": ("while True: pass", {FUEL}),
    "loop that catches everything": ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", {FUEL}),
    "loop in C: sum": ("sum(range(10**12))", {FUEL, CPU}),
    "loop in C: all": ("import itertools\nall(itertools.repeat(1))", {FUEL, CPU}),
    "loop in C: deque": ("import itertools, collections\ncollections.deque(itertools.count(), maxlen=0)", {FUEL, CPU}),
    "huge power": ("9**9**9", {FUEL, CPU, MEMORY, ERROR}),
    "huge number as text": ("import sys\nsys.set_int_max_str_digits(0)\nstr(7**5_000_000)", {FUEL, CPU, MEMORY}),
    "catastrophic regular expression": ("import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')", {FUEL, CPU}),
    "sleep": ("import time\ntime.sleep(3600)\nprint('awake')", {OK}),
    "select": ("import select\nselect.select([], [], [], 60)", {ERROR, DENIED}),
    # --- Output
    "output without end": ("while True: print('x' * 100)", {OUTPUT}),
    "output of 50 MB at once": ("print('x' * 50_000_000)", {OUTPUT, MEMORY}),
    "error output without end": ("import sys\nwhile True: sys.stderr.write('x' * 100)", {OUTPUT}),
    # --- Files
    "read /etc/passwd": ("open('/etc/passwd').read()", {ERROR}),
    "list the root": ("import os\nos.listdir('/')", {ERROR, DENIED}),
    "read /proc": ("open('/proc/self/environ').read()", {ERROR}),
    "read own memory": ("open('/proc/self/mem', 'rb')", {ERROR}),
    "write a file": ("open('/tmp/x', 'w').write('x')", {ERROR}),
    "write beside": ("open('x', 'w').write('x')", {ERROR}),
    "temporary file": ("import tempfile\ntempfile.NamedTemporaryFile()", {ERROR, DENIED}),
    "file descriptor": ("import os\nos.write(1, b'x')", {ERROR, DENIED}),
    "pathlib walk": ("import pathlib\nlist(pathlib.Path('/').rglob('*'))\nraise KeyError", {ERROR, DENIED}),
    # --- Network
    "TCP to this machine": ("import socket\nsocket.create_connection(('127.0.0.1', 22))", {ERROR, DENIED}),
    "UDP": ("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))", {ERROR, DENIED}),
    "DNS": ("import socket\nsocket.gethostbyname('example.org')", {ERROR, DENIED}),
    "bind a port": ("import socket\nsocket.socket().bind(('0.0.0.0', 8080))", {ERROR, DENIED}),
    "fetch a page": ("import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')", {ERROR, DENIED}),
    # --- Depth
    "recursion": ("def f(): f()\nf()", {ERROR, STACK}),
    "recursion with a higher limit": ("import sys\nsys.setrecursionlimit(10**8)\ndef f(): f()\nf()", {ERROR, STACK, MEMORY, FUEL}),
    "deep repr": ("a = []\nfor _ in range(50_000): a = [a]\nrepr(a)", {ERROR, STACK, MEMORY}),
    "deep JSON": ("import json\njson.loads('[' * 10**6)", {ERROR, STACK, MEMORY}),
    "deep source": ("eval('(' * 5000 + ')' * 5000)", {ERROR, STACK, MEMORY}),
    "long chain of deletions": ("a = None\nfor _ in range(10**6): a = (a,)\ndel a", {OK, STACK, MEMORY, FUEL}),
    # --- The interpreter itself
    "ctypes": ("import ctypes\nctypes.string_at(0)", {ERROR}),
    "crash on purpose": ("import faulthandler\nfaulthandler._sigsegv()", {OK, ERROR, DENIED, FELL, MEMORY}),
    "forged bytecode": ("f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 50))\nf()", {ERROR, FELL, DENIED, STACK, MEMORY, OK, FUEL}),
    "abort": ("import os\nos.abort()", {ERROR, DENIED, FELL}),
    "leave at once": ("import os\nos._exit(0)", {ERROR, DENIED, FELL}),
    "pickle that calls": (
        "import pickle\nclass A:\n    def __reduce__(self):\n        import os\n        return os.system, ('id',)\npickle.loads(pickle.dumps(A()))",
        {ERROR, DENIED},
    ),
}

OWN: Mapping[str, tuple[str, set[Status]]] = {
    "the host's function called by its name": ("import wit_world\nwit_world.emit(7, 'x')", {OK}),
    "a million tiny pieces of output": ("import wit_world\nwhile True: wit_world.emit(1, '')", {OUTPUT, FUEL}),
    "model's import with rubbish": ("import wit_world\nprint(wit_world.gateway('{'))", {OK}),
    "model's import with depth": ("import wit_world\nprint(wit_world.gateway('[' * 60000))", {OK}),
    "model asked with ten million letters": ("import ai\nai.chat('x' * 10_000_000)", {ERROR, MEMORY, FUEL}),
    "model asked for ever": ("import ai\nwhile True:\n    try: ai.chat('x')\n    except Exception: pass", {FUEL, CPU}),
    "model asked as somebody else": ("import ai\nai._ask(op='admin', messages=[])", {ERROR}),
    "model asked with a foreign role": ("import ai\nai.chat([{'role': 'developer', 'content': 'x'}])", {ERROR}),
    "export called from inside": ("import __main__, sys\nsys.modules['guest'].WitWorld().run('{}')", {OK, ERROR}),
    "export replaced": ("import sys\nsys.modules['guest'].WitWorld.run = lambda self, job: 'x' * 10**7", {OK, ERROR}),
    "exception whose text never ends": ("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E", {FUEL}),
    "exception whose text fails": ("class E(Exception):\n    def __str__(self): raise self\nraise E", {ERROR, STACK, REPLY, FELL, DENIED, MEMORY}),
    "exception with a name of a megabyte": ("raise type('E' * 10**6, (Exception,), {})('x')", {ERROR}),
    "exception with a text of ten megabytes": ("raise ValueError('x' * 10**7)", {ERROR, MEMORY}),
    "group of a thousand exceptions": ("raise ExceptionGroup('x', [ValueError(i) for i in range(1000)])", {ERROR}),
    "traceback formatter replaced": ("import traceback\ntraceback.format_exception = lambda *a, **k: ['x' * 10**7]\n1/0", {ERROR, MEMORY}),
    "standard output replaced": ("import sys\nsys.stdout = None\nprint('x')", {OK}),
    "NUL and half of a character pair": ("print('\\x00', '\\ud800', '\\U0010ffff')", {OK}),
    "source with NUL": ("x = 'a\\x00b'\nexec('1\\x00')", {ERROR}),
    "source of a megabyte": ("exec('x = 1\\n' * 200_000)", {OK, MEMORY, FUEL}),
    "compressed bomb": ("import zlib\nzlib.decompress(zlib.compress(bytes(10**7)) * 1)\nimport bz2", {ERROR, MEMORY, OK, FUEL}),
    "hunt for the host in all objects": (
        "import gc\nnames = [''.join(('hidden', '_tests')), ''.join(('daily', '_tokens'))]\nfound = [o for o in gc.get_objects() if isinstance(o, dict) and any(n in o for n in names)]\nassert not found, found", {OK},
    ),
    "hunt for the host in the frames": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n    assert 'expected' not in frame.f_locals\n    frame = frame.f_back", {OK},
    ),
    "import hook": ("import sys\nclass F:\n    def find_spec(self, *a): raise SystemExit\nsys.meta_path.insert(0, F())\nimport colorsys", {OK}),
    "garbage collector turned off": ("import gc\ngc.disable()\nwhile True:\n    a = []\n    a.append(a)", {MEMORY, FUEL}),
    "hash collisions": ("d = {}\nfor i in range(10**5): d[i * (2**61 - 1)] = i", {OK, FUEL, MEMORY}),
    "huge format width": ("'%1000000000d' % 1", {MEMORY, ERROR}),
    "generator that never ends in join": ("''.join(str(i) for i in iter(int, 1))", {MEMORY, FUEL}),
    "asyncio that never ends": ("import asyncio\nasync def f():\n    while True: await asyncio.sleep(10)\nasyncio.run(f())", {FUEL}),
    "cleaning up that never ends": ("class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a", {FUEL}),
    "exit that is caught": ("try:\n    raise SystemExit\nexcept SystemExit:\n    print('still here')", {OK}),
    "the module ai replaced": ("import ai, sys\nai.chat = lambda *a: 'mine'\nsys.modules['ai'] = None\nprint(ai.chat('x'))", {OK}),
    "the host's import replaced": ("import wit_world\nwit_world.gateway = lambda text: '{\"text\": \"mine\"}'\nimport ai\nprint(ai.chat('x'))", {OK}),
    "the clock asked a million times": ("import time\nwhile True: time.monotonic()", {FUEL, CPU}),
    "the clock looked at for other people's work": ("import time\na = time.time()\nsum(range(10**5))\nassert time.time() == a", {OK}),
    "chance asked for a gigabyte": ("import os\nos.urandom(10**9)", {MEMORY, ERROR}),
    "generator that does not want to end": ("def f():\n    while True:\n        try: yield\n        except GeneratorExit: pass\ng = f()\nnext(g)\ng.close()", {ERROR, FUEL}),
    "GeneratorExit at the top": ("raise GeneratorExit", {ERROR}),
    "keyboard interrupt": ("raise KeyboardInterrupt", {ERROR}),
    "exit with an object": ("import sys\nclass A:\n    def __eq__(self, other): raise KeyError\n    __hash__ = None\nsys.exit(A())", {ERROR}),
    "exception that hides its class": ("class E(Exception):\n    @property\n    def __class__(self): return int\nraise E('x')", {ERROR}),
    "exception with a metaclass that fails": (
        "class M(type):\n    @property\n    def __name__(cls): raise KeyError\n    @property\n    def __module__(cls): raise KeyError\nclass E(Exception, metaclass=M): pass\nraise E",
        {ERROR},
    ),
    "a chain of ten thousand causes": ("e = None\nfor i in range(10**4):\n    n = ValueError(i)\n    n.__cause__ = e\n    e = n\nraise e", {ERROR, STACK, MEMORY, FUEL}),
    "a cause that is its own": ("e = ValueError('x')\ne.__cause__ = e\nraise e", {ERROR}),
    "traceback of a line that is none": ("exec(compile('\\n' * 10**5 + '1/0', 'main.py', 'exec'))", {ERROR}),
    "linecache filled with megabytes": ("import linecache\nlinecache.cache['main.py'] = (1, None, ['x' * 10**6] * 9, 'main.py')\n1/0", {ERROR, MEMORY, FUEL}),
    "warnings without end": ("import warnings\nwarnings.simplefilter('always')\nwhile True: warnings.warn('x')", {OUTPUT}),
    "signs that turn the reading direction": ("print('\\u202e\\u2066' * 100)", {OK}),
    "memory grown to the last page": ("a = []\ntry:\n    while True: a.append(bytearray(65536))\nexcept MemoryError:\n    n = len(a)\n    del a\nprint(n > 100)", {OK, MEMORY}),
    "recursion through C and back": ("import functools\ndef f(a, b): return functools.reduce(f, [1, 2, 3])\nf(1, 2)", {ERROR, STACK}),
    "dictionary changed while it is walked": ("d = {}\nclass A:\n    def __hash__(self): d[len(d)] = 1; return 1\n    def __eq__(self, o): d.clear(); return False\nfor _ in range(100): d[A()] = 1", {OK, ERROR}),
    "recursion in a hash": ("class A:\n    def __hash__(self): return hash((self,))\nhash(A())", {ERROR, STACK}),
    "frozen module loaded anew": ("import sys, importlib\nfor name in list(sys.modules):\n    try: importlib.reload(sys.modules[name])\n    except BaseException: pass", {OK, ERROR, FUEL, DENIED, FELL, MEMORY}),
    "all modules forgotten": ("import sys\nsys.modules.clear()\nimport json", {OK, ERROR, DENIED, FELL, STACK}),
}
