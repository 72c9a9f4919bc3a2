"""Our servers with the clients of other makers, and our clients with their servers (the script is in README.md)."""

from __future__ import annotations

import subprocess

import peers
import programs
import pytest
from peers import peer_command

BASE = ["text", "binary", "empty", "large", "fragments", "ping"]
WITH_OURS = [[*BASE, "close"]]
WITH_THEIRS = [[*BASE, "server-fragments", "server-ping", "close"], ["server-close"]]
CLIENT_S = 60


def run_client(command: list[str], port: int, steps: list[str]) -> None:
    """Runs a client over steps; each has to be reported done."""
    done = subprocess.run(
        [*command, "127.0.0.1", str(port), *steps],
        capture_output=True,
        text=True,
        timeout=CLIENT_S,
        env=programs.environment(),
        stdin=subprocess.DEVNULL,
    )
    said = done.stdout.splitlines()
    assert said == [f"ok {step}" for step in steps], f"{said}\n{done.stderr[-2000:]}"
    assert done.returncode == 0, done.stderr[-2000:]


def our_servers() -> list[str]:
    names = [f"{language}-threaded_server" for language in programs.LANGUAGES]
    return names + [f"{language}-echo_loop" for language in programs.LANGUAGES if programs.is_promised(language, "echo_loop")]


@pytest.mark.parametrize("steps", WITH_OURS, ids="+".join)
@pytest.mark.parametrize("peer", peers.PEERS)
@pytest.mark.parametrize("server", our_servers())
def test_our_server_their_client(our_server, server, peer, steps):
    run_client([*peer_command(peer), "client"], our_server(server).port, steps)


@pytest.mark.parametrize("steps", WITH_THEIRS, ids="+".join)
@pytest.mark.parametrize("language", programs.LANGUAGES)
@pytest.mark.parametrize("peer", peers.PEERS)
def test_our_client_their_server(peer_server, peer, language, steps):
    run_client(peers.our_client(language), peer_server(peer).port, steps)


@pytest.mark.parametrize("language", programs.LANGUAGES)
@pytest.mark.parametrize("server", our_servers())
def test_our_client_our_server(our_server, server, language):
    """Each language with each other one."""
    run_client(peers.our_client(language), our_server(server).port, WITH_OURS[0])


@pytest.mark.parametrize("peer", peers.PEERS)
def test_a_client_that_must_fail(our_server, peer):
    """A server that does not know the request echoes it: the same clients have to notice."""
    server = our_server(our_servers()[0])
    with pytest.raises(AssertionError):
        run_client([*peer_command(peer), "client"], server.port, ["server-fragments"])
