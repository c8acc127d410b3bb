"""Runs the stand-ins: in a thread of this process, or in the foreground until a signal."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from http_guard import Guard
from zoho_sandbox import pages
from zoho_sandbox.clock import Clock, real_time
from zoho_sandbox.company import simulation
from zoho_sandbox.errors import SandboxError
from zoho_sandbox.faults.connections import Connections
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.twilio import account, messages
from zoho_sandbox.twilio.delivery_faults import DeliveryFaults
from zoho_sandbox.twilio.outbox import Outbox
from zoho_sandbox.zoho import accounts, api, console, dataset
from zoho_sandbox.zoho.credits import Credits
from zoho_sandbox.zoho.grants import Grants
from zoho_sandbox.zoho.middleware import ApiMiddleware
from zoho_sandbox.zoho.organisation import Organisation
from zoho_sandbox.zoho.store import Store
from zoho_sandbox.zoho.tokens import Tokens

HOST = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 30, 10


@dataclass(frozen=True)
class Sandbox:
    """A running stand-in. All but its address may be changed while it runs."""

    url: str
    organisation: Organisation
    switches: Switches
    tokens: Tokens
    grants: Grants
    outbox: Outbox
    credits: Credits
    _server: uvicorn.Server
    _thread: Thread

    @property
    def store(self) -> Store:
        """The records that are served."""
        return self.organisation.store

    def stop(self) -> None:
        """Stop serving; returns when the port is free again."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)

    def __enter__(self) -> Sandbox:
        """Return itself, running."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.stop()


def start(
    port: int = 0,
    data_dir: Path | None = None,
    outbox_path: Path | None = None,
    now: Clock = real_time,
    switches: Switches | None = None,
) -> Sandbox:
    """Serve on a port of 127.0.0.1 (0: any free one) in a daemon thread; ready on return.

    Serves the records of `data_dir`, by default the invented company at the time `now()`.
    Raises SandboxError if the port is taken or the records cannot be read.
    """
    listener = _listen(port)
    try:
        switches = switches or Switches()
        store, tokens, grants = Store(now, switches), Tokens(now, switches), Grants(now)
        outbox, credits = Outbox(outbox_path, now), Credits(switches)
        organisation = dataset.load(data_dir, store) if data_dir else simulation.build(store)
        outbox.messages()
    except BaseException:
        listener.close()
        raise
    connections = Connections()
    delivery_faults = DeliveryFaults(
        outbox, connections, lambda: switches.twilio_faults, lambda: switches.twilio_window
    )
    app = Starlette(
        routes=[
            *accounts.routes(tokens, grants, switches),
            *api.routes(organisation, tokens, grants, switches, credits),
            *messages.routes(outbox, now, delivery_faults),
            *account.routes(switches),
            *pages.routes(organisation, outbox),
            *console.routes(organisation, grants),
        ],
        middleware=[
            Middleware(Guard),
            Middleware(
                ApiMiddleware,
                organisation=organisation,
                switches=switches,
                connections=connections,
                credits=credits,
            ),
        ],
    )
    server, thread = _run(app, listener, connections)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    return Sandbox(url, organisation, switches, tokens, grants, outbox, credits, server, thread)


def serve(
    port: int,
    data_dir: Path | None = None,
    outbox_path: Path | None = None,
    switches: Switches | None = None,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM, and print the address.

    Call it from the main thread. Raises SandboxError as `start` does.
    """
    done = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with start(port, data_dir, outbox_path, switches=switches) as sandbox:
        print(f"{sandbox.organisation.name} is served at {sandbox.url} (Ctrl-C stops)", flush=True)
        done.wait()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise SandboxError(
            f"port {port} of {HOST} cannot be used ({error}): name another with --port"
        ) from None
    listener.listen(2048)
    return listener


def _run(
    app: Starlette, listener: socket.socket, connections: Connections
) -> tuple[uvicorn.Server, Thread]:
    config = uvicorn.Config(
        app,
        http=connections.protocol(),
        proxy_headers=False,
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    deadline = monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or monotonic() > deadline:
            raise SandboxError("the sandbox server did not start: try again")
        sleep(0.005)
    return server, thread
