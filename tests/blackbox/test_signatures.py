"""Signature Version 4: which signatures are accepted, and what is said about the others."""
import datetime
import hashlib
import json

import pytest

import disks
import sigv4

DESCRIBE = [("Action", "DescribeRegions"), ("Version", "2016-11-15")]
IDENTITY = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]

# What each service says. Source: ec2-semantics A7; EBS direct says it as the other JSON services do.
CODES = {
    "ec2": {
        "unknown key": [(401, "AuthFailure")],
        "wrong signature": [(401, "AuthFailure")],
        "expired": [(400, "RequestExpired")],
        "none": [(403, "MissingAuthenticationToken")],
        "incomplete": [(400, "IncompleteSignature")],
    },
    "sts": {
        "unknown key": [(403, "InvalidClientTokenId")],
        "wrong signature": [(403, "SignatureDoesNotMatch")],
        "expired": [(403, "SignatureDoesNotMatch"), (400, "RequestExpired"), (403, "ExpiredToken")],
        "none": [(403, "MissingAuthenticationToken")],
        "incomplete": [(400, "IncompleteSignature")],
    },
    "ebs": {
        "unknown key": [(status, "UnrecognizedClientException") for status in (400, 403)],
        "wrong signature": [(status, "InvalidSignatureException") for status in (400, 403)],
        "expired": [(status, "InvalidSignatureException") for status in (400, 403)],
        "none": [(status, "MissingAuthenticationTokenException") for status in (400, 403)],
        "incomplete": [(status, "IncompleteSignatureException") for status in (400, 403)],
    },
}
SERVICES = list(CODES)


def request_for(service):
    """A request that succeeds when it is signed."""
    if service == "ebs":
        return sigv4.Request(
            path="/snapshots", headers=[("Content-Type", "application/json")], body=b'{"VolumeSize":1}'
        )
    return sigv4.form_request(IDENTITY if service == "sts" else DESCRIBE)


def send_signed(account, service, request=None, **options):
    request = sigv4.sign(account, request or request_for(service), service=service, **options)
    return sigv4.send(account.server, request)


def verdict(answer):
    return answer.status, answer.code


def with_key(account, access_key_id=None, secret_access_key=None):
    row = {
        "name": account.name,
        "account_id": account.id,
        "access_key_id": access_key_id or account.access_key_id,
        "secret_access_key": secret_access_key or account.secret_access_key,
    }
    return type(account)(account.server, row)


def minutes_from_now(minutes):
    return sigv4.now() + datetime.timedelta(minutes=minutes)


@pytest.mark.parametrize("service", SERVICES)
def test_a_signature_in_headers_is_accepted(owner, service):
    assert send_signed(owner, service).status in (200, 201)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("payload_hash", [False, True])
def test_the_hash_of_the_body_may_be_said_or_not(owner, service, payload_hash):
    request = request_for(service)
    said = hashlib.sha256(request.body).hexdigest() if payload_hash else None
    assert send_signed(owner, service, request, payload_hash=said).status in (200, 201)


