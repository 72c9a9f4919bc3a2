"""Calls every function of libws.so in random order with random arguments, right and wrong, on connections whose peers say anything, and
judges each call by its documentation. A program of its own, for a defect may end the process: test_random_calls.py runs it.

Usage: random_calls.py [--seed N] [--rounds N] [--seconds S] [--shrink] LOG

A round is EXAMPLES sequences; the seed, which counts on from round to round, decides all of its calls. Rounds go on until there were
as many as wanted and the time is over. LOG gets each call of a sequence before it is made, so that the last one is known when the
process dies. --shrink looks for a short sequence that fails in the same way, which takes minutes.
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import os
import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "harness"), str(Path(__file__).parent)]

import hypothesis.strategies as st
from header import ERRORS, Function, functions
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from random_arguments import CONNECT_OPTIONS, MOST, OFFERING, REQUEST, frame, speech, strategy
from random_world import DIAL_MS, SHORT_MS, TIMEOUTS, Call, World, _abi, leave, lib, say

EXAMPLES, STEPS = 12, 40  # many small rounds: Hypothesis varies what it has tried, and so tries less that is new the longer it runs
WAIT_S = 30  # every wait is bounded to milliseconds, so that no machine is as slow
FUNCTIONS = {function.name: function for function in functions()}
CALLED: dict[str, list[int]] = {name: [0, 0] for name in FUNCTIONS}  # how often, and with success
CLOSING = {"ws_close", "ws_close_with", "ws_force_close", "ws_drop", "ws_server_close", "ws_server_drop", "ws_loop_close", "ws_loop_drop"}
ABOUT_ERRORS = {"ws_last_error", "ws_last_error_message", "ws_last_http_status", "ws_last_errno", "ws_clear_error"}
ANSWER_NO = {"ws_is_open", "ws_server_is_valid"}  # 0 when they fail
MAY_BE_ABSENT = {"ws_request_header", "ws_loop_context"}  # NULL without an error
# What the documentation of a result begins with, and the numbers that it may be besides -1. The longest beginning counts.
RESULTS: dict[str, Any] = {
    "A handle > 0": range(1, MOST),
    "The connection, or -1": range(1, MOST),
    "Bytes sent": range(1, 1 << 20),
    "Bytes that it takes": range(1 << 20),
    "0": range(1),
    "1 ": range(2),
    "How many": range(65),
    "The number": range(1 << 13),
    "The number, or 0 when": range(134),
    "The status": [0, *range(100, 600)],
    "The port": range(65536),
    "The descriptor": range(1 << 20),
    "The key": range(1 << 32),
    "The code": [0, *range(1000, 5000)],
    "The code; WS_CLOSE": range(1 << 16),  # of any frame that a caller makes up
    "The code that": ERRORS,
    "One of WS_STATE": range(4),
    "One of WS_ERR": ERRORS,
    "The size": range(8, 1000),
    "The version": [_abi.WS_ABI_VERSION],
    "The length of": range(-2, 1 << 17),
    "The payload's length": [length * 16 + opcode for length in [] for opcode in (1, 2, 8, 15)],
    "The value": range(MOST + 1),
}


def documented(function: Function) -> Any:
    begins = [start for start in RESULTS if function.returns.startswith(start)]
    assert begins, f"{function.name}: nothing is known about results that are {function.returns}"
    return RESULTS[max(begins, key=len)]


class Calls(RuleBasedStateMachine):
    """One rule for each function, added below, and those for what others do meanwhile."""

    log: int

    def __init__(self) -> None:
        super().__init__()
        os.ftruncate(self.log, 0)
        os.lseek(self.log, 0, os.SEEK_SET)
        self.before = descriptors()
        self.world = World()

    # --- what others do ----------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """One of everything, so that short sequences find something to work with."""
        world = self.world
        for make in (lib.ws_from_server, lib.ws_from_client):
            world.live["conn"].append(make(world.pair("tcp")[0].detach()))
        server, loop = lib.ws_server_bind_host(b"127.0.0.1", 0), lib.ws_loop_new(None)
        world.live["server"].append(server)
        world.live["loop"].append(loop)
        for said in (OFFERING, OFFERING, REQUEST):  # the last one is left waiting
            world.visit(lib.ws_server_port(server), said)
        world.live["conn"] += [lib.ws_server_accept(server), lib.ws_server_accept_request(server)]
        for how in (_abi.WS_ADOPT_SERVER, _abi.WS_ADOPT_CLIENT):
            self.arrived(lib.ws_loop_adopt(loop, world.pair()[0].detach(), how, None, 0), loop)
        assert lib.ws_set(loop, _abi.WS_OPT_REQUESTS, 1) == 0
        self.arrived(lib.ws_loop_adopt(loop, world.pair()[0].detach(), _abi.WS_ADOPT_REQUEST, OFFERING, len(OFFERING)), loop)
        lib.ws_loop_listen(loop, b"127.0.0.1", 0, 0)
        assert min(sum(world.live.values(), [])) > 0
        self.loops_run()

    @rule(how=st.sampled_from(["ws_connect", "ws_connect_with", "ws_client_handshake"]), options=CONNECT_OPTIONS)
    def dials_itself(self, how: str, options: Any) -> None:
        """A client of ours comes to a server of ours, which another thread accepts for, and says something."""
        world, done, accepted = self.world, threading.Event(), []
        server = next((each for each in world.live["server"] if lib.ws_server_running(each)), None)
        if server is None:
            return
        lib.ws_set(server, _abi.WS_OPT_ACCEPT_TIMEOUT_MS, 1)
        lib.ws_set(server, _abi.WS_OPT_HANDSHAKE_TIMEOUT_MS, DIAL_MS)

        def accept() -> None:
            while not done.is_set() and lib.ws_server_running(server):
                accepted.append(lib.ws_server_accept(server))

        accepting = threading.Thread(target=accept)
        accepting.start()
        known = set(world.live["conn"])
        world.dialling = server
        self.call(FUNCTIONS[how], {"fd": ("own", b"", False), "url": (b"ws://own/", 1), "options": options})
        world.dialling = 0
        done.set()
        accepting.join()
        for conn in [each for each in accepted if each > 0]:
            assert conn not in world.live["conn"]
            world.live["conn"].append(conn)
        for conn in set(world.live["conn"]) - known:
            self.call(FUNCTIONS["ws_send_binary"], {"conn": ("live", world.live["conn"].index(conn)), "data": (b"a", 126), "len": "all"})

    @rule(
        opcode=st.sampled_from([1, 1, 2, 2, 8, 9]),
        payload=st.sampled_from([b"", b"\x03\xe8", b"a" * 126, b"a" * 65536]),
        then=st.sampled_from(["ws_recv_frame", "ws_recv_message", "ws_recv_into"]),
    )
    def peers_are_proper(self, opcode: int, payload: bytes, then: str) -> None:
        """The peers of what begin made first say what their roles allow, but for the length of control frames, and it is received."""
        for index in range(4):
            say(self.world.peers[index], frame(opcode, payload, masked=index != 1))
            drawn = {"conn": ("live", index), "buffer": True, "size": 65_536}
            self.call(FUNCTIONS[then], drawn)

    @rule(index=st.integers(0, 30), said=speech)
    def peer_says(self, index: int, said: bytes) -> None:
        say(self.peer(index), said)

    @rule(index=st.integers(0, 30), how=st.sampled_from(["end", "close", "reset"]))
    def peer_leaves(self, index: int, how: str) -> None:
        leave(self.peer(index), how)

    @rule(index=st.integers(0, 30))
    def peer_reads(self, index: int) -> None:
        try:
            while self.peer(index).recv(1 << 20):
                pass
        except OSError:
            pass  # nothing more, or it has gone

    def peer(self, index: int) -> Any:
        return self.world.peers[index % len(self.world.peers)]

    @rule(index=st.integers(0, 30), said=st.one_of(st.sampled_from([REQUEST, REQUEST, OFFERING]), speech))
    def visitor_comes(self, index: int, said: bytes) -> None:
        ports = self.world.ports()
        if ports != [1]:
            self.world.visit(ports[index % len(ports)], said)

    @rule()
    def loops_run(self) -> None:
        for loop in list(self.world.live["loop"]):
            for _ in range(3):
                self.call(FUNCTIONS["ws_loop_poll"], {"loop": ("live", self.world.live["loop"].index(loop)), "events": True, "cap": 64, "timeout_ms": 0})

    # --- a call ------------------------------------------------------------------------------------------------------

    def call(self, function: Function, drawn: dict[str, Any]) -> None:
        if not all(self.world.live[kind] for kind in ("conn", "server", "loop")):
            self.begin()
        call = Call(self.world, function, drawn)
        given = call.given
        for name in ("conn", "server"):
            if function.waits and "loop" not in given and name in given:
                for option in TIMEOUTS:
                    lib.ws_set(given[name], option, SHORT_MS)
        note = f"{function.name}({', '.join(f'{name}={shown(value)}' for name, value in given.items())})"
        os.write(self.log, (note + "\n").encode())
        if "poll" in function.name:
            self.forget_ended(given["loop"], call)
        if function.name not in ABOUT_ERRORS:
            lib.ws_clear_error()
        faulthandler.dump_traceback_later(2 * WAIT_S, exit=True)
        began = time.monotonic()
        if function.name == "ws_server_run_echo":
            stopping = threading.Timer(SHORT_MS / 1000, lib.ws_server_stop, [given["server"]])
            stopping.start()
            result = lib.ws_server_run_echo(given["server"])
            stopping.join()
        else:
            result = getattr(lib, function.name)(*given.values())
        took = time.monotonic() - began
        faulthandler.cancel_dump_traceback_later()
        try:
            assert took < WAIT_S, f"it took {took} s"
            failed = self.judge(function, call, result)
            self.settle(function, call, result, failed)
        except AssertionError as error:
            raise AssertionError(f"{note} returned {shown(result)}: {error}") from None
        CALLED[function.name][0] += 1
        CALLED[function.name][1] += not failed

    def judge(self, function: Function, call: Call, result: Any) -> bool:
        """Whether the call failed, and that it did so as it should."""
        if function.name in ABOUT_ERRORS:
            assert isinstance(result, bytes) or result in documented(function)
            return False
        code, message = lib.ws_last_error(), (lib.ws_last_error_message() or b"").decode()
        if isinstance(result, _abi.WsFrame):
            failed = result.opcode == -1
            if not failed:
                judge_frame(result)
        elif "*" in function.result:
            failed = result is None and (code != 0 or function.name not in MAY_BE_ABSENT)
        else:
            failed = code != 0 and result == 0 if function.name in ANSWER_NO else result == -1
            if not failed and function.name != "ws_recv_into":
                assert result in documented(function), f"documented is: {function.returns}"
        assert bool(code) == failed, f"the error is {ERRORS[code]}, {message!r}"
        if failed:
            assert ERRORS[code] in function.errors and code not in (_abi.WS_ERR_INTERNAL, _abi.WS_ERR_FORKED), message
            assert message.startswith(f"{function.name}: ") and message.isprintable(), f"the message is {message!r}"
            assert code != _abi.WS_ERR_SYSTEM or lib.ws_last_errno() > 0, f"no errno: {message}"
            assert lib.ws_last_http_status() in (0, *range(100, 600))
        if call.faults:
            assert failed, f"nobody minds {call.faults}"
        elif failed:
            assert code != _abi.WS_ERR_HANDLE, f"the handle is good: {message}"
        if len(call.faults) == 1 and set(call.faults) & {"conn", "server", "loop", "handle"} and len(call.given) == 1:
            assert ERRORS[code] in [*call.faults.values()][0], message
        return failed

    def settle(self, function: Function, call: Call, result: Any, failed: bool) -> None:
        """Remembers what the call made and ended."""
        name, given, world = function.name, call.given, self.world
        if "fd" in given and failed and given["fd"] in range(900_000):
            os.close(given["fd"])  # a failure leaves it open, and the caller's
        if isinstance(result, _abi.WsFrame) and not failed:
            world.frames.append(result)
        if name == "ws_recv_into" and not failed:
            assert result & 15 in (1, 2, 8, 15) and (result & 15 == 15) == (result >> 4 > given["size"])
        if function.returns.startswith(("A handle", "The connection, or")) and not failed:
            kind = "loop" if name == "ws_loop_new" else "server" if name in ("ws_server", "ws_server_bind", "ws_server_bind_host") else "conn"
            assert not any(result in handles for all_ in (world.live, world.closed) for handles in all_.values()), "another object had this handle"
            if "loop" in given:
                self.arrived(result, given["loop"])
            else:
                world.live[kind].append(result)
        if name in CLOSING and not failed:
            world.close(given[function.params[0][1]])
        if "poll" in name and not failed:
            if name == "ws_loop_poll_packed":
                events = unpacked(given["pack_out"], result)
            else:
                events = [(e.kind, e.conn, ctypes.string_at(e.data, e.len) if e.len else b"", e.error) for e in given["events"][:result]]
            for kind, conn, data, error in events:
                self.happened(given["loop"], kind, conn, data, error)

    def arrived(self, conn: int, loop: int) -> None:
        self.world.live["id"].append(conn)
        self.world.loop_of[conn] = loop

    def forget_ended(self, loop: int, call: Call) -> None:
        if loop in self.world.live["loop"] and not call.faults:
            for conn in [each for each in self.world.ending if self.world.loop_of[each] == loop]:
                self.world.close(conn)

    def happened(self, loop: int, kind: int, conn: int, data: bytes | str, error: int) -> None:
        world = self.world
        if kind == _abi.WS_EVENT_DRAINED:
            assert conn == 0
            return
        assert kind in range(_abi.WS_EVENT_OPEN, _abi.WS_EVENT_DRAINED) and error in ERRORS and error != _abi.WS_ERR_INTERNAL
        assert conn not in world.closed["id"] and conn not in world.ending, f"event {kind} after the last one of {conn}"
        if conn not in world.live["id"]:
            assert kind in (_abi.WS_EVENT_OPEN, _abi.WS_EVENT_REQUEST, _abi.WS_EVENT_CLOSE), f"event {kind} is the first of {conn}"
            self.arrived(conn, loop)
        assert world.loop_of[conn] == loop
        if kind == _abi.WS_EVENT_CLOSE:
            world.ending.add(conn)

    # --- at any time, and at the end ---------------------------------------------------------------------------------

    @invariant()
    def counts_handles(self) -> None:
        live = self.world.live
        assert lib.ws_handle_count() == len(live["conn"]) + len(live["server"]) + len(live["loop"])

    def teardown(self) -> None:
        world = self.world
        for kind, close, again in (
            ("conn", lib.ws_force_close, lib.ws_drop),
            ("server", lib.ws_server_close, lib.ws_server_drop),
            ("loop", lib.ws_loop_close, lib.ws_loop_drop),
        ):
            for handle in world.live[kind]:
                assert (close(handle), close(handle), lib.ws_last_error(), again(handle)) == (0, -1, _abi.WS_ERR_CLOSED, 0), (kind, handle)
        assert lib.ws_handle_count() == 0
        for made in world.frames:
            assert lib.ws_frame_drop(ctypes.byref(made)) == 0
        for each in [*world.peers, world.listening]:
            each.close()
        os.chdir("/")
        left = os.listdir(world.folder.name)
        world.folder.cleanup()
        assert left == [], f"the loops are closed, their sockets are not: {left}"
        deadline = time.monotonic() + WAIT_S  # a look-up of a name may be under way
        while descriptors() != self.before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert descriptors() == self.before, {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in descriptors() - self.before}


def descriptors() -> set[str]:
    return {name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")}


def shown(value: Any) -> str:
    if isinstance(value, _abi.WsFrame):
        return f"WsFrame({value.opcode}, {value.payload_len} bytes, {value.is_final})"
    return value if isinstance(value, str) else repr(value)[:80]


def judge_frame(frame: Any) -> None:
    assert frame.opcode in (0, 1, 2, 8, 9, 10) and frame.payload_len >= 0 and frame.is_final in (0, 1) and frame.is_masked in (0, 1)
    assert bool(frame.payload) == bool(frame.payload_len)
    if frame.payload:
        assert ctypes.string_at(frame.payload, frame.payload_len + 1)[-1] == 0


def unpacked(pack: Any, count: int) -> list[Any]:
    """The events of ws_loop_poll_packed."""
    if count == 0:
        return []
    elsewhere = [(pack[at], pack[at + 1], pack[at + 2]) for at in range(1, 1 + 3 * pack[0], 3)]
    payloads = [ctypes.string_at(address, length).decode() if is_text else ctypes.string_at(address, length) for address, length, is_text in elsewhere]
    events = pickle.loads(ctypes.string_at(ctypes.addressof(pack) + 16_384, ctypes.sizeof(pack) - 16_384), buffers=payloads)
    assert len(events) == count
    return [(kind, conn, data, error) for kind, conn, data, code, error, status, flags in events]


def add_rule(function: Function) -> None:
    def called(self: Calls, **drawn: Any) -> None:
        self.call(function, drawn)

    called.__name__ = function.name
    setattr(Calls, function.name, rule(**{name: strategy(function, kind, name) for kind, name in function.params})(called))


for each in FUNCTIONS.values():
    add_rule(each)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--shrink", action="store_true")
    options = parser.parse_args()
    set_hypothesis_home_dir(options.log.parent / "hypothesis")  # not where the program runs
    Calls.log = os.open(options.log, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    how = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *[Phase.shrink] * options.shrink],
        print_blob=False,
    )
    began, number = time.monotonic(), options.seed
    while number < options.seed + options.rounds or time.monotonic() - began < options.seconds:
        print(f"--seed {number}", flush=True)
        run_state_machine_as_test(seed(number)(Calls), settings=how)
        number += 1
    for name, (count, good) in CALLED.items():
        print(f"{name}: {count} calls, {good} succeeded")
    never = [name for name, (count, _) in CALLED.items() if count == 0]
    assert not never, f"never called: {never}"


if __name__ == "__main__":
    main()
