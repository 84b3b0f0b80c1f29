"""The clients that people have, behind one call: Debian's boto3, its aws command, the newest SDK for JavaScript.

Each takes what boto3 takes and answers as boto3 does, with bytes where the content of blocks or of ciphertexts is
(times are as the client tells them); a refusal is botocore's ClientError, for which there is `argosyd.refused`. The
aws command starts anew for each call, which takes it a second: tests leave their surroundings to boto3."""
import base64
import json
import pathlib
import re
import subprocess
import tempfile

import botocore
from botocore.exceptions import ClientError

import argosyd

JAVASCRIPT = pathlib.Path(__file__).parent / "js"
BYTES = ("BlockData", "CiphertextBlob", "Plaintext")


def to_base64(data):
    return base64.b64encode(data).decode()


class Boto3:
    def call(self, account, service, operation, region="us-east-1", **given):
        answer = getattr(account.client(service, region), botocore.xform_name(operation))(**given)
        return {name: value.read() if hasattr(value, "read") else value for name, value in answer.items()}


def run_aws(account, *arguments, region="us-east-1"):
    return subprocess.run(
        ["/usr/bin/aws", "--endpoint-url", account.server.endpoint, "--output", "json", *arguments],
        capture_output=True,
        text=True,
        env=account.environment(region),
        check=False,
    )


def aws(account, *arguments, region="us-east-1", status=0):
    """What the command prints, decoded; or, with another status, what it complains of."""
    out = run_aws(account, *arguments, region=region)
    assert out.returncode == status, out.stderr
    if status:
        return out.stderr
    return json.loads(out.stdout) if out.stdout.strip() else None


class Aws:
    """The command; it tells neither the HTTP status of a refusal nor its reason."""

    def call(self, account, service, operation, region="us-east-1", **given):
        arguments = [service, botocore.xform_name(operation, "-")]
        with tempfile.TemporaryDirectory() as folder:
            content = pathlib.Path(folder) / "content"
            if operation == "GetSnapshotBlock":  # what writes a file takes no JSON
                for name, value in given.items():
                    arguments += ["--" + botocore.xform_name(name, "-"), str(value)]
                arguments.append(content)
            else:
                arguments += ["--cli-input-json", json.dumps(given, default=to_base64)]
            out = run_aws(account, *arguments, region=region)
            if out.returncode:
                refusal = re.search(r"\(([\w.]+)\) when calling the \w+ operation.*?: (.*)", out.stderr)
                assert refusal, out.stderr
                error = {"Code": refusal[1], "Message": refusal[2]}
                raise ClientError({"Error": error, "ResponseMetadata": {}}, operation)
            answer = json.loads(out.stdout) if out.stdout.strip() else {}
            answer |= {name: base64.b64decode(answer[name]) for name in BYTES if name in answer}
            return answer | ({"BlockData": content.read_bytes()} if content.exists() else {})


class JavaScript:
    """js/calls.mjs as a process that makes calls."""

    def __init__(self):
        node = JAVASCRIPT / "node_modules/.bin/node"
        assert node.exists(), f"the SDK is not installed: run `npm ci` in {JAVASCRIPT}"
        self.process = subprocess.Popen(
            [node, "calls.mjs"],
            cwd=JAVASCRIPT,
            env=argosyd.CLIENT_ENVIRONMENT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def call(self, account, service, operation, region="us-east-1", **given):
        request = {
            "service": service,
            "command": operation,
            "region": region,
            "endpoint": account.server.endpoint,
            "input": given,
            "credentials": {
                "accessKeyId": account.access_key_id,
                "secretAccessKey": account.secret_access_key,
            },
        }
        self.process.stdin.write(json.dumps(request, default=lambda data: {"$bytes": to_base64(data)}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            error = answer["error"]
            told = {
                "Error": {"Code": error["name"], "Message": error["message"]},
                "ResponseMetadata": {"HTTPStatusCode": error.get("status")},
                "Reason": error.get("reason"),
            }
            raise ClientError(told, operation)
        output = answer["output"]
        return output | {name: base64.b64decode(output[name]["$bytes"]) for name in BYTES if name in output}

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
