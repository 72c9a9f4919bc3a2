"""The chat servers: two pages in Chromium talk to each other, and plain HTTP is answered on the same port."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import devtools
import programs
import pytest

LANGUAGES = [language for language in programs.LANGUAGES if programs.is_promised(language, "chat_server")]


@pytest.fixture(params=LANGUAGES)
def chat(request) -> Iterator[str]:
    if not programs.is_built(request.param, "chat_server"):
        pytest.fail(f"{' '.join(programs.command(request.param, 'chat_server'))} is not there; run make first", pytrace=False)
    with programs.Program(programs.command(request.param, "chat_server", "0")) as server:
        yield f"http://127.0.0.1:{server.port}"
        assert server.is_alive(), server.stderr()


def lines(page: devtools.Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('li')].map((line) => line.textContent)")


def test_two_pages_talk(browser, chat):
    """A room is a topic: what one page says, both show; another room hears nothing; who leaves is told of."""
    ann = browser.open(f"{chat}/?name=ann&room=tea")
    ann.wait_for("document.title === 'ann is here'")
    eve = browser.open(f"{chat}/?name=eve&room=coffee")
    eve.wait_for("document.title === 'eve is here'")
    bob = browser.open(f"{chat}/?name=bob&room=tea&say=h%C3%A9llo%20%F0%9F%91%8B")
    for page in (ann, bob):
        page.wait_for("document.title === 'bob: héllo 👋'")
    ann.evaluate("text.value = 'welcome <b>bob</b>', document.querySelector('button').click()")
    for page in (ann, bob):
        page.wait_for("document.title === 'ann: welcome <b>bob</b>'")
    assert lines(ann) == ["ann is here", "bob is here", "bob: héllo 👋", "ann: welcome <b>bob</b>"]
    assert lines(eve) == ["eve is here"]
    bob.evaluate("ws.close(1000, 'bye')")
    ann.wait_for("document.title === 'bob has left'")
    bob.wait_for("document.title === 'closed 1000'")
    for page in (ann, bob, eve):
        page.close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_plain_requests_are_answered(chat):
    status, page = get(f"{chat}/?name=ann")
    assert status == 200 and page.startswith("<!doctype html>") and "new WebSocket" in page
    assert get(f"{chat}/health") == (200, "ok\n")
    status, counters = get(f"{chat}/metrics")
    assert status == 200 and "open 0" in counters
    assert get(f"{chat}/nowhere")[0] == 404
    assert get(f"{chat}/chat")[0] == 426
