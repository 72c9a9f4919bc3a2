"""Compiles C and C++ programs of the tests against the library, with AddressSanitizer and UndefinedBehaviorSanitizer, and runs them.

The library itself is not instrumented: a sanitizer sees what the program does with the memory that the two share.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import programs

SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
PEDANTIC = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
STRICT = ["-Wconversion", "-Wsign-conversion", "-Wshadow"]  # what programs that include a header may have switched on
INCLUDES = [f"-I{programs.ROOT / folder}" for folder in ("include", "bindings/c", "bindings/cpp")]
# Go reads its own signals: a program that is sanitized must leave them alone, and die where a check fails.
ENVIRONMENT = {
    "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:allow_user_segv_handler=1:handle_segv=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
}


def library() -> Path:
    """The library under test: LIBWS_LIBRARY, or this checkout's."""
    return Path(os.environ.get("LIBWS_LIBRARY", programs.BUILD / "libws.so")).resolve()


def compiler(language: str) -> list[str]:
    """The compiler for "c11", "c99", "c++17" and so on."""
    name = os.environ.get("CXX", "g++") if "++" in language else os.environ.get("CC", "gcc")
    return [name, f"-std={language}"]


def check_alone(header: Path, language: str, name: str | None = None) -> None:
    """Compiles a program that consists of one header, pedantically, and throws it away; name is another compiler than the usual one."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / ("alone.cpp" if "++" in language else "alone.c")
        unit.write_text(f'#include "{header.name}"\n#include "{header.name}"\nint main(void) {{ return 0; }}\n')
        start = compiler(language) if name is None else [name, f"-std={language}"]
        _run([*start, *PEDANTIC, *STRICT, *INCLUDES, f"-I{header.parent}", "-fsyntax-only", str(unit)])


def build(sources: list[Path], output: Path, language: str, *, sanitize: bool = True) -> Path:
    """Compiles and links a program against the library under test."""
    flags = ["-g", "-O0", "-Wall", "-Wextra", "-Werror", *(SANITIZE if sanitize else []), *INCLUDES]
    folder = library().parent
    link = ["-pthread", f"-L{folder}", "-lws", f"-Wl,-rpath,{folder}"]
    with programs.put_in_place(output) as fresh:
        _run([*compiler(language), *flags, *map(str, sources), "-o", str(fresh), *link])
    return output


def run(program: Path, *arguments: str, timeout_s: float = 100) -> subprocess.CompletedProcess[str]:
    """Runs a program that was built here; standard output and standard error come as text, in the order they were written."""
    return subprocess.run(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout_s,
        env={**os.environ, **ENVIRONMENT},
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
