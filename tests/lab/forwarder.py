"""`python -m tests.lab.forwarder MS TARGET_PORT…`: a TCP forwarder that adds a round-trip time.

Holds the bytes of each direction for half the round-trip time, and a new connection for one. Prints
the ports that it listens on, one for each target on 127.0.0.1, and runs until it is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        while True:
            data = await reader.read(65536)
            queue.put_nowait((loop.time() + delay, data))
            if not data:
                break
        await sending
    except OSError:
        sending.cancel()
        writer.close()


async def _serve(port: int, round_trip: float) -> asyncio.Server:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(round_trip)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _pipe(reader, back, round_trip / 2), _pipe(there, writer, round_trip / 2)
        )

    return await asyncio.start_server(accept, "127.0.0.1", 0)


async def _main(round_trip: float, targets: list[int]) -> None:
    servers = [await _serve(target, round_trip) for target in targets]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(float(sys.argv[1]) / 1000, [int(port) for port in sys.argv[2:]]))
