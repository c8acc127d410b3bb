"""A small Ollama on loopback: it has models, streams a given answer, and fails as the real one."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSALS = {
    "500": (500, "llama runner\nwas killed"),
    "503": (503, "server busy, please try again"),
    "no thinking": (400, '"m" does not support thinking'),
}


class Ollama(ThreadingHTTPServer):
    """`answers`: one for each question to come, the last one stays; a text, or a function of the
    question. `fault`: see `Handler.chat`; `faults`: one for each question to come, before `fault`.
    `asked`: the questions as they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.models = ["mistral:latest"]
        self.answers: list[str | Callable[[dict], str]] = []
        self.fault = ""
        self.faults: list[str] = []
        self.asked: list[dict] = []
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Ollama
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.server.fault == "silent":
            self.server.ending.wait(10)
        if self.server.fault == "other server":
            return self.whole(200, "<html>It works!</html>")
        return self.whole(200, json.dumps({"models": [{"name": m} for m in self.server.models]}))

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(question)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        faults = self.server.faults
        fault = faults.pop(0) if faults else self.server.fault
        self.chat(fault, answer if isinstance(answer, str) else answer(question))

    def chat(self, fault: str, answer: str) -> None:
        if fault in REFUSALS and (fault != "no thinking" or "think" in self.server.asked[-1]):
            status, error = REFUSALS[fault]
            return self.whole(status, json.dumps({"error": error}))
        if fault == "hang":
            self.server.ending.wait(10)
            return None
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if fault == "load":
            return self.last("load")
        if fault == "thinking":
            answer = ""
            self.line({"message": {"role": "assistant", "content": "", "thinking": "Hm. " * 50}})
        step = max(40, len(answer) // 250)
        for start in range(0, len(answer), step):
            self.line({"message": {"role": "assistant", "content": answer[start : start + step]}})
            if fault == "drip":
                time.sleep(0.1)
            if fault == "cut":
                self.close_connection = True
                return self.connection.close()
            if fault == "error":
                self.line({"error": "out of memory"})
                return self.chunk(b"")
            if fault == "half":
                return self.last("length")
        return self.chunk(b"") if fault == "no end" else self.last("stop")

    def last(self, reason: str) -> None:
        end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason}
        self.line({**end, "prompt_eval_count": self.read_tokens(), "eval_count": 200})
        self.chunk(b"")

    def read_tokens(self) -> int:
        """About as many as Ollama would count."""
        letters = sum(len(one["content"]) for one in self.server.asked[-1]["messages"])
        return letters // 3

    def line(self, content: dict) -> None:
        content = {"model": "m", "created_at": "2026-11-20T02:30:00Z", "done": False, **content}
        self.chunk(json.dumps(content).encode() + b"\n")

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def whole(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError, OSError):
            self.close_connection = True  # the client has left, or we have

    def finish(self) -> None:
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Ollama]:
    with Ollama() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()
