# SPDX-License-Identifier: BSD-3-Clause
"""Reverse proxies, each with one thread and one route, /user/bench/, to the origin; and their origin."""
import http.client
import json
import os
import secrets
import socket
import subprocess

from bench import load
from bench.hubs import PEERS
from support import processes, toml
from support.waiting import until

PATH = "/user/bench/"
PROXY_CPU, LOAD_CPU = 0, 1  # each proxy has a processor of its own; load and origin share the other


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def add_route(connection, token, target):
    connection.request("POST", "/api/routes" + PATH, json.dumps({"target": target}), {"Authorization": f"token {token}"})
    status = connection.getresponse().status
    connection.close()
    return status == 201


class Door:
    """One proxy process, up once started."""

    def start(self, folder, origin_port):
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port = processes.free_port()
        command, environment = self.command(origin_port)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(load.on_cpu(PROXY_CPU) + command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={"PATH": os.environ["PATH"]} | environment)
        until(lambda: self.prepare(origin_port), f"{self.name} is up", timeout=20, interval=0.05)
        return self

    def programs(self):
        return [self.process.pid]

    def stop(self):
        self.process.kill()
        self.process.wait()


class BerthDoor(Door):
    name = "berth"
    label = "Berth"

    def command(self, origin_port):
        data = self.folder / "data"
        (self.folder / "berth.toml").write_text(toml.dump({
            "hub": {"listen": f"127.0.0.1:{self.port}", "data_dir": str(data)}, "login": {"method": "dummy", "allow_all": True},
            "proxy": {"threads": 1}}))
        return [os.environ["BERTH_PROGRAM"], "proxy", "--config", str(self.folder / "berth.toml")], {}

    def prepare(self, origin_port):
        data = self.folder / "data"
        try:
            return add_route(UnixConnection(data / "proxy.sock"), (data / "proxy_token").read_text().strip(),
                             f"http://127.0.0.1:{origin_port}")
        except OSError:
            return False


class ConfigurableHttpProxy(Door):
    name = "chp"
    label = "configurable-http-proxy"

    def command(self, origin_port):
        self.api_port, self.token = processes.free_port(), secrets.token_hex(16)
        return [str(PEERS / "node_modules/.bin/configurable-http-proxy"), "--ip", "127.0.0.1", "--port", str(self.port),
                "--api-ip", "127.0.0.1", "--api-port", str(self.api_port), "--log-level", "warn"], \
               {"CONFIGPROXY_AUTH_TOKEN": self.token}

    def prepare(self, origin_port):
        try:
            return add_route(http.client.HTTPConnection("127.0.0.1", self.api_port), self.token,
                             f"http://127.0.0.1:{origin_port}")
        except OSError:
            return False


HAPROXY_CONFIGURATION = """
global
    nbthread 1
    maxconn 8000
defaults
    mode http
    timeout connect 10s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    http-reuse always
    option forwardfor
frontend public
    bind 127.0.0.1:{port}
    acl ours path_beg {path}
    http-request deny if !ours
    default_backend origin
backend origin
    server one 127.0.0.1:{origin}
"""


class Haproxy(Door):
    name = "haproxy"
    label = "haproxy"

    def command(self, origin_port):
        file = self.folder / "haproxy.cfg"
        file.write_text(HAPROXY_CONFIGURATION.format(port=self.port, origin=origin_port, path=PATH))
        return ["/usr/sbin/haproxy", "-db", "-f", str(file)], {}

    def prepare(self, origin_port):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False


def all_doors():
    return [BerthDoor(), ConfigurableHttpProxy(), Haproxy()]
