"""Mixed traffic and churn against every server for a while: descriptors, threads and memory stay where they were. One more server does
all that loops offer, and tells what it holds: handles, connections, queues.

LIBWS_SOAK_S says for how many seconds, over all servers; `make soak` takes ten minutes, `make test` half a minute.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Callable

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "harness"), str(TESTS / "hostile"), str(TESTS / "soak")]

import loop_habits
import programs
import rawpeer
import targets

SOAK_S = float(os.environ.get("LIBWS_SOAK_S", "30"))
SEED = int(os.environ.get("LIBWS_SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
SERVERS = [f"{language}-threaded_server" for language in programs.LANGUAGES]
SERVERS += [f"{language}-echo_loop" for language in programs.LANGUAGES if programs.is_promised(language, "echo_loop")]
WARM = 300
"""How often peers come before memory is measured, however slow the machine is: until then it grows to what it needs."""
SHARE_S = SOAK_S / (len(SERVERS) + 1)
GROWTH_BYTES = 6 << 20
LOOP_GROWTH_BYTES = 24 << 20  # answers and requests in a row pass through Go's heap, which grows by steps
PATIENCE_S = loop_habits.PATIENCE_S  # how promptly connections end is what tests/hostile looks at
SLACK = 6  # descriptors and threads that a runtime may open for itself


def talk(server: targets.Target, dice: random.Random) -> None:
    """A connection that lives for many messages of all sizes, some in fragments with a ping between them."""
    with server.connect() as peer:
        for _ in range(dice.randrange(1, 200)):
            data = dice.randbytes(dice.choice([0, 1, 20, 125, 126, 4000, 65535, 65536]))
            if dice.random() < 0.3:
                cut = dice.randrange(len(data) + 1)
                peer.send_frame(rawpeer.BINARY, data[:cut], fin=False)
                peer.send_frame(rawpeer.PING, b"between")
                peer.send_frame(rawpeer.CONTINUATION, data[cut:])
                peer.expect_message_and_pong(rawpeer.BINARY, data, b"between")
            else:
                peer.echo(data, rawpeer.BINARY)
        farewell(peer)


def visit(server: targets.Target, dice: random.Random) -> None:
    """A connection of one message."""
    with server.connect() as peer:
        peer.echo(b"visit")
        farewell(peer)


def farewell(peer: rawpeer.RawPeer) -> None:
    peer.send_frame(rawpeer.CLOSE, rawpeer.close_payload(1000))
    peer.expect_close_echo(rawpeer.close_payload(1000), PATIENCE_S)


def misbehave(server: targets.Target, dice: random.Random) -> None:
    """A connection that breaks a rule."""
    with server.connect() as peer:
        peer.send(rawpeer.frame(dice.choice([3, 7, 11, 15]), b"x"))
        peer.expect_failed(1002, within_s=PATIENCE_S)


def vanish(server: targets.Target, dice: random.Random) -> None:
    """A connection that is reset in the middle of a message."""
    with server.connect() as peer:
        peer.send(rawpeer.frame(rawpeer.BINARY, dice.randbytes(5000))[: dice.randrange(1, 5000)])
        peer.reset()


def knock(server: targets.Target, dice: random.Random) -> None:
    """A request that is no opening handshake."""
    with server.dial() as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        peer.read_head(PATIENCE_S)


HABITS: list[Callable[[targets.Target, random.Random], None]] = [talk, visit, visit, visit, misbehave, vanish, knock]


def busy(
    server: targets.Target, seconds: float, workers: int, seed: int, habits: list[Callable] = HABITS, least: int = 0
) -> Counter[str]:
    """Lets some threads behave by turns for that long and at least so often; returns what they did. The first error ends it."""
    until, done, errors = time.monotonic() + seconds, Counter[str](), []
    lock = threading.Lock()

    def warm() -> bool:
        with lock:
            return done.total() >= least

    def work(index: int) -> None:
        dice = random.Random(f"{seed} {index}")
        while not errors and (time.monotonic() < until or not warm()):
            habit = dice.choice(habits)
            try:
                habit(server, dice)
            except BaseException as error:
                errors.append((habit.__name__, error))
                return
            with lock:
                done[habit.__name__] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
    assert not any(thread.is_alive() for thread in threads), f"a peer hangs; seed {seed}"
    assert not errors, f"{errors[0][0]} failed: {errors[0][1]!r}; seed {seed}"
    return done


def quiet(process: programs.Process, descriptors: int | None = None) -> None:
    """Waits until connections that ended have been let go of: the descriptors are few enough, or have stopped changing."""
    deadline, last, same = time.monotonic() + 10, -1, 0
    while time.monotonic() < deadline and same < 10:
        now = process.descriptor_count()
        same = same + 1 if now == last and (descriptors is None or now <= descriptors) else 0
        last = now
        threading.Event().wait(0.02)


@pytest.mark.timeout(SOAK_S + 300)
@pytest.mark.parametrize("name", SERVERS)
def test_soak(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with targets.start(name) as program:
        server = targets.Target(name, program.host, program.port, program)
        server.warm_up()
        busy(server, SHARE_S * 0.3, 6, SEED)
        quiet(program)
        descriptors, threads, memory = program.descriptor_count(), program.thread_count(), program.rss_bytes()
        done = busy(server, SHARE_S * 0.7, 6, SEED + 1)
        quiet(program, descriptors + SLACK)
        with capsys.disabled():
            grown = program.rss_bytes() - memory
            print(f"\n{name}: {dict(done)}, memory {memory >> 10} KiB {grown >> 10:+d} KiB, descriptors {descriptors}, threads {threads}")
        server.check_alive()
        assert program.descriptor_count() <= descriptors + SLACK, f"descriptors leak; seed {SEED}"
        assert program.thread_count() <= threads + SLACK, f"threads leak; seed {SEED}"
        assert server.settled_growth(memory, GROWTH_BYTES, within_s=5) <= GROWTH_BYTES, f"memory grows; seed {SEED}"


def settled(server: loop_habits.Server) -> dict[str, int]:
    """What the server holds once every connection but the one that asks has been let go of, or after a while."""
    deadline = time.monotonic() + 20
    while (held := server.state())["open"] or held["pending"] > 1 or held["handles"] > 1 or held["unseen visits"]:
        if time.monotonic() > deadline:
            break
        threading.Event().wait(0.05)
    return held


@pytest.mark.timeout(SOAK_S + 300)
def test_soak_of_all_that_loops_offer(capsys: pytest.CaptureFixture[str]) -> None:
    with programs.Program([sys.executable, "-u", str(TESTS / "soak" / "everything.py"), "0"]) as program:
        server = loop_habits.Server("everything", program.host, program.port, program)
        busy(server, SHARE_S * 0.4, 6, SEED, loop_habits.LOOP_HABITS, least=WARM)
        before = settled(server)
        descriptors, threads, memory = program.descriptor_count(), program.thread_count(), program.rss_bytes()
        done = busy(server, SHARE_S * 0.6, 6, SEED + 1, loop_habits.LOOP_HABITS)
        after = settled(server)
        with capsys.disabled():
            grown = program.rss_bytes() - memory
            print(f"\neverything: {dict(done)}, {after}, memory {memory >> 10} KiB {grown >> 10:+d} KiB, descriptors {descriptors}")
        server.check_alive()
        assert after["handles"] == 1, f"handles besides that of the loop are left: {after}; seed {SEED}"
        assert after["open"] == 0 and after["pending"] == 1 and after["unseen visits"] == 0, f"connections are left: {after}; seed {SEED}"
        assert after["queue_bytes"] == before["queue_bytes"] == 0, f"output is left: {after}; seed {SEED}"
        assert after["memory_bytes"] <= before["memory_bytes"] + GROWTH_BYTES, f"mapped memory grows: {before}, {after}; seed {SEED}"
        assert program.descriptor_count() <= descriptors + SLACK, f"descriptors leak; seed {SEED}"
        assert program.thread_count() <= threads + SLACK, f"threads leak; seed {SEED}"
        assert server.settled_growth(memory, LOOP_GROWTH_BYTES, within_s=5) <= LOOP_GROWTH_BYTES, f"memory grows; seed {SEED}"
        assert not program.stderr(), program.stderr()
