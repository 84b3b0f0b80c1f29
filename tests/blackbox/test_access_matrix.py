"""Who may do what: every operation that the server answers, tried by every kind of caller against every kind
of thing. Each cell says what is expected; what may not be seen is compared byte by byte with what does not
exist."""
import base64
import dataclasses
import itertools
import re

import pytest

import argosyd
import disks
import guests
import machines
import operator_door
import sigv4

THINGS = ("private", "shared", "public")  # the owner's: with nobody, with the recipient, with everybody
UNSHARED = ("instance", "volume", "key pair")  # kinds of things that are always private
PRINCIPALS = ("owner", "recipient", "stranger")
ABSENT = {
    "image": "ami-0123456789abcdef0",
    "snapshot": "snap-0123456789abcdef0",
    "upload": "snap-0123456789abcdef0",
    "instance": "i-0123456789abcdef0",
    "volume": "vol-0123456789abcdef0",
    "key pair": "key-0123456789abcdef0",
}
# Words of the cells. Source: ec2-semantics A3, B, D, G.
CODES = {
    "+": None,
    "hidden": {
        "image": (400, "InvalidAMIID.NotFound"),
        "snapshot": (400, "InvalidSnapshot.NotFound"),
        "ebs": (404, "ResourceNotFoundException"),
        "instance": (400, "InvalidInstanceID.NotFound"),
        "volume": (400, "InvalidVolume.NotFound"),
        "key pair": (400, "InvalidKeyPair.NotFound"),
    },
    "denied": (401, "AuthFailure"),
    "uncopyable": (400, "InvalidRequest"),  # the image is shared, its snapshot is not
    "unnamed": (400, "InvalidParameterValue"),  # there is no permission of his own to cancel
    "unreadable": (403, "AccessDeniedException"),  # EBS direct reads no public snapshots
}


@dataclasses.dataclass
class Row:
    """One way to call an operation. `call` makes a request for a thing's id; `cells` gives, for each
    principal, what private, shared and public things answer."""

    service: str
    operation: str
    kind: str | None  # of the thing that is named, as in ABSENT; None: no thing
    call: callable
    owner: str = "+ + +"
    recipient: str = "+ + +"
    stranger: str = "+ + +"
    region: str = "us-east-1"
    variant: str = ""

    @property
    def things(self):
        return THINGS[:1] if self.kind in UNSHARED else THINGS

    def cell(self, principal, thing):
        return getattr(self, principal).split()[THINGS.index(thing)]

    def __str__(self):
        return " ".join(filter(None, (self.operation, self.variant)))


def form(action, version="2016-11-15", **parameters):
    """An EC2 call that puts the thing's id wherever a parameter says {}."""

    def call(thing):
        pairs = [("Action", action), ("Version", version)]
        pairs += [
            (name.replace("__", "."), value.replace("{}", thing).replace("{unique}", disks.unique("n")))
            for name, value in parameters.items()
        ]
        return sigv4.form_request(pairs)

    return call


def rest(method, path, query="", headers=(), body=b""):
    def call(thing):
        filled = body.replace(b"{}", thing.encode()) if len(body) < 1_000 else body
        return sigv4.Request(
            method, path.replace("{}", thing), query.replace("{}", thing), list(headers), filled
        )

    return call


def image(operation, region="us-east-1", variant="", cells=None, **parameters):
    owner, recipient, stranger = cells or OWNERS
    make = form(operation, **parameters)
    return Row("ec2", operation, "image", make, owner, recipient, stranger, region, variant)


def snapshot(operation, region="us-east-1", variant="", cells=None, **parameters):
    owner, recipient, stranger = cells or OWNERS
    make = form(operation, **parameters)
    return Row("ec2", operation, "snapshot", make, owner, recipient, stranger, region, variant)


def unshared(kind, operation, variant="", cells=None, **parameters):
    owner, recipient, stranger = cells or ("+", "hidden", "hidden")
    make = form(operation, **parameters)
    return Row("ec2", operation, kind, make, owner, recipient, stranger, variant=variant)


def account_wide(operation, **parameters):
    return Row("ec2", operation, None, form(operation, **parameters))


def ebs(operation, call, kind="snapshot", cells=None, variant=""):
    owner, recipient, stranger = cells or HIDDEN_FROM_ALL
    return Row("ebs", operation, kind, call, owner, recipient, stranger, variant=variant)


