"""A small Twilio on loopback: takes messages, lists them, and fails in the ways that matter."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ACCOUNT = "AC" + "0" * 32


class Twilio(ThreadingHTTPServer):
    """`messages`: what was taken. `faults`: one word for each POST to come. `fate`: what becomes
    of a message, a status for each time it is asked for; the last one stays."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages: list[dict] = []
        self.faults: list[str] = []
        self.fate: list[tuple[str, int | None]] = [("queued", None), ("delivered", None)]
        self.authorizations: set[str] = set()
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def bodies(self, recipient: str = "+919812345678") -> list[str]:
        return [m["body"] for m in self.messages if m["to"] == f"whatsapp:{recipient}"]

    def take(self, form: dict[str, str]) -> dict:
        with self.guard:
            message = {
                "sid": f"SM{len(self.messages):032x}",
                "status": self.fate[0][0],
                "to": form["To"],
                "from": form["From"],
                "body": form.get("Body") or f"Report: {form['ContentVariables']}",
                "form": form,
                "asked": 0,
                "error_code": None,
                "date_created": formatdate(usegmt=True),
            }
            self.messages.insert(0, message)
            return message

    def age(self, message: dict) -> None:
        message["asked"] += 1
        fate = self.fate[min(message["asked"], len(self.fate) - 1)]
        message["status"], message["error_code"] = fate


class Handler(BaseHTTPRequestHandler):
    server: Twilio

    def do_POST(self) -> None:
        form = {
            name: values[0]
            for name, values in parse_qs(
                self.rfile.read(int(self.headers["Content-Length"])).decode()
            ).items()
        }
        self.server.authorizations.add(self.headers["Authorization"])
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "cut":
            return self.close()
        if fault == "refuse":
            return self.answer(400, {"code": 21211, "message": "secret +919812345678"})
        if fault == "unauthorised":
            return self.answer(401, {"code": 20003, "message": "Authenticate"})
        if fault == "slow down":
            return self.answer(429, {"code": 20429, "message": "Too many"})
        message = self.server.take(form)
        if fault == "take and answer 500":
            return self.answer(502, "<html>Bad gateway</html>")
        if fault == "take and cut":
            return self.close()
        return self.answer(201, message)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/Messages.json"):
            found = [m for m in self.server.messages if m["to"] == asked["To"]]
            return self.answer(200, {"messages": found, "next_page_uri": None})
        sid = parts.path.rpartition("/")[2].removesuffix(".json")
        for message in self.server.messages:
            if message["sid"] == sid:
                self.server.age(message)
                return self.answer(200, message)
        return self.answer(404, {"code": 20404, "message": "not found"})

    def answer(self, status: int, content: dict | str) -> None:
        body = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def close(self) -> None:
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        if not self.wfile.closed and self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Twilio]:
    with Twilio() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
