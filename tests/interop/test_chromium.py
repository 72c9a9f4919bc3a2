"""Chromium as the client: the page that http_upgrade serves, and a script of ours against each echo server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import programs
import pytest

# Run inside a page; answers with one line per thing that went right, or throws.
SCRIPT = """
(async (url) => {
  const done = [];
  const ws = new WebSocket(url);
  ws.binaryType = 'arraybuffer';
  const waiting = [], got = [];
  ws.onmessage = (event) => (waiting.length ? waiting.shift()(event.data) : got.push(event.data));
  const next = () => (got.length ? Promise.resolve(got.shift()) : new Promise((resolve) => waiting.push(resolve)));
  const closed = new Promise((resolve) => { ws.onclose = resolve; });
  await new Promise((resolve, reject) => { ws.onopen = resolve; ws.onerror = () => reject(new Error('no connection')); });
  done.push(`open extensions=${ws.extensions} protocol=${ws.protocol}`);
  for (const text of ['Grüße, 世界 👋', '', 'x'.repeat(100000)]) {
    ws.send(text);
    if ((await next()) !== text) throw new Error(`text of ${text.length}`);
    done.push(`text ${text.length}`);
  }
  for (const size of [0, 256, 1 << 20]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => 7 * i);
    ws.send(bytes);
    const back = new Uint8Array(await next());
    if (back.length !== size || back.some((byte, i) => byte !== bytes[i])) throw new Error(`binary of ${size}`);
    done.push(`binary ${size}`);
  }
  ws.close(4001, 'that was all');
  const end = await closed;
  done.push(`close ${end.code} clean=${end.wasClean}`);
  return done;
})
"""
EXPECTED = [
    "open extensions= protocol=",
    *(f"text {length}" for length in (len("Grüße, 世界 👋".encode("utf-16-le")) // 2, 0, 100000)),
    *(f"binary {size}" for size in (0, 256, 1 << 20)),
    "close 4001 clean=true",
]


class EmptyPage(BaseHTTPRequestHandler):
    """A page with nothing in it: scripts on about:blank have no origin, and Chromium does not let those onto loopback."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>empty</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def empty_page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.parametrize("language", programs.LANGUAGES)
def test_page_of_http_upgrade(browser, language):
    """The page loads over HTTP and shows the echo that its script got over a WebSocket on the same port."""
    if not programs.is_built(language, "http_upgrade"):
        pytest.fail(f"{' '.join(programs.command(language, 'http_upgrade'))} is not there; run make first", pytrace=False)
    with programs.Program(programs.command(language, "http_upgrade", "0")) as server:
        page = browser.open(f"http://127.0.0.1:{server.port}/")
        page.wait_for("document.title !== 'waiting'")
        said = page.evaluate("document.title")
        assert "hello" in said, f"the page's title is {said!r}"
        assert said in page.evaluate("document.body.innerText")
        page.close()


def echo_servers() -> list[str]:
    names = [f"{language}-threaded_server" for language in programs.LANGUAGES]
    return names + [f"{language}-echo_loop" for language in programs.LANGUAGES if programs.is_promised(language, "echo_loop")]


@pytest.mark.parametrize("server", echo_servers())
def test_script_against_an_echo_server(browser, empty_page, our_server, server):
    page = browser.open(empty_page)
    try:
        assert page.evaluate(f"({SCRIPT})('ws://127.0.0.1:{our_server(server).port}/')") == EXPECTED
    finally:
        page.close()
