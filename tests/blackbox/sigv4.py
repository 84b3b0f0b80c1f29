"""AWS Signature Version 4 by hand, so that a test can break any part of it; and plain HTTP to carry it.

Source: IAM User Guide, "Create a signed AWS API request".
"""
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import re
import socket
import urllib.parse
import xml.etree.ElementTree as ElementTree

UNSIGNED = "UNSIGNED-PAYLOAD"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclasses.dataclass
class Request:
    """As it goes onto the wire. `path` and `query` are percent-encoded; headers may repeat."""

    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def xml(self):
        """The root element, namespaces taken off."""
        root = ElementTree.fromstring(self.body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    @property
    def code(self):
        """The error's code: of EC2, of STS, or of EBS direct."""
        if kind := self.headers.get("x-amzn-ErrorType"):
            return kind.partition(":")[0]
        found = self.xml.find(".//Error/Code")
        return None if found is None else found.text

    @property
    def message(self):
        return self.xml.find(".//Error/Message").text


def send(server, request, local_socket=None):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    try:
        if local_socket:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(local_socket))
        target = request.path + ("?" + request.query if request.query else "")
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body or request.method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def on_the_wire(request, more_headers=b"", body=None):
    """The bytes of a request, for those who send them by a socket of their own."""
    target = request.path + ("?" + request.query if request.query else "")
    lines = [f"{request.method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in request.headers]
    head = "\r\n".join(lines).encode() + b"\r\n" + more_headers + b"\r\n"
    return head + (request.body if body is None else body)


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def form(pairs):
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)


def host_of(server):
    return f"{server.host}:{server.port}"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, scope, date, canonical):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return _hmac(key, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}").hex()


def canonical_request(request, signed_headers, payload_hash):
    pairs = [pair.partition("=")[::2] for pair in request.query.split("&")] if request.query else []
    canonical_pairs = sorted(
        (encode(urllib.parse.unquote(k)), encode(urllib.parse.unquote(v))) for k, v in pairs
    )
    lines = []
    for name in signed_headers:
        values = [re.sub(" +", " ", value.strip()) for key, value in request.headers if key.lower() == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "\n".join(
        [
            request.method,
            urllib.parse.quote(
                request.path, safe="/-_.~"
            ),  # encoded a second time, as all services but S3 do
            "&".join(f"{k}={v}" for k, v in canonical_pairs),
            "".join(lines),
            ";".join(signed_headers),
            payload_hash,
        ]
    )


def sign(
    account,
    request,
    *,
    region="us-east-1",
    service="ec2",
    at=None,
    scope_date=None,
    terminator="aws4_request",
    payload_hash=None,
    unsigned=(),
    algorithm="AWS4-HMAC-SHA256",
):
    """Signs by headers all that the request has then, but those in `unsigned`."""
    date = (at or now()).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{scope_date or date[:8]}/{region}/{service}/{terminator}"
    if request.header("Host") is None:
        request.headers.append(("Host", host_of(account.server)))
    request.headers.append(("X-Amz-Date", date))
    if payload_hash is not None:
        request.headers.append(("X-Amz-Content-Sha256", payload_hash))
    signed = sorted({name.lower() for name, _ in request.headers} - set(unsigned))
    canonical = canonical_request(request, signed, payload_hash or hashlib.sha256(request.body).hexdigest())
    request.headers.append(
        (
            "Authorization",
            f"{algorithm} Credential={account.access_key_id}/{scope}, SignedHeaders={';'.join(signed)}, "
            f"Signature={signature(account.secret_access_key, scope, date, canonical)}",
        )
    )
    return request


def presign(account, pairs, *, region="us-east-1", service="ec2", at=None, expires=300):
    """A GET of the pairs whose signature stands in the query."""
    date = (at or now()).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    query = form(
        [
            *pairs,
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{account.access_key_id}/{scope}"),
            ("X-Amz-Date", date),
            ("X-Amz-Expires", str(expires)),
            ("X-Amz-SignedHeaders", "host"),
        ]
    )
    request = Request("GET", "/", query, [("Host", host_of(account.server))])
    canonical = canonical_request(request, ["host"], hashlib.sha256(b"").hexdigest())
    request.query += "&X-Amz-Signature=" + signature(account.secret_access_key, scope, date, canonical)
    return request


def form_request(pairs):
    return Request(headers=[("Content-Type", FORM)], body=form(pairs).encode())


def post_form(account, pairs, **options):
    return send(account.server, sign(account, form_request(pairs), **options))
