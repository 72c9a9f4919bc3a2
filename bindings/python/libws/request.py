"""What a server reads of a client's opening handshake, and what it may answer (RFC 6455 §4.2)."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ._abi import WS_ERR_ARGUMENT, WS_ERR_HEADER, WS_ERR_UTF8
from ._buffers import copied
from ._library import lib
from .errors import InvalidArgumentError

HeaderSource = Union[Mapping[str, str], Sequence[Tuple[str, str]]]
"""Headers given by a caller: a mapping, or pairs when a name comes more than once."""


class Headers(Mapping[str, str]):
    """HTTP header fields. Names match in any letter case; values of a repeated one are joined with ", " (RFC 9110 §5.3)."""

    __slots__ = ("_fields", "_values")

    def __init__(self, fields: Sequence[Tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)
        self._values: Dict[str, str] = {}
        for name, value in self._fields:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        seen = set()
        for name, _ in self._fields:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def get_all(self, name: str) -> List[str]:
        """The values of each field of that name, in the order they came."""
        return [value for field, value in self._fields if field.lower() == name.lower()]

    def fields(self) -> Tuple[Tuple[str, str], ...]:
        """Every field as it was sent, in order."""
        return self._fields

    def __repr__(self) -> str:
        return f"Headers({list(self._fields)!r})"


class Request:
    """A client's request: method, path, query, host, origin, headers, peer_address.

    path and query are as they were sent, percent-encoded; query and origin are "" when absent; peer_address is like
    "127.0.0.1:40000", "" on a socket without addresses.
    """

    __slots__ = ("headers", "host", "method", "origin", "path", "peer_address", "query")

    def __init__(self, handle: int) -> None:
        self.method = _text(lib.ws_request_method(handle))
        self.path = _text(lib.ws_request_path(handle))
        self.query = _text(lib.ws_request_query(handle))
        self.host = _text(lib.ws_request_host(handle))
        self.origin = _text(lib.ws_request_origin(handle))
        self.peer_address = _text(lib.ws_peer_address(handle))
        name, value = lib.ws_request_header_name, lib.ws_request_header_value
        count = max(0, lib.ws_request_header_count(handle))
        self.headers = Headers([(_text(name(handle, i)), _text(value(handle, i))) for i in range(count)])

    @property
    def subprotocols(self) -> List[str]:
        """The subprotocols that the client offers, the preferred first."""
        offered = self.headers.get("Sec-WebSocket-Protocol", "")
        return [token for token in (part.strip() for part in offered.split(",")) if token]

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path} from {self.peer_address}>"


class Accept:
    """An answer of process_request: open the connection, with a subprotocol (None: as the server chooses) and headers."""

    __slots__ = ("headers", "subprotocol")

    def __init__(self, subprotocol: Optional[str] = None, headers: HeaderSource = ()) -> None:
        self.subprotocol = subprotocol
        self.headers = headers


class Refuse:
    """An answer of process_request: an HTTP status from 200 to 599 instead of a connection, with headers and a body.

    Raises InvalidArgumentError for a body with surrogates; a status out of its bounds is answered as 500 and logged.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: Union[bytes, str] = b"", headers: HeaderSource = ()) -> None:
        self.status = status
        self.body = utf8(body, "body") if isinstance(body, str) else copied(body)
        self.headers = headers


def header_lines(headers: HeaderSource) -> Optional[bytes]:
    """Headers as the library takes them: lines; None for none. Raises InvalidArgumentError for CR, LF or NUL in one."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = []
    for name, value in _pairs_of_texts(pairs):
        line = f"{name}: {value}"
        # The library sees lines, so a line break inside a value, or a colon in a name, has to be found before.
        if any(mark in line for mark in "\r\n\0"):
            raise InvalidArgumentError(f"header {name!r} has a CR, LF or NUL in it", WS_ERR_HEADER)
        if ":" in name:
            raise InvalidArgumentError(f"header {name!r} has a colon in its name", WS_ERR_HEADER)
        lines.append(line + "\r\n")
    return plain("".join(lines), "headers") if lines else None


def _pairs_of_texts(pairs: Any) -> List[Tuple[str, str]]:
    """The pairs as a list; TypeError when they are something else."""
    try:
        found = [(name, value) for name, value in pairs]
    except (TypeError, ValueError):
        found = [(None, None)]
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in found):
        raise TypeError("headers must be a mapping, or pairs, of str")
    return found


def plain(text: str, name: str) -> bytes:
    """A text for C that ends at its first NUL, so it must have none."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, not {type(text).__name__}")
    if "\0" in text:
        raise InvalidArgumentError(f"{name} has a NUL in it", WS_ERR_ARGUMENT)
    return utf8(text, name, WS_ERR_ARGUMENT)


def utf8(text: str, name: str, error_code: int = WS_ERR_UTF8) -> bytes:
    """A text as UTF-8, which has no form for surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{name} is not valid Unicode: {error.reason}", error_code) from None


def comma_list(values: Union[str, Sequence[str]], name: str) -> Optional[bytes]:
    """Subprotocols or origins as the library takes them: one text with commas; None for none."""
    parts = [values] if isinstance(values, str) else list(values) if isinstance(values, Iterable) else [values]
    for part in parts:
        if not isinstance(part, str):
            raise TypeError(f"{name} must be a str or a list of them")
        if not part.strip() or "," in part:
            raise InvalidArgumentError(f"{name} has an entry that is empty or has a comma in it: {part!r}", WS_ERR_HEADER)
    return plain(", ".join(parts), name) if parts else None


def _text(value: Optional[bytes]) -> str:
    return value.decode(errors="replace") if value else ""
