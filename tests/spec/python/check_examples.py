"""The four examples, run end to end as processes."""

from __future__ import annotations

import socket
import urllib.request

import libws
from programs import Program, command
from spec_items import proves

TEXT = "grüße 🎈"


def echoes(port: int, path: str = "/") -> None:
    with libws.connect(f"ws://127.0.0.1:{port}{path}") as ws:
        for message in (TEXT, "", "x" * 200_000):
            ws.send(message)
            assert ws.recv() == message


def refuses_bad_ports(name: str) -> None:
    """The error branch of the example: a server that is not valid ends the program with -1."""
    with socket.create_server(("127.0.0.1", 0)) as taken, Program(
        command("python", name, str(taken.getsockname()[1])), listens=False
    ) as program:
        assert program.wait(20) == 255
        assert "listen" in program.stderr()


@proves("example echo_server")
def echo_server() -> None:
    with Program(command("python", "echo_server", "0")) as server:
        echoes(server.port)
        echoes(server.port)
        assert server.is_alive()
    refuses_bad_ports("echo_server")


@proves("example custom_server")
def custom_server() -> None:
    with Program(command("python", "custom_server", "0")) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as bad:
            bad.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert bad.recv(4096).startswith(b"HTTP/1.1 4")
        echoes(server.port)
        with libws.connect(f"ws://127.0.0.1:{server.port}/") as ws:
            ws.send(b"\0\xff")
            assert ws.recv() == b"\0\xff"
    refuses_bad_ports("custom_server")


@proves("example client_send")
def client_send() -> None:
    with libws.serve(lambda ws: ws.send(f"you said {ws.recv()}")).start() as server:
        with Program(command("python", "client_send", "127.0.0.1", str(server.port), TEXT), listens=False) as client:
            output = client._popen.stdout
            assert output is not None
            assert output.read().decode() == f"you said {TEXT}\n"
            assert client.wait(20) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Program(command("python", "client_send", "127.0.0.1", str(port), TEXT), listens=False) as client:
        assert client.wait(20) != 0


@proves("example http_upgrade")
def http_upgrade() -> None:
    with Program(command("python", "http_upgrade", "0")) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=10) as page:
            assert page.status == 200
            assert b"hello from the page" in page.read()
        echoes(server.port, "/echo")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as bad:
            bad.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
            assert bad.recv(4096).startswith(b"HTTP/1.1 4")
        echoes(server.port, "/echo")
