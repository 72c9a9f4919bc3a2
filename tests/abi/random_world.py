"""What the random calls are made with: every handle, peer and frame so far, and C values for the recipes of random_arguments.py, each with
the errors that it alone must lead to."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import struct
import sys
import tempfile
from typing import Any

import native
import programs
from header import TEXT, Function
from random_arguments import LENGTH_MAX, LENGTHS, MOST, NOTHING

sys.path.insert(0, str(programs.ROOT / "bindings" / "python" / "libws"))
import _abi

lib = _abi.Library(str(native.library()))
ROOM = 1 << 16  # bytes behind every pointer that the library writes to; no drawn size that is accepted needs more
SHORT_MS, DIAL_MS = 5, 1000  # what is waited for without hope, and with it
TIMEOUTS = [value for name, value in vars(_abi).items() if re.fullmatch("WS_OPT_(HANDSHAKE|RECV|SEND|CLOSE|ACCEPT)_TIMEOUT_MS", name)]
# The calls that take a connection's id of a loop, too, as the header's first comment lists them.
TAKE_IDS = re.findall(r"ws_\w+", re.sub(r"\n \*", "", TEXT).split("events and end with them.")[1].split("take it, too")[0])
CLOSED_ANSWERS = {"ws_is_open", "ws_state", "ws_is_server", "ws_drop", "ws_server_is_valid", "ws_server_running", "ws_server_drop", "ws_loop_drop"}
ON_WIRE = [*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)]
HOW_MANY = {"cap": range(1, LENGTH_MAX + 1), "n": range(LENGTH_MAX + 1), "size": range(LENGTH_MAX + 1)}


class World:
    def __init__(self) -> None:
        self.live: dict[str, list[int]] = {"conn": [], "server": [], "loop": [], "id": []}
        self.closed: dict[str, list[int]] = {"conn": [], "server": [], "loop": [], "id": []}
        self.loop_of: dict[int, int] = {}  # of ids
        self.ending: set[int] = set()  # ids whose last event has come: they end with the next poll of their loop
        self.dialling = 0  # the server that accepts while the call under way connects to it
        self.peers: list[socket.socket] = []
        self.frames: list[Any] = []  # that the library made
        self.folder = tempfile.TemporaryDirectory(prefix="libws-random-")  # where Unix sockets get their names
        os.chdir(self.folder.name)
        self.listening = socket.create_server(("127.0.0.1", 0))

    def pair(self, kind: str = "pair") -> tuple[socket.socket, socket.socket]:
        if kind == "pair":
            ours, peer = socket.socketpair()
        else:
            peer = socket.create_connection(self.listening.getsockname())
            ours = self.listening.accept()[0]
        self.peers.append(peer)
        peer.setblocking(False)
        return ours, peer

    def visit(self, port: int, said: bytes) -> None:
        """A client comes to a server of ours: it need not have been accepted yet."""
        try:
            self.peers.append(socket.create_connection(("127.0.0.1", port)))
        except ConnectionRefusedError:
            return  # the loop drains
        self.peers[-1].setblocking(False)
        say(self.peers[-1], said)

    def ports(self) -> list[int]:
        if self.dialling:
            return [lib.ws_server_port(self.dialling)]
        asked = [lib.ws_server_port(each) for each in self.live["server"]] + [lib.ws_loop_port(each) for each in self.live["loop"]]
        return [port for port in asked if port > 0] or [1]  # where nobody listens

    def close(self, handle: int) -> None:
        """Takes a closed handle, and the ids of a closed loop, out of the living."""
        for kind, handles in self.live.items():
            for gone in [each for each in handles if each == handle or kind == "id" and self.loop_of[each] == handle]:
                handles.remove(gone)
                self.closed[kind].append(gone)
                self.ending.discard(gone)


def say(peer: socket.socket, said: bytes) -> None:
    try:
        peer.send(said)
    except OSError:
        pass  # it has gone, or nobody reads


def leave(peer: socket.socket, how: str) -> None:
    try:
        if how == "end":
            peer.shutdown(socket.SHUT_WR)
        elif how == "reset" and peer.family == socket.AF_INET:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass  # the other end was quicker, or it has left before
    if how != "end":
        peer.close()


def text(recipe: tuple[bytes, int] | None) -> bytes | None:
    return None if recipe is None else (recipe[0] * recipe[1])[:300_000]


def is_utf8(content: bytes) -> bool:
    try:
        return content.decode() is not None
    except UnicodeDecodeError:
        return False


class Call:
    """The arguments of one call, made in order. faults has what is wrong with them: a parameter's name and the errors it may lead to."""

    def __init__(self, world: World, function: Function, drawn: dict[str, Any]) -> None:
        self.world, self.function = world, function
        self.given: dict[str, Any] = {}
        self.faults: dict[str, set[str]] = {}
        self.kept: list[Any] = []  # memory that has to live until the call is over
        self.content: bytes | None = None  # behind the latest pointer
        for kind, name in function.params:
            self.given[name] = getattr(self, "number" if kind == "int64_t" else re.sub(r"\W+", "_", kind).strip("_"))(name, drawn[name])

    def wrong(self, name: str, *errors: str) -> None:
        self.faults[name] = {"WS_ERR_" + error for error in errors}

    def lacks(self, name: str) -> None:
        if name not in self.function.nullable:
            self.wrong(name, "ARGUMENT")

    # --- numbers -----------------------------------------------------------------------------------------------------

    def number(self, name: str, recipe: Any) -> int:
        if name in ("conn", "server", "loop", "handle", "except"):
            return self.handle(name, recipe)
        if name == "fd":
            return self.descriptor(recipe)
        if name in LENGTHS:
            return self.length(name, recipe)
        if recipe == "woken":
            lib.ws_loop_wake(self.given["loop"])
            return MOST if self.given["loop"] in self.world.live["loop"] else 0
        self.judge_number(name, recipe)
        return recipe

    def judge_number(self, name: str, value: int) -> None:
        called = self.function.name
        if name in ("code", "status_code") and called != "ws_error_name" and value not in ON_WIRE:
            self.wrong(name, "CLOSE_CODE")
        elif name == "opcode":
            parts = [0, 1, 2] + [8, 9, 10] * (called == "ws_frame_new")
            if value not in (parts if "fragment" in called or called == "ws_frame_new" else [1, 2]):
                self.wrong(name, "ARGUMENT")
        elif name == "port" and value not in range(65536) or name == "status" and value not in range(200, 600):
            self.wrong(name, "ARGUMENT")
        elif name == "timeout_ms" and value not in (range(MOST) if "poll" in called else range(1, (1 << 30) + 1)):
            self.wrong(name, "ARGUMENT")
        elif name == "which" and value not in (range(1, 7) if called == "ws_struct_size" else [*range(1, 9), *range(1 << 16, 3 << 16)]):
            self.wrong(name, "ARGUMENT")
        elif name == "which" and value == 3 and self.given.get("conn") in self.world.live["id"]:
            self.wrong("conn", "HANDLE")  # a loop tells the reason in an event
        elif name == "how" and value not in (1, 2, 3) or name in ("is_final", "reuse_port") and value not in (0, 1) or name == "index" and value < 0:
            self.wrong(name, "ARGUMENT")
        elif name == "size" and called == "ws_loop_poll_packed":
            if value < 17_408:
                self.wrong(name, "ARGUMENT")
        elif name in HOW_MANY and called != "ws_loop_metrics" and value not in HOW_MANY[name]:
            self.wrong(name, "ARGUMENT", "TOO_LARGE")
        elif name in ("n", "size") and value > 0 and any(before is None and each != "context" for each, before in self.given.items()):
            self.wrong(name, "ARGUMENT")  # of nothing

    def length(self, name: str, recipe: Any) -> int:
        size = len(self.content or b"")
        value = {"all": size, "half": size // 2, "none": 0}.get(recipe, recipe)
        if value not in range(LENGTH_MAX + 1):
            self.wrong(name, "ARGUMENT", "TOO_LARGE")
        elif self.content is None and value > 0:
            self.wrong(name, "ARGUMENT")
        elif not is_utf8((self.content or b"")[:value]):
            called = self.function.name
            if called in ("ws_frame_text_n", "ws_send_text_n", "ws_send_close_n") or self.given.get("opcode") == 1 and re.search("send(_key)?$|cast|publ", called):
                self.wrong(name, "UTF8", "CONTROL_SIZE")
        return value

    def handle(self, name: str, recipe: tuple[str, int]) -> int:
        how, index = recipe
        world, called, loop = self.world, self.function.name, self.given.get("loop")
        kinds = [name]
        if name in ("handle", "except"):
            kinds = list(world.live)
        elif name == "conn" and (loop is not None or called in ("ws_pause", "ws_resume", "ws_respond")):
            kinds = ["id"]
        elif called in TAKE_IDS or called.startswith("ws_request_"):
            kinds = ["conn", "id"]
        among = [kind for kind in world.live if (kind in kinds) != (how == "other")]
        found = [each for kind in among for each in (world.closed if how == "closed" else world.live)[kind]]
        if name == "conn" and how == "live":
            found = [each for each in found if loop in (None, world.loop_of.get(each))] or found
        value = NOTHING[index % len(NOTHING)] if how == "invented" or not found else found[index % len(found)]
        if name != "except" and value not in [each for kind in kinds for each in world.live[kind]]:
            was_id = value in world.closed["id"]
            if was_id or any(value in world.closed[kind] for kind in kinds):
                if called not in CLOSED_ANSWERS:
                    self.wrong(name, "CLOSED", *["HANDLE"] * was_id)
            else:
                self.wrong(name, "HANDLE")
        elif name == "conn" and loop is not None and world.loop_of[value] != loop:
            self.wrong(name, "HANDLE", "CLOSED")
        return value

    def descriptor(self, recipe: tuple[str, bytes, bool]) -> int:
        kind, said, gone = recipe
        listens = self.function.name == "ws_loop_listen_fd"
        if kind in ("pair", "tcp"):
            ours, peer = self.world.pair(kind)
            say(peer, said)
            if gone or self.function.waits:  # so that no handshake waits for more
                peer.shutdown(socket.SHUT_WR)
            fd = ours.detach()
        elif kind == "own":
            fd = socket.create_connection(("127.0.0.1", self.world.ports()[0])).detach()  # a server that runs
        elif kind in ("listening", "unconnected", "datagram"):
            some = socket.socket(type=socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
            if kind == "listening":
                some.listen()
            fd = some.detach()
        elif kind == "file":
            fd = os.open("/proc/self/cmdline", os.O_RDONLY)
        elif kind == "pipe":
            fd, writing = os.pipe()
            os.close(writing)
        else:
            fd = NOTHING[len(said) % len(NOTHING)]
        if kind not in (["listening"] if listens else ["pair", "tcp", "own"]):
            self.wrong("fd", "ARGUMENT", "SYSTEM")
        return fd

    # --- pointers, by their type in C --------------------------------------------------------------------------------

    def const_char(self, name: str, recipe: Any) -> bytes | None:
        content = self.content = text(recipe)
        if content is None:
            self.lacks(name)
        elif not any(each in LENGTHS for _, each in self.function.params):  # it ends at its first NUL
            content = content.split(b"\0")[0]
            if name in ("msg", "reason") and not is_utf8(content):
                self.wrong(name, "UTF8", "CONTROL_SIZE")
            elif name == "reason" and len(content) > 123:
                self.wrong(name, "CONTROL_SIZE")
            elif name == "topic" and len(content) not in range(1, 1025) or name == "path" and len(content) not in range(1, 108):
                self.wrong(name, "ARGUMENT")
        if name == "url" and content is not None:
            # Nobody listens on port 1: where nobody accepts, ws_connect would wait for 10 s.
            port = 1 if self.function.name == "ws_connect" and not self.world.dialling else self.world.ports()[0]
            return content.replace(b"//own", b"//127.0.0.1:%d" % port)
        return self.content

    def const_void(self, name: str, recipe: Any) -> Any:
        if name == "packed":
            messages = [(self.handle("conn", handle), opcode, text(content) or b"") for handle, opcode, content, _, _ in recipe]
            self.faults.pop("conn", None)  # each fails alone
            self.content = b"".join(struct.pack("qqq", conn, opcode, len(content)) for conn, opcode, content in messages)
            self.content += b"".join(content for _, _, content in messages)
            self.given["n"] = len(messages) if self.given["n"] in range(17) else self.given["n"]
        else:
            self.content = text(recipe)
        return self.memory(self.content)

    def memory(self, content: bytes | None) -> Any:
        if content is not None:
            self.kept.append(ctypes.create_string_buffer(content, len(content) + 1))
        return None if content is None else self.kept[-1]

    def const_WsFrame(self, name: str, recipe: Any) -> Any:
        if recipe is None:
            return self.lacks(name)
        if recipe[0] == "made":
            return self.WsFrame(name, recipe)
        opcode, content, length, is_final, is_masked = recipe
        size = len(text(content) or b"")
        size = {"all": size, "half": size // 2, "none": 0}.get(length, length)
        if "close_code" in self.function.name and content is None:
            size = 0  # it looks at what it is given
        self.kept.append(_abi.WsFrame(opcode, ctypes.addressof(self.memory(text(content))) if content else 0, size, is_final, is_masked))
        if self.function.name == "ws_send_frame" and (opcode not in (0, 1, 2, 8, 9, 10) or size not in range(LENGTH_MAX + 1) or size and not content):
            self.wrong(name, "ARGUMENT", "TOO_LARGE", "CONTROL_SIZE", "CLOSE_CODE")
        return ctypes.byref(self.kept[-1])

    def WsFrame(self, name: str, recipe: tuple[str, int]) -> Any:
        frames = self.world.frames
        return ctypes.byref(frames[recipe[1] % len(frames)]) if frames else self.lacks(name)

    def options(self, kind: Any, recipe: Any) -> Any:
        size, fields = recipe
        options, room = kind(), ctypes.create_string_buffer(4096)
        for field, words, number in fields:
            setattr(options, field, text(words) if dict(kind._fields_)[field] is ctypes.c_char_p else number)
        if "timeout_ms" in dict(kind._fields_):
            options.timeout_ms = DIAL_MS if self.world.dialling else 4 * SHORT_MS
        if size != "right":
            options.struct_size = size
            if size < 8 or size % 8 or size > 4096:
                self.wrong("options", "OPTION", "ARGUMENT")
        ctypes.memmove(room, ctypes.byref(options), ctypes.sizeof(options))
        self.kept += [options, room]
        return ctypes.cast(room, ctypes.POINTER(kind))

    def const_WsConnectOptions(self, name: str, recipe: Any) -> Any:
        return self.options(_abi.WsConnectOptions, recipe or ("right", []))  # NULL would wait for 10 s

    def const_WsLoopOptions(self, name: str, recipe: Any) -> Any:
        return recipe and self.options(_abi.WsLoopOptions, recipe)

    def WsSend(self, name: str, recipe: Any) -> Any:
        if recipe is None:
            return None
        items = (_abi.WsSend * 16)()
        for item, (handle, opcode, content, length, key) in zip(items, recipe):
            size = len(text(content) or b"")
            memory = self.memory(text(content))
            item.data = ctypes.addressof(memory) if memory else None
            item.conn, item.opcode, item.key = self.handle("conn", handle), opcode, key
            item.len = {"all": size, "half": size // 2, "none": 0}.get(length, length)
        self.faults.pop("conn", None)  # each fails alone
        self.kept.append(items)
        return items

    def const_int64_t(self, name: str, recipe: Any) -> Any:
        if recipe is None:
            return None
        conns = (ctypes.c_int64 * 16)(*(self.handle("conn", each) for each in recipe))
        self.faults.pop("conn", None)
        return conns

    def room(self, name: str, there: bool) -> Any:
        if not there:
            return self.lacks(name)
        self.kept.append((ctypes.c_int64 * (ROOM // 8))())
        return self.kept[-1]

    int64_t = room

    def void(self, name: str, recipe: Any) -> Any:
        return recipe if name == "context" else self.room(name, recipe)

    def WsEvent(self, name: str, there: bool) -> Any:
        room = self.room(name, there)
        return room and ctypes.cast(room, ctypes.POINTER(_abi.WsEvent))

    def WsMetrics(self, name: str, there: bool) -> Any:
        room = self.room(name, there)
        return room and ctypes.cast(room, ctypes.POINTER(_abi.WsMetrics))
