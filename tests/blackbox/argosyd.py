"""The server under test as a process, and its accounts as clients of it."""
import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import threading
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest

import sanitizers
import sigv4

BINARY = pathlib.Path(
    os.environ.get("ARGOSYD", pathlib.Path(__file__).parents[2] / "build/release/argosyd")
).resolve()
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
# Far above what anything here takes, so that a hang ends; no test measures time. Sanitizers need more of it.
PATIENCE_S = int(os.environ.get("ARGOSY_PATIENCE_S", "60"))
# The server promises to stop within five seconds; one that needs more patience gets more for this, too.
STOP_S = PATIENCE_S / 12
# What the tests give the environment of a client: nothing of the developer's own.
CLIENT_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "AWS_PAGER": "",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def wait_until(condition, what, patience_s=PATIENCE_S):
    """The first true value of `condition()`, asked often."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain: {what}"
        time.sleep(0.01)
    return value


@contextlib.contextmanager
def meanwhile(*works):
    """Does each work again and again, all at once, until the block ends. One that fails fails the block."""
    stop = threading.Event()

    def repeat(work):
        while not stop.is_set():
            work()

    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        tasks = [pool.submit(repeat, work) for work in works]
        try:
            yield
        finally:
            stop.set()
            for task in tasks:
                task.result()


class Server:
    """argosyd on a data directory; may be started again after it stopped."""

    def __init__(self, data_dir, arguments=None):
        self.data_dir = pathlib.Path(data_dir)
        self.arguments = arguments or [
            "--dev",
            "--data-dir",
            self.data_dir,
            "--listen",
            "127.0.0.1:0",
            "--regions",
            ",".join(REGIONS),
        ]
        self.log = pathlib.Path(f"{data_dir}.log")
        self.root_key = None  # its file, where it is not the one beside the data directory
        self.certificate = None  # what clients trust, if it speaks TLS
        self.prefix = []  # a command that runs it somewhere else
        self.process = None
        self.ready_line = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, BINARY, *self.arguments], stdout=subprocess.PIPE, stderr=log, text=True
            )
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        self.ready_line = self.process.stdout.readline() if readable else ""
        if not re.fullmatch(r"argosyd ready https?://[0-9.]+:[1-9][0-9]*\n", self.ready_line):
            self.kill()
            pytest.fail(f"no ready line but {self.ready_line!r}; log:\n{self.log.read_text()[-3000:]}")
        return self

    @property
    def endpoint(self):
        return self.ready_line.split()[2]

    @property
    def host(self):
        return self.endpoint.partition("://")[2].rpartition(":")[0]

    @property
    def port(self):
        return int(self.endpoint.rpartition(":")[2])

    @functools.cached_property
    def accounts(self):
        rows = json.loads((self.data_dir / "accounts.json").read_text())
        return {row["name"]: Account(self, row) for row in rows}

    def stop(self, number=signal.SIGTERM):
        """Returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=STOP_S)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def run(self, *arguments):
        """An operator's command beside the server, as it ended."""
        return subprocess.run(
            [BINARY, *arguments, "--data-dir", self.data_dir, "--output", "json"]
            + (["--root-key", self.root_key] if self.root_key else []),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def command(self, *arguments):
        """Runs an operator's command that succeeds; what it prints, decoded."""
        out = self.run(*arguments)
        assert out.returncode == 0, out.stderr
        return json.loads(out.stdout) if out.stdout.strip() else None

    def ask(self, command, region="us-east-1", *more):
        """Runs an operator's command on a region, which may find something: its exit status and what it tells."""
        out = self.run(command, "--region", region, *more)
        assert out.stdout, out.stderr
        return out.returncode, json.loads(out.stdout)[0]

    def new_account(self, name):
        """An account beside those of --dev, with an access key."""
        made = self.command("account", "create", name)[0]
        return Account(self, made | self.command("access-key", "create", name)[0])


def configured(folder, more="", regions=REGIONS):
    """A started server by a configuration file, without accounts; `more`: what it says beyond the least."""
    path = pathlib.Path(folder) / "argosyd.yaml"
    path.write_text(
        f"listen: 127.0.0.1:0\ndata_directory: {folder}/data\nroot_key_file: {folder}/root.key\n"
        f"regions: [{', '.join(regions)}]\n{more}"
    )
    server = Server(pathlib.Path(folder) / "data", ["--config", path])
    server.root_key = pathlib.Path(folder) / "root.key"
    return server.start()


class Account:
    """One access key, and the clients that use it."""

    def __init__(self, server, row):
        self.server = server
        self.name = row["name"]
        self.id = row["account_id"]
        self.access_key_id = row["access_key_id"]
        self.secret_access_key = row["secret_access_key"]
        self._clients = {}

    def client(self, service, region):
        key = (self.server.endpoint, service, region)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.server.endpoint,
                verify=self.server.certificate,
                aws_access_key_id=self.access_key_id,
                aws_secret_access_key=self.secret_access_key,
                config=botocore.config.Config(
                    retries={"total_max_attempts": 1}, max_pool_connections=16, read_timeout=PATIENCE_S
                ),
            )
        return self._clients[key]

    def ec2(self, region="us-east-1"):
        return self.client("ec2", region)

    def ebs(self, region="us-east-1"):
        return self.client("ebs", region)

    def kms(self, region="us-east-1"):
        return self.client("kms", region)

    def sts(self, region="us-east-1"):
        return self.client("sts", region)

    def query(self, action, region="us-east-1", *, service="ec2", **parameters):
        """An EC2 or STS call by hand: what no client would send, and answers as they are on the wire.
        A parameter's dots are written as double underscores: Filter__1__Name."""
        version = {"ec2": "2016-11-15", "sts": "2011-06-15"}[service]
        pairs = [("Action", action), ("Version", version)]
        pairs += [(name.replace("__", "."), str(value)) for name, value in parameters.items()]
        return sigv4.post_form(self, pairs, region=region, service=service)

    def post_kms(self, operation, region="us-east-1", **members):
        """A KMS call by hand: what Debian's botocore does not know, and answers as they are on the wire."""
        return self.post_kms_text(operation, json.dumps(members), region)

    def post_kms_text(self, operation, text, region="us-east-1"):
        """The same of any text: what no client would send."""
        request = sigv4.Request(
            headers=[
                ("Content-Type", "application/x-amz-json-1.1"),
                ("X-Amz-Target", f"TrentService.{operation}"),
            ],
            body=text.encode(),
        )
        return sigv4.send(self.server, sigv4.sign(self, request, region=region, service="kms"))

    def environment(self, region="us-east-1"):
        return CLIENT_ENVIRONMENT | sanitizers.environment() | {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": region,
        }


# The HTTP statuses of errors where they are not 400. Source: the EC2, EBS direct and KMS API references.
STATUSES = {
    "AuthFailure": (401, 403),
    "InvalidClientTokenId": (403,),
    "UnauthorizedOperation": (403,),
    "UnrecognizedClientException": (400, 403),
    "DryRunOperation": (412,),
    "AccessDeniedException": (400, 403),
    "ResourceNotFoundException": (404,),
    "ConflictException": (400, 409),
    "InsufficientInstanceCapacity": (500,),
    "InternalServerException": (500,),
    "Unavailable": (503,),
}


@contextlib.contextmanager
def refused(*codes, message=None, reason=None):
    """The block must be refused with one of the codes (and its HTTP status, if the client tells it)."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield caught
    error = caught.value.response
    code = error["Error"]["Code"]
    assert code in codes, error
    expected = STATUSES.get(code, (400,))
    assert error["ResponseMetadata"].get("HTTPStatusCode", expected[0]) in expected, error
    if message is not None:
        assert error["Error"]["Message"] == message
    if reason is not None:
        assert error["Reason"] == reason
