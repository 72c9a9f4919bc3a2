"""Every call leaves only errors that its documentation lists, under its own name, and one whenever it fails: thousands of calls with
arguments that are right, wrong and odd, in an order that is always the same."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "harness")]

import native
import programs
from header import ERRORS, Function, functions

CALLS = 15_000
FRESH_EVERY = 150  # calls, after which every object is made anew
# Calls that run until somebody else ends them, and those that are the test's own means.
LEFT_OUT = {"ws_server_run_echo", "ws_last_error", "ws_last_error_message", "ws_last_http_status", "ws_last_errno", "ws_clear_error"}
MAY_BE_ABSENT = {"ws_request_header", "ws_loop_context"}  # NULL without an error
ANSWER_ABSENT = {("ws_copy_header", -2)}
ANSWER_NO = {"ws_is_open", "ws_server_is_valid"}  # 0 with an error
REQUEST = (
    b"GET /chat?a=b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXTS = [REQUEST, b"hello", b"\xff\xfe", b"", b"a: b\r\nc: d", b"ws://127.0.0.1:1/", b"http://x", b"x" * 70_000, b"Content-Length: 3"]
TEXTS += [b"127.0.0.1", b"Host", b"x" * 126]
LEAST, MOST = -(1 << 63), (1 << 63) - 1
NUMBERS = {
    "code": [1000, 1005, 0, -1, 3000, 4999, 5000, 65536 + 1000, MOST],
    "option": [*range(15), *range(39, 53), -1, 1 << 31, MOST],
    "value": [0, 1, 2, 5, 100, -1, 1 << 40, (1 << 40) + 1, MOST - 1, MOST, LEAST],
    "opcode": [0, 1, 2, 3, 8, 9, 10, 11, 15, 16, -1, 257, MOST],
    "status": [0, 101, 199, 200, 204, 403, 599, 600, -1, MOST, (1 << 32) + 200],
    "port": [0, 0, -1, 65536, MOST],
    "size": [0, 1, 8, 64, 296, 17408, 65536, -1, 1 << 32, MOST, LEAST, 12],
    "cap": [0, 1, 64, 500, -1, 1 << 32, MOST],
    "n": [0, 0, 1, 3, -1, LEAST, 1 << 32, MOST],
    "which": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 << 16, 2 << 16, 3 << 16, -1, MOST],
    "timeout_ms": [0, 0, 0, 1, -1, LEAST],
}
STATUS_CODE, LENGTHS = "status_code", {"len", "payload_len", "buffer_len", "reason_len", "body_len", "input_len"}


class World:
    """One object of every kind and state, and what it takes to call functions with them."""

    def __init__(self, seed: int) -> None:
        sys.path.insert(0, str(programs.ROOT / "bindings" / "python" / "libws"))
        import _abi

        self.abi = _abi
        self.lib = _abi.Library(str(native.library()))
        self.random = random.Random(seed)
        self.room = ctypes.create_string_buffer(1 << 17)
        self.handles: list[int] = []
        self.sockets: list[socket.socket] = []

    def pair(self) -> tuple[int, socket.socket]:
        ours, peer = socket.socketpair()
        self.sockets.append(peer)
        return ours.detach(), peer

    def fresh(self) -> None:
        lib = self.lib
        for handle in self.handles:
            lib.ws_drop(handle), lib.ws_server_drop(handle), lib.ws_loop_drop(handle)
        for each in self.sockets:
            each.close()
        self.sockets = []
        loop, ended_loop = lib.ws_loop_new(None), lib.ws_loop_new(None)
        server, client, closed = lib.ws_from_server(self.pair()[0]), lib.ws_from_client(self.pair()[0]), lib.ws_from_client(self.pair()[0])
        member, gone = lib.ws_loop_adopt(loop, self.pair()[0], 2, None, 0), lib.ws_loop_adopt(loop, self.pair()[0], 1, None, 0)
        orphan = lib.ws_loop_adopt(ended_loop, self.pair()[0], 2, None, 0)
        listener, stopped, ended = (lib.ws_server_bind_host(b"127.0.0.1", 0) for _ in range(3))
        lib.ws_drop(closed), lib.ws_loop_abort_conn(loop, gone), lib.ws_loop_drop(ended_loop), lib.ws_server_stop(stopped), lib.ws_server_drop(ended)
        lib.ws_set(loop, self.abi.WS_OPT_REQUESTS, 1)
        asking, peer = self.pair()
        peer.sendall(REQUEST)
        asked = lib.ws_loop_adopt(loop, asking, self.abi.WS_ADOPT_REQUEST, None, 0)
        pending = self.visit(listener, lib.ws_server_accept_request)
        accepted = self.visit(listener, lib.ws_server_accept)
        lib.ws_set(listener, self.abi.WS_OPT_ACCEPT_TIMEOUT_MS, 1), lib.ws_set(listener, self.abi.WS_OPT_HANDSHAKE_TIMEOUT_MS, 1)
        events = (self.abi.WsEvent * 64)()
        lib.ws_loop_poll(loop, events, 64, 0), lib.ws_loop_poll(loop, events, 64, 0)
        self.handles = [server, client, closed, member, gone, orphan, listener, stopped, ended, loop, ended_loop, asked, pending, accepted]
        for handle in (server, client, pending, accepted):
            for option in (self.abi.WS_OPT_RECV_TIMEOUT_MS, self.abi.WS_OPT_SEND_TIMEOUT_MS, self.abi.WS_OPT_CLOSE_TIMEOUT_MS):
                lib.ws_set(handle, option, 1)

    def visit(self, listener: int, accept: Any) -> int:
        visitor = socket.create_connection(("127.0.0.1", self.lib.ws_server_port(listener)))
        self.sockets.append(visitor)
        visitor.sendall(REQUEST)
        handle: int = accept(listener)
        assert handle > 0
        return handle

    def argument(self, function: str, kind: str, name: str, before: list[Any]) -> Any:
        pick = self.random.choice
        if kind == "int64_t":
            return self.number(function, name, before)
        if "WsFrame" in kind:
            text = pick(TEXTS)
            self.kept = ctypes.create_string_buffer(text)  # lives until the call has returned
            lengths = [0, min(2, len(text)), len(text), -1, 1 << 32, MOST]
            payload = 0 if function == "ws_frame_drop" else pick([0, ctypes.addressof(self.kept)])
            frame = self.abi.WsFrame(pick([-1, 0, 1, 2, 8, 9, 10, 3, 15, 99]), payload, pick(lengths), pick([0, 1, 2]), 0)
            if function in ("ws_frame_payload_text", "ws_frame_close_code"):  # they look at what they are given
                frame.payload_len = min(max(frame.payload_len, 0), len(text))
            return pick([None, *[ctypes.byref(frame)] * 8])
        if "Options" in kind:
            options = (self.abi.WsConnectOptions if "Connect" in kind else self.abi.WsLoopOptions)()
            options.struct_size = pick([options.struct_size] * 6 + [0, 8, -1, 4097, 96, 12])
            field, of = pick(options._fields_[1:])
            setattr(options, field, pick([None, *TEXTS]) if of is ctypes.c_char_p else pick([-1, 1, 2, 5, 1 << 62, MOST]))
            return pick([None, ctypes.byref(options)])
        if "char" in kind:
            return pick([None, *TEXTS])
        if name in ("data", "payload", "body", "input", "buffer") and "const" in kind:
            return pick([None, *(ctypes.create_string_buffer(text, len(text) + 1) for text in TEXTS)])
        if name == "conns":
            return pick([None, (ctypes.c_int64 * 16)(*(pick(self.handles) for _ in range(16)))])
        if name == "context":
            return pick([None, 1, LEAST])
        ctypes.memset(self.room, 0, 4096)
        filled = ctypes.cast(self.room, ctypes.c_void_p if "void" in kind else ctypes.POINTER(self.pointed(kind)))
        return pick([None, *[filled] * 6])

    def pointed(self, kind: str) -> Any:
        return getattr(self.abi, kind.replace("const ", "").rstrip(" *"), ctypes.c_int64)

    def number(self, function: str, name: str, before: list[Any]) -> int:
        pick = self.random.choice
        if name in ("conn", "server", "loop", "handle", "except"):
            return pick([*self.handles, -1, 0, 1, LEAST, MOST, self.handles[0] + (1 << 24), self.handles[0] ^ 1])
        if name == "fd":
            return self.descriptor()
        if name in LENGTHS:
            size = len(before[-1]) if isinstance(before[-1], bytes) else before[-1]._length_ - 1 if hasattr(before[-1], "_length_") else 0
            return pick([0, size, size, min(size, 3), -1, LEAST, 1 << 32, MOST])
        if name == "timeout_ms" and "poll" not in function:
            return pick([0, 1, 1000, -1, 1 << 31, MOST])
        if name == "value" and before[1] in range(5, 10):  # no call of this test waits for long
            return pick([0, 1, -1, LEAST])
        return pick(NUMBERS.get("code" if name == STATUS_CODE else name, [0, 1, 2, -1, MOST]))

    def descriptor(self) -> int:
        kind = self.random.randrange(8)
        if kind < 3:
            fd, peer = self.pair()
            peer.close()  # so that no handshake waits
            return fd
        if kind == 3:
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).detach()
        if kind == 4:
            listening = socket.socket()
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            return listening.detach()
        return self.random.choice([-1, 987, 1 << 31, 1 << 32, MOST, LEAST])

    def call(self, function: Function) -> list[str]:
        """One call; what is wrong with what it left."""
        arguments: list[Any] = []
        for kind, name in function.params:
            arguments.append(self.argument(function.name, kind, name, arguments))
        fds = [value for (_, name), value in zip(function.params, arguments) if name == "fd" and 0 <= value < 987]
        self.lib.ws_clear_error()
        result = getattr(self.lib, function.name)(*arguments)
        code, message = self.lib.ws_last_error(), self.lib.ws_last_error_message().decode()
        if isinstance(result, self.abi.WsFrame):
            failed = result.opcode == -1
        elif "*" in function.result:
            failed = result is None
        else:
            failed = result < 0 and (function.name, result) not in ANSWER_ABSENT
        if failed:
            for fd in fds:
                os.close(fd)  # a failure leaves it open, and the caller's
        elif isinstance(result, self.abi.WsFrame):
            self.lib.ws_frame_drop(result)
        elif function.name.startswith(("ws_from", "ws_upgrade", "ws_client", "ws_connect", "ws_server", "ws_loop_new")) and result > 2:
            self.lib.ws_drop(result), self.lib.ws_server_drop(result) if result not in self.handles else None
            if function.name == "ws_loop_new":
                self.lib.ws_loop_drop(result)
        wrong = []
        if code and ERRORS[code] not in function.errors:
            wrong.append(f"{ERRORS[code]} is not listed: {message}")
        if code and not message.startswith(f"{function.name}: "):
            wrong.append(f"the message is another's: {message}")
        if failed and not code and function.name not in MAY_BE_ABSENT:
            wrong.append("fails without an error")
        if code and not failed and not (function.name in ANSWER_NO and result == 0):
            wrong.append(f"returns {result} with {ERRORS[code]}")
        return [f"{function.name}{tuple(arguments)}: {each}" for each in wrong]


def main() -> None:
    world = World(1)
    callable_ = [function for function in functions() if function.name not in LEFT_OUT]
    wrong: set[str] = set()
    failures: set[tuple[str, int]] = set()
    for turn in range(CALLS):
        if turn % FRESH_EVERY == 0:
            world.fresh()
        function = world.random.choice(callable_)
        wrong.update(world.call(function))
        failures.add((function.name, world.lib.ws_last_error()))
    for line in sorted(wrong):
        print(line[:400])
    print(f"{len(callable_)} functions, {len(failures)} ways to end")
    sys.exit(bool(wrong) or len(failures) < 300)


def test_errors_are_those_that_the_header_lists() -> None:
    done = subprocess.run([sys.executable, __file__], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=200)
    assert done.returncode == 0, done.stdout
    print(done.stdout)


if __name__ == "__main__":
    main()
