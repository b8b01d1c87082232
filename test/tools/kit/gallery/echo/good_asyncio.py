# Right: one thread that never waits for just one client.
import asyncio
import sys


async def converse(reader, writer):
    try:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()
    except OSError:
        writer.close()


async def main():
    server = await asyncio.start_server(converse, '127.0.0.1', int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
