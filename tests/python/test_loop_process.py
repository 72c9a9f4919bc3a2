"""Loops and a fork of the process around them: the child gets errors, the parent goes on."""

from __future__ import annotations

import pytest

from children import Child
from test_exit import LOOPS

SETUP = LOOPS + """
def refused(*calls):
    for call in calls:
        try:
            call()
        except libws.ForkedError as error:
            assert error.error_code == libws.WS_ERR_FORKED and "fork" in str(error)
        else:
            raise AssertionError(call)

def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done: return status
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "it hangs"
"""


@pytest.mark.parametrize("state", ["idle", "polled by another thread"])
def test_a_forked_child_gets_errors_and_may_close(state: str) -> None:
    code = f"""
loop, client = opened()
thread = polling(loop) if {state!r} != "idle" else None
def work():
    loop.send(client, "of the child")
    refused(loop.poll, lambda: loop.poll(0), loop.flush, lambda: loop.try_send(client, "x"), loop.wake, loop.metrics,
            lambda: loop.publish("t", "x"), lambda: loop.listen(), loop.fileno, lambda: loop.run(libws.LoopHandler()), libws.Loop)
    loop.close()
    loop.close()
    assert loop.closed
    try: loop.send(client, "x")
    except libws.ConnectionClosed: pass
    else: raise AssertionError("it was sent")
assert in_child(work) == 0
loop.send(client, "of the parent")
if thread is None:
    data = []
    while not data: data = [event.data for event in loop.poll(20) if event.kind == libws.WS_EVENT_MESSAGE]
    assert data == ["of the parent"], data
loop.close()
if thread: thread.join(20)
print(libws.handle_count())
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["0"]


def test_a_fork_while_another_thread_hands_over_hangs_no_child() -> None:
    code = """
loop, client = opened(queue_policy=libws.WS_QUEUE_DROP_NEWEST)
def flood():
    while not over:
        for _ in range(50): loop.send(client, b"x" * 1000)
        loop.flush()
over = []
thread = threading.Thread(target=flood)
thread.start()
def work():
    loop.send(client, "of the child")
    refused(loop.flush, lambda: loop.poll(0), lambda: loop.close_conn(client))
    loop.close()
results = []
for _ in range(60):
    loop.poll(0)
    results.append(in_child(work))
over.append(True)
thread.join(20)
print(set(results))
loop.close()
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["{0}"]


def test_a_forked_child_that_closes_an_attached_loop_leaves_the_parent_attached() -> None:
    code = """
got = []
class Note(libws.LoopHandler):
    def on_message(self, loop, event): got.append(event.data)
async def main():
    loop, client = opened()
    detach = loop.attach(Note())
    assert in_child(loop.close) == 0
    assert in_child(detach) == 0
    loop.send(client, "still served")
    until = time.monotonic() + 20
    while not got and time.monotonic() < until: await asyncio.sleep(0.001)
    loop.close()
asyncio.run(main())
print(got)
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["['still served']"]
