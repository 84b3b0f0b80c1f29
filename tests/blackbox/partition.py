"""Three processes that hold one region each and replicate with mutual TLS, as an operator would set up."""
import json
import pathlib
import random
import socket
import ssl
import subprocess

import argosyd

REGION_OF = {"alpha": "us-east-1", "beta": "us-west-2", "gamma": "eu-west-1"}
REPLICATION_PORT = 7443
PUBLIC_PORT = 8443


def certificate(*arguments):
    """argosyd certificate …; what it prints, decoded."""
    out = subprocess.run(
        [argosyd.BINARY, "certificate", *arguments, "--output", "json"],
        capture_output=True,
        text=True,
        timeout=argosyd.PATIENCE_S,
        check=False,
    )
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)[0]


class Process(argosyd.Server):
    """One argosyd with a configuration file."""

    def __init__(self, folder, name, address, certificates):
        super().__init__(folder / name / "data", ["--config", folder / name / "argosyd.yaml"])
        (folder / name).mkdir()
        self.name = name
        self.region = REGION_OF[name]
        self.address = address
        self.certificates = certificates
        self.config = {}

    @property
    def tls_files(self):
        return {
            "certificate_file": str(self.certificates / f"{self.name}.pem"),
            "key_file": str(self.certificates / f"{self.name}.key"),
        }

    def write_config(self):
        self.arguments[1].write_text(json.dumps(self.config, indent=1))  # JSON is YAML
        return self

    def ended(self, *arguments, **options):
        """An operator's command with this process's configuration, as it ended."""
        return subprocess.run(
            [argosyd.BINARY, *arguments, "--config", self.arguments[1]],
            capture_output=True,
            text=True,
            timeout=argosyd.PATIENCE_S,
            check=False,
            **options,
        )

    def run(self, *arguments, status=0, **options):
        """The same of one that must end with that status: its stdout, or stderr if it must fail."""
        out = self.ended(*arguments, **options)
        assert out.returncode == status, out.stderr
        return out.stderr if status else out.stdout

    def rows(self, *arguments):
        return json.loads(self.run(*arguments, "--output", "json"))

    def openings(self):
        return self.rows("openings")

    def account(self, row):
        """An access key as a client of this process."""
        return argosyd.Account(self, row)


class Partition:
    """The processes, their certificates and their configurations. Nothing is started.

    `timeout_s`: how long a process waits for a silent peer; short where a test makes one fall silent."""

    def __init__(self, folder, addresses=None, timeout_s=20):
        self.timeout_s = timeout_s
        self.folder = pathlib.Path(folder)
        self.certificates = self.folder / "certificates"
        self.certificates.mkdir(parents=True)
        certificate("authority", "--directory", self.certificates)
        self.authority = self.certificates / "authority.pem"
        addresses = addresses or loopback_addresses()
        self.processes = {
            name: Process(self.folder, name, addresses[name], self.certificates) for name in REGION_OF
        }
        for process in self.processes.values():
            certificate("issue", process.name, process.address, "--directory", self.certificates)
            process.config = self.config_of(process)
            process.write_config()

    def __getattr__(self, name):
        return self.processes[name]

    def config_of(self, process):
        config = {
            "listen": f"{process.address}:{PUBLIC_PORT}",
            "data_directory": str(process.data_dir),
            "root_key_file": str(process.data_dir.parent / "root.key"),
            "regions": [process.region],
            "replication": {
                "listen": f"{process.address}:{REPLICATION_PORT}",
                "authority_file": str(self.authority),
                "timeout_seconds": self.timeout_s,
            }
            | process.tls_files,
            "peers": [
                {
                    "name": peer.name,
                    "regions": [peer.region],
                    "endpoint": f"{peer.address}:{REPLICATION_PORT}",
                    "public_endpoint": f"{peer.address}:{PUBLIC_PORT}",
                    "certificate_name": peer.name,
                    "accounts": "all",
                    "receives_keys": True,
                }
                for peer in self.processes.values()
                if peer is not process
            ],
        }
        if not process.address.startswith("127."):
            config["tls"] = process.tls_files
            process.certificate = str(self.authority)
        return config

    def line(self, process, peer):
        """The line of a peer in the configuration of a process."""
        return next(line for line in self.processes[process].config["peers"] if line["name"] == peer)

    def start(self):
        for process in self.processes.values():
            process.start()
        return self

    def check_alive(self):
        for process in self.processes.values():
            died = process.process.poll() is not None
            assert not died, f"{process.name} died: {process.log.read_text()[-2000:]}"

    def stop(self):
        for process in self.processes.values():
            if process.process and process.process.poll() is None:
                process.kill()

    def new_account(self, name, home="alpha"):
        """An account with a key, made at one process and handed to the others; by process name."""
        home = self.processes[home]
        row = home.rows("account", "create", name)[0] | home.rows("access-key", "create", name)[0]
        for process in self.processes.values():
            if process is not home:
                self.hand_over(home, process)
        return {process.name: process.account(row) for process in self.processes.values()}

    def hand_over(self, source, destination):
        return self.take_over(destination, self.export(source, destination))

    def export(self, source, destination):
        pem = self.certificates / f"{destination.name}.pem"
        return source.run("account", "export", "--for", destination.name, "--certificate", pem)

    def take_over(self, destination, sealed):
        out = destination.run("account", "import", "-", "--output", "json", input=sealed)
        return {row["access_key_id"] or row["account_id"]: row["change"] for row in json.loads(out)}

    def context(self, name, *, certificate_of=None, authority=None, server=False):
        """TLS as that process would speak it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority or self.authority)
        folder = certificate_of or self.certificates
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        return context


def loopback_addresses():
    """Addresses of 127.0.0.0/8 that nothing else uses, so that fixed ports are free on them."""
    found = {}
    while len(found) < len(REGION_OF):
        address = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(2, 250)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, REPLICATION_PORT))
            except OSError:
                continue
        found[list(REGION_OF)[len(found)]] = address
    return found


def ask(partition, as_name, process, operation, body, *, destination, source, context=None):
    """One call of the replication protocol with the certificate of a process: status and body."""
    payload = json.dumps(body).encode()
    head = (
        f"POST /replication/{operation} HTTP/1.1\r\nHost: {process.address}\r\n"
        f"Content-Type: application/json\r\nArgosy-Source-Region: {source}\r\n"
        f"Argosy-Destination-Region: {destination}\r\n"
        f"Content-Length: {len(payload)}\r\nConnection: close\r\n\r\n"
    )
    context = context or partition.context(as_name)
    with socket.create_connection((process.address, REPLICATION_PORT), timeout=argosyd.PATIENCE_S) as plain:
        with context.wrap_socket(plain) as stream:
            stream.sendall(head.encode() + payload)
            answer = b""
            while piece := stream.recv(65536):
                answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
