"""The polling half of a Loop: one call of the library for each batch of events, and a wait that signals and threads can end."""

from __future__ import annotations

import ctypes
import pickle
import time
from threading import get_ident
from typing import Any, Callable, Dict, List, Optional

from . import _abi as abi
from ._buffers import bytes_at, text_at
from ._fork import forked
from ._library import lib
from ._owned import OwnedLoop
from ._waiting import LOOK_MS, MAIN_THREAD, milliseconds
from .errors import BusyError, ConnectionClosed, WebSocketError, last_failure
from .loop_event import Data, Event, event_of, view_at
from .loop_send import Outbox

PACK_BYTES = 256 << 10
"""Room for the events of one poll. Payloads that do not fit are fetched one by one."""
ELSEWHERE_BYTES = 4096
"""From how many bytes on the library does not pack a payload but tells its address."""
LEAVING_S = 0.0005
"""How often close() looks whether the poll that it has woken is over."""
PACK_LIST_AT = 16384
"""Where in it the list of events begins; before are the addresses of the payloads that lie elsewhere."""

_poll_packed = lib.ws_loop_poll_packed
_decode = pickle.loads  # of what the library wrote, in the library's own words: lengths, numbers, texts and nothing that runs
_monotonic = time.monotonic
_sleep = time.sleep
_NONE = abi.WS_TIMEOUT_NONE
_TAKEN = -1
"""In place of the number of addresses in a pack: its events were given out. The library writes no such number."""

_lenders: Dict[int, OwnedLoop] = {}
"""Loops whose memory is lent as views. They outlive a Loop whose __del__ a signal handler kept from taking its views back."""


