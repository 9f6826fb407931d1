#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A notebook server that is there in 50 ms: says what it was asked, echoes websockets, knows nothing of signing in.

Listens where JUPYTERHUB_SERVICE_URL says. `?exit=N` ends it with that status, `?sleep=S` delays the answer. From its
environment: MOCK_DELAY, seconds before it listens; MOCK_EXIT, the status with which it ends instead of listening.
"""
import base64
import hashlib
import http.server
import json
import os
import struct
import sys
import time
from urllib.parse import parse_qs, urlsplit

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        query = parse_qs(urlsplit(self.path).query)
        if "exit" in query:
            os._exit(int(query["exit"][0]))
        if "sleep" in query:
            time.sleep(float(query["sleep"][0]))
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self.echo_websocket()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = {"method": self.command, "path": self.path, "body": body.decode("latin1"), "pid": os.getpid(),
                "headers": {k.lower(): v for k, v in self.headers.items()},
                "environment": {k: v for k, v in os.environ.items() if k.startswith("JUPYTERHUB_")}}
        text = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def echo_websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + WEBSOCKET_GUID
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while (frame := self.read_frame()) is not None:
            opcode, payload = frame
            length = struct.pack("!B", len(payload)) if len(payload) < 126 else struct.pack("!BH", 126, len(payload))
            self.wfile.write(struct.pack("!B", 0x80 | opcode) + length + payload)
            if opcode == 8:
                return

    def read_frame(self):
        """(opcode, unmasked payload) of one short client frame, or None at the end."""
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        length = head[1] & 0x7F
        if length == 126:
            length = struct.unpack("!H", self.rfile.read(2))[0]
        mask = self.rfile.read(4)
        return head[0] & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(length)))

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    if "MOCK_EXIT" in os.environ:
        print("mock_singleuser: told to end at once", file=sys.stderr, flush=True)
        sys.exit(int(os.environ["MOCK_EXIT"]))
    time.sleep(float(os.environ.get("MOCK_DELAY", "0")))
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    Server((address.hostname or "", address.port), Handler).serve_forever()
