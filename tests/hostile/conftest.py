"""Runs every hostile case against every server program and checks after each that the server came to no harm.

After each case: the process lives, another connection still echoes, resident memory grew by at most 1 MiB. A case whose first run
grew more is run again: an allocator settles, a leak goes on growing.

    pytest tests/hostile                      every threaded_server and echo_loop that the project has
    pytest tests/hostile --server go          one language
    pytest tests/hostile --port 9001          any echo server that listens there
    pytest tests/hostile -n 2 --dist loadgroup    two groups of cases at a time: all of a server's, or of a file that has its own

Most of the time one side waits for the other. A server, and what it holds, belongs to one process of the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "harness")]

import programs
from targets import ASKABLE, GROWTH_BYTES, MIB, RUNS_TO_SETTLE, SMALL_MESSAGE, Target, server_names, start

def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hostile")
    group.addoption("--port", type=int, help="test the echo server that listens on this port instead of the project's")
    group.addoption("--host", default="127.0.0.1")
    group.addoption("--server", action="append", choices=ASKABLE, help="only servers in this language, of this program, or the two with a hyphen")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "memory(mib): resident memory may grow by this much in the case, which is meant to hold much")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture in ("target", "small_target"):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, server_names(metafunc.config), indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)  # before xdist, which was registered later, looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        group = params.get("target") or params.get("small_target") or item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A server with default limits."""
    port = request.config.getoption("--port")
    if port:
        found = Target(request.param, request.config.getoption("--host"), port, programs.listener_process(port))
        found.warm_up()
        yield found
        return
    with start(request.param) as program:
        found = Target(request.param, program.host, program.port, program)
        found.warm_up()
        yield found


@pytest.fixture(scope="session")
def small_target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A server whose messages and frames are limited to SMALL_MESSAGE bytes."""
    if request.config.getoption("--port"):
        pytest.skip("needs a server started with --max-message")
    with start(request.param, "--max-message", str(SMALL_MESSAGE)) as program:
        found = Target(request.param, program.host, program.port, program)
        found.warm_up()
        yield found


@pytest.fixture
def server(target: Target) -> Iterator[Target]:
    """The server of a case, checked for harm afterwards."""
    yield target
    target.check_alive()


@pytest.fixture
def small_server(small_target: Target) -> Iterator[Target]:
    """The same with `--max-message SMALL_MESSAGE`."""
    yield small_target
    small_target.check_alive()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Bounds the growth of the server's memory over the case."""
    funcargs = getattr(item, "funcargs", {})
    found = funcargs.get("server") or funcargs.get("small_server")
    if found is None or found.process is None:
        return (yield)
    marker = item.get_closest_marker("memory")
    allowed = int(marker.kwargs["mib"] * MIB) if marker else GROWTH_BYTES
    before = found.process.rss_bytes()
    result = yield
    growths = [found.settled_growth(before, allowed)]
    while growths[-1] > allowed and len(growths) < RUNS_TO_SETTLE:
        before = found.process.rss_bytes()
        item.runtest()
        growths.append(found.settled_growth(before, allowed))
    assert growths[-1] <= allowed, f"resident memory grew in every run of the case, by {growths} bytes; {allowed} are allowed"
    return result