@pytest.mark.parametrize("service, pairs", [("ec2", DESCRIBE), ("sts", IDENTITY)])
def test_a_presigned_url_is_accepted(owner, service, pairs):
    assert sigv4.send(owner.server, sigv4.presign(owner, pairs, service=service)).status == 200


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_key_is_refused(owner, service):
    assert (
        verdict(send_signed(with_key(owner, "AKIA0000000000000000"), service))
        in CODES[service]["unknown key"]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_secret_is_refused(owner, service):
    answer = send_signed(with_key(owner, secret_access_key=owner.secret_access_key[:-1] + "?"), service)
    assert verdict(answer) in CODES[service]["wrong signature"]


def test_the_key_of_one_account_does_not_fit_the_secret_of_another(owner, recipient):
    mixed = with_key(owner, secret_access_key=recipient.secret_access_key)
    assert verdict(send_signed(mixed, "ec2")) == (401, "AuthFailure")


def test_ec2_says_no_more_than_that_credentials_are_not_good(owner):
    answer = send_signed(with_key(owner, "AKIA0000000000000000"), "ec2")
    assert answer.message == "AWS was not able to validate the provided access credentials"


@pytest.mark.parametrize("service", SERVICES)
def test_a_request_without_credentials_is_refused(owner, service):
    request = request_for(service)
    request.headers.append(("Host", sigv4.host_of(owner.server)))
    answer = sigv4.send(owner.server, request)
    if service == "sts":  # nothing in an unsigned request says that it is for STS
        assert answer.status == 403 and answer.code == "MissingAuthenticationToken"
    else:
        assert verdict(answer) in CODES[service]["none"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
def test_an_authorization_header_that_lacks_a_part_is_incomplete(owner, service, part):
    request = sigv4.sign(owner, request_for(service), service=service)
    name, value = request.headers.pop()
    kept = ", ".join(piece for piece in value.split(" ", 1)[1].split(", ") if not piece.startswith(part))
    request.headers.append((name, "AWS4-HMAC-SHA256 " + kept))
    answer = sigv4.send(owner.server, request)
    # Without a credential scope the service is a guess.
    wanted = "ec2" if service == "sts" and part == "Credential" else service
    assert verdict(answer) in CODES[wanted]["incomplete"]


@pytest.mark.parametrize(
    "authorization", ["Basic b3duZXI6c2VjcmV0", "AWS4-HMAC-SHA256", "AWS AKIA:signature", "x" * 5000]
)
def test_another_kind_of_authorization_is_refused(owner, authorization):
    request = sigv4.form_request(DESCRIBE)
    request.headers += [("Host", sigv4.host_of(owner.server)), ("Authorization", authorization)]
    answer = sigv4.send(owner.server, request)
    assert answer.status in (400, 401, 403)
    assert answer.code in ("IncompleteSignature", "MissingAuthenticationToken", "AuthFailure")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_more_than_fifteen_minutes_off_is_refused(owner, service, minutes):
    assert verdict(send_signed(owner, service, at=minutes_from_now(minutes))) in CODES[service]["expired"]


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_less_than_fifteen_minutes_off_is_accepted(owner, minutes):
    assert send_signed(owner, "ec2", at=minutes_from_now(minutes)).status == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_date_of_the_scope_must_be_that_of_the_request(owner, service):
    yesterday = minutes_from_now(-24 * 60).strftime("%Y%m%d")
    assert verdict(send_signed(owner, service, scope_date=yesterday)) in CODES[service]["wrong signature"]


@pytest.mark.parametrize("service", ["ec2", "ebs"])
def test_a_region_that_is_not_served_is_refused(owner, service):
    assert verdict(send_signed(owner, service, region="ap-south-9")) in CODES[service]["wrong signature"]


def test_the_scope_gives_the_region(owner):
    for region in ("us-east-1", "eu-west-1"):
        answer = owner.query("DescribeAvailabilityZones", region)
        assert {element.text for element in answer.xml.iter("regionName")} == {region}


def test_the_scope_gives_the_service(owner):
    assert sigv4.post_form(owner, IDENTITY, service="sts").status == 200
    assert sigv4.post_form(owner, IDENTITY, service="ec2").code in ("InvalidAction", "NoSuchVersion")
    assert sigv4.post_form(owner, DESCRIBE, service="sts").code in ("InvalidAction", "NoSuchVersion")


@pytest.mark.parametrize("service", ["s3", "iam", "nonsense"])
def test_a_service_that_is_not_served_is_refused(owner, service):
    assert send_signed(owner, "ec2", sigv4.form_request(DESCRIBE)).status == 200
    request = sigv4.sign(owner, sigv4.form_request(DESCRIBE), service=service)
    assert sigv4.send(owner.server, request).status in (400, 401, 403)


def test_a_path_of_ebs_direct_cannot_be_signed_for_ec2(owner):
    request = sigv4.sign(owner, request_for("ebs"), service="ec2")
    assert sigv4.send(owner.server, request).status in (400, 401, 403)


def test_the_scope_must_end_with_its_terminator(owner):
    answer = send_signed(owner, "ec2", terminator="aws5_request")
    assert answer.status in (400, 401) and answer.code in ("IncompleteSignature", "AuthFailure")


@pytest.mark.parametrize("service", SERVICES)
def test_a_tampered_body_is_refused(owner, service):
    request = sigv4.sign(owner, request_for(service), service=service)
    request.body = request.body.replace(b"1", b"2", 1)
    assert verdict(sigv4.send(owner.server, request)) in CODES[service]["wrong signature"]


def test_a_body_that_is_not_what_its_hash_says_is_refused(owner):
    request = sigv4.form_request(DESCRIBE)
    other = hashlib.sha256(b"another body").hexdigest()
    assert verdict(send_signed(owner, "ec2", request, payload_hash=other)) == (401, "AuthFailure")


def test_a_tampered_header_is_refused(owner):
    request = sigv4.form_request(DESCRIBE)
    request.headers.append(("X-Custom", "one"))
    sigv4.sign(owner, request)
    request.headers[request.headers.index(("X-Custom", "one"))] = ("X-Custom", "two")
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")


def test_a_tampered_method_is_refused(owner):
    request = sigv4.sign(owner, sigv4.Request("GET", "/", sigv4.form(DESCRIBE)))
    request.method = "POST"
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")


def test_a_tampered_path_is_refused(owner, snapshot):
    request = sigv4.sign(owner, sigv4.Request("GET", f"/snapshots/{snapshot}/blocks"), service="ebs")
    request.path = request.path.replace("blocks", "changedblocks")
    assert verdict(sigv4.send(owner.server, request)) in CODES["ebs"]["wrong signature"]


def test_a_tampered_query_is_refused(owner):
    request = sigv4.presign(owner, [*DESCRIBE, ("RegionName.1", "us-east-1")])
    request.query = request.query.replace("us-east-1&", "us-west-2&", 1)
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")
    request = sigv4.presign(owner, DESCRIBE)
    request.query += "&RegionName.1=us-east-1"
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Custom", "one"), ("X-Custom", "two")],
        [("X-Custom", "  leading and trailing  ")],
        [("X-Custom", "inner    blanks   fold")],
        [("X-Custom", "")],
        [("X-Custom", "ten" * 500)],
        [
            ("User-Agent", "a/1 b/2"),
            ("Amz-Sdk-Request", "attempt=1; max=3"),
            ("Amz-Sdk-Invocation-Id", "0" * 36),
            ("Accept", "*/*"),
            ("X-Amz-User-Agent", "sdk"),
            ("zzz", "last"),
            ("AAA", "first"),
        ],
    ],
)
def test_any_set_of_headers_may_be_signed(owner, headers):
    request = sigv4.form_request(DESCRIBE)
    request.headers += headers
    assert send_signed(owner, "ec2", request).status == 200


