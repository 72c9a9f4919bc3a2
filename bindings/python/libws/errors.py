"""The exceptions of the pleasant layer: what kind of failure it was, the library's error code, close code and HTTP status."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple, Type

from . import _abi as abi
from ._library import lib


class WebSocketError(Exception):
    """Base of every exception that libws raises by itself.

    error_code is one of WS_ERR_*; error_name is that constant's name.
    """

    def __init__(self, message: str = "", error_code: int = abi.WS_ERR_NONE) -> None:
        super().__init__(message)
        self.error_code = error_code

    @property
    def error_name(self) -> str:
        name: bytes = lib.ws_error_name(self.error_code)
        return name.decode()


class InvalidArgumentError(WebSocketError, ValueError):
    """A value given is out of its bounds, not valid UTF-8, too large, or not allowed; nothing was sent."""


class StateError(WebSocketError, RuntimeError):
    """The call does not fit the state, such as a message sent inside another one's fragments."""


class BusyError(StateError):
    """Another thread is receiving on this connection."""


class ForkedError(StateError):
    """This process was forked from the one that loaded the library, which cannot be used here."""


class ConnectionClosed(WebSocketError, ConnectionError):
    """The connection is closed.

    code and reason are the peer's close frame's; 1005 when it had no code, 1006 when the peer went without one or has not
    answered ours (RFC 6455 §7.1.5, §7.1.6).
    """

    def __init__(
        self,
        message: str = "",
        error_code: int = abi.WS_ERR_CLOSED,
        code: int = abi.WS_CLOSE_ABNORMAL,
        reason: str = "",
    ) -> None:
        super().__init__(message, error_code)
        self.code = code
        self.reason = reason


class ProtocolError(ConnectionClosed):
    """The peer broke the protocol or a limit, and was told so: code is what our close frame said (1002, 1007, 1008, 1009)."""


class HandshakeError(WebSocketError, ConnectionError):
    """The opening handshake failed. status is the HTTP status that the server answered with, None when there is none."""

    def __init__(
        self, message: str = "", error_code: int = abi.WS_ERR_HANDSHAKE, status: Optional[int] = None
    ) -> None:
        super().__init__(message, error_code)
        self.status = status


class WebSocketTimeout(WebSocketError, TimeoutError):
    """The time given for the call is over. Receiving again goes on where it stopped."""


class NetworkError(WebSocketError, ConnectionError):
    """The operating system refused, or a host name has no address: a ConnectionError, as all that may be over when tried again.

    errno is the system's number, as of any OSError, None where there is none.
    """

    def __init__(self, message: str = "", error_code: int = abi.WS_ERR_NONE, number: Optional[int] = None) -> None:
        super().__init__(message, error_code)
        if number is not None:
            OSError.__init__(self, number, message)

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.args[-1], self.error_code, self.errno)


class ResourceError(WebSocketError):
    """Memory, descriptors or handles ran out, or the library found a defect of its own."""


_KINDS: Dict[int, Type[WebSocketError]] = {
    abi.WS_ERR_STATE: StateError,
    abi.WS_ERR_BUSY: BusyError,
    abi.WS_ERR_FORKED: ForkedError,
    abi.WS_ERR_CLOSED: ConnectionClosed,
    abi.WS_ERR_ABNORMAL: ConnectionClosed,
    abi.WS_ERR_TIMEOUT: WebSocketTimeout,
    abi.WS_ERR_WOULD_BLOCK: StateError,
    abi.WS_ERR_SYSTEM: NetworkError,
    abi.WS_ERR_RESOLVE: NetworkError,
}

_HUNDREDS: Dict[int, Type[WebSocketError]] = {
    1: InvalidArgumentError,
    2: NetworkError,
    3: ProtocolError,
    4: HandshakeError,
    5: ResourceError,
}

_CLOSED_WITH: Dict[int, int] = {
    abi.WS_ERR_PROTOCOL: abi.WS_CLOSE_PROTOCOL_ERROR,
    abi.WS_ERR_PEER_UTF8: abi.WS_CLOSE_INVALID_DATA,
    abi.WS_ERR_PEER_TOO_LARGE: abi.WS_CLOSE_TOO_LARGE,
    abi.WS_ERR_PEER_POLICY: abi.WS_CLOSE_POLICY,
}


def kind_of(code: int) -> Type[WebSocketError]:
    """The class of exceptions that an error code belongs to."""
    return _KINDS.get(code) or _HUNDREDS.get(code // 100, WebSocketError)


def last_message() -> str:
    """The library's sentence about the last failure of a call of this thread."""
    message: bytes = lib.ws_last_error_message()
    return message.decode(errors="replace")


def last_failure() -> WebSocketError:
    """The exception for the last failed call of this thread. It is made, not raised."""
    code = lib.ws_last_error()
    kind = kind_of(code)
    message = last_message()
    if issubclass(kind, ProtocolError):
        return kind(message, code, _CLOSED_WITH[code], message)
    if issubclass(kind, HandshakeError):
        return kind(message, code, lib.ws_last_http_status() or None)
    if issubclass(kind, NetworkError):
        return kind(message, code, lib.ws_last_errno() or None)
    return kind(message, code)
