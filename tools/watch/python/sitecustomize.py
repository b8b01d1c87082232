"""Watches the sockets of a Python program: each call becomes a record of a trace (docs/trace.md).

Python runs this before the program if the folder is in PYTHONPATH. Nothing about how the program runs
changes: its arguments, its output, its errors and its exit code are the same. An error in here never
reaches the program. Without LAB_WATCH in the environment nothing is watched.
"""

import _thread
import binascii
import errno
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
FOLDER = os.getcwd() if hasattr(os, "getcwd") else ""
KEPT_BYTES = 256
GATE_S = 10
MOST_RECORDS = 25_000
SHUTDOWNS = {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}


def quote(text):
    """A string of JSON; surrogates that stand for bytes of a file name stay escapes."""
    signs = []
    for sign in str(text):
        code = ord(sign)
        if sign in '"\\':
            signs.append("\\" + sign)
        elif 32 <= code < 127:
            signs.append(sign)
        elif code < 0x10000:
            signs.append("\\u%04x" % code)
        else:
            code -= 0x10000
            signs.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
    return '"' + "".join(signs) + '"'


def json(value):
    if isinstance(value, dict):
        return "{" + ",".join(quote(key) + ":" + json(each) for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(json(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return quote(value)


class Output:
    """The file where the records go."""

    def __init__(self, file):
        self.lock = _thread.allocate_lock()
        self.left = MOST_RECORDS
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.descriptor = os.open(file, flags, 0o600)

    def write(self, record):
        self.left -= 1
        if self.left < 0:
            return  # as many as are drawn, and no more
        line = (json(record) + "\n").encode("ascii")
        with self.lock:
            while line:
                line = line[os.write(self.descriptor, line):]


class Halting:
    """
    Asks before each call, or before the first connect, whether it may be made: a line is written to a
    descriptor that the program was started with, and a byte comes back. One thread asks at a time.
    """

    def __init__(self, environ):
        self.lock = _thread.allocate_lock()
        self.channel = int(environ.get("LAB_WATCH_CHANNEL", "-1"))
        self.where = environ.get("LAB_WATCH_HALT") if is_socket(self.channel) else None

    def before(self, name):
        if self.where is None or self.where not in ("all", name):
            return
        with self.lock:
            if self.where != "all":
                self.where = None  # once: the next try is not held up
            asked = dict(quiet(lines) or {}, call=name)
            os.write(self.channel, (json(asked) + "\n").encode("ascii"))
            if os.read(self.channel, 1) == b"":
                os._exit(1)  # the page has gone


def is_socket(descriptor):
    """Whether it is one: a process that Python has started has not got the descriptor."""
    try:
        return os.fstat(descriptor).st_mode & 0o170000 == 0o140000
    except OSError:
        return False


class Known:
    """What we know about a socket."""

    def __init__(self, number):
        self.number = number
        self.sent = 0
        self.received = 0
        self.local = None
        self.peer = None
        self.is_shared = False  # with a process that was forked


class Watcher:
    def __init__(self, environ):
        self.output = Output(environ["LAB_WATCH"])
        self.role = environ.get("LAB_WATCH_ROLE", "server")
        self.program = environ.get("LAB_WATCH_PROGRAM", "python")
        self.halting = Halting(environ)
        self.gate = environ.get("LAB_WATCH_GATE")
        self.origin = origin_of(environ)
        self.pid = os.getpid()
        self.calls = 0
        self.sockets = 0
        self.known = {}
        self.threads = {}
        self.write_run()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self.shares_all, after_in_child=self.is_child)

    def write_run(self):
        started = time.time() - self.now() / 1000
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started))
        self.output.write(
            {
                "v": 1,
                "type": "run",
                "lang": "Python " + sys.version.split()[0],
                "pid": self.pid,
                "started": "%s.%03dZ" % (whole, int(started % 1 * 1000)),
            }
        )

    def now(self):
        return round((time.monotonic_ns() - self.origin) / 1e6, 3)

    def shares_all(self):
        for known in self.known.values():
            known.is_shared = True

    def is_child(self):
        self.pid = os.getpid()
        self.output.lock = _thread.allocate_lock()
        self.halting.lock = _thread.allocate_lock()
        self.threads = {}
        for known in self.known.values():
            known.is_shared = False
        self.write_run()

    def of(self, sock):
        """What is known of this socket; a finalizer of another with the same id has gone before."""
        known = self.known.get(id(sock))
        if known is None:
            self.sockets += 1
            known = self.known[id(sock)] = Known(self.sockets)
        return known

    def forget(self, sock):
        self.known.pop(id(sock), None)

    def look_at_ends(self, sock, known):
        for name, ask in (("local", sock.getsockname), ("peer", sock.getpeername)):
            try:
                ends = ask()
                if ends[1] != 0:
                    setattr(known, name, address(ends))
            except OSError:
                pass  # not yet, or no more

    def begins(self, sock, name, args, data=None):
        known = self.of(sock)
        if name != "socket":
            self.look_at_ends(sock, known)
        self.calls += 1
        record = {
            "v": 1,
            "type": "call",
            "id": "%d.%d" % (self.pid, self.calls),
            "phase": "call",
            "t": self.now(),
            "role": self.role,
            "program": self.program,
            "pid": self.pid,
            "thread": self.thread(),
            "proto": "udp" if is_udp(sock) else "tcp",
            "sock": known.number,
            "call": name,
            "args": args,
        }
        add_ends(record, known)
        record.update(lines())
        if is_bytes(data):
            record["bytes"] = as_bytes(data, known.sent)
        return record

    def thread(self):
        own = _thread.get_ident()
        return self.threads.setdefault(own, len(self.threads) + 1)

    def wait_at_gate(self):
        """Until all clients of the run are here: the file appears then."""
        begun = time.monotonic()
        while not os.path.exists(self.gate) and time.monotonic() - begun < GATE_S:
            time.sleep(0.002)
        self.gate = None

    def is_over(self, sock, begun, phase, **more):
        record = dict(begun, phase=phase, t=self.now())
        record["d"] = round(record["t"] - begun["t"], 3)
        known = self.of(sock)
        if record["call"] not in ("close", "socket"):
            self.look_at_ends(sock, known)
        add_ends(record, known)
        record.update(more)
        self.output.write(record)

    def has_crashed(self, error):
        """The program, or one of its threads, ends with an error."""
        found = {"v": 1, "type": "crashed", "t": self.now(), "pid": self.pid}
        place = place_of(error)
        if place is not None:
            found["at"] = place
        kind = type(error).__name__
        said = str(error)[:KEPT_BYTES]
        found["error"] = {"code": kind, "message": "%s: %s" % (kind, said) if said else kind}
        self.output.write(found)

    def halt(self, name):
        """Waits before a call until it may be made."""
        if self.gate is not None and name in ("connect", "sendto"):
            self.wait_at_gate()
        self.halting.before(name)


