"""Bytes from one connection to another, both ways: for the servers of this directory."""
import asyncio


async def pump(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


async def both_ways(reader, writer, far_reader, far_writer):
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
