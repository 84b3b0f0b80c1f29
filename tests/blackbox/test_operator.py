"""The operators' door: health, readiness and metrics on a socket that they alone can open."""
import contextlib
import http.client
import os
import pathlib
import re
import socket
import sqlite3
import stat

import argosyd
import disks
import operator_door


def test_the_socket_belongs_to_its_owner_and_answers_health(server):
    path = server.data_dir / "operator.sock"
    assert stat.S_ISSOCK(path.stat().st_mode) and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert operator_door.ask_json(server, "GET", "/health/live") == (200, {"live": True})
    assert operator_door.ask_json(server, "GET", "/health/ready") == (200, {"ready": True})
    assert operator_door.ask(server, "GET", "/nothing")[0] == 404
    assert operator_door.ask(server, "POST", "/metrics")[0] == 405


def test_the_socket_is_made_anew_after_a_kill(own_server):
    own_server.kill()
    assert (own_server.data_dir / "operator.sock").exists(), "nobody removed it"
    own_server.start()
    assert operator_door.ask(own_server, "GET", "/health/ready")[0] == 200
    own_server.stop()
    assert not (own_server.data_dir / "operator.sock").exists()


def test_an_address_of_its_own_tells_health_and_metrics_and_nothing_else(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = argosyd.configured(tmp_path, f"operations:\n  listen: 127.0.0.1:{port}\n")
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=argosyd.PATIENCE_S)
        statuses = {}
        for path in ("/health/live", "/health/ready", "/metrics", "/usage", "/gc"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            statuses[path] = response.status
        assert statuses == {
            "/health/live": 200,
            "/health/ready": 200,
            "/metrics": 200,
            "/usage": 404,
            "/gc": 404,
        }
    finally:
        server.stop()


def test_a_disk_with_less_space_than_the_floor_makes_the_server_unready_and_it_says_why(tmp_path):
    server = argosyd.configured(tmp_path, "operations:\n  free_disk_mib: 1000000000000\n")
    try:
        status, answer = operator_door.ask_json(server, "GET", "/health/ready")
        assert status == 503 and "free space" in answer["error"] and str(server.data_dir) in answer["error"]
        assert operator_door.metric(server, "argosy_ready") == 0
        assert operator_door.ask(server, "GET", "/health/live")[0] == 200
    finally:
        server.stop()


def test_a_region_whose_catalogue_does_not_answer_makes_the_server_unready(own_server):
    catalogue = own_server.data_dir / "regions/us-west-2/catalogue.db"
    with contextlib.closing(sqlite3.connect(catalogue)) as database:
        database.execute("ALTER TABLE snapshots RENAME TO hidden")
    status, answer = operator_door.ask_json(own_server, "GET", "/health/ready")
    assert status == 503 and "us-west-2: the catalogue does not answer" in answer["error"]
    assert "us-east-1" not in answer["error"]


def test_metrics_count_requests_by_operation_and_class_of_status(own_server):
    owner = own_server.accounts["owner"]

    def requests(operation, code, service="ec2"):
        return operator_door.metric(
            own_server, "argosy_requests_total", service=service, operation=operation, code=code
        )

    assert requests("DescribeImages", "2xx") == 0, "it shows before the first request"
    owner.query("DescribeImages")
    owner.query("DescribeImages", ImageId__1="ami-0123456789abcdef0")
    assert (requests("DescribeImages", "2xx"), requests("DescribeImages", "4xx")) == (1, 1)
    owner.query("MakeCoffee")
    assert requests("none", "4xx") == 1
    snapshot = disks.upload(owner, {0: disks.block("counted")})
    assert requests("PutSnapshotBlock", "2xx", "ebs") == requests("CompleteSnapshot", "2xx", "ebs") == 1
    name = {"service": "ec2", "operation": "DescribeImages"}
    assert operator_door.metric(own_server, "argosy_request_duration_seconds_count", **name) == 2
    assert operator_door.metric(own_server, "argosy_request_duration_seconds_bucket", le="+Inf", **name) == 2
    assert operator_door.metric(own_server, "argosy_snapshots", region="us-east-1", state="completed") == 1
    received = operator_door.metric(own_server, "argosy_received_bytes_total", endpoint="public")
    assert received > disks.BLOCK_BYTES
    image = disks.register(owner, snapshot)
    copy = owner.ec2("eu-west-1").copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")
    disks.await_image(owner, copy["ImageId"], "eu-west-1")
    copied = operator_door.metric(own_server, "argosy_copied_bytes_total", region="eu-west-1")
    assert copied > disks.BLOCK_BYTES
    assert operator_door.metric(own_server, "argosy_images", region="eu-west-1") == 1
    assert operator_door.metric(own_server, "argosy_ready") == 1


def test_metrics_tell_the_process_as_the_system_sees_it(server):
    resident = operator_door.metric(server, "process_resident_memory_bytes")
    seen = int((open(f"/proc/{server.process.pid}/statm").read()).split()[1]) * os.sysconf("SC_PAGESIZE")
    assert 0.5 * seen < resident < 2 * seen
    assert operator_door.metric(server, "argosy_free_disk_bytes") > 0
    assert operator_door.metric(server, "process_open_fds") > 10


def test_the_operators_manual_describes_every_metric_and_no_other(server):
    manual = (pathlib.Path(__file__).parents[2] / "docs/operations.md").read_text()
    described = set()
    for line in manual.partition("Alerts worth having")[0].splitlines():
        if line.startswith(("| `argosy_", "| `process_")):
            described |= set(re.findall(r"`(\w+)`", line.split("|")[1]))
    _, text = operator_door.ask(server, "GET", "/metrics")
    assert described == set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
