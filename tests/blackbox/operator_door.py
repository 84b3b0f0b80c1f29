"""The operators' socket of a server, as a program beside it reaches it."""
import http.client
import json
import re
import socket

import argosyd


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=argosyd.PATIENCE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(server, method, path, body=None):
    """Status and body of one request to the socket."""
    connection = _Connection(server.data_dir / "operator.sock")
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def ask_json(server, method, path, body=None):
    status, text = ask(server, method, path, body)
    return status, json.loads(text)


def metrics(server):
    """Every sample of /metrics: {(name, frozenset of (label, value)): number}."""
    status, text = ask(server, "GET", "/metrics")
    assert status == 200
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
        pairs = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))
        assert (name, pairs) not in samples, f"{line} stands twice"
        samples[name, pairs] = float(value)
    return samples


def metric(server, name, **labels):
    """The sum of the samples of one name that have these labels."""
    wanted = frozenset(labels.items())
    return sum(value for (at, pairs), value in metrics(server).items() if at == name and wanted <= pairs)


def operations(server):
    """(service, operation) of everything that the server answers."""
    return {
        (labels["service"], labels["operation"])
        for (name, pairs) in metrics(server)
        if name == "argosy_requests_total" and (labels := dict(pairs))["operation"] != "none"
    }
