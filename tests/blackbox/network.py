"""Network namespaces: a host for each process, and one in the middle where the tests themselves stand."""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments):
    out = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=60, check=False)
    if out.returncode != 0:
        raise OSError(f"network namespaces need root and iproute2: ip {' '.join(arguments)}: {out.stderr}")


class Network:
    """A bridge and a namespace for each name; addresses 10.77.0.1, 10.77.0.2, … Needs root."""

    def __init__(self, names):
        self.middle = f"argosy-{os.getpid()}"
        self.hosts = {name: f"{self.middle}-{name}" for name in names}
        self.addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, 1)}
        self.links = {name: f"to{number}" for number, name in enumerate(names, 1)}

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        for namespace in (self.middle, *self.hosts.values()):
            ip("netns", "add", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")
        ip("-n", self.middle, "link", "add", "bridge", "type", "bridge")
        ip("-n", self.middle, "address", "add", "10.77.0.254/24", "dev", "bridge")
        ip("-n", self.middle, "link", "set", "bridge", "up")
        for name, host in self.hosts.items():
            link = self.links[name]
            peer = ["peer", "name", "eth0", "netns", host]
            ip("link", "add", link, "netns", self.middle, "type", "veth", *peer)
            ip("-n", self.middle, "link", "set", link, "master", "bridge", "up")
            ip("-n", host, "address", "add", f"{self.addresses[name]}/24", "dev", "eth0")
            ip("-n", host, "link", "set", "eth0", "up")

    def __exit__(self, *_):
        for namespace in (*self.hosts.values(), self.middle):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, timeout=60)

    def run_in(self, name):
        """The beginning of a command that is to run on that host."""
        return ["ip", "netns", "exec", self.hosts[name]]

    def cut(self, name):
        """What is sent to that host or from it vanishes, until it is joined again."""
        ip("-n", self.middle, "link", "set", self.links[name], "down")

    def join(self, name):
        ip("-n", self.middle, "link", "set", self.links[name], "up")

    @contextlib.contextmanager
    def entered(self):
        """This thread, and those that it starts, stand in the middle."""
        with open("/proc/self/ns/net") as before, open(f"/run/netns/{self.middle}") as middle:
            enter(middle)
            try:
                yield
            finally:
                enter(before)


def enter(namespace):
    if _libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
