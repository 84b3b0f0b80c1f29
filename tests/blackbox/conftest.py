"""What the black-box tests share: one server for most of them, one of their own for those that break it."""
import pytest

import argosy
import argosyd
import attached
import clients
import disks
import sanitizers


@pytest.fixture(scope="session", autouse=True)
def reports(tmp_path_factory):
    """Where sanitizers report; what comes at the very end fails the run."""
    folder = tmp_path_factory.mktemp("reports")
    sanitizers.gather_reports(folder)
    sanitizers.prepare_nbdkit(tmp_path_factory.mktemp("nbdkit"), attached.PLUGIN)
    yield folder
    sanitizers.fail_on_reports(folder)


@pytest.fixture(autouse=True)
def no_sanitizer_complains(reports):
    yield
    sanitizers.fail_on_reports(reports)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = argosyd.Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    assert server.process.poll() is None, "the server died during the tests"
    assert server.stop() == 0


@pytest.fixture(scope="session")
def owner(server):
    return server.accounts["owner"]


@pytest.fixture(scope="session")
def recipient(server):
    return server.accounts["recipient"]


@pytest.fixture(scope="session")
def stranger(server):
    return server.accounts["stranger"]


@pytest.fixture(scope="session")
def javascript():
    client = clients.JavaScript()
    yield client
    client.close()


@pytest.fixture(scope="session")
def every_client(javascript):
    """By name; `client` is one after the other."""
    return {"boto3": clients.Boto3(), "aws": clients.Aws(), "javascript": javascript}


@pytest.fixture(params=["boto3", "aws", "javascript"])
def client(request, every_client):
    return every_client[request.param]


@pytest.fixture
def own_server(tmp_path):
    """A started server for one test, which may do with it what it likes."""
    server = argosyd.Server(tmp_path / "data").start()
    yield server
    if server.process.poll() is None:
        server.kill()


BLOCKS = {0: disks.block("first"), 3: disks.block("fourth"), 2047: disks.block("last")}


@pytest.fixture(scope="session")
def snapshot(owner):
    """The owner's, completed, never shared or deleted by a test: others count on that, whatever their order."""
    made = disks.upload(owner, BLOCKS)
    yield made
    found = owner.ec2().describe_snapshot_attribute(SnapshotId=made, Attribute="createVolumePermission")
    assert found["CreateVolumePermissions"] == [], "a test shared the snapshot that all tests use"


@pytest.fixture
def image(owner, snapshot):
    """A private image of the owner's; the test may share or deregister it."""
    return disks.register(owner, snapshot)


@pytest.fixture
def shared_image(owner, recipient, image):
    """The same, shared with the recipient, its snapshot not."""
    disks.share_image(owner, image, recipient)
    return image


@pytest.fixture
def disk(tmp_path):
    """A disk in a file whose end lies within a block."""
    blocks = {0: disks.block("argosy 0"), 5: disks.block("argosy 5"), 9: disks.block("argosy 9")[:1000]}
    return argosy.make_disk(tmp_path / "disk.raw", blocks, 9 * disks.BLOCK_BYTES + 1000)


@pytest.fixture
def imported(owner, disk):
    """The owner's image of that disk, made by the command."""
    return argosy.argosy(owner, "import", disk, "--name", disks.unique("imported")).strip()


def pytest_make_parametrize_id(val):
    """A long value does not make a long name of its test."""
    return repr(val[:40]) if isinstance(val, (str, bytes)) and len(val) > 40 else None
