"""Keeps Python's signal handlers, Ctrl-C above all, in time while the main thread waits inside the library.

Python runs signal handlers in its main thread and between byte codes only. Calls that receive, send or accept come back to
Python when a signal interrupts them (WS_OPT_INTERRUPTIBLE) and are made again with the time that is left; so nothing is lost.
They come back every LOOK_S too: a signal that arrives just before the library waits, which ends no wait, has its handler run then.
Calls that cannot be resumed, such as a whole opening handshake, run in a thread of their own while the main thread waits.
"""

from __future__ import annotations

import _thread
import math
import threading
import time
from contextlib import suppress
from threading import get_ident
from typing import Any, Callable, List, Optional, TypeVar

from . import _abi as abi
from ._library import lib
from .errors import InvalidArgumentError

Result = TypeVar("Result")
Shaped = TypeVar("Shaped")

MAIN_THREAD = threading.main_thread().ident
LOOK_S = 0.05
"""How long the main thread waits before it looks for a signal that came just before it waited, which ends no wait."""
LOOK_MS = int(LOOK_S * 1000)
SETTLE_S = 1.0
"""How long a handshake may take to end once its socket was shut down, which ends it at once."""
LOOKING = 2
"""WS_OPT_INTERRUPTIBLE of what the main thread sends on: those calls look by themselves, at the same pace."""
MOST_MS = 1 << 40
"""The longest bound that the library takes, 34 years; more is none."""
_MOST_S = MOST_MS / 1000


def in_main_thread() -> bool:
    """Whether the caller is the thread that runs signal handlers."""
    return get_ident() == MAIN_THREAD


def milliseconds(seconds: Optional[float], name: str = "timeout", least: int = 1) -> int:
    """Turns a timeout into the library's unit; None, infinity and what lies beyond its bounds are no timeout. 0 becomes least."""
    if seconds is None:
        return abi.WS_TIMEOUT_NONE
    try:
        if 0 <= seconds < _MOST_S:
            return max(least, math.ceil(seconds * 1000))
        if seconds >= _MOST_S:
            return MOST_MS if seconds == _MOST_S else abi.WS_TIMEOUT_NONE
    except ArithmeticError:  # decimal's NaN cannot be compared
        pass
    except TypeError:
        raise TypeError(f"{name} must be a number of seconds or None, not {type(seconds).__name__}") from None
    raise InvalidArgumentError(f"{name} must be None or at least 0 seconds, not {seconds!r}", abi.WS_ERR_ARGUMENT)


def was_interrupted() -> bool:
    """Whether the last failed call of this thread came back for a signal, with nothing lost."""
    return lib.ws_last_error() == abi.WS_ERR_INTERRUPTED


def resume(handle: int, began: float, sent: int, call: Callable[..., int], *arguments: object) -> int:
    """Makes a sending call that was interrupted again, within the send timeout, until it ends otherwise; gives what it gives then.

    sent is what the first attempt gave, began its time.monotonic(). -1: nothing is out, so the call is made again. Less: the
    message is taken and goes out, so that is waited for. The option is as it was when this returns.
    """
    taken = 0
    limit_ms = lib.ws_get(handle, abi.WS_OPT_SEND_TIMEOUT_MS)
    bounded = 0 <= limit_ms != abi.WS_TIMEOUT_NONE  # -1: closed meanwhile, as the call itself will say
    try:
        while True:
            if sent < -1:
                taken, call, arguments = -sent, lib.ws_flush, (handle,)
            left_ms = limit_ms - int((time.monotonic() - began) * 1000) if bounded else 1
            if bounded:
                lib.ws_set(handle, abi.WS_OPT_SEND_TIMEOUT_MS, max(1, left_ms))
            sent = call(*arguments) if left_ms > 0 else uninterrupted(handle, call, *arguments)
            if sent >= 0:
                return taken or sent
            if sent == -1 and not was_interrupted():
                return sent
    finally:
        if bounded:
            lib.ws_set(handle, abi.WS_OPT_SEND_TIMEOUT_MS, limit_ms)


def uninterrupted(handle: int, call: Callable[..., Result], *arguments: object) -> Result:
    """Makes a call that no signal interrupts: one whose time is over, so that a storm of signals cannot hold its end off."""
    before = lib.ws_get(handle, abi.WS_OPT_INTERRUPTIBLE)
    if before <= 0:
        return call(*arguments)
    lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 0)
    try:
        return call(*arguments)
    finally:
        lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, before)


def itself(result: Result) -> Result:
    """The shape of what needs none."""
    return result


def has_failed(result: object) -> bool:
    """Whether a result, a number, a frame or a handle, is that of a failed call."""
    value = getattr(result, "opcode", getattr(result, "value", result))
    return isinstance(value, int) and value < 0


_FIRST = (0,)


