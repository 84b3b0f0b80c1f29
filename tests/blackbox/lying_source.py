"""A double of the source region: it has a valid certificate, speaks the protocol, and lies where told to."""
import base64
import http.server
import json
import os
import pathlib
import struct
import sys
import threading

import disks
import partition as apart
from argosyd import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "golden"))
import formats  # noqa: E402

SNAPSHOT = "snap-0123456789abcdef0"
LEASE = "00000000-0000-4000-8000-ffffffffffff"  # in what a disk says; each image has one of its own
SEVENS, STARS = formats.block_of_one_byte(0x07), formats.block_of_one_byte(0x2A)
CONTENT = {0: b"\x07" * disks.BLOCK_BYTES, 5: b"\x2a" * disks.BLOCK_BYTES, 300: b"\x07" * disks.BLOCK_BYTES}


class Disk:
    """1 GiB with the blocks 0, 5 and 300, and what is said of it."""

    blocks = (SEVENS, STARS)
    node = staticmethod(formats.node)

    def __init__(self, *, first=None, second=None, root=None):
        sevens, stars = self.blocks
        first = first or self.node(1, 2, {0: sevens, 5: stars})
        second = second or self.node(1, 1, {300 - 256: sevens})
        self.root = root or self.node(2, 3, {0: first, 1: second})
        self.nodes = {(2, 0): self.root, (1, 0): first, (1, 1): second}
        self.chunks = {chunk["id"]: chunk["stored"] for chunk in (sevens, stars, first, second, self.root)}

    def child(self, level, position, slot):
        """The stored bytes of one chunk that is asked for."""
        if level == 3:
            return self.root["stored"]
        node = self.nodes[level, position]
        return self.chunks[next(child["id"] for child in node["children"] if child["slot"] == slot)]

    def opening(self):
        return {
            "lease": LEASE,
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


SECRET = os.urandom(32)


def sealed_block(byte):
    return formats.sealed_block(SECRET, formats.block_of_one_byte(byte))


def sealed_node(level, blocks, children):
    return formats.sealed_node(SECRET, level, blocks, children)


class SealedDisk(Disk):
    """The same, encrypted, of `owner`; `blocks`: others in place of the sevens and the stars."""

    node = staticmethod(sealed_node)
    owner = "999999999999"

    def __init__(self, blocks=None, **nodes):
        self.blocks = blocks or (sealed_block(0x07), sealed_block(0x2A))
        super().__init__(**nodes)

    def opening(self):
        said = super().opening()
        said["snapshots"][0] |= {
            "owner": self.owner,
            "root": base64.b64encode(formats.reference_id_alone(self.root)).decode(),
            "content_digest": "",
            "encrypted": True,
            "kms_key_id": f"arn:aws:kms:us-east-1:{self.owner}:key/00000000-0000-4000-8000-000000000000",
        }
        return said


def frame(stored):
    return struct.pack("<I", len(stored)) + stored


class Lie:
    """The truth about a disk; a test overrides what it lies about. `released`: the reference with the root's key."""

    def __init__(self, disk=None, opening=None, fetched=None, released=None, raw=None):
        self.disk = disk or Disk()
        self.change_opening = opening or (lambda said: None)
        self.change_fetched = fetched or (lambda body: body)
        self.released = released
        self.raw = raw or {}  # operation -> function that writes the whole answer to the socket
        self.asked = []

    def open(self):
        said = self.disk.opening()
        return json.dumps(self.change_opening(said) or said).encode()

    def release(self):
        released = formats.reference_with_key(self.disk.root) if self.released is None else self.released
        return json.dumps({"root": base64.b64encode(released).decode()}).encode()

    def fetch(self, request):
        body = b""
        for part in request["ranges"]:
            for slot in base64.b64decode(part["slots"]):
                body += frame(self.disk.child(part["level"], part["position"], slot))
        return self.change_fetched(body)


class Source:
    """In the place of alpha, which must not run. An opening's lease tells what it says of which image."""

    def __init__(self, partition):
        self.lies, self.leases = {}, {}
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

    def tell(self, image, lie):
        self.leases[f"00000000-0000-4000-8000-{len(self.lies):012d}"] = image
        self.lies[image] = lie

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
            body = lie.open().replace(LEASE.encode(), lease.encode())
        else:
            body = {"fetch": lambda: lie.fetch(request), "release": lie.release}.get(operation, lambda: b"{}")()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Story:
    """Beta with a lying source, and one account there."""

    def __init__(self, folder):
        self.partition = apart.Partition(folder)
        self.beta = self.partition.beta.start()
        row = self.beta.rows("account", "create", "team")[0]
        row |= self.beta.rows("access-key", "create", "team")[0]
        self.account = self.beta.account(row)
        self.source = Source(self.partition)

    def copy(self, number, **wish):
        return self.account.ec2("us-west-2").copy_image(
            Name=disks.unique("lie"), SourceImageId=number, SourceRegion="us-east-1", **wish
        )["ImageId"]

    def end_of(self, image):
        return wait_until(
            lambda: (i := disks.describe_image(self.account, image, "us-west-2"))["State"] != "pending" and i,
            "the copy neither ends nor fails",
        )

    def peak_kib(self):
        text = open(f"/proc/{self.beta.process.pid}/status").read()
        return int(text.partition("VmHWM:")[2].split()[0])

    def stop(self):
        self.source.stop()
        self.partition.stop()


def image_ids(lies, digit):
    return {f"ami-{digit}{number:016x}": name for number, name in enumerate(lies)}
