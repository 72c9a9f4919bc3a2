"""Handlers: each kind of event to its method, exceptions that lose nothing, loops on threads."""

from __future__ import annotations

import gc
import socket
import threading
import time

import pytest

import libws
from children import Child
from looping import LIMIT_S, Echo, pair, until_messages


@pytest.fixture
def loop():
    with libws.Loop() as loop:
        yield loop


class Notes(libws.LoopHandler):
    """Writes down which methods are called, with the data."""

    def __init__(self):
        self.notes = []

    def __getattribute__(self, name):
        if not name.startswith("on_"):
            return super().__getattribute__(name)
        return lambda loop, event: (self.notes.append((name, event.conn, event.data)), super(Notes, self).__getattribute__(name)(loop, event))


def test_every_kind_of_event_has_its_method():
    with libws.Loop(requests=True, stream_over_bytes=1000) as loop:
        loop.set_option(libws.WS_OPT_PINGS, 1)
        loop.set_option(libws.WS_OPT_PONGS, 1)
        port = loop.listen("127.0.0.1")
        client = loop.connect(f"ws://127.0.0.1:{port}/x")
        done = []

        class Handler(Notes):
            def on_open(self, loop, event):
                if event.conn == client:
                    loop.send(client, "short")
                    loop.send(client, "x" * 2000)
                    loop.send(12345, "nobody")
                    loop.ping(client, b"p")
                    done.append(1)

            def on_pong(self, loop, event):
                loop.drain(5)

        handler = Handler()
        loop.run(handler)
        called = [name for name, _, _ in handler.notes]
        assert set(called) == {
            "on_request", "on_open", "on_message", "on_fragment", "on_ping", "on_pong", "on_unsent", "on_close", "on_drained",
        }
        assert called[0] == "on_request" and called[-1] == "on_drained"


def test_run_ends_with_stop_before_within_and_from_another_thread(loop):
    client, server = pair(loop)
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            handled.append(event.data)
            loop.stop()

    loop.stop()
    loop.run(Handler())
    loop.send(client, "one")
    loop.send(client, "two")
    loop.run(Handler())
    assert handled == ["one"]
    assert until_messages(loop, 1, server) == ["two"]  # the batch was not lost
    timer = threading.Timer(0.2, loop.stop)
    timer.start()
    loop.run(Handler())
    timer.join()
    assert handled == ["one"]


def test_an_exception_of_a_handler_loses_no_other_event(loop):
    client, server = pair(loop)
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            if event.data == "bad":
                raise RuntimeError("the handler's own")
            handled.append(event.data)
            if event.data == "last":
                loop.close()

    for message in ("good", "bad", "after", "last"):
        loop.send(client, message)
    with pytest.raises(RuntimeError):
        loop.run(Handler())
    assert handled == ["good"]
    loop.run(Handler())
    assert handled == ["good", "after", "last"] and loop.closed


def test_views_that_nobody_has_handled_are_kept_as_copies():
    with libws.Loop(view_over_bytes=5000) as loop:
        client, server = pair(loop)

        class Handler(libws.LoopHandler):
            def on_message(self, loop, event):
                loop.stop()

        loop.send(client, "stops")
        loop.send(client, b"x" * 10_000)
        loop.run(Handler())
        assert until_messages(loop, 1, server) == [b"x" * 10_000]


def test_a_handler_may_close_the_loop_while_views_are_left():
    loop = libws.Loop(view_over_bytes=5000)
    client, server = pair(loop)
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            handled.append(bytes(event.data))
            loop.close()

    loop.send(client, b"a" * 5000)
    loop.send(client, b"b" * 5000)
    loop.run(Handler())
    assert handled == [b"a" * 5000] and loop.closed


def test_what_run_has_kept_is_no_business_of_flush(loop):
    client, server = pair(loop)

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            loop.stop()

    loop.send(client, "one")
    loop.send(client, "two")
    loop.run(Handler())
    assert loop.flush() == []
    assert until_messages(loop, 1, server) == ["two"]


def test_closing_ends_run_quietly():
    loop = libws.Loop()
    timer = threading.Timer(0.2, loop.close)
    timer.start()
    loop.run(Echo())
    assert loop.closed
    timer.join()


