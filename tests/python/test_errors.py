"""The exceptions: every error code of the library has its class, and each class the built-in one that callers expect."""

from __future__ import annotations

import copy
import pickle
from typing import Dict, Type

import libws
import pytest
from libws.errors import kind_of

KINDS: Dict[str, Type[libws.WebSocketError]] = {
    "ARGUMENT": libws.InvalidArgumentError,
    "HANDLE": libws.InvalidArgumentError,
    "STATE": libws.StateError,
    "BUSY": libws.BusyError,
    "UTF8": libws.InvalidArgumentError,
    "CLOSE_CODE": libws.InvalidArgumentError,
    "CONTROL_SIZE": libws.InvalidArgumentError,
    "TOO_LARGE": libws.InvalidArgumentError,
    "FORKED": libws.ForkedError,
    "URL": libws.InvalidArgumentError,
    "HEADER": libws.InvalidArgumentError,
    "OPTION": libws.InvalidArgumentError,
    "CLOSED": libws.ConnectionClosed,
    "ABNORMAL": libws.ConnectionClosed,
    "TIMEOUT": libws.WebSocketTimeout,
    "INTERRUPTED": libws.NetworkError,
    "WOULD_BLOCK": libws.StateError,
    "SYSTEM": libws.NetworkError,
    "RESOLVE": libws.NetworkError,
    "PROTOCOL": libws.ProtocolError,
    "PEER_UTF8": libws.ProtocolError,
    "PEER_TOO_LARGE": libws.ProtocolError,
    "PEER_POLICY": libws.ProtocolError,
    "HANDSHAKE": libws.HandshakeError,
    "REFUSED": libws.HandshakeError,
    "ORIGIN": libws.HandshakeError,
    "NO_MEMORY": libws.ResourceError,
    "QUEUE_FULL": libws.ResourceError,
    "TOO_MANY": libws.ResourceError,
    "INTERNAL": libws.ResourceError,
}

CODES = {name[7:]: getattr(libws, name) for name in libws.__all__ if name.startswith("WS_ERR_") and name != "WS_ERR_NONE"}


@pytest.mark.parametrize("name", CODES)
def test_every_code_has_its_class(name: str) -> None:
    assert name in KINDS, f"say which exception WS_ERR_{name} is"
    assert kind_of(CODES[name]) is KINDS[name]
    assert kind_of(CODES[name])("sentence", CODES[name]).error_name == f"WS_ERR_{name}"


def test_builtin_classes_catch_them() -> None:
    for kind, builtin in (
        (libws.InvalidArgumentError, ValueError),
        (libws.ConnectionClosed, ConnectionError),
        (libws.ProtocolError, libws.ConnectionClosed),
        (libws.HandshakeError, ConnectionError),
        (libws.WebSocketTimeout, TimeoutError),
        (libws.NetworkError, ConnectionError),
        (libws.StateError, RuntimeError),
        (libws.BusyError, libws.StateError),
        (libws.ForkedError, libws.StateError),
    ):
        assert issubclass(kind, builtin)
        assert issubclass(kind, libws.WebSocketError)


def test_they_survive_pickling() -> None:
    closed = pickle.loads(pickle.dumps(libws.ConnectionClosed("gone", libws.WS_ERR_CLOSED, 4000, "why")))
    assert (str(closed), closed.code, closed.reason, closed.error_code) == ("gone", 4000, "why", libws.WS_ERR_CLOSED)
    refused = pickle.loads(pickle.dumps(libws.HandshakeError("no", libws.WS_ERR_REFUSED, 403)))
    assert (str(refused), refused.status) == ("no", 403)
    for number, text in ((None, "down"), (111, "[Errno 111] down")):
        network = libws.NetworkError("down", libws.WS_ERR_SYSTEM, number)
        for twin in (network, pickle.loads(pickle.dumps(network)), copy.copy(network)):
            assert (str(twin), twin.errno, twin.error_code) == (text, number, libws.WS_ERR_SYSTEM)
