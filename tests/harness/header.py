"""What include/ws.h, which the ABI table becomes, says about every function: its parameters, what it returns and which errors it can leave."""

from __future__ import annotations

import re
from typing import NamedTuple

import programs

TEXT = (programs.ROOT / "include" / "ws.h").read_text()
ERRORS = {int(value): name for name, value in re.findall(r"#define (WS_ERR_\w+) (\d+)\n", TEXT)}


class Function(NamedTuple):
    name: str
    result: str  # its C type
    params: list[tuple[str, str]]  # the C type and the name of each
    nullable: set[str]  # parameters that may be NULL, if only with the length 0
    returns: str  # the text of @return
    waits: bool  # whether it can block
    errors: set[str]


def functions() -> list[Function]:
    found = []
    for doc, result, name, params in re.findall(r"/\*\*((?:(?!\*/).)*)\*/\nWS_API (\w+ \*|[\w ]+ \*?)(ws_\w+)\((.*?)\) WS_NOEXCEPT;", TEXT, re.S):
        lines = re.sub(r"\n \* {2,}", " ", doc)  # what was broken over lines is indented
        told = {what: re.search(rf"^ \* {what} (.*)$", lines, re.M) for what in ("@return", "Blocks:", "Errors:")}
        assert all(told.values()), name
        returns, blocks, errors = (match[1] for match in told.values() if match)
        pairs = [] if params == "void" else [re.fullmatch(r"\s*(.*?[ *])(\w+)", param) for param in params.split(",")]
        types = [(pair[1].strip(), pair[2]) for pair in pairs if pair]
        nullable = {param for param, said in re.findall(r"@param (\w+) (.*)", lines) if "NULL" in re.findall(r"\w+", said)}
        found.append(Function(name, result.strip(), types, nullable, returns, blocks != "Never.", set(re.findall(r"WS_ERR_\w+", errors))))
    return found
