"""Events are small tuples with names, and metrics have the fields of the library's struct."""

from __future__ import annotations

import libws
from libws import _abi as abi
from libws.loop_event import event_of, unsent


def test_an_event_is_a_tuple_with_names():
    event = event_of((2, 5, "text", 0, 0, 0, 3))
    assert event == libws.Event(2, 5, "text", 0, 0, 0, 3)
    kind, conn, data, *_ = event
    assert (kind, conn, data) == (libws.WS_EVENT_MESSAGE, 5, "text")
    assert event.is_text and event.is_final
    assert not event._replace(data=b"x").is_text and not event._replace(flags=libws.WS_PART_FIRST).is_final


def test_an_unsent_message_is_what_was_given():
    assert unsent(5, libws.WS_OPCODE_TEXT, "é".encode(), 101).data == "é"
    assert unsent(5, libws.WS_OPCODE_BINARY, b"\xff", 101)[:5] == (libws.EVENT_UNSENT, 5, b"\xff", 0, 101)


def test_metrics_are_all_of_the_library():
    fields = [field[0] for field in abi.WsMetrics._fields_]
    named = [name for name in fields if not name[7:].isdigit()]
    assert sorted(named) == sorted(set(libws.Metrics._fields) - {"closes"})
    raw = abi.WsMetrics()
    for number, name in enumerate(fields, 1):
        setattr(raw, name, number)
    metrics = libws.Metrics.of(raw)
    assert metrics.open == 1 and metrics.memory_bytes == len(fields)
    assert metrics.closes[1006] == fields.index("closed_1006") + 1 and metrics.closes[4000] == fields.index("closed_4000") + 1
