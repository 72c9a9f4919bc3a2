"""Peers that do not read, reset, or flood: what a blocking server can do about them (RFC 6455 §10.4)."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import rawpeer
from rawpeer import BINARY, CLOSE, PING, PONG, TEXT, close_payload, frame

MASK = b"\0\0\0\0"
ATTEMPTS = 10  # at what depends on time: a machine that does other things too is late once, a defect is late always


def push(peer: rawpeer.RawPeer, data: bytes, limit: int) -> int:
    """Sends data over and over, as much as the other side takes without our reading, up to a limit; returns how much that was."""
    peer.sock.settimeout(0.3)
    view = memoryview(data)  # what is sent in part is gone on with, so that frames stay whole
    sent = 0
    try:
        while sent < limit:
            sent += peer.sock.send(view[sent % len(data) :])
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        pass
    return sent


def test_peer_that_stops_reading(server):
    """A blocking server takes only what buffers hold; any server keeps its memory, and serves the others."""
    with server.connect(receive_buffer=4096) as peer:
        taken = push(peer, frame(BINARY, bytes(60_000), mask=MASK), 128 << 20)
        assert "threaded_server" not in server.name or taken < 64 << 20, f"{taken} bytes were taken from a peer that reads nothing"
        start = time.monotonic()
        server.check_alive()
        assert time.monotonic() - start < rawpeer.AT_ONCE_S


def test_peer_that_reads_late(server):
    """What a peer that reads late still gets is whole and in order, and then its connection goes on.

    A blocking server waits for its peer, so everything comes. A loop does not wait: 1 MiB waits in its queue, whose policy here is to
    refuse what is more.
    """
    size, count = 10_000, 2000
    sent = b"".join(frame(BINARY, index.to_bytes(4, "big") * (size // 4), mask=MASK) for index in range(count))
    with server.connect(receive_buffer=4096) as peer:
        taken = push(peer, sent, len(sent))
        rest = threading.Thread(target=send_all, args=(peer.sock.dup(), sent[taken:]))
        rest.start()
        came: list[int] = []
        while len(came) < count:
            try:
                opcode, payload = peer.read_message(rawpeer.WAIT_S if "threaded_server" in server.name else 0.5)
            except rawpeer.TimedOut:
                break
            came.append(int.from_bytes(payload[:4], "big"))
            assert (opcode, payload) == (BINARY, payload[:4] * (size // 4)), "a message is not whole"
        rest.join()
        if "threaded_server" in server.name:
            assert came == list(range(count))
        assert came == sorted(set(came)), "out of order"
        if "echo_loop" in server.name:
            assert 1 << 20 <= len(came) * size < count * size, f"{len(came)} of {count} messages came"
        peer.echo()


def send_all(sock: socket.socket, data: bytes) -> None:
    with sock:
        sock.settimeout(rawpeer.WAIT_S)
        sock.sendall(data)


def p99_s(peers: list[rawpeer.RawPeer]) -> float:
    """Of the round trips of ten messages by each peer, one peer after the other."""
    times = []
    for _ in range(10):
        for peer in peers:
            start = time.perf_counter()
            peer.echo(b"x" * 20)
            times.append(time.perf_counter() - start)
    times.sort()
    return times[int(len(times) * 0.99)]


def test_one_stalled_of_a_hundred(server):
    """Round trips of the others stay as quick as they were while one does not read, give or take what a busy machine does."""
    stalled = server.connect(receive_buffer=4096)
    others = [server.connect() for _ in range(99)]
    try:
        before = p99_s(others)
        late: list[float] = []
        while len(late) < ATTEMPTS and (not late or min(late) >= 0.02):
            push(stalled, frame(BINARY, bytes(60_000), mask=MASK), 32 << 20)
            late.append(p99_s(others) - before)
        assert min(late) < 0.02, f"p99 is {min(late) * 1000:.0f} ms more"
    finally:
        for peer in [stalled, *others]:
            peer.close()


def test_a_million_pings_unread(server):
    """Pings whose pongs nobody reads: pongs are not piled up. A blocking server reads no more once its answers fill the buffers."""
    pings = frame(PING, b"", mask=MASK) * 10_000
    with server.connect(receive_buffer=4096) as peer:
        taken = push(peer, pings, 100 * len(pings))
        assert "echo_loop" not in server.name or taken >= 100 * len(pings), f"only {taken} bytes of pings were read"
        server.check_alive()


@pytest.mark.timeout(90)
def test_a_million_pings_read(server):
    """Memory stays as it was, the last ping is answered, and messages still pass."""
    batch = frame(PING, b"", mask=MASK) * 10_000
    with server.connect() as peer:
        last = b"the last"
        failure: list[BaseException] = []

        def send() -> None:
            try:
                for _ in range(100):
                    peer.sock.sendall(batch)
                peer.sock.sendall(frame(PING, last, mask=MASK))
            except BaseException as error:
                failure.append(error)

        peer.sock.settimeout(60)
        sender = threading.Thread(target=send)
        sender.start()
        tail = b""
        want = bytes([0x80 | PONG, len(last)]) + last
        while not tail.endswith(want):
            peer.sock.settimeout(60)
            data = peer.sock.recv(1 << 20)
            assert data, f"the connection ended {failure}"
            tail = (tail + data)[-64:]
        sender.join()
        assert not failure
        peer.echo()


def test_rst_while_the_server_writes(server):
    """An error for that connection, no SIGPIPE for the process."""
    for _ in range(20):
        peer = server.connect(receive_buffer=4096)
        peer.send(frame(BINARY, bytes(60_000), mask=MASK) * 4)
        peer.reset()


def test_fin_while_the_server_writes(server):
    for _ in range(5):
        with server.connect() as peer:
            payload = bytes(60_000)
            peer.send(frame(BINARY, payload, mask=MASK) * 4)
            peer.finish()
            for _ in range(4):
                peer.expect_message(BINARY, payload)
            peer.expect_gone()


def test_flood_of_small_messages(server):
    """16,000 messages in one go come back in order."""
    batch = b"".join(frame(TEXT, b"%05d" % index, mask=MASK) for index in range(16_000))
    with server.connect() as peer:
        sender = threading.Thread(target=peer.sock.sendall, args=(batch,))
        peer.sock.settimeout(30)
        sender.start()
        for index in range(16_000):
            peer.expect_message(TEXT, b"%05d" % index, within_s=20)
        sender.join()


@pytest.mark.memory(mib=4)  # the stacks of two hundred threads, which runtimes keep or not
def test_connections_side_by_side(server):
    """Two hundred connections at once, each with its own echoes."""
    peers = [server.connect() for _ in range(200)]
    try:
        for index, peer in enumerate(peers):
            peer.send_frame(TEXT, b"from %d" % index)
        for index, peer in enumerate(peers):
            peer.expect_message(TEXT, b"from %d" % index)
        for peer in peers:
            peer.send_frame(CLOSE, close_payload(1000))
        for peer in peers:
            peer.expect_close_echo(close_payload(1000))
    finally:
        for peer in peers:
            peer.close()
