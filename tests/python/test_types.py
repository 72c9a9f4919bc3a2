"""What a user's type checker sees: programs that are right pass mypy --strict, and the mistakes in them are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from children import ROOT

pytest.importorskip("mypy")

PROGRAM = '''
import array, ctypes, mmap
from typing import Iterator, List, Optional, Sequence, Tuple, Union
import libws
from libws import Accept, Connection, Message, Refuse, Request, Server, ServerConnection, WsConnection, WsFrame, WsServer

def handler(ws: ServerConnection) -> None:
    path: str = ws.request.path
    for message in ws:
        text: Union[str, bytes] = message
        ws.send(message)
    with ws as same:
        origin: str = same.request.origin

def judge(request: Request) -> Union[None, Accept, Refuse]:
    if request.headers.get("Cookie") is None:
        return Refuse(401, "who?", {"WWW-Authenticate": "Basic"})
    return Accept("chat", [("X-A", "1")])

def main(url: str, page: mmap.mmap, numbers: "array.array[int]") -> Optional[int]:
    with libws.serve(handler, port=0, subprotocols=["chat"], process_request=judge, open_timeout=None, close_timeout=None, send_timeout=None) as server:
        same_server: Server = server.start()
        peers: Sequence[ServerConnection] = server.connections
        server.shutdown(1001, "bye", timeout=None)
    with libws.connect(url, timeout=None, close_timeout=None, send_timeout=1, headers={"A": "b"}) as ws:
        connection: Connection = ws
        for buffer in (b"", bytearray(), memoryview(b"")):
            ws.send(buffer)
        ws.send("text")
        ws.send(page)
        ws.send(numbers)
        ws.send((ctypes.c_char * 3)())
        ws.ping(numbers)
        message: Message = ws.recv(timeout=1.5)
        if isinstance(message, str):
            message.encode()
        else:
            message.decode()
        ws.set_option(libws.WS_OPT_SEND_TIMEOUT_MS, 5)
    try:
        libws.connect(url)
    except libws.HandshakeError as error:
        return error.status
    except libws.NetworkError as error:
        return error.errno
    except libws.ConnectionClosed as error:
        return error.code
    except libws.WebSocketError as error:
        name: str = error.error_name
    return None

def specified() -> Tuple[int, str]:
    server: WsServer = libws.ws_server(0)
    conn: WsConnection = server.accept()
    frame: WsFrame = conn.recv_frame()
    sent: int = conn.send_binary(memoryview(b"x"), 1)
    return sent + frame.opcode, frame.payload_text()

libws.connect(1)  # type: ignore[arg-type]
libws.connect("ws://h/", timeout="5")  # type: ignore[arg-type]
libws.connect("ws://h/").send(5)  # type: ignore[arg-type]
libws.serve(lambda ws: ws.nothing)  # type: ignore[attr-defined]
libws.serve(handler, process_request=handler)  # type: ignore[arg-type]
libws.connect("ws://h/").recv().upper().encode()  # type: ignore[union-attr]
libws.WsFrame.text(b"x")  # type: ignore[arg-type]
libws.no_such_name  # type: ignore[attr-defined]
'''


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_a_users_program_under_mypy_strict(version: str, tmp_path: Path) -> None:
    """Unused ignores are errors under --strict, so each line that bears one is a mistake that is found."""
    program, settings = tmp_path / "program.py", tmp_path / "mypy.ini"
    program.write_text(PROGRAM)
    settings.write_text(f"[mypy]\nmypy_path = {ROOT / 'bindings' / 'python'}\ncache_dir = {tmp_path / 'cache'}\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", version, "--config-file", str(settings), str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
