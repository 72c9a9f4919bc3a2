"""Uncopyable: objects that own what the library holds for them, which a twin would give back a second time."""

from __future__ import annotations

from typing import NoReturn


class Uncopyable:
    """Neither copy nor pickle makes a second object of one of these."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: it owns what the library holds for it")
