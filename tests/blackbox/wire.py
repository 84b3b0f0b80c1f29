"""A wire to a server that counts what crosses it, stops it, and cuts it."""
import contextlib
import socket
import threading


class Wire:
    """Listens on a port of its own and passes everything on to that address; in use until it is closed."""

    def __init__(self, address, port):
        self._target = (address, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._flowing = threading.Condition(self._lock)
        self._limit = None
        self._sockets = set()
        self.sent = 0  # bytes from the client to the server
        self.received = 0  # bytes to the client
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def endpoint(self):
        return f"http://{self.address}"

    def stop_after(self, more):
        """From now on only so many bytes more pass, both ways together; with None the wire flows again."""
        with self._lock:
            self._limit = None if more is None else self.sent + self.received + more
            self._flowing.notify_all()

    def is_stopped(self):
        with self._lock:
            return self._limit is not None and self.sent + self.received >= self._limit

    def cut(self):
        """Every connection that is open breaks."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def count(self):
        """What has crossed since the last count: sent, received."""
        with self._lock:
            counted = self.sent, self.received
            self.sent = self.received = 0
            return counted

    def refuse(self):
        """Every connection breaks, and nobody answers any more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self.cut()

    def close(self):
        self.stop_after(None)
        self.refuse()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._sockets |= {client, server}
            threading.Thread(target=self._pass_on, args=(client, server, "sent"), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, "received"), daemon=True).start()

    def _pass_on(self, source, sink, counter):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    self._flowing.wait_for(
                        lambda: self._limit is None or self.sent + self.received < self._limit
                    )
                    setattr(self, counter, getattr(self, counter) + len(data))
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
