"""A stand-in for arXiv on loopback, behind a real proxy and real TLS: a whole program asks it as it asks arXiv.

A program that is started with `environment` asks https://export.arxiv.org, the one address that it knows.
"""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from loopback import answering

HOST = "export.arxiv.org"


@dataclass
class ArxivStandIn:
    """What the far world holds: `answers` by path without query; any other is refused, as arXiv refuses a machine."""

    environment: dict[str, str]
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arxiv: ArxivStandIn
    tls: ssl.SSLContext

    def log_message(self, format: str, *args: object) -> None:
        pass

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_CONNECT(self) -> None:
        if self.path != f"{HOST}:443":
            self.arxiv.asked.append(self.path)
            return self.send_error(502)
        self.send_response(200)
        self.end_headers()
        self.connection = self.request = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        self.arxiv.asked.append(self.path)
        body = self.arxiv.answers.get(urlsplit(self.path).path, b"")
        self.send_response(200 if body else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hung up


@contextmanager
def arxiv_stand_in(folder: Path) -> Iterator[ArxivStandIn]:
    """Stands in until the end; its certificate lies in `folder`, and only who is given it believes it."""
    openssl = shutil.which("openssl") or pytest.skip("no openssl to make a certificate with")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    named = ["-addext", f"subjectAltName=DNS:{HOST}", "-addext", "keyUsage=critical,keyCertSign,digitalSignature"]
    subprocess.run([*command, *named, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    handler: Any = type("Handler", (_Handler,), {})
    proxy = _Proxy(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{proxy.server_port}"
    environment = {"HTTPS_PROXY": address, "https_proxy": address, "REQUESTS_CA_BUNDLE": str(certificate)}
    environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    handler.arxiv, handler.tls = ArxivStandIn(environment), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    handler.tls.load_cert_chain(certificate, key)
    with answering(proxy):
        yield handler.arxiv
