"""Finds libws.so and opens it, once per process: LIBWS_LIBRARY, beside the package, a checkout's build folder, the system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, List

from ._abi import AbiMismatchError, Library


def _candidates() -> Iterator[str]:
    named = os.environ.get("LIBWS_LIBRARY")
    if named:
        yield os.path.abspath(named) if os.sep in named else named  # who names a library gets that one or an error
        return
    here = Path(__file__).resolve().parent
    places = [here / "libws.so.0", here / "libws.so"]
    if len(here.parents) > 2:
        places.append(here.parents[2] / "build" / "libws.so")
    for place in places:
        if place.exists():
            yield str(place)
    yield "libws.so.0"  # where the dynamic linker looks


def _open() -> Library:
    failures: List[str] = []
    for path in _candidates():
        try:
            return Library(path)
        except AbiMismatchError:
            raise
        except OSError as error:
            failures.append(str(error))
    named = os.environ.get("LIBWS_LIBRARY")
    advice = "LIBWS_LIBRARY names it." if named else "Build it with make in a checkout of libws, make install it, or name its path in LIBWS_LIBRARY."
    raise ImportError("libws.so cannot be loaded: " + "; ".join(failures) + ". " + advice)


lib = _open()
