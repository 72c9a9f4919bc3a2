"""Echo server on picows, as a contender: PORT [--asyncio]. It runs on uvloop, its best, unless told otherwise."""

from __future__ import annotations

import asyncio
import sys

import picows


class Echo(picows.WSListener):
    """Sends each message back; picows hands messages of one frame as views of its buffer."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type in (picows.WSMsgType.TEXT, picows.WSMsgType.BINARY):
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()


async def main(port: int) -> None:
    server = await picows.ws_create_server(lambda request: Echo(), "127.0.0.1", port, max_frame_size=64 << 20, backlog=4096)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if "--asyncio" not in sys.argv:
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run(main(int(sys.argv[1])))