def test_the_order_of_a_repeated_signed_header_counts(owner):
    request = sigv4.form_request(DESCRIBE)
    request.headers += [("X-Custom", "one"), ("X-Custom", "two")]
    sigv4.sign(owner, request)
    first, second = (i for i, (name, _) in enumerate(request.headers) if name == "X-Custom")
    request.headers[first], request.headers[second] = request.headers[second], request.headers[first]
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")


def test_headers_that_are_not_signed_may_change(owner):
    request = sigv4.sign(owner, sigv4.form_request(DESCRIBE), unsigned=["content-type"])
    request.headers.append(("X-Proxy", "added on the way"))
    assert sigv4.send(owner.server, request).status == 200


@pytest.mark.parametrize("name", ["Host", "X-Amz-Date"])
def test_host_and_date_must_be_signed(owner, name):
    answer = sigv4.send(
        owner.server, sigv4.sign(owner, sigv4.form_request(DESCRIBE), unsigned=[name.lower()])
    )
    assert answer.status in (400, 401, 403)
    assert answer.code in ("IncompleteSignature", "AuthFailure", "SignatureDoesNotMatch")


def test_a_signed_header_that_is_not_there_is_refused(owner):
    request = sigv4.form_request(DESCRIBE)
    request.headers.append(("X-Custom", "one"))
    sigv4.sign(owner, request)
    request.headers.remove(("X-Custom", "one"))
    assert verdict(sigv4.send(owner.server, request)) == (401, "AuthFailure")


def test_the_query_is_signed_in_sorted_order_whatever_its_order_on_the_wire(owner):
    pairs = [
        ("Version", "2016-11-15"),
        ("RegionName.2", "us-west-2"),
        ("Action", "DescribeRegions"),
        ("RegionName.1", "eu-west-1"),
    ]
    request = sigv4.sign(owner, sigv4.Request("GET", "/", sigv4.form(pairs)))
    assert sigv4.send(owner.server, request).status == 200
    request.query = sigv4.form(reversed(pairs))
    assert sigv4.send(owner.server, request).status == 200


