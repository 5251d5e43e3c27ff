"""Firefox without a window, driven over its own protocol, Marionette."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WAIT = 60


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Firefox:
    """A running Firefox."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.stream = connection.makefile("rb")
        self.read()
        self.ask("WebDriver:NewSession", {})
        self.ask("WebDriver:SetTimeouts", {"script": 1000 * WAIT})

    def read(self) -> Any:
        """Read a message: its length, a colon, and JSON."""
        digits = b""
        while (digit := self.stream.read(1)) != b":":
            assert digit, "Firefox is gone"
            digits += digit
        return json.loads(self.stream.read(int(digits)))

    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        text = json.dumps([0, 1, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.read()
        assert error is None, error
        return result

    def goto(self, address: str) -> None:
        self.ask("WebDriver:Navigate", {"url": address})

    def evaluate(self, function: str, given: object = None) -> Any:
        """Return what an async function of JavaScript returns, as Playwright's pages do."""
        script = (
            f"const [given, done] = arguments; ({function})(given).then(done, e => done(`${{e}}`))"
        )
        asked = {"script": script, "args": [given], "sandbox": None}
        return self.ask("WebDriver:ExecuteAsyncScript", asked)["value"]


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a new profile in a folder."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("NOT TESTED in Firefox: there is none; apt-get install firefox-esr")
    port = free_port()
    (folder / "user.js").write_text(
        f'user_pref("marionette.port", {port});\n'
        'user_pref("app.update.enabled", false);\nuser_pref("network.proxy.type", 0);\n'
    )
    options = ["--marionette", "--headless", "--no-remote", "--profile", str(folder)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([path, *options], stdout=quiet, stderr=quiet) as process:
        try:
            yield Firefox(connected(port))
        finally:
            process.terminate()


def connected(port: int) -> socket.socket:
    for _ in range(10 * WAIT):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise TimeoutError("Firefox does not listen")
