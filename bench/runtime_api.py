"""The Lambda runtime API for one function process, on a free port of 127.0.0.1.

It hands out one event and takes its answer; the next poll waits until the measurement is over. Every other path is a
call to AWS: it is noted and refused, which is all that measuring the start of a function needs.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
VERSION = "/2018-06-01/runtime/"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:100000000000:function:"
REQUEST_ID = "00000000-0000-4000-8000-000000000001"
# What AWS answers to a call that the credentials do not allow, in each protocol's own form; no client repeats it.
REFUSAL = b'{"__type":"AccessDeniedException","message":"refused"}'


@dataclass(frozen=True)
class Answer:
    """What the function answered, and when its last byte had come."""

    at: float
    kind: str
    body: Any


class Server(ThreadingHTTPServer):
    """A server whose clients may be ended in the middle of a request, as every measurement ends."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RuntimeApi:
    """The server; a context manager. `seen` is told of the first poll and of the first call to AWS, before either is
    answered, so that the process waits while it is looked at."""

    def __init__(
        self, function: str, deadline_seconds: float, seen: Callable[[str, float], None] | None = None
    ) -> None:
        self._function = function
        self._deadline_seconds = deadline_seconds
        self._seen = seen
        self._kinds_seen: set[str] = set()
        self._handed_out = False
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._over = threading.Event()
        self._answer: Answer | None = None
        self._server = Server((HOST, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"{HOST}:{self._server.server_address[1]}"

    def answer(self, seconds: float) -> Answer | None:
        """The function's answer, where it comes within so many seconds."""
        self._answered.wait(seconds)
        return self._answer

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note(self, kind: str) -> None:
        at = time.monotonic()
        with self._lock:
            first = kind not in self._kinds_seen
            self._kinds_seen.add(kind)
        if first and self._seen is not None:
            self._seen(kind, at)

    def _take_event(self) -> bool:
        with self._lock:
            first = not self._handed_out
            self._handed_out = True
        return first

    def _take_answer(self, kind: str, body: bytes) -> None:
        at = time.monotonic()
        try:
            value = json.loads(body)
        except ValueError:
            value = body.decode(errors="replace")
        with self._lock:
            if self._answer is None:
                self._answer = Answer(at, kind, value)
        self._answered.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Header and body are two writes: without this the second waits for the client to acknowledge the first.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                if self.path != f"{VERSION}invocation/next":
                    return self._refuse()
                api._note("poll")
                if not api._take_event():
                    api._over.wait()
                    self.close_connection = True
                    return None
                deadline = int((time.time() + api._deadline_seconds) * 1000)
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN + api._function,
                }
                return self._send(200, b"{}", headers)

            def do_POST(self) -> None:
                kinds = {
                    f"{VERSION}invocation/{REQUEST_ID}/response": "response",
                    f"{VERSION}invocation/{REQUEST_ID}/error": "error",
                    f"{VERSION}init/error": "init error",
                }
                kind = kinds.get(self.path)
                if kind is None:
                    return self._refuse()
                if "Content-Length" not in self.headers:
                    return self._send(411, b"{}", {"Connection": "close"})
                api._take_answer(kind, self._body())
                return self._send(202, b'{"status":"OK"}', {})

            do_PUT = do_HEAD = do_POST

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def _refuse(self) -> None:
                self._body()
                api._note("call")
                self._send(400, REFUSAL, {"Connection": "close"})

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
