"""A double of the source region: it has a valid certificate, speaks the protocol, and lies where told to."""
import base64
import http.server
import json
import pathlib
import struct
import sys
import threading

import partition as apart

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "golden"))
import formats  # noqa: E402

SNAPSHOT = "snap-0123456789abcdef0"
SEVENS, STARS = formats.block_of_one_byte(0x07), formats.block_of_one_byte(0x2A)


class Disk:
    """1 GiB with the blocks 0, 5 and 300, and what is said of it."""

    def __init__(self, *, first=None, second=None, root=None):
        first = first or formats.node(1, 2, {0: SEVENS, 5: STARS})
        second = second or formats.node(1, 1, {300 - 256: SEVENS})
        self.root = root or formats.node(2, 3, {0: first, 1: second})
        self.nodes = {(2, 0): self.root, (1, 0): first, (1, 1): second}
        self.chunks = {chunk["id"]: chunk["stored"] for chunk in (SEVENS, STARS, first, second, self.root)}

    def child(self, level, position, slot):
        """The stored bytes of one chunk that is asked for."""
        if level == 3:
            return self.root["stored"]
        node = self.nodes[level, position]
        return self.chunks[next(child["id"] for child in node["children"] if child["slot"] == slot)]

    def opening(self):
        return {
            "lease": "00000000-0000-4000-8000-000000000001",
            "image": {
                "name": "lies",
                "description": "",
                "architecture": "x86_64",
                "virtualization_type": "hvm",
                "root_device_name": "/dev/xvda",
                "mappings": [
                    {
                        "device_name": "/dev/xvda",
                        "snapshot_id": SNAPSHOT,
                        "volume_size_gib": 1,
                        "volume_type": "gp3",
                        "delete_on_termination": True,
                    }
                ],
                "tags": [],
            },
            "snapshots": [
                {
                    "snapshot_id": SNAPSHOT,
                    "description": "",
                    "volume_size_gib": 1,
                    "root": base64.b64encode(formats.reference(self.root)).decode(),
                    "content_digest": base64.b64encode(self.root["digest"]).decode(),
                    "content_bytes": 3 * formats.BLOCK_BYTES,
                    "lineage": SNAPSHOT,
                }
            ],
        }


def frame(stored):
    return struct.pack("<I", len(stored)) + stored


class Lie:
    """The truth about a disk; a test overrides what it lies about."""

    def __init__(self, disk=None, opening=None, fetched=None, raw=None):
        self.disk = disk or Disk()
        self.change_opening = opening or (lambda said: None)
        self.change_fetched = fetched or (lambda body: body)
        self.raw = raw or {}  # operation -> function that writes the whole answer to the socket
        self.asked = []

    def open(self):
        said = self.disk.opening()
        return json.dumps(self.change_opening(said) or said).encode()

    def fetch(self, request):
        body = b""
        for part in request["ranges"]:
            for slot in base64.b64decode(part["slots"]):
                body += frame(self.disk.child(part["level"], part["position"], slot))
        return self.change_fetched(body)


class Source:
    """In the place of alpha, which must not run. `lies`: by image id; an opening's lease tells them apart."""

    def __init__(self, partition, lies):
        self.lies = lies
        self.leases = {f"00000000-0000-4000-8000-{number:012d}": image for number, image in enumerate(lies)}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.answer(self, self.path.rpartition("/")[2], request)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # beta hangs up on what it does not believe

        self.server = Server((partition.alpha.address, apart.REPLICATION_PORT), Handler)
        context = partition.context("alpha", server=True)
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, operation, request):
        image = request["resource"] if operation == "open" else self.leases[request["lease"]]
        lie = self.lies[image]
        lie.asked.append((operation, request))
        if operation in lie.raw:
            handler.close_connection = True
            lie.raw[operation](handler.wfile)
            return
        if operation == "open":
            lease = next(lease for lease, name in self.leases.items() if name == image)
            body = lie.open().replace(b"00000000-0000-4000-8000-000000000001", lease.encode())
        else:
            body = lie.fetch(request) if operation == "fetch" else b"{}"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