def origin_of(environ):
    """The beginning of the run on this program's clock, in ns: on Linux the clock is everybody's."""
    if sys.platform == "linux" and "LAB_TRACE_ORIGIN" in environ:
        return int(environ["LAB_TRACE_ORIGIN"])
    begun = environ.get("LAB_WATCH_STARTED")  # ms since 1970
    passed = time.time_ns() - int(float(begun) * 1e6) if begun else 0
    return time.monotonic_ns() - passed


def is_inet(sock):
    return sock.family in (2, AF_INET6)


def is_udp(sock):
    return sock.type & 0xF == 2


AF_INET6 = None


def address(value):
    """`127.0.0.1:65432`, `[::1]:65432`"""
    if not isinstance(value, tuple) or len(value) < 2:
        return str(value)
    host = str(value[0])
    return ("[%s]:%s" if ":" in host else "%s:%s") % (host, value[1])


def add_ends(record, known):
    if known.local is not None:
        record["local"] = known.local
    if known.peer is not None:
        record["peer"] = known.peer


def is_bytes(data):
    return isinstance(data, (bytes, bytearray, memoryview)) or hasattr(data, "tobytes")


def as_bytes(data, off):
    view = memoryview(data).cast("B")
    kept = bytes(view[:KEPT_BYTES])
    return {
        "n": len(view),
        "off": off,
        "b64": binascii.b2a_base64(kept, newline=False).decode("ascii"),
        "truncated": len(view) > KEPT_BYTES,
    }