def test_loops_on_threads_serve_one_port():
    ready, handlers = threading.Event(), []
    ports = []

    class Handler(Echo):
        def __init__(self):
            handlers.append(self)

        def on_message(self, loop, event):
            if event.data == "stop":
                loop.stop()
            super().on_message(loop, event)

    def open_(port):
        ports.append(port)
        ready.set()

    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards

    before = libws.handle_count()
    thread = threading.Thread(target=libws.serve_loop, args=(Handler,), kwargs={"loops": 3, "ready": open_, "max_message_bytes": 1000})
    thread.start()
    assert ready.wait(LIMIT_S)
    for _ in range(20):
        with libws.connect(f"ws://127.0.0.1:{ports[0]}/") as ws:
            ws.send("x")
            assert ws.recv() == "x"
    while thread.is_alive():  # until a connection reaches the loop whose end is everybody's
        try:
            with libws.connect(f"ws://127.0.0.1:{ports[0]}/") as ws:
                ws.send("stop")
                ws.recv(timeout=1)
        except libws.WebSocketError:
            pass
        thread.join(0.05)
    assert len(handlers) == 3 and libws.handle_count() <= before
    with pytest.raises(libws.NetworkError), socket.create_server(("127.0.0.1", 0)) as taken:
        libws.serve_loop(Handler, port=taken.getsockname()[1])


@pytest.mark.parametrize("end", ["raises", "stops", "closes"])
@pytest.mark.parametrize("where", ["the caller's", "another"])
def test_the_end_of_any_loop_is_the_end_of_serve_loop(where, end):
    """Wherever a handler ends its loop, serve_loop closes the others and returns, or raises what the handler raised."""
    opened, result = threading.Event(), []
    ports = []

    class Handler(Echo):
        def on_message(self, loop, event):
            if event.data == "x" or (threading.current_thread() is serving) != (where == "the caller's"):
                super().on_message(loop, event)
            elif end == "raises":
                raise RuntimeError("the handler's own")
            else:
                loop.stop() if end == "stops" else loop.close()

    def serve():
        try:
            result.append(libws.serve_loop(Handler, loops=3, ready=lambda port: (ports.append(port), opened.set())))
        except BaseException as error:
            result.append(error)

    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards

    before = libws.handle_count()
    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    assert opened.wait(LIMIT_S)
    limit = time.monotonic() + LIMIT_S
    while serving.is_alive() and time.monotonic() < limit:
        try:
            with libws.connect(f"ws://127.0.0.1:{ports[0]}/", timeout=5) as ws:
                ws.send("end")
                ws.recv(timeout=1)
        except libws.WebSocketError:
            pass
        serving.join(0.01)
    assert not serving.is_alive() and libws.handle_count() <= before
    assert [str(one) for one in result] == ["the handler's own" if end == "raises" else "None"]


def test_serve_loop_needs_a_loop():
    with pytest.raises(libws.InvalidArgumentError):
        libws.serve_loop(Echo, loops=0)


@pytest.mark.parametrize("arguments", [["0"], ["0", "2"], ["0", "--spin", "50", "--max-message", "70000"]])
def test_the_echo_example(arguments):
    with Child("import runpy, sys; sys.argv[0] = 'echo_loop.py'; runpy.run_path('examples/python/echo_loop.py', run_name='__main__')", *arguments) as child:
        port = int(child.line().rsplit(":", 1)[1])
        for _ in range(10):
            with libws.connect(f"ws://127.0.0.1:{port}/") as ws:
                for message in ("text", b"bytes", "x" * 5000, b"y" * 20_000, "é" * 30_000):
                    ws.send(message)
                    assert ws.recv() == message


def test_the_chat_example():
    import http.client

    with Child("import runpy, sys; sys.argv[0] = 'chat_server.py'; runpy.run_path('examples/python/chat_server.py', run_name='__main__')", "0") as child:
        port = int(child.line().rsplit(":", 1)[1])
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
        for path, status, says in (("/", 200, b"new WebSocket"), ("/health", 200, b"ok"), ("/metrics", 200, b"total"), ("/x", 404, b"nothing")):
            web.request("GET", path)
            answer = web.getresponse()
            assert answer.status == status and says in answer.read()
        web.close()
        with libws.connect(f"ws://127.0.0.1:{port}/chat?room=a&name=ann") as ann:
            assert ann.recv() == "ann is here"
            with libws.connect(f"ws://127.0.0.1:{port}/chat?room=a&name=bob") as bob:
                assert ann.recv() == bob.recv() == "bob is here"
                with libws.connect(f"ws://127.0.0.1:{port}/chat?room=b") as other:
                    assert other.recv() == "somebody is here"
                bob.send("hello ☃")
                assert ann.recv() == bob.recv() == "bob: hello ☃"
            assert ann.recv() == "bob has left"
            ann.send(b"bytes")
            with pytest.raises(libws.ConnectionClosed) as caught:
                ann.recv()
            assert (caught.value.code, caught.value.reason) == (1003, "text only")
