"""Runs Autobahn's cases against a WebSocket server: `cases.py URL PATTERN...`. Prints one line of JSON for each case."""

import asyncio
import json
import sys

from kosoku import FailureError, run_fuzzingclient


async def main(url, patterns):
    try:
        results = await run_fuzzingclient(url, patterns, concurrency=4)
    except FailureError as failure:
        results = failure.results
    for result in results:
        print(
            json.dumps(
                {
                    "id": result.case_id,
                    "description": " ".join(result.description.split()),
                    "behavior": result.behavior.value,
                    "close": result.behavior_close.value,
                    "code": result.remote_close_code,
                    "sent": len(result.received),
                }
            )
        )


asyncio.run(main(sys.argv[1], sys.argv[2:]))