class Poller(Outbox):
    """What waits for events and hands them out. Its handle is set, and its room made, by Loop.

    Signal handlers run where the main thread calls something or goes back in a loop (in Python 3.10 also where it skips a block,
    in 3.8 and 3.9 anywhere), and may raise or use this loop. So what must not come apart is done by statements that call nothing.
    """

    __slots__ = ("_attached", "_closing", "_list", "_numbers", "_owner", "_pack", "_turn", "_view_over", "_woken", "__weakref__")

    def __init__(self, view_over_bytes: int) -> None:
        super().__init__(-1)
        self._owner: Optional[OwnedLoop] = None  # with this object it goes
        self._closing = self._woken = False
        self._turn: Dict[int, List[int]] = {}  # at 0 the thread that polls or closes, in a list that is the call's own
        self._attached: List[Callable[[], None]] = []  # what ends each attach()
        self._view_over = max(view_over_bytes, ELSEWHERE_BYTES) if view_over_bytes > 0 else abi.WS_LENGTH_MAX
        self._pack = (ctypes.c_int64 * (PACK_BYTES // 8))()
        self._numbers = memoryview(self._pack).cast("B").cast("q")
        self._numbers[0] = _TAKEN
        self._list = memoryview(self._pack).cast("B")[PACK_LIST_AT:]

    def poll(self, timeout: Optional[float] = None) -> List[Event]:
        """Writes what was sent, waits until something happens, and returns the events, at most 512.

        timeout is in seconds: None waits for ever, 0 not at all. The list is empty when the time is over and after wake().
        What does not fit comes with the next poll. Events own their data.

        Blocks; other threads run meanwhile. Signal handlers run at once and may use the loop. What one raises, KeyboardInterrupt
        above all, ends the wait; what the wait had found, or could not send, comes with the next poll. (Before
        Python 3.11 a handler may also raise between poll() and the statement that takes its result, and in 3.8 and 3.9 at any step;
        what was on its way just then may be lost.) Raises ConnectionClosed when the loop is or gets closed, BusyError while another
        poll() is under way.
        """
        limit_ms = _NONE if timeout is None else milliseconds(timeout, least=0)
        thread = get_ident()
        turn = [thread]
        given: List[Event] = []
        try:
            try:
                if self._turn.setdefault(0, turn) is not turn:
                    raise self._busy()
                look_ms = LOOK_MS if thread == MAIN_THREAD else _NONE
                left_ms = limit_ms
                began = _monotonic() if left_ms else 0.0
                while True:
                    # First the bell, then the look: a message that another thread gathers after the look rings.
                    self._rings = True
                    if self._gathered:
                        self._hand_over()
                    if self._numbers[0] == _TAKEN:
                        if self._lent:
                            self._release_views()
                        if self._unsent or self._kept:
                            left_ms = 0
                        wait_ms = left_ms if left_ms < look_ms else look_ms
                        n = _poll_packed(self._handle, self._pack, PACK_BYTES, wait_ms)
                    else:
                        n = 1  # a signal handler raised before the last pack was given out
                    if self._closing:
                        how = "was closed while it was polled" if self._handle > 0 else "is closed"
                        raise ConnectionClosed(f"the loop {how}", abi.WS_ERR_CLOSED)
                    events: List[Event] = []
                    if n > 0:
                        rows = _decode(self._list) if not self._numbers[0] else _decode(self._list, buffers=self._elsewhere())
                        events = list(map(event_of, rows))
                    elif n < 0 and lib.ws_last_error() != abi.WS_ERR_INTERRUPTED:
                        raise last_failure()
                    elif self._woken:
                        self._woken = False
                    elif left_ms and not self._unsent:
                        if limit_ms != _NONE:
                            left_ms = max(0, limit_ms - int((_monotonic() - began) * 1000))
                        continue
                    if self._external and self._gathered:
                        lib.ws_loop_wake(self._handle)  # its ring may have ended this very poll
                    if self._unsent or self._kept:
                        count = len(self._unsent)
                        events = self._kept + self._unsent[:count] + events
                        del self._unsent[:count]  # from here on nothing is called
                        del self._kept[:]
                    given = events
                    self._numbers[0] = _TAKEN
                    return events
            finally:
                if 0 in self._turn and self._turn[0] is turn:
                    self._rings = self._external
                    del self._turn[0]
                    if self._closing:
                        self.close()
        except BaseException as error:
            if given:  # Python 3.8 and 3.9 let a signal handler in on the way out, or before the block above
                self._kept[:0] = given
                self._numbers[0] = _TAKEN
            if 0 in self._turn and self._turn[0] is turn:
                del self._turn[0]
            if self._external and not isinstance(error, WebSocketError):
                lib.ws_loop_wake(self._handle)  # whoever watches the descriptor polls again for what was found or handed over
            raise

    def _busy(self) -> Exception:
        """Why this thread may not poll now."""
        if forked:
            lib.ws_loop_wake(self._handle)
            return last_failure()
        return BusyError("the loop is being polled", abi.WS_ERR_BUSY)

    def _elsewhere(self) -> List[Data]:
        """The payloads that the library told by their addresses: copies, or views where they were asked for."""
        at = iter(self._numbers[1 : 1 + 3 * self._numbers[0]].tolist())
        found: List[Data] = []
        for address, length, text in zip(at, at, at):
            if text:
                found.append(text_at(address, length))
            elif length < self._view_over:
                found.append(bytes_at(address, length))
            else:
                if self._owner is not None:
                    _lenders[self._handle] = self._owner
                view = view_at(address, length)
                self._lent[id(view)] = (address, length, view)
                found.append(view)
        return found

    def _release_views(self) -> None:
        if self._kept:  # by nobody handled yet: they outlive their views as copies
            self._kept[:] = [e._replace(data=e.data.tobytes()) if isinstance(e.data, memoryview) else e for e in self._kept]
        for _, _, view in list(self._lent.values()):
            try:
                view.release()
            except BufferError:
                pass  # somebody holds its buffer; what was said about it holds all the same
        self._lent.clear()
        _lenders.pop(self._handle, None)

    def fileno(self) -> int:
        """A descriptor that selectors and asyncio's add_reader may watch for reading: whenever it is readable, poll(0).

        Timers and the work of other threads make it readable, too, and so does what is sent between polls.
        """
        fd = checked(lib.ws_loop_fd(self._live()))
        self._external = True
        if 0 not in self._turn:
            self._rings = True
            if self._gathered or self._unsent or self._kept:
                self._ring()
        return fd

    def wake(self) -> None:
        """Makes the poll that waits, or else the next one, return at once, with or without events. From any thread."""
        self._woken = True
        checked(lib.ws_loop_wake(self._live()))

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends the loop at once: connections are cut off, memory is given back. A second call does nothing.

        A poll in another thread raises ConnectionClosed first; blocks until it has, which it does at once.
        """
        self._closing = True
        turn = [get_ident()]
        try:
            while self._turn.setdefault(0, turn) is not turn and not forked:
                if self._turn.get(0) == turn:
                    return  # a signal handler inside poll() or close(), which closes when it ends
                lib.ws_loop_wake(self._handle)
                _sleep(LEAVING_S)
            self._shut()
        finally:
            if 0 in self._turn and self._turn[0] is turn:
                del self._turn[0]

    def _shut(self) -> None:
        for detach in self._attached[:]:
            detach()
        self._release_views()
        if self._handle > 0:
            lib.ws_loop_drop(self._handle)
        self._handle = -1
        self._external = self._rings = True  # so that send() notices
        self._numbers[0] = _TAKEN
        del self._gathered[:]

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closing

    def _live(self) -> int:
        if self._handle < 0:
            raise ConnectionClosed("the loop is closed", abi.WS_ERR_CLOSED)
        return self._handle

    def __del__(self) -> None:
        if getattr(self, "_lent", None):
            self._release_views()


def checked(result: Any) -> int:
    """A result of the library that is not a failure; failures are raised."""
    if result < 0:
        raise last_failure()
    number: int = result
    return number