def lines():
    """The line that makes the call, and the program's own where the first is in the library."""
    frame = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return {}
    own = frame
    while own is not None and is_library(own):
        own = own.f_back
    found = {"at": line_of(frame)}
    if own is not None and own is not frame:
        found["lab"] = line_of(own)
    return found


def is_ours(frame):
    name = frame.f_code.co_filename
    return os.path.dirname(name) == HERE or os.path.basename(name) == "socket.py" and is_library(frame)


def is_library(frame):
    name = frame.f_code.co_filename
    return name.startswith("<") or name.startswith(LIBRARY)


def line_of(frame):
    code = frame.f_code
    return {
        "file": short(code.co_filename),
        "line": frame.f_lineno,
        "col": 1,
        "fn": getattr(code, "co_qualname", code.co_name),
    }


def short(file):
    """A file of the program, by its way from the folder in which it was started."""
    if file.startswith(LIBRARY) or file.startswith("<"):
        return os.path.basename(file)
    whole = os.path.normpath(os.path.join(FOLDER, file))
    own = whole[len(FOLDER) + 1:] if whole.startswith(FOLDER + os.sep) else whole
    return own.replace("\\", "/")


def quiet(work, *args, **more):
    """An error of the watcher's own must not reach the program."""
    try:
        return work(*args, **more)
    except Exception as error:
        if "LAB_WATCH_DEBUG" in os.environ:
            sys.stderr.write("watch: %r\n" % error)
        return None


def error_of(error):
    code = errno.errorcode.get(getattr(error, "errno", None))
    if code is None and isinstance(error, TimeoutError):
        code = "ETIMEDOUT"
    if isinstance(error, OSError) and code is None:
        code = "EAI" if type(error).__name__ == "gaierror" else type(error).__name__
    return {"code": code or type(error).__name__, "message": str(error)}


def is_not_ready(error):
    return isinstance(error, BlockingIOError)


