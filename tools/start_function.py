"""Starts a function's bootstrap under a runtime API of its own, without its settings, and hears what it says.

The paths are those of the "Lambda runtime API" page of the Lambda developer guide, version 2018-06-01.
"""

import contextlib
import http.server
import json
import queue
import subprocess
import tempfile
import threading
import time

VERSION = "/2018-06-01/runtime/"
REQUEST_ID = "00000000-0000-4000-8000-000000000001"
# Each function needs it, so one that is started without says so.
SETTING = "OUTPUT_BUCKET"


class DoesNotStart(Exception):
    """The function did not answer as a function does."""


def start(command, seconds):
    """Invokes the function once; its answer has to be an error that names what it misses. Gives how long it took."""
    answers = queue.Queue()
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(_runtime_api(answers))
        output = stack.enter_context(tempfile.TemporaryFile())
        function = stack.enter_context(_running(command, port, output))
        while True:
            try:
                path, body = answers.get(timeout=0.1)
                break
            except queue.Empty:
                if function.poll() is None and time.monotonic() - began < seconds:
                    continue
            code = function.poll()
            what = f"gave no answer within {seconds} s" if code is None else f"ended with {code} and no answer"
            output.seek(0)
            raise DoesNotStart(f"it {what}; it printed:\n{output.read().decode(errors='replace')}")
    if path != f"invocation/{REQUEST_ID}/error" or SETTING not in body.get("errorMessage", ""):
        raise DoesNotStart(f"without its settings it answers {path}: {json.dumps(body)}")
    return time.monotonic() - began


@contextlib.contextmanager
def _running(command, port, output):
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        # Nothing is asked of AWS before the settings are read; should that change, the answer is that it is not there.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
    }
    function = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield function
    finally:
        function.kill()
        function.wait()


@contextlib.contextmanager
def _runtime_api(answers):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        handed_out = False

        def do_GET(self):
            if not self.path.startswith(VERSION):
                self.send_error(404)
                return
            if self.path != f"{VERSION}invocation/next" or Handler.handed_out:
                # Lambda answers when there is another event: never.
                threading.Event().wait()
            Handler.handed_out = True
            deadline = str(int((time.time() + 60) * 1000))
            self._send(200, b"{}", {"lambda-runtime-aws-request-id": REQUEST_ID, "lambda-runtime-deadline-ms": deadline})

        def do_POST(self):
            if not self.path.startswith(VERSION):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers["content-length"]))
            answers.put((self.path.removeprefix(VERSION), json.loads(body)))
            self._send(202, b'{"status":"OK"}', {})

        def _send(self, status, body, headers):
            self.send_response(status)
            headers |= {"content-length": str(len(body)), "content-type": "application/json"}
            headers["lambda-runtime-invoked-function-arn"] = "arn:aws:lambda:us-east-1:123456789012:function:function"
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_):
            """The function is ended while it waits for its next event."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