class Patience:
    """Waits in receiving or accepting calls of one handle; one thread at a time, as those calls demand.

    What came but was not given out, because a signal handler raised on the way, is given to the next call.
    """

    __slots__ = ("_handles", "_option", "_undelivered", "set_ms")

    def __init__(self, handle: int, timeout_option: int) -> None:
        self._handles = (handle,)
        self._undelivered: List[Any] = []
        self._option = timeout_option
        self.set_ms = abi.WS_TIMEOUT_NONE  # what the library has now

    def wait(self, call: Callable[[int], Result], limit_ms: int, shape: Callable[[Result], Shaped]) -> Shaped:
        """Makes a call until it ends, within limit_ms, otherwise than by a signal. The handle must be interruptible.

        Gives what shape makes of the result; that may be called again for the same one.
        """
        came: List[Result] = []
        try:
            if self._undelivered:
                with suppress(IndexError):  # another thread was quicker
                    came.extend(map(self._undelivered.pop, _FIRST))
            if not came:
                self._await(call, limit_ms, came)
            shaped = shape(came[0])
            del came[0]
            return shaped
        except BaseException:
            kept = [result for result in came if not has_failed(result)]
            if kept:
                self._undelivered.extend(kept)
                self.set_ms = 0  # nobody takes the quick way past it
            raise

    def _await(self, call: Callable[[int], Result], limit_ms: int, came: List[Result]) -> None:
        """Waits and appends the result to came, in one byte code with the call, so that no signal handler runs between the two."""
        handle, = self._handles
        look_ms = LOOK_MS if in_main_thread() else abi.WS_TIMEOUT_NONE
        began = time.monotonic()
        left_ms = limit_ms
        while True:
            wait_ms = min(left_ms, look_ms)
            if wait_ms != self.set_ms and lib.ws_set(handle, self._option, wait_ms) >= 0:
                self.set_ms = wait_ms
            if left_ms > 1:
                came.extend(map(call, self._handles))
            else:
                uninterrupted(handle, came.extend, map(call, self._handles))
            if not has_failed(came[0]):
                return
            code = lib.ws_last_error()
            if code != abi.WS_ERR_INTERRUPTED and code != abi.WS_ERR_TIMEOUT:
                return
            if limit_ms != abi.WS_TIMEOUT_NONE:
                spent_ms = int((time.monotonic() - began) * 1000)
                if code == abi.WS_ERR_TIMEOUT and spent_ms >= limit_ms - 1:
                    return
                left_ms = max(1, limit_ms - spent_ms)
            if code == abi.WS_ERR_TIMEOUT and wait_ms != look_ms:
                self.doubt()
            came.clear()

    def doubt(self) -> None:
        """Has the library told anew how long to wait, after a wait that was too short: the bound was one of another thread's call.

        That may be close(), or a second receiver on its way to BusyError; the option is the connection's, not a call's.
        """
        self.set_ms = -1

    def forget(self) -> List[Any]:
        """Gives up what nobody will ask for any more, and tells what it was."""
        undelivered, self._undelivered = self._undelivered, []
        return undelivered


def aside(work: Callable[[], Result], abandon: Callable[[], None], settle_s: float = 0) -> Result:
    """Does work that may block for long and cannot be resumed, so that signal handlers run meanwhile.

    In the main thread the work gets a thread of its own; elsewhere it is just done. When a signal handler raises, abandon()
    is called to cut the work short, and the exception goes on, after at most settle_s seconds for the work to let go of what is the
    caller's again. What the work still brings must go by itself when nobody has it.
    """
    if not in_main_thread():
        return work()
    todo, results = [work], []  # type: List[Callable[[], Result]], List[Result]
    failures: List[BaseException] = []
    wanted, over = [True], []  # type: List[bool], List[bool]
    begun: List[int] = []
    working, starting = _thread.allocate_lock(), _thread.allocate_lock()

    def run() -> None:
        # Who waits may go on long before this thread ends, which must hold nothing by then: neither what the work needed nor what came.
        starting.release()
        try:
            result = todo.pop()()
            if wanted:
                results.append(result)
            del result
        except BaseException as error:
            if wanted:
                failures.append(error)
        finally:
            over.append(True)
            working.release()

    try:
        working.acquire()
        starting.acquire()
        try:
            # Neither threading.Thread nor its Event: what a signal handler raises inside those comes out as something else.
            begun.extend(map(_thread.start_new_thread, (run,), ((),)))
        except RuntimeError as error:
            if not str(error).startswith("can't "):
                raise  # a signal handler's
            return work()  # the interpreter is ending and gives no more threads
        while not working.acquire(timeout=LOOK_S):
            pass
    except BaseException:
        try:
            abandon()
            if settle_s and begun and not over:
                working.acquire(timeout=settle_s)
        finally:
            wanted.clear()
            results.clear()
            failures.clear()  # their tracebacks hold this list
            if begun:  # an interpreter that ended before a thread's first step would crash in it
                starting.acquire(timeout=SETTLE_S)
        raise
    if failures:
        raise failures.pop()  # not a name here: the traceback would hold the frame and the frame the exception
    return results.pop()