@pytest.mark.parametrize("value", ["a b", "a/b", "a+b", "a=b&c", "~-_.", "ünï☂", "100%", "*'()!", ""])
def test_the_query_may_hold_any_text(owner, value):
    filters = [("Filter.1.Name", "name"), ("Filter.1.Value.1", value)]
    request = sigv4.Request("GET", "/", sigv4.form([("Action", "DescribeImages"), *filters]))
    assert sigv4.send(owner.server, sigv4.sign(owner, request)).status == 200
    assert (
        sigv4.send(owner.server, sigv4.presign(owner, [("Action", "DescribeImages"), *filters])).status == 200
    )


def test_the_path_is_encoded_once_more_for_the_signature(owner):
    request = sigv4.sign(owner, sigv4.Request("GET", "/snapshots/snap%20one/blocks"), service="ebs")
    answer = sigv4.send(owner.server, request)
    assert (answer.status, answer.code) == (400, "ValidationException")


@pytest.mark.parametrize("service", ["ec2", "sts"])
def test_a_body_must_be_signed(owner, service):
    assert (
        verdict(send_signed(owner, service, payload_hash=sigv4.UNSIGNED)) in CODES[service]["wrong signature"]
    )


def put_of(upload, data):
    headers = [
        ("x-amz-Data-Length", str(len(data))),
        ("x-amz-Checksum", disks.checksum(data)),
        ("x-amz-Checksum-Algorithm", "SHA256"),
    ]
    return sigv4.Request("PUT", f"/snapshots/{upload}/blocks/7", headers=headers, body=data)


def test_only_put_snapshot_block_takes_an_unsigned_body(owner):
    answer = send_signed(owner, "ebs", payload_hash=sigv4.UNSIGNED)
    assert verdict(answer) in CODES["ebs"]["wrong signature"]
    upload = disks.start(owner)
    data = disks.block("unsigned")
    answer = send_signed(owner, "ebs", put_of(upload, data), payload_hash=sigv4.UNSIGNED)
    assert (answer.status, json.loads(answer.body)) == (201, {})
    assert answer.headers["x-amz-Checksum"] == disks.checksum(data)
    disks.complete(owner, upload, 1)
    assert disks.read(owner, upload) == {7: data}


def test_an_unsigned_body_needs_a_signed_checksum(owner):
    upload = disks.start(owner)
    put = put_of(upload, disks.block("replaced on the way, and its checksum, too"))
    unsigned = ["x-amz-checksum"]
    answer = send_signed(owner, "ebs", put, payload_hash=sigv4.UNSIGNED, unsigned=unsigned)
    assert verdict(answer) in CODES["ebs"]["wrong signature"]
    put = put_of(upload, disks.block("a signed body needs none"))
    assert send_signed(owner, "ebs", put, unsigned=unsigned).status == 201


def test_a_presigned_url_ends_when_it_says(owner):
    assert (
        sigv4.send(
            owner.server, sigv4.presign(owner, DESCRIBE, at=minutes_from_now(-30), expires=3600)
        ).status
        == 200
    )
    answer = sigv4.send(owner.server, sigv4.presign(owner, DESCRIBE, at=minutes_from_now(-2), expires=60))
    assert verdict(answer) == (400, "RequestExpired")


def test_a_presigned_url_from_the_future_is_refused(owner):
    answer = sigv4.send(owner.server, sigv4.presign(owner, DESCRIBE, at=minutes_from_now(20)))
    assert verdict(answer) == (400, "RequestExpired")


@pytest.mark.parametrize("expires", [0, -5, 604_801, "soon", ""])
def test_a_presigned_url_lives_between_a_second_and_a_week(owner, expires):
    assert sigv4.send(owner.server, sigv4.presign(owner, DESCRIBE, expires=expires)).status in (400, 401, 403)


@pytest.mark.parametrize("part", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"])
def test_a_presigned_url_that_lacks_a_part_is_refused(owner, part):
    request = sigv4.presign(owner, DESCRIBE)
    request.query = "&".join(
        pair for pair in request.query.split("&") if not pair.startswith(f"X-Amz-{part}=")
    )
    assert sigv4.send(owner.server, request).status in (400, 401, 403)


def test_a_signature_in_the_header_and_in_the_query_is_refused(owner):
    request = sigv4.sign(owner, sigv4.presign(owner, DESCRIBE))
    assert sigv4.send(owner.server, request).status in (400, 401, 403)
