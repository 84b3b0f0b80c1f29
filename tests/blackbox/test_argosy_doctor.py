"""argosy doctor: well against a well server; each thing that can be wrong is told, with what to do."""
import contextlib
import email.utils
import http.server
import json
import threading
import time

import pytest

import scripted
from argosy import argosy, argosy_json, run

HOME = "<html><body>a web server</body></html>"


def checks(account, *arguments, status=1, **environment):
    """name -> check."""
    report = argosy_json(account, "doctor", *arguments, status=status, **environment)
    assert report["ok"] == (status == 0)
    return {check["name"]: check for check in report["checks"]}


@contextlib.contextmanager
def pretender(answer, skew_s=0):
    """A server of its own that answers with `answer(path, body)`: status, headers and body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, headers, text = answer(self.path, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST

        def date_time_string(self, timestamp=None):
            return email.utils.formatdate(time.time() + skew_s, usegmt=True)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_all_is_well_with_a_server_of_ours(owner):
    found = checks(owner, status=0)
    assert found["clock"]["finding"] == "agrees with the service's"
    assert found["credentials"]["finding"].startswith(owner.access_key_id)
    assert owner.secret_access_key not in str(found)
    assert owner.id in found["identity"]["finding"] and "us-west-2" in found["region"]["finding"]
    operations = {name for name in found if name.startswith("may ")}
    ec2 = ("CopyImage", "RegisterImage", "DescribeImageAttribute", "RunInstances", "TerminateInstances")
    ebs = ("StartSnapshot", "ListSnapshotBlocks", "CompleteSnapshot")
    kms = ("ListAliases", "DescribeKey", "CreateGrant", "GenerateDataKeyWithoutPlaintext")
    for service, names in {"ec2": ec2, "ebs": ebs, "kms": kms}.items():
        assert {f"may {service}:{name}" for name in names} <= operations
    assert {found[name]["finding"] for name in operations} == {"allowed"}
    lines = argosy(owner, "doctor").splitlines()
    assert all(line.startswith("ok ") for line in lines) and len(lines) == len(found)


def test_nothing_is_changed(owner):
    def everything():
        ec2 = owner.ec2()
        snapshots = {one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        return ec2.describe_images(Owners=["self"])["Images"], ec2.describe_tags()["Tags"], snapshots

    before = everything()
    argosy(owner, "doctor")
    assert everything() == before


def test_credentials_are_told_apart(owner):
    missing = checks(owner, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert (
        missing["credentials"]["health"] == "wrong"
        and "AWS_ACCESS_KEY_ID" in missing["credentials"]["finding"]
    )
    assert (
        missing["endpoint ec2, ebs, kms, sts"]["health"] == "ok" and missing["permissions"]["health"] == "skipped"
    )
    secret = checks(owner, AWS_SECRET_ACCESS_KEY="wrong")
    assert secret["identity"]["health"] == "wrong" and "secret access key" in secret["identity"]["advice"]
    unknown = checks(owner, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    assert unknown["identity"]["health"] == "wrong" and unknown["identity"]["advice"]


def test_a_process_of_the_profile_gives_credentials(owner, tmp_path):
    keys = {"Version": 1, "AccessKeyId": owner.access_key_id, "SecretAccessKey": owner.secret_access_key}
    (tmp_path / "keys").write_text(json.dumps(keys))
    (tmp_path / "config").write_text(f"[profile lab]\ncredential_process = cat {tmp_path}/keys\n")
    found = checks(owner, "--profile", "lab", status=0, AWS_CONFIG_FILE=tmp_path / "config")
    assert "credential_process of the profile lab" in found["credentials"]["finding"]


@pytest.mark.parametrize(
    "url, words",
    [
        ("http://127.0.0.1:1", "firewalls"),
        ("http://no-such-host.invalid", "DNS"),
        ("https://127.0.0.1:{port}", "AWS_CA_BUNDLE"),
        ("127.0.0.1", ""),
    ],
)
def test_an_endpoint_that_does_not_answer_is_told_with_what_to_do(owner, url, words):
    found = checks(owner, "--endpoint-url", url.format(port=owner.server.port))
    [endpoint] = [check for name, check in found.items() if name.startswith("endpoint")]
    assert endpoint["health"] == "wrong" and words in endpoint["advice"]
    assert found["permissions"]["health"] == "skipped"


def test_a_region_that_is_none_is_told(owner):
    found = checks(owner, "--region", "mars-1")
    assert found["region"]["health"] == "wrong"
    assert "region" in checks(owner, AWS_DEFAULT_REGION=None)


@pytest.mark.parametrize("skew_s, word", [(-1200, "ahead"), (1200, "behind")])
def test_a_clock_that_is_off_is_told_with_direction_and_amount(owner, skew_s, word):
    with pretender(lambda path, body: (200, {}, HOME), skew_s) as url:
        clock = checks(owner, "--endpoint-url", url)["clock"]
    assert clock["health"] == "wrong" and word in clock["finding"]
    assert "20 min" in clock["finding"] or "19 min 59 s" in clock["finding"]


def test_a_server_that_is_not_ec2_is_told(owner):
    with pretender(lambda path, body: (200, {}, HOME)) as url:
        found = checks(owner, "--endpoint-url", url)
    assert found["endpoint ec2, ebs, kms, sts"]["health"] == "ok" and found["region"]["health"] == "wrong"
    with pretender(lambda path, body: (404, {}, HOME)) as url:
        found = checks(owner, "--endpoint-url", url)
    assert "is the endpoint URL right?" in found["region"]["finding"]


def allowing(path, body):
    """The answers of a service that lets everything in."""
    if path.startswith("/snapshots"):
        return 403, {"x-amzn-ErrorType": "ResourceNotFoundException"}, '{"Message": "no"}'
    if '"KeyId"' in body:
        return 400, {}, scripted.kms_error("NotFoundException")
    if body.startswith("{"):
        return 200, {}, '{"Aliases": [], "Keys": [], "Truncated": false}'
    if "GetCallerIdentity" in body:
        return 200, {}, scripted.identity("123456789012")
    if "DescribeRegions" in body:
        return 200, {}, "<R><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></R>"
    return 403, {}, scripted.error("DryRunOperation")


def found_wrong(owner, answer):
    """What doctor finds wrong with such a service."""
    with pretender(answer) as url:
        found = checks(owner, "--endpoint-url", url)
    return {name: check for name, check in found.items() if check["health"] == "wrong"}


def test_operations_that_a_policy_denies_are_told(owner):
    def answer(path, body):
        if "completion" in path:
            return 403, {"x-amzn-ErrorType": "AccessDeniedException"}, '{"Message": "no"}'
        if "GranteePrincipal" in body:
            return 400, {}, scripted.kms_error("AccessDeniedException")
        if "Action=CopyImage" in body:
            return 403, {}, scripted.error("UnauthorizedOperation")
        return allowing(path, body)

    denied = found_wrong(owner, answer)
    assert set(denied) == {"may ec2:CopyImage", "may ebs:CompleteSnapshot", "may kms:CreateGrant"}
    assert "ec2:CopyImage" in denied["may ec2:CopyImage"]["advice"]


def test_what_does_not_tell_that_it_is_allowed_is_not_taken_for_it(owner):
    def answer(path, body):
        if "Action=DeregisterImage" in body:  # as AWS does
            return 400, {}, scripted.error("InvalidAMIID.NotFound")
        if "Action=CopyImage" in body:
            return 400, {}, scripted.error("InvalidAction")
        if "/blocks?" in path:
            return 403, {"x-amzn-ErrorType": "InvalidSignatureException"}, '{"Message": "no"}'
        if body.startswith("{") and path == "/" and '"KeyId"' not in body:
            return 200, {}, HOME
        return allowing(path, body)

    not_told = {"ec2:CopyImage", "ebs:ListSnapshotBlocks", "kms:ListKeys", "kms:ListAliases"}
    assert set(found_wrong(owner, answer)) == {f"may {operation}" for operation in not_told}


def test_a_profile_that_is_not_there_is_a_mistake_of_configuration(owner):
    assert "nobody" in run(owner, "doctor", "--profile", "nobody", status=253)[1]