# What owner, recipient and stranger get of a private, a shared and a public thing.
OWNERS = ("+ + +", "hidden denied denied", "hidden hidden denied")
READERS = ("+ + +", "hidden + +", "hidden hidden +")
HIDDEN_FROM_ALL = ("+ + +", "hidden hidden hidden", "hidden hidden hidden")
BLOCK_READERS = ("+ + +", "hidden + unreadable", "hidden hidden unreadable")
COPIERS = ("+ + +", "hidden uncopyable uncopyable", "hidden hidden uncopyable")

BLOCK = [
    ("x-amz-Data-Length", str(disks.BLOCK_BYTES)),
    ("x-amz-Checksum-Algorithm", "SHA256"),
    ("x-amz-Checksum", disks.checksum(disks.ZEROS)),
]
JSON = [("Content-Type", "application/json")]
MAPPING = {
    "RootDeviceName": "/dev/sda1",
    "BlockDeviceMapping__1__DeviceName": "/dev/sda1",
    "BlockDeviceMapping__1__Ebs__SnapshotId": "{}",
}
LAUNCH = {"ImageId": "{}", "Attribute": "launchPermission"}
VOLUME = {"SnapshotId": "{}", "Attribute": "createVolumePermission"}
MACHINE = {"InstanceType": machines.TYPE, "MinCount": "1", "MaxCount": "1"}
PUBLIC_KEY = base64.b64encode(
    b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIBucbeWD0rrHUll10RlT191QGurv+5VDtoGndiZpUNF me"
).decode()

