"""Runs a client program against a hostile server and judges how it ended."""

from __future__ import annotations

import subprocess

import programs


def run(command: list[str], *arguments: str, within_s: float = 20) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=within_s,
        env=programs.environment(),
        stdin=subprocess.DEVNULL,
    )


def is_clean_failure(done: subprocess.CompletedProcess[str]) -> None:
    """The program ended by itself with a small status and a sentence, neither killed nor with a trace of a crash."""
    assert done.returncode > 0, done
    assert done.stderr.strip(), done
    assert not any(word in done.stderr for word in ("goroutine ", "Sanitizer", "Traceback")), done.stderr
