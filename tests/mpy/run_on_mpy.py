"""Runs on the handset's MicroPython: `run_on_mpy.py MODULE TEST...`, one line of JSON a test."""

import asyncio
import gc
import io
import json
import sys


def run(function):
    """ "" or the traceback."""
    gc.collect()
    try:
        result = function()
        if hasattr(result, "send"):
            asyncio.new_event_loop()
            asyncio.run(result)
    except Exception as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue()
    return ""


module = __import__(sys.argv[1])
for name in sys.argv[2:]:
    failure = run(getattr(module, name))
    print("=mpy= " + json.dumps({"test": name, "failure": failure}))
