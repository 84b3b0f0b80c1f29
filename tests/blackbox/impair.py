"""A proxy between two regions that does harm to one message and lets every other one through.

It stands inside TLS: it shows the asking side a certificate of the source and the source one of the asking
side, so that what it changes reaches the protocol and is not caught by TLS. With `raw` it stands outside and
harms the stream itself.
"""
import contextlib
import socket
import struct
import threading

# A message is an HTTP request or response of one operation; what can be done to it:
HARMS = ("stall", "reset", "close", "truncate", "flip body", "flip head")
PIECE_BYTES = 65_536


class Proxy:
    """Listens on a free port of `address` and passes on to `target`. The harm is done to the n-th message of
    `kind` ("open request", "fetch response", …; "" counts all), once."""

    def __init__(self, address, target, server_context=None, client_context=None, server_name=None):
        self.target = target
        self.server_context, self.client_context = server_context, client_context
        self.server_name = server_name
        self.raw = server_context is None
        self.lock = threading.Lock()
        self.begin()
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, harm=None, number=0, kind=""):
        """Counts anew, with another harm (or none)."""
        with self.lock:
            self.harm, self.number, self.kind = harm, number, kind
            self.counts, self.done = {}, False

    def stop(self):
        self.listener.close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, near):
        self.open.add(near)
        try:
            with near, socket.create_connection(self.target, timeout=60) as far:
                self.open.add(far)
                if self.raw:
                    self._pass_raw(near, far)
                else:
                    with self.server_context.wrap_socket(near, server_side=True) as outer:
                        with self.client_context.wrap_socket(far, server_hostname=self.server_name) as inner:
                            self._pass_messages(outer, inner)
        except (OSError, EOFError, _Harmed):
            pass

    def _harm_now(self, kind):
        """The harm that this message gets."""
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            count = self.counts[kind] if self.kind else sum(self.counts.values())
            if self.done or self.harm is None or self.kind not in ("", kind) or count != self.number:
                return None
            self.done = True
            return self.harm

    def _pass_messages(self, outer, inner):
        while True:
            head, body = read_message(outer)
            operation = head.split(b" ")[1].rpartition(b"/")[2].decode()
            self._pass_on(head, body, inner, outer, f"{operation} request")
            head, body = read_message(inner)
            self._pass_on(head, body, outer, inner, f"{operation} response")

    def _pass_on(self, head, body, to, other, kind):
        harm = self._harm_now(kind)
        data = head + body
        if harm == "stall":
            with contextlib.suppress(OSError):
                to.settimeout(60)
                other.settimeout(60)
                to.recv(1)  # until somebody loses patience
            raise _Harmed
        if harm == "reset":
            for one in (to, other):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Harmed
        if harm == "close":
            raise _Harmed
        if harm == "truncate":
            to.sendall(data[: len(data) * 2 // 3])
            raise _Harmed
        if harm == "flip body" and body:
            data = head + flipped(body, len(body) * 2 // 3)
        if harm == "flip head":
            data = flipped(head, len(head) // 2) + body
        to.sendall(data)

    def _pass_raw(self, near, far):
        """Both ways at once; a piece is what one read gives."""

        def pump(source, to, kind):
            try:
                while data := source.recv(PIECE_BYTES):
                    harm = self._harm_now(kind)
                    if harm == "flip body":
                        data = flipped(data, len(data) * 2 // 3)
                    if harm == "truncate":
                        to.sendall(data[: len(data) // 2])
                    if harm == "stall":
                        to.recv(1)
                    if harm == "reset":
                        to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    if harm in ("truncate", "stall", "reset", "close"):
                        break
                    to.sendall(data)
            except OSError:
                pass
            for one in (source, to):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        back = threading.Thread(target=pump, args=(far, near, "back"), daemon=True)
        back.start()
        pump(near, far, "forth")
        back.join()


class _Harmed(Exception):
    """The connection is done with."""


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def read_message(stream):
    """Head and body of one HTTP message with a Content-Length."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = stream.recv(1)
        if not piece:
            raise EOFError
        head += piece
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = bytearray()
    while len(body) < length:
        piece = stream.recv(min(PIECE_BYTES, length - len(body)))
        if not piece:
            raise EOFError
        body += piece
    return head, bytes(body)
