"""The process around the library: fork, interpreter exit, the library's look-up and a mismatched library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import libws
import pytest
from children import ROOT, Child, environment

LIBRARY = os.environ["LIBWS_LIBRARY"]


def test_use_after_fork_is_an_error_and_harms_nobody() -> None:
    code = """
    import os, socket, threading
    import libws
    def echo(ws):
        for message in ws: ws.send(message)
    server = libws.serve(echo).start()
    ws = libws.connect(f"ws://127.0.0.1:{server.port}/")
    conn = libws.WsConnection.from_server(socket.socketpair()[0])
    ws.send("before"); assert ws.recv() == "before"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for call in (lambda: ws.send("x"), lambda: ws.send(b"x"), ws.recv, lambda: ws.recv(1), lambda: ws.ping(),
                         lambda: libws.connect(f"ws://127.0.0.1:{server.port}/"), lambda: libws.serve(echo)):
                try:
                    call()
                except libws.ForkedError as error:
                    assert error.error_code == libws.WS_ERR_FORKED and "fork" in str(error)
                else:
                    raise AssertionError(call)
            assert conn.send_text("x") == -1 and libws.last_error() == libws.WS_ERR_FORKED
            assert conn.recv_frame().opcode == -1
            assert libws.ws_server(0).is_valid() == 0
            ws.close(); ws.abort(); conn.close(); conn.drop(); server.shutdown()
            del ws, conn
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    ws.send("after"); assert ws.recv() == "after"
    ws.close()
    assert ws.close_code == 1000
    """
    with Child(code) as child:
        child.finish()


SPAWNING = """
import multiprocessing, sys
import libws
from echoing import echo

def work(url, queue):
    with libws.connect(url) as ws:
        ws.send("from a process of its own")
        queue.put(ws.recv(20))
    try:
        ws.recv()
    except libws.ConnectionClosed as error:
        queue.put(error)  # exceptions travel

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with libws.serve(echo).start() as server:
        queue = context.Queue()
        process = context.Process(target=work, args=(f"ws://127.0.0.1:{server.port}/", queue))
        process.start()
        print(queue.get(timeout=20))
        print(repr(queue.get(timeout=20)), queue.empty())
        process.join(20)
        print(process.exitcode)
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    """A process that multiprocessing starts afresh uses the library while its parent does."""
    program = tmp_path / "program.py"
    program.write_text(SPAWNING)
    done = subprocess.run([sys.executable, str(program), method], env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["from a process of its own", "ConnectionClosed('the connection is closed: 1000') True", "0"]


def test_a_forked_child_exits_cleanly() -> None:
    code = """
    import os, sys
    import libws
    ws_server = libws.serve(lambda ws: list(ws)).start()
    ws = libws.connect(f"ws://127.0.0.1:{ws_server.port}/")
    child = os.fork()
    if child == 0:
        sys.exit(0)  # runs destructors and the interpreter's end
    assert os.waitpid(child, 0)[1] == 0
    ws.close()
    """
    with Child(code) as child:
        child.finish()


def run(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**environment(), **env}, cwd="/", capture_output=True, text=True, timeout=60
    )


def test_the_library_is_found(tmp_path: Path) -> None:
    show = "import libws; print(libws.library_path)"
    assert run(show, LIBWS_LIBRARY=LIBRARY).stdout.strip() == LIBRARY
    assert run(show, LIBWS_LIBRARY=os.path.relpath(LIBRARY, "/")).stdout.strip() == LIBRARY, "a relative path lasts longer than its folder"
    package = tmp_path / "libws"
    package.mkdir()
    for file in (ROOT / "bindings" / "python" / "libws").glob("*.py"):
        (package / file.name).write_bytes(file.read_bytes())
    (package / "libws.so").symlink_to(LIBRARY)
    beside = run(show, LIBWS_LIBRARY="", PYTHONPATH=str(tmp_path))
    assert beside.stdout.strip() == str(package / "libws.so"), beside.stderr
    (package / "libws.so").unlink()
    nowhere = run(show, LIBWS_LIBRARY="", LD_LIBRARY_PATH="", PYTHONPATH=str(tmp_path))
    assert "Build it with make" in nowhere.stderr or nowhere.stdout.strip() == "libws.so.0", nowhere.stderr
    checkout = tmp_path / "checkout"
    (checkout / "bindings").mkdir(parents=True)
    (checkout / "build").mkdir()
    (checkout / "build" / "libws.so").symlink_to(LIBRARY)
    (checkout / "bindings" / "python").mkdir()
    package.rename(checkout / "bindings" / "python" / "libws")
    built = run(show, LIBWS_LIBRARY="", PYTHONPATH=str(checkout / "bindings" / "python"))
    assert built.stdout.strip() == str(checkout / "build" / "libws.so"), built.stderr


def test_a_library_that_is_not_ours_is_an_import_error(tmp_path: Path) -> None:
    missing = run("import libws", LIBWS_LIBRARY=str(tmp_path / "nothing.so"))
    assert "ImportError: libws.so cannot be loaded" in missing.stderr
    assert missing.stderr.endswith(". LIBWS_LIBRARY names it.\n")
    assert "nothing.so" in missing.stderr
    foreign = run("import libws", LIBWS_LIBRARY="libc.so.6")
    assert "AbiMismatchError" in foreign.stderr


def test_the_package_installs(tmp_path: Path) -> None:
    """pip makes a wheel of the binding that has the typing marker and finds a library given by name."""
    source = tmp_path / "source"
    shutil.copytree(ROOT / "bindings" / "python", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    done = subprocess.run([*pip, "--target", str(tmp_path / "site"), str(source)], capture_output=True, text=True, timeout=110)
    if done.returncode and "setuptools" in done.stderr and "No matching distribution" in done.stderr:
        pytest.skip("pip could not fetch setuptools to build with")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "libws" / "py.typed").exists()
    shown = run("import libws; print(libws.__file__, libws.version())", PYTHONPATH=str(tmp_path / "site"), LIBWS_LIBRARY=LIBRARY)
    assert shown.stdout.split() == [str(tmp_path / "site" / "libws" / "__init__.py"), libws.__version__], shown.stderr