def watch(socket):
    """Puts a watching method in the place of each call of socket.socket."""
    global AF_INET6, watcher
    AF_INET6 = getattr(socket, "AF_INET6", None)
    watcher = Watcher(os.environ)
    kind = socket.socket

    def replace(name, describe, result=None, is_worth=None):
        """
        describe: the arguments as they are recorded, and the bytes that are sent.
        result: what is recorded of what the call gives.
        """
        original = getattr(kind, name)

        def watched(self, *args, **more):
            if not is_inet(self) or (is_worth and not is_worth(self)):
                return original(self, *args, **more)
            is_patient = self.gettimeout() != 0
            quiet(watcher.halt, called(name))
            begun = quiet(begin, self, args, more)
            if is_patient and begun:
                quiet(watcher.output.write, begun)
            try:
                value = original(self, *args, **more)
            except Exception as error:
                is_begun = name in ("connect", "connect_ex") and is_not_ready(error)
                if begun and is_begun:
                    quiet(watcher.output.write, begun)
                    quiet(watcher.is_over, self, begun, "return")
                elif begun and not is_not_ready(error):
                    if not is_patient:
                        quiet(watcher.output.write, begun)
                    quiet(watcher.is_over, self, begun, "throw", error=error_of(error))
                raise
            if begun:
                if not is_patient:
                    quiet(watcher.output.write, begun)
                quiet(end, self, begun, args, value)
            return value

        def begin(self, args, more):
            arguments, data = describe(self, *args, **more)
            begun = watcher.begins(self, called(name), arguments, data)
            known = watcher.of(self)
            if name == "sendto":
                begun["peer"] = arguments[-1]
            if "bytes" in begun and name != "send":
                known.sent += 1 if is_udp(self) else begun["bytes"]["n"]
            return begun

        def end(self, begun, args, value):
            known = watcher.of(self)
            watcher.is_over(self, begun, "return", **(result(known, self, args, value) if result else {}))
            if name in ("close", "detach"):
                watcher.forget(self)

        watched.__name__ = name
        watched.__doc__ = original.__doc__
        setattr(kind, name, watched)

    def received(known, self, data):
        got = as_bytes(data, known.received)
        known.received += 1 if is_udp(self) else got["n"]
        return {"result": got["n"], "bytes": got}

    def datagram(known, self, args, value):
        more = received(known, self, value[0])
        if value[1] is not None:
            more["peer"] = address(value[1])
        return more

    def filled(known, self, args, count):
        return received(known, self, memoryview(args[0]).cast("B")[:count])

    def sent(known, self, args, count):
        known.sent += 1 if is_udp(self) else count
        return {"result": count}

    def taken(known, self, args, value):
        client, _ = value
        other = watcher.of(client)
        watcher.look_at_ends(client, other)
        more = {"result": other.number}
        add_ends(more, other)
        return more

    def tried(known, self, args, code):
        if code in (0, 115, 36, 10035):  # EINPROGRESS of Linux, macOS and Windows
            return {}
        return {"phase": "throw", "error": error_of(OSError(code, os.strerror(code)))}

    def to_address(self, where, *rest):
        return [any_host(address(where))], None

    replace("bind", to_address)
    replace("listen", lambda self, *backlog: (list(backlog), None))
    replace("accept", lambda self: ([], None), taken)
    replace("connect", to_address)
    replace("connect_ex", to_address, tried)
    replace("recv", lambda self, size, *flags: ([size], None),
            lambda known, self, args, value: received(known, self, value))
    replace("recv_into", lambda self, buffer, *rest: ([len(memoryview(buffer).cast("B"))], None), filled)
    replace("recvfrom", lambda self, size, *flags: ([size], None), datagram)
    replace("send", lambda self, data, *flags: ([len(data)], data), sent)
    replace("sendall", lambda self, data, *flags: ([len(data)], data))
    replace("sendto", lambda self, data, *rest: ([len(data), address(rest[-1])], data))
    replace("shutdown", lambda self, how: ([SHUTDOWNS.get(how, how)], None))

    def really_closes(self):
        return self.fileno() != -1 and self._io_refs <= 0

    replace("close", lambda self: (["shared"] if watcher.of(self).is_shared else [], None),
            is_worth=really_closes)

    original_init = kind.__init__

    def init(self, *args, **more):
        original_init(self, *args, **more)
        quiet(born, self, args, more)

    def born(self, args, more):
        watcher.forget(self)  # of one that had its id
        given = args[3] if len(args) > 3 else more.get("fileno")
        if given is not None or not is_inet(self):
            return
        quiet(watcher.halt, "socket")
        begun = watcher.begins(self, "socket", [])
        watcher.output.write(begun)
        watcher.is_over(self, begun, "return")

    init.__doc__ = original_init.__doc__
    kind.__init__ = init


def called(name):
    """As the slides spell it."""
    return {"recv_into": "recv", "connect_ex": "connect"}.get(name, name)


def any_host(text):
    return "0.0.0.0" + text if text.startswith(":") else text


def without_us(error, seen=None):
    """Takes the watcher's own lines out of the tracebacks of an error, as if it were not there."""
    seen = seen if seen is not None else set()
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    trace = error.__traceback__
    while trace is not None and is_watcher(trace.tb_frame):
        trace = trace.tb_next
    if trace is not error.__traceback__:
        error.__traceback__ = trace
    while trace is not None:
        while trace.tb_next is not None and is_watcher(trace.tb_next.tb_frame):
            trace.tb_next = trace.tb_next.tb_next
        trace = trace.tb_next
    without_us(error.__cause__, seen)
    without_us(error.__context__, seen)


def is_watcher(frame):
    return os.path.dirname(frame.f_code.co_filename) == HERE


