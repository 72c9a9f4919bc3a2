"""Objects that own what the library holds have no twins: neither copy nor pickle makes one."""

from __future__ import annotations

import copy
import pickle
import socket
from typing import Any, Callable, Dict, Iterator

import libws
import pytest
from echoing import echo_server, pair

COPIERS: Dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": lambda owner, protocol=protocol: pickle.dumps(owner, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.fixture
def owners() -> Iterator[Dict[str, Any]]:
    ours, theirs = socket.socketpair()
    with theirs, echo_server() as server, pair() as connection, libws.Loop() as loop:
        yield {
            "WsFrame": libws.WsFrame.text("x" * 1000),
            "WsConnection": libws.WsConnection.from_server(ours),
            "WsServer": libws.WsServer.bind(0, "127.0.0.1"),
            "Connection": connection,
            "Server": server,
            "Loop": loop,
        }


@pytest.mark.parametrize("how", COPIERS)
def test_what_owns_memory_or_a_handle_is_not_copied(how: str, owners: Dict[str, Any]) -> None:
    for name, owner in owners.items():
        with pytest.raises(TypeError, match=name):
            COPIERS[how](owner)
    assert owners["WsFrame"].payload == b"x" * 1000
    assert owners["WsConnection"].is_open() == owners["WsServer"].is_valid() == 1
    owners["Connection"].send("still open")
    assert owners["Connection"].recv() == "still open"
    assert owners["Loop"].poll(0) == []


def test_exceptions_may_be_copied() -> None:
    """What owns nothing travels, as between the processes of multiprocessing."""
    for error in (libws.WebSocketTimeout("late", libws.WS_ERR_TIMEOUT), libws.InvalidArgumentError("no", libws.WS_ERR_ARGUMENT)):
        for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (type(twin), str(twin), twin.error_code) == (type(error), str(error), error.error_code)