ROWS = [
    image("DescribeImages", ImageId__1="{}", cells=READERS),
    image("DescribeImageAttribute", **LAUNCH),
    image("DescribeImageAttribute", ImageId="{}", Attribute="description", variant="description"),
    image("ModifyImageAttribute", ImageId="{}", Description__Value="mine"),
    image("ModifyImageAttribute", ImageId="{}", LaunchPermission__Add__1__Group="all", variant="share"),
    image("ResetImageAttribute", **LAUNCH),
    image(
        "CancelImageLaunchPermission",
        ImageId="{}",
        cells=("unnamed unnamed unnamed", "hidden + unnamed", "hidden hidden unnamed"),
    ),
    image("DeregisterImage", ImageId="{}"),
    image(
        "DeregisterImage", ImageId="{}", DeleteAssociatedSnapshots="true", variant="with its snapshots"
    ),
    image("CopyImage", SourceImageId="{}", SourceRegion="us-east-1", Name="{unique}", cells=COPIERS),
    image(
        "CopyImage",
        SourceImageId="{}",
        SourceRegion="us-east-1",
        Name="{unique}",
        region="us-west-2",
        variant="to another region",
        cells=COPIERS,
    ),
    image("CreateTags", ResourceId__1="{}", Tag__1__Key="k", variant="image", cells=READERS),
    image("DeleteTags", ResourceId__1="{}", Tag__1__Key="k", variant="image", cells=READERS),
    snapshot("RegisterImage", Name="{unique}", **MAPPING, cells=READERS),
    snapshot("CopySnapshot", SourceSnapshotId="{}", SourceRegion="us-east-1", cells=READERS),
    snapshot(
        "CopySnapshot",
        SourceSnapshotId="{}",
        SourceRegion="us-east-1",
        region="us-west-2",
        variant="to another region",
        cells=READERS,
    ),
    snapshot("DescribeSnapshots", SnapshotId__1="{}", cells=READERS),
    snapshot("DescribeSnapshotAttribute", **VOLUME),
    snapshot("ModifySnapshotAttribute", SnapshotId="{}", CreateVolumePermission__Add__1__Group="all"),
    snapshot("ResetSnapshotAttribute", **VOLUME),
    snapshot("DeleteSnapshot", SnapshotId="{}"),
    snapshot("CreateTags", ResourceId__1="{}", Tag__1__Key="k", cells=READERS),
    snapshot("DeleteTags", ResourceId__1="{}", cells=READERS),
    image("DisableImage", ImageId="{}"),
    image("EnableImage", ImageId="{}"),
    image("RunInstances", ImageId="{}", **MACHINE, cells=READERS),
    snapshot("CreateVolume", SnapshotId="{}", AvailabilityZone="us-east-1a", cells=READERS),
    unshared("instance", "DescribeInstances", InstanceId__1="{}"),
    unshared("instance", "DescribeInstanceStatus", InstanceId__1="{}"),
    unshared("instance", "DescribeInstanceAttribute", InstanceId="{}", Attribute="userData"),
    unshared("instance", "ModifyInstanceAttribute", InstanceId="{}", DisableApiStop__Value="false"),
    unshared("instance", "GetConsoleOutput", InstanceId="{}"),
    unshared("instance", "RebootInstances", InstanceId__1="{}"),
    unshared("instance", "StartInstances", InstanceId__1="{}"),
    unshared("instance", "StopInstances", InstanceId__1="{}"),
    unshared("instance", "TerminateInstances", InstanceId__1="{}"),
    unshared("instance", "CreateImage", InstanceId="{}", Name="{unique}", NoReboot="true"),
    unshared("instance", "CreateSnapshots", InstanceSpecification__InstanceId="{}"),
    unshared("instance", "CreateTags", ResourceId__1="{}", Tag__1__Key="k", variant="instance"),
    unshared("instance", "DeleteTags", ResourceId__1="{}", variant="instance"),
    unshared("volume", "DescribeVolumes", VolumeId__1="{}"),
    unshared("volume", "DeleteVolume", VolumeId="{}"),
    unshared("volume", "CreateSnapshot", VolumeId="{}"),
    unshared("volume", "CreateTags", ResourceId__1="{}", Tag__1__Key="k", variant="volume"),
    unshared("volume", "DeleteTags", ResourceId__1="{}", variant="volume"),
    unshared("key pair", "DescribeKeyPairs", KeyPairId__1="{}"),
    # A pair that is not there is deleted: that is no error.
    unshared("key pair", "DeleteKeyPair", KeyPairId="{}", cells=("+", "+", "+")),
    account_wide("CreateKeyPair", KeyName="{unique}", KeyType="ed25519"),
    account_wide("ImportKeyPair", KeyName="{unique}", PublicKeyMaterial=PUBLIC_KEY),
    account_wide("DescribeInstanceTypes"),
    account_wide("DescribeVpcs"),
    account_wide("DescribeSubnets"),
    account_wide("DescribeSecurityGroups"),
    account_wide("DescribeTags"),
    account_wide("DescribeRegions"),
    account_wide("DescribeAvailabilityZones"),
    account_wide("GetEbsEncryptionByDefault"),
    account_wide("EnableEbsEncryptionByDefault"),
    account_wide("DisableEbsEncryptionByDefault"),
    account_wide("GetEbsDefaultKmsKeyId"),
    account_wide("ModifyEbsDefaultKmsKeyId", KmsKeyId="alias/aws/ebs"),
    account_wide("ResetEbsDefaultKmsKeyId"),
    Row("sts", "GetCallerIdentity", None, form("GetCallerIdentity", "2011-06-15")),
    Row("ebs", "StartSnapshot", None, rest("POST", "/snapshots", headers=JSON, body=b'{"VolumeSize": 1}')),
    ebs(
        "StartSnapshot",
        rest("POST", "/snapshots", headers=JSON, body=b'{"VolumeSize": 1, "ParentSnapshotId": "{}"}'),
        variant="of a parent",
    ),
    ebs("PutSnapshotBlock", rest("PUT", "/snapshots/{}/blocks/0", headers=BLOCK, body=disks.ZEROS), "upload"),
    ebs(
        "CompleteSnapshot",
        rest("POST", "/snapshots/completion/{}", headers=[("x-amz-ChangedBlocksCount", "0")]),
        "upload",
    ),
    ebs("ListSnapshotBlocks", rest("GET", "/snapshots/{}/blocks"), cells=BLOCK_READERS),
    ebs("ListChangedBlocks", rest("GET", "/snapshots/{}/changedblocks"), cells=BLOCK_READERS),
    ebs(
        "ListChangedBlocks",
        rest("GET", "/snapshots/{}/changedblocks", "firstSnapshotId={}"),
        cells=BLOCK_READERS,
        variant="of two",
    ),
    ebs("GetSnapshotBlock", rest("GET", "/snapshots/{}/blocks/0", "blockToken=TOKEN"), cells=BLOCK_READERS),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = argosyd.Server(tmp_path_factory.mktemp("matrix") / "data").start()
    yield server
    for account in server.accounts.values():
        end_machines(account)
    server.stop()


def end_machines(account):
    found = [one for each in account.ec2().describe_instances()["Reservations"] for one in each["Instances"]]
    left = [one["InstanceId"] for one in found if one["State"]["Name"] != "terminated"]
    if left:
        machines.terminate(account, *left)


@pytest.fixture(scope="module")
def accounts(server):
    return server.accounts


@pytest.fixture(scope="module")
def base(accounts):
    """The content of every image: a snapshot of the owner's that is shared with nobody."""
    return disks.upload(accounts["owner"], guests.blocks())


def make_machine(owner, base):
    """One that runs, and is the only one."""
    end_machines(owner)
    (started,) = machines.run(owner, disks.register(owner, base))
    return machines.await_state(owner, started["InstanceId"], "running")["InstanceId"]


def make_volume(owner):
    volume = owner.ec2().create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    owner.ec2().get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    return volume


def make(accounts, base, kind, thing):
    """A new one of the owner's."""
    owner = accounts["owner"]
    if kind == "instance":
        return make_machine(owner, base)
    if kind == "volume":
        return make_volume(owner)
    if kind == "key pair":
        return owner.ec2().create_key_pair(KeyName=disks.unique("pair"), KeyType="ed25519")["KeyPairId"]
    if kind == "image":
        made = disks.register(owner, base)
        permission = {"ImageId": made}
        modify, key = owner.ec2().modify_image_attribute, "LaunchPermission"
    else:
        made = disks.start(owner)
        if kind == "snapshot":
            disks.put(owner, made, 0, disks.block("matrix"))
            disks.complete(owner, made, 1)
        permission = {"SnapshotId": made}
        modify, key = owner.ec2().modify_snapshot_attribute, "CreateVolumePermission"
    entries = {"shared": [{"UserId": accounts["recipient"].id}], "public": [{"Group": "all"}]}
    if thing in entries:
        modify(**permission, **{key: {"Add": entries[thing]}})
    return made


def send(account, row, thing, token=""):
    request = row.call(thing)
    request.query = request.query.replace("TOKEN", sigv4.encode(token))
    signed = sigv4.sign(account, request, region=row.region, service=row.service)
    return sigv4.send(account.server, signed)


def told(answer, thing):
    """Status, all headers and body, without what differs between any two answers: the id that was asked for
    (all have the same length), the request id and the date."""
    request_id = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    headers = [
        (name, request_id.sub("REQUEST", value).replace(thing, "ID"))
        for name, value in answer.headers.items()
        if name.lower() != "date"
    ]
    return answer.status, headers, request_id.sub("REQUEST", answer.body.decode()).replace(thing, "ID")


def expect(row, cell, answer):
    if cell == "+":
        assert answer.status in (200, 201, 202), answer.body
        return
    wanted = CODES[cell]
    if cell == "hidden":
        wanted = wanted["ebs" if row.service == "ebs" else row.kind]
    assert (answer.status, answer.code) == wanted, answer.body


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_caller_gets_what_the_matrix_says_and_cannot_tell_hidden_from_absent(accounts, base, row):
    if row.kind is None:
        for name in PRINCIPALS:
            expect(row, "+", send(accounts[name], row, ""))
        return
    for thing, name in itertools.product(row.things, PRINCIPALS):
        named = make(accounts, base, row.kind, thing)
        token = ""
        if row.operation == "GetSnapshotBlock":  # the owner's token, as if it had leaked, if need be
            reader = accounts[name if row.cell(name, thing) == "+" else "owner"]
            token = disks.list_blocks(reader, named)[0]
        answer = send(accounts[name], row, named, token)
        try:
            expect(row, row.cell(name, thing), answer)
        except AssertionError as error:
            raise AssertionError(f"{name} of a {thing} {row.kind}") from error
        if row.cell(name, thing) == "hidden":
            absent = ABSENT[row.kind]
            assert told(answer, named) == told(send(accounts[name], row, absent, token), absent)
        if row.operation == "RunInstances":
            end_machines(accounts[name])  # there is not room for all


def test_the_matrix_has_a_row_for_every_operation_that_the_server_answers(server):
    answered = operator_door.operations(server)
    # KMS's operations are about keys, and have a table of their own: test_key_access.py.
    assert {(row.service, row.operation) for row in ROWS} == {one for one in answered if one[0] != "kms"}


@pytest.fixture(scope="module")
def nobodies(server, accounts):
    """Callers without a valid key: unknown, disabled, of a disabled account, with a wrong secret."""

    def key(of, **changes):
        row = {"name": "nobody", "account_id": of.id, "access_key_id": of.access_key_id}
        return argosyd.Account(server, row | {"secret_access_key": of.secret_access_key} | changes)

    owner = accounts["owner"]
    disabled = server.command("access-key", "create", "owner")[0]
    server.command("access-key", "disable", disabled["access_key_id"])
    closed = server.new_account("closed")
    server.command("account", "disable", "closed")
    return {
        "unknown key": key(owner, access_key_id="AKIAAAAAAAAAAAAAAAAA"),
        "disabled key": argosyd.Account(server, disabled | {"name": "nobody"}),
        "disabled account": closed,
        "wrong secret": key(owner, secret_access_key="x" * 40),
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nobody_gets_anything_nor_learns_whether_a_thing_exists(accounts, base, nobodies, row):
    absent = ABSENT.get(row.kind, "")
    things = [absent] + ([make(accounts, base, row.kind, row.things[-1])] if row.kind else [])
    for who, caller in nobodies.items():
        answers = [told(send(caller, row, thing), thing) for thing in things]
        assert answers[0][0] in (400, 401, 403), who
        assert answers[1:] == answers[:-1], who
    for thing in things:
        request = row.call(thing)
        request.headers.append(("Host", sigv4.host_of(accounts["owner"].server)))
        assert sigv4.send(accounts["owner"].server, request).status in (400, 401, 403), "unsigned"
    if row.kind:  # it is as it was
        kind = "snapshot" if row.kind == "upload" else row.kind
        describe = next(one for one in ROWS if one.kind == kind and one.operation.startswith("Describe"))
        assert send(accounts["owner"], describe, things[1]).status == 200


def test_lists_hold_only_what_the_caller_may_see(accounts, base):
    owner, recipient, stranger = (accounts[name] for name in PRINCIPALS)
    images = {thing: make(accounts, base, "image", thing) for thing in THINGS}
    snapshots = {thing: make(accounts, base, "snapshot", thing) for thing in THINGS}
    tagged = [*images.values(), *snapshots.values()]
    owner.ec2().create_tags(Resources=tagged, Tags=[{"Key": "secret", "Value": "s"}])

    def seen(account):
        found = {entry["ImageId"] for entry in account.ec2().describe_images()["Images"]}
        found |= {entry["SnapshotId"] for entry in account.ec2().describe_snapshots()["Snapshots"]}
        return {
            thing for made in (images, snapshots) for thing, resource in made.items() if resource in found
        }, account.ec2().describe_tags(Filters=[{"Name": "key", "Values": ["secret"]}])["Tags"]

    assert seen(owner)[0] == set(THINGS) and len(seen(owner)[1]) == 6
    assert seen(recipient) == ({"shared", "public"}, []), "tags are each account's own"
    assert seen(stranger) == ({"public"}, [])


def test_what_a_stranger_has_stored_changes_nothing_of_anothers_copy(accounts):
    """The same content lies in the stranger's domain in both regions: the owner's copy moves as many
    bytes, by the same count of steps to its total, as that of content that nobody else has."""
    owner, stranger = accounts["owner"], accounts["stranger"]
    known = {index: disks.block(f"known {index}") for index in range(6)}
    fresh = {index: disks.block(f"fresh {index}") for index in range(6)}
    for region in ("us-east-1", "us-west-2"):
        disks.upload(stranger, known, region=region)

    def copied(blocks):
        source = disks.upload(owner, blocks)
        west = owner.ec2("us-west-2")
        made = west.copy_snapshot(SourceSnapshotId=source, SourceRegion="us-east-1")["SnapshotId"]
        disks.await_snapshot(owner, made, "us-west-2")
        told_of = disks.extension(owner, made, "us-west-2")
        return {name: told_of[name] for name in ("copyBytesTotal", "copyBytesDone", "copyBytesMoved")}

    assert copied(known) == copied(fresh)