def place_of(error):
    """The innermost line of the program's own on the way to an error."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        if not is_library(trace.tb_frame) and not is_watcher(trace.tb_frame):
            found = dict(line_of(trace.tb_frame), line=trace.tb_lineno)
        trace = trace.tb_next
    return found


def tell_crash(error):
    """An end that was meant (SystemExit), and Ctrl-C, are none."""
    if watcher is not None and isinstance(error, Exception):
        quiet(watcher.has_crashed, error)


watcher = None


def hide_in_main():
    original = sys.excepthook

    def excepthook(kind, error, trace):
        tell_crash(error)
        quiet(without_us, error)
        original(kind, error, error.__traceback__)

    sys.excepthook = sys.__excepthook__ = excepthook


def hide_in_threads(threading):
    original = getattr(threading, "excepthook", None)
    if original is None:
        return

    def excepthook(args):
        tell_crash(args.exc_value)
        quiet(without_us, args.exc_value)
        kind, error = args.exc_type, args.exc_value
        trace = None if error is None else error.__traceback__
        original(threading.ExceptHookArgs((kind, error, trace, args.thread)))

    threading.excepthook = threading.__excepthook__ = excepthook


def hide_in_tracebacks(traceback):
    """For print_exc(), format_exc(), logging and all that use them."""
    original = traceback.TracebackException.__init__

    def init(self, kind, error, trace, *args, **more):
        if trace is not None and isinstance(error, BaseException) and trace is error.__traceback__:
            quiet(without_us, error)
            trace = error.__traceback__
        original(self, kind, error, trace, *args, **more)

    traceback.TracebackException.__init__ = init


class WhenImported:
    """
    Waits for a module of the library, and changes it. A file of the student's of that name, which
    stands in its way, is left alone.
    """

    def __init__(self, name, change):
        self.name = name
        self.change = change

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        specs = (finder.find_spec(name, None) for finder in sys.meta_path)
        spec = next((each for each in specs if each is not None), None)
        if spec is None or spec.loader is None or not str(spec.origin).startswith(LIBRARY):
            return spec
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            quiet(self.change, module)

        spec.loader.exec_module = exec_module
        return spec


def other_sitecustomize():
    """Runs the one that would have run without this one."""
    sys.path[:] = [each for each in sys.path if os.path.abspath(each) != HERE]
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize
    except ImportError:
        pass
    finally:
        if own is not None:
            sys.modules.setdefault("sitecustomize", own)


def tell_stacks_when_asked():
    """
    Writes where each thread is, at each SIGUSR2. Python's faulthandler can do that, too, but it crashes if
    another thread runs at the same time.
    """
    stacks = os.environ.get("LAB_WATCH_STACKS")
    if stacks is None or sys.platform == "win32":
        return
    from _signal import SIGUSR2, signal

    file = os.open(stacks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    signal(SIGUSR2, lambda number, frame: quiet(write_places, file, frame))


def write_places(file, interrupted):
    """A line of JSON: for each thread that has one, the line in the program's folder; the main thread is first."""
    frames = sys._current_frames()
    frames.pop(_thread.get_ident(), None)
    places = [own_line_of(frame) for frame in [interrupted] + list(frames.values())]
    os.write(file, (json([place for place in places if place]) + "\n").encode("ascii"))


def own_line_of(frame):
    while frame is not None:
        file = short(frame.f_code.co_filename)
        if not is_ours(frame) and not is_library(frame) and not os.path.isabs(file):
            return line_of(frame)
        frame = frame.f_back
    return None


def begin():
    if "LAB_WATCH" not in os.environ:
        return
    quiet(tell_stacks_when_asked)
    hide_in_main()
    changes = {"socket": watch, "threading": hide_in_threads, "traceback": hide_in_tracebacks}
    for name, change in changes.items():
        if name in sys.modules:
            quiet(change, sys.modules[name])
        else:
            sys.meta_path.insert(0, WhenImported(name, change))


quiet(begin)
other_sitecustomize()
