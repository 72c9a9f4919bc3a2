"""Callbacks over a Loop: a handler's methods by kind of event, and the loop's descriptor inside asyncio."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from . import _abi as abi
from ._checked import integer
from ._fork import forked
from .errors import ConnectionClosed, InvalidArgumentError
from .loop_event import EVENT_UNSENT, Event

if TYPE_CHECKING:
    from .loop import Loop

Call = Callable[["Loop", Event], object]
Detach = Callable[[], None]


class LoopHandler:
    """Base of handlers for Loop.run(), Loop.attach() and serve_loop(): override what you want to hear of.

    Methods run on the thread that polls, one by one. loop.stop() ends the calls.
    """

    def on_request(self, loop: Loop, event: Event) -> None:
        """With requests=True: an HTTP request wants loop.accept(), refuse() or respond(). By default handshakes are accepted."""
        if event.code == 0:
            loop.accept(event.conn)
        else:
            loop.refuse(event.conn, event.code)

    def on_open(self, loop: Loop, event: Event) -> None:
        """The opening handshake of event.conn is done; event.data is the agreed subprotocol."""

    def on_message(self, loop: Loop, event: Event) -> None:
        """A message: event.data is str or bytes."""

    def on_fragment(self, loop: Loop, event: Event) -> None:
        """With stream_over_bytes: a part of a long message, as bytes."""

    def on_ping(self, loop: Loop, event: Event) -> None:
        """With WS_OPT_PINGS: a ping, answered already."""

    def on_pong(self, loop: Loop, event: Event) -> None:
        """With WS_OPT_PONGS: a pong."""

    def on_close(self, loop: Loop, event: Event) -> None:
        """The connection is over: event.code, event.data (the reason) and event.error tell why."""

    def on_drain(self, loop: Loop, event: Event) -> None:
        """The queue of a connection that was nearly full, or refused a message, has room again."""

    def on_unsent(self, loop: Loop, event: Event) -> None:
        """A message given to loop.send() could not be sent (EVENT_UNSENT): event.data, and event.error tells why."""

    def on_drained(self, loop: Loop, event: Event) -> None:
        """After drain(): the last connection is gone."""


def calls_of(handler: LoopHandler) -> Dict[int, Call]:
    """A handler's methods by kind of event."""
    return {
        abi.WS_EVENT_OPEN: handler.on_open,
        abi.WS_EVENT_MESSAGE: handler.on_message,
        abi.WS_EVENT_FRAGMENT: handler.on_fragment,
        abi.WS_EVENT_PING: handler.on_ping,
        abi.WS_EVENT_PONG: handler.on_pong,
        abi.WS_EVENT_CLOSE: handler.on_close,
        abi.WS_EVENT_DRAIN: handler.on_drain,
        abi.WS_EVENT_REQUEST: handler.on_request,
        abi.WS_EVENT_DRAINED: handler.on_drained,
        EVENT_UNSENT: handler.on_unsent,
    }


def attach(loop: Loop, handler: LoopHandler, outer: asyncio.AbstractEventLoop) -> Detach:
    """Lets an asyncio loop watch a Loop's descriptor and call a handler; returns what ends that."""
    calls = calls_of(handler)
    watched = os.dup(loop.fileno())  # of its own, so that the number is nobody else's until asyncio has let it go

    def let_go() -> None:
        if not outer.is_closed() and not forked:  # a child shares what its parent's selector watches
            outer.remove_reader(watched)
        os.close(watched)

    def detach() -> None:
        try:
            loop._attached.remove(detach)
        except ValueError:
            return  # done already
        try:
            if not forked and outer.is_running() and asyncio._get_running_loop() is not outer:
                outer.call_soon_threadsafe(let_go)
                return
        except RuntimeError:
            pass  # closed meanwhile
        let_go()

    def tell(events: List[Event]) -> None:
        at = 0
        try:
            for event in events:  # goes back without a condition, as Loop.run() does
                if loop._stopped or loop.closed:
                    return
                at += 1
                try:
                    calls[event.kind](loop, event)
                except Exception as error:
                    outer.call_exception_handler({"message": f"a handler of {loop!r} failed", "exception": error})
        finally:
            loop._kept[:0] = events[at:]

    def ready() -> None:
        try:
            events = loop.poll(0)
            with loop.corked():
                tell(events)
        except ConnectionClosed:
            if not loop.closed:
                raise
        if loop._stopped or loop.closed:
            loop._stopped = False
            detach()

    loop._attached.append(detach)
    try:
        outer.add_reader(watched, ready)
    except BaseException:
        detach()
        raise
    return detach


def serve_loop(
    handler: Callable[[], LoopHandler],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    loops: int = 1,
    ready: Optional[Callable[[int], object]] = None,
    **options: Any,
) -> None:
    """Serves a port with event loops: one on the calling thread, each further one on a thread of its own.

    handler() makes each loop's handler, ready(port) is called once the port is open, options are those of Loop. Blocks until one
    of the loops ends, since a handler stops, closes or has drained it, or raises, or until Ctrl-C; then the others are closed.
    Raises what Loop() and listen() do, and what a handler raised.
    """
    from .loop import Loop

    every: List[Loop] = []
    threads: List[threading.Thread] = []
    failures: List[BaseException] = []

    def serve(loop: Loop, own: LoopHandler) -> None:
        try:
            loop.run(own)
        except BaseException as error:
            failures.append(error)
        with suppress(ConnectionClosed):  # that one has ended first
            every[0].stop()

    integer(loops, "loops")
    if loops < 1:
        raise InvalidArgumentError(f"loops must be at least 1, not {loops}", abi.WS_ERR_ARGUMENT)
    try:
        for _ in range(loops):
            every.append(Loop(**options))
            port = every[-1].listen(host, port, reuse_port=loops > 1)
        if ready is not None:
            ready(port)
        for loop in every[1:]:
            threads.append(threading.Thread(target=serve, args=(loop, handler()), name=f"libws-loop-{port}", daemon=True))
            threads[-1].start()
        every[0].run(handler())
    finally:
        for loop in every:
            loop.close()
        for thread in threads:
            if thread.ident is not None:  # a signal handler may have raised before it has begun; its loop is closed now
                thread.join()
    if failures:
        raise failures[0]
