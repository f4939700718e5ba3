"""A hostile network on this machine: a web server that Keras's downloads end at, and a registry for npm."""

import base64
import contextlib
import hashlib
import io
import json
import os
import ssl
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parents[1] / "data/mnist_sample.npz"
HOST = "storage.googleapis.com"  # from where Keras downloads


def idx(array: np.ndarray, magic: bytes = b"\x00\x00\x08") -> bytes:
    """The array as an IDX file."""
    return magic + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def make_certificate(folder: Path) -> None:
    """A certificate for HOST, which those trust that are given it as SSL_CERT_FILE."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        f"/CN={HOST}",
    ]
    files = [
        "-addext",
        f"subjectAltName=DNS:{HOST}",
        "-keyout",
        folder / "key.pem",
        "-out",
        folder / "cert.pem",
    ]
    subprocess.run([*command, *files], check=True, capture_output=True)


def serve(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextlib.contextmanager
def mirror(folder: Path, answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[dict[str, str]]:
    """A proxy that answers requests for HOST itself, and notes them; gives the variables that lead there."""
    make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    visits = folder / "visits.txt"
    visits.touch()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            with open(visits, "a") as file:
                print(self.path, file=file)
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_):
            pass

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                Site(context.wrap_socket(self.connection, server_side=True), self.client_address, self.server)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = serve(Proxy)
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {
            **{name: address for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")},
            **{"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"},
            "SSL_CERT_FILE": str(folder / "cert.pem"),
            "KERAS_HOME": str(folder / "keras"),
        }
    finally:
        server.shutdown()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no read ever waits long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "11490434")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.3)


def package(files: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    """A packed npm package of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in files.items():
            if isinstance(data, tarfile.TarInfo):
                archive.addfile(data)
            else:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


@contextlib.contextmanager
def registry(folder: Path, name: str, version: str, tarball: bytes, **lies) -> Iterator[dict[str, str]]:
    """An npm registry with one package; gives the variables that lead there.

    `lies`: integrity (of other bytes), status (of the tarball), slow (seconds before the tarball).
    """
    digest = hashlib.sha512(lies.get("integrity", tarball)).digest()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith(".tgz"):
                time.sleep(lies.get("slow", 0))
                with contextlib.suppress(OSError):
                    send(self, tarball, lies.get("status", 200))
                return
            dist = {
                "tarball": f"http://{self.headers['Host']}/{name}/-/{name}-{version}.tgz",
                "integrity": f"sha512-{base64.b64encode(digest).decode()}",
            }
            about = {"name": name, "version": version, "dist": dist}
            send(
                self,
                json.dumps(
                    {"name": name, "dist-tags": {"latest": version}, "versions": {version: about}}
                ).encode(),
            )

        def log_message(self, *_):
            pass

    server = serve(Registry)
    try:
        yield {
            "npm_config_registry": f"http://127.0.0.1:{server.server_port}",
            "npm_config_cache": str(folder / "npm"),
            "npm_config_fetch_retries": "0",
            "PATH": os.environ["PATH"],
        }
    finally:
        server.shutdown()
        server.server_close()
