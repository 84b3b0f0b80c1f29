"""One client of a server that is killed again and again, and a model of what was acknowledged to it.

A lane makes one call at a time and owns what it made, so after a kill at most its last call is in doubt:
`doubt` then finds out whether it happened. It may have happened whole or not at all; everything before it has
happened.
"""
import random

import botocore.exceptions

import disks
import keys
from argosyd import wait_until

REGIONS = ("us-east-1", "us-west-2")
ACCOUNTS = ("owner", "recipient")
# Blocks that many snapshots have in common; the first erases.
OPEN = [disks.ZEROS] + [disks.block(f"content {number}") for number in range(1, 16)]
# Those of encrypted snapshots alone: no file may hold them, or their digests.
SECRET = [disks.block(f"secret {number}") for number in range(4)]
CONTENT = OPEN + SECRET
INDEXES = (0, 1, 2, 255, 256, 2047)
DEAD = (
    botocore.exceptions.ConnectionError,  # refused
    botocore.exceptions.HTTPClientError,  # cut off, never answered
    botocore.exceptions.ResponseStreamingError,
    botocore.exceptions.IncompleteReadError,
    ConnectionError,
)


# Of one lane in one region under way: all lanes together stay below the account's limit of 100.
MOST_UPLOADS = 20


class ServerDied(Exception):
    pass


class Upload:
    """Between StartSnapshot and the accepted CompleteSnapshot. `key`: the KMS key's ARN if it is encrypted."""

    def __init__(self, region, parent, key=None):
        self.account = "owner"
        self.region = region
        self.key = key
        self.parent = dict(parent)  # index -> number in CONTENT
        self.blocks = {}  # acknowledged
        self.again = None  # a block whose put is in doubt

    def content(self):
        merged = self.parent | self.blocks
        return {index: number for index, number in merged.items() if number != 0}


class Snapshot:
    def __init__(self, region, content, key=None, account="owner"):
        self.account = account
        self.region = region
        self.content = content
        self.key = key
        self.settled = False  # it was seen to be completed
        self.images = set()


class Image:
    def __init__(self, region, name, snapshot):
        self.region = region
        self.name = name
        self.snapshot = snapshot
        self.settled = False  # it was seen to be available
        self.shared = False
        self.tags = {}


class Lane:
    def __init__(self, server, number, seed):
        self.server = server
        self.number = number
        self.random = random.Random(f"{seed} {number}")
        self.uploads, self.snapshots, self.images = {}, {}, {}
        self.keys = {}  # (account, region) -> ARNs, that of alias/aws/ebs first; without any nothing is encrypted
        self.doubt = None
        self.calls = 0

    @property
    def owner(self):
        return self.server.accounts["owner"]

    def ec2(self, region, account="owner"):
        return self.server.accounts[account].ec2(region)

    def make_keys(self):
        """From now on some of it is encrypted, also for the other account. While nobody kills the server."""
        both = [self.server.accounts[name] for name in ACCOUNTS]
        for name in ACCOUNTS:
            account = self.server.accounts[name]
            for region in REGIONS:
                policy = keys.open_to(account, *both)
                made = [keys.make(account, region, Policy=policy)["Arn"] for _ in range(2)]
                self.keys[name, region] = [keys.managed(account, region), *made]

    def pick_key(self, region, account="owner"):
        """Of those that can be shared."""
        return self.random.choice(self.keys[account, region][1:])

    def is_managed(self, key):
        return any(key == arns[0] for arns in self.keys.values())

    # Calls

    def act(self):
        """One random call. Raises ServerDied if it was not answered."""
        actions = [self.start] * 2 + [self.put] * 6 + [self.complete] * 2 + [self.register] * 2
        actions += [self.copy_image, self.copy_snapshot, self.share, self.tag, self.deregister, self.delete]
        if self.keys:
            actions += [self.start_encrypted] * 2 + [self.copy_encrypted] * 2
        self.random.choice(actions)()

    def call(self, doubt, function, **arguments):
        """`doubt` is called after the next start if this is not answered."""
        self.doubt = doubt
        try:
            answer = function(**arguments)
        except DEAD as error:
            raise ServerDied from error
        self.doubt = None
        self.calls += 1
        return answer

    def name(self, word):
        return f"{word}-{self.number}-{self.random.getrandbits(64):x}"

    def pick(self, things, condition=lambda thing: True):
        found = [key for key, thing in things.items() if condition(thing)]
        return self.random.choice(found) if found else None

    def start(self):
        region = self.random.choice(REGIONS)
        parent = self.pick(self.snapshots, lambda s: s.settled and (s.account, s.region) == ("owner", region))
        if parent and self.random.random() < 0.7:
            key = self.snapshots[parent].key
            self.begin_upload(region, self.snapshots[parent].content, key, ParentSnapshotId=parent)
        else:
            self.begin_upload(region)

    def start_encrypted(self):
        region = self.random.choice(REGIONS)
        key = self.pick_key(region)
        self.begin_upload(region, key=key, Encrypted=True, KmsKeyArn=key)

    def begin_upload(self, region, parent=(), key=None, **wish):
        if sum(upload.region == region for upload in self.uploads.values()) >= MOST_UPLOADS:
            return self.complete()
        arguments = {"VolumeSize": 1, "ClientToken": self.name("start")} | wish

        def begin():
            """With a client token the same call tells what became of the first."""
            answer = self.call(begin, self.owner.ebs(region).start_snapshot, **arguments)
            self.uploads[answer["SnapshotId"]] = Upload(region, parent, key)

        begin()

    def put(self):
        id = self.pick(self.uploads)
        if id is None:
            return self.start()
        upload = self.uploads[id]
        index = upload.again if upload.again is not None else self.random.choice(INDEXES)
        self.put_block(id, index, self.random.randrange(len(CONTENT if upload.key else OPEN)))

    def put_block(self, id, index, number):
        upload = self.uploads[id]
        upload.again = index

        def in_doubt():
            """Cannot be seen before the upload is complete: it is put once more before that."""

        data = CONTENT[number]
        self.call(
            in_doubt,
            self.owner.ebs(upload.region).put_snapshot_block,
            SnapshotId=id,
            BlockIndex=index,
            BlockData=data,
            DataLength=disks.BLOCK_BYTES,
            Checksum=disks.checksum(data),
            ChecksumAlgorithm="SHA256",
        )
        upload.again = None
        upload.blocks[index] = number

    def complete(self):
        id = self.pick(self.uploads, lambda upload: upload.again is None)
        if id is None:
            return self.put()
        upload = self.uploads[id]
        arguments = {"SnapshotId": id, "ChangedBlocksCount": len(upload.blocks)}
        if self.random.random() < 0.5:
            arguments |= {
                "Checksum": disks.aggregate({i: CONTENT[n] for i, n in upload.blocks.items()}),
                "ChecksumAlgorithm": "SHA256",
                "ChecksumAggregationMethod": "LINEAR",
            }

        def close():
            """Asked again, the same succeeds."""
            self.call(close, self.owner.ebs(upload.region).complete_snapshot, **arguments)
            self.snapshots[id] = Snapshot(upload.region, upload.content(), upload.key)
            del self.uploads[id]

        close()

    def register(self):
        id = self.pick(self.snapshots, lambda snapshot: snapshot.settled and snapshot.account == "owner")
        if id is None:
            return self.complete()
        region = self.snapshots[id].region
        name = self.name("image")

        def found():
            filters = [{"Name": "name", "Values": [name]}]
            for image in self.ec2(region).describe_images(Filters=filters)["Images"]:
                self.add_image(image["ImageId"], region, name, id)

        answer = self.call(
            found,
            self.ec2(region).register_image,
            Name=name,
            RootDeviceName="/dev/xvda",
            Architecture="x86_64",
            VirtualizationType="hvm",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": id}}],
        )
        self.add_image(answer["ImageId"], region, name, id)

    def add_image(self, id, region, name, snapshot):
        self.images[id] = Image(region, name, snapshot)
        self.snapshots[snapshot].images.add(id)

    def copy_image(self):
        id = self.pick(self.images, lambda image: image.settled)
        if id is None:
            return self.register()
        source = self.images[id]
        region = next(region for region in REGIONS if region != source.region)
        key, wish = self.wish(self.snapshots[source.snapshot], region)
        arguments = wish | {
            "Name": self.name("copy"),
            "SourceImageId": id,
            "SourceRegion": source.region,
            "ClientToken": self.name("copy"),
        }

        def begin():
            new = self.call(begin, self.ec2(region).copy_image, **arguments)["ImageId"]

            def look():
                """The new snapshot's id; looking changes nothing."""
                found = self.call(look, self.ec2(region).describe_images, ImageIds=[new])["Images"][0]
                snapshot = disks.snapshots_of(found)[0]
                self.snapshots[snapshot] = Snapshot(region, self.snapshots[source.snapshot].content, key)
                self.add_image(new, region, arguments["Name"], snapshot)

            look()

        begin()

    def wish(self, source, region):
        """Half of the time a key is named: the copy's key, and how to ask for it."""
        if self.keys and self.random.random() < 0.5:
            key = self.pick_key(region)
            return key, {"Encrypted": True, "KmsKeyId": key}
        return source.key and self.keys["owner", region][0], {}

    def copy_snapshot(self):
        id = self.pick(self.snapshots, lambda snapshot: snapshot.settled and snapshot.account == "owner")
        if id is None:
            return self.put()
        source = self.snapshots[id]
        region = next(region for region in REGIONS if region != source.region)
        key, wish = self.wish(source, region)
        self.begin_copy(id, region, key, **wish)

    def copy_encrypted(self):
        """Into either region and for either account, whatever the source is."""
        id = self.pick(self.snapshots, lambda snapshot: snapshot.settled and not self.is_managed(snapshot.key))
        if id is None:
            return self.start_encrypted()
        region, account = self.random.choice(REGIONS), self.random.choice(ACCOUNTS)
        self.copy_under(id, region, self.pick_key(region, account), account)

    def copy_under(self, id, region, key, account="owner"):
        """Its owner lends it first if the copier is another."""
        source = self.snapshots[id]
        if account != source.account:
            self.call(
                lambda: None,  # a permission more or less is in no model
                self.ec2(source.region, source.account).modify_snapshot_attribute,
                SnapshotId=id,
                CreateVolumePermission={"Add": [{"UserId": self.server.accounts[account].id}]},
            )
        self.begin_copy(id, region, key, account, Encrypted=True, KmsKeyId=key)

    def begin_copy(self, id, region, key, account="owner", **wish):
        source = self.snapshots[id]
        mark = self.name("copied")

        def found():
            filters = [{"Name": "description", "Values": [mark]}]
            ec2 = self.ec2(region, account)
            for new in ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]:
                self.snapshots[new["SnapshotId"]] = Snapshot(region, source.content, key, account)

        answer = self.call(
            found,
            self.ec2(region, account).copy_snapshot,
            SourceRegion=source.region,
            SourceSnapshotId=id,
            Description=mark,
            **wish,
        )
        self.snapshots[answer["SnapshotId"]] = Snapshot(region, source.content, key, account)

    def share(self):
        def can_be_shared(image):
            return image.settled and not self.is_managed(self.snapshots[image.snapshot].key)

        id = self.pick(self.images, can_be_shared)
        if id is None:
            return self.put()
        image = self.images[id]
        wanted = not image.shared
        recipient = [{"UserId": self.server.accounts["recipient"].id}]

        def found():
            image.shared = self.is_shared(id)

        self.call(
            found,
            self.ec2(image.region).modify_image_attribute,
            ImageId=id,
            LaunchPermission={"Add": recipient} if wanted else {"Remove": recipient},
        )
        image.shared = wanted

    def tag(self):
        id = self.pick(self.images)
        if id is None:
            return self.put()
        image = self.images[id]
        before = image.tags
        after = before | {f"key {i}": self.name("value") for i in range(4)}

        def found():
            image.tags = self.tags_of(id)
            assert image.tags in (before, after), f"half of the tags of {id}: {image.tags}"

        tags = [{"Key": key, "Value": value} for key, value in after.items()]
        self.call(found, self.ec2(image.region).create_tags, Resources=[id], Tags=tags)
        image.tags = after

    def deregister(self):
        id = self.pick(self.images, lambda image: image.settled)
        if id is None or len(self.images) < 4:
            return self.put()
        image = self.images[id]

        def forget():
            self.snapshots[image.snapshot].images.discard(id)
            del self.images[id]

        def found():
            filters = [{"Name": "name", "Values": [image.name]}]
            if not self.ec2(image.region).describe_images(Owners=["self"], Filters=filters)["Images"]:
                forget()

        self.call(found, self.ec2(image.region).deregister_image, ImageId=id)
        forget()

    def delete(self):
        id = self.pick(self.snapshots, lambda snapshot: snapshot.settled and not snapshot.images)
        if id is None or len(self.snapshots) < 4:
            return self.put()
        region, account = self.snapshots[id].region, self.snapshots[id].account

        def found():
            filters = [{"Name": "snapshot-id", "Values": [id]}]
            ec2 = self.ec2(region, account)
            if not ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]:
                del self.snapshots[id]

        self.call(found, self.ec2(region, account).delete_snapshot, SnapshotId=id)
        del self.snapshots[id]

    # Looking, while the server lives

    def tags_of(self, id):
        found = disks.describe_image(self.owner, id, self.images[id].region)
        return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}

    def is_shared(self, id):
        ec2 = self.ec2(self.images[id].region)
        said = ec2.describe_image_attribute(ImageId=id, Attribute="launchPermission")["LaunchPermissions"]
        return [entry.get("UserId") for entry in said] == [self.server.accounts["recipient"].id]

    def settle(self):
        """After a start: what became of the call that was not answered."""
        doubt, self.doubt = self.doubt, None
        if doubt is not None:
            doubt()

    def expected_ids(self, region):
        """(images, snapshots) that must be there."""
        snapshots = [id for id, thing in {**self.snapshots, **self.uploads}.items() if thing.region == region]
        return {id for id, image in self.images.items() if image.region == region}, set(snapshots)

    def observe(self, images, snapshots):
        """`images` and `snapshots`: what the server says of each, by id. States only go forward."""
        for id, image in self.images.items():
            state = images[id]["State"]
            assert state in (("available",) if image.settled else ("pending", "available")), (id, images[id])
            image.settled = state == "available"
            assert images[id]["Name"] == image.name
            assert disks.snapshots_of(images[id]) == [image.snapshot]
            assert {tag["Key"]: tag["Value"] for tag in images[id].get("Tags", [])} == image.tags, id
            assert self.is_shared(id) == image.shared, id
        for id, snapshot in self.snapshots.items():
            state = snapshots[id]["State"]
            wanted = ("completed",) if snapshot.settled else ("pending", "completed")
            assert state in wanted, (id, snapshots[id])
            snapshot.settled = state == "completed"
            assert snapshots[id]["Encrypted"] == (snapshot.key is not None), (id, snapshots[id])
            if snapshot.settled:
                assert snapshots[id].get("KmsKeyId") == snapshot.key, (id, snapshots[id])
        for id, upload in self.uploads.items():
            assert snapshots[id]["State"] == "pending", (id, snapshots[id])
            assert snapshots[id].get("KmsKeyId") == upload.key, (id, snapshots[id])

    def await_all(self):
        """Until nothing is pending any more but uploads."""

        def settled():
            images = {id: disks.describe_image(self.owner, id, image.region) for id, image in self.images.items()}
            snapshots = {
                id: disks.describe_snapshot(self.server.accounts[thing.account], id, thing.region)
                for id, thing in (self.snapshots | self.uploads).items()
            }
            self.observe(images, snapshots)
            return all(thing.settled for thing in (self.images | self.snapshots).values())

        wait_until(settled, "something is still pending")

    def compare(self, ids):
        """The content of completed snapshots, block by block."""
        for id in ids:
            snapshot = self.snapshots[id]
            wanted = {index: CONTENT[number] for index, number in snapshot.content.items()}
            account = self.server.accounts[snapshot.account]
            assert disks.read(account, id, snapshot.region) == wanted, f"{id} is not what was put"

    def completed(self):
        return [id for id, snapshot in self.snapshots.items() if snapshot.settled]

    def finish_uploads(self):
        """Whatever is under way is completed, so that what was acknowledged can be seen."""
        while self.uploads:
            id, upload = next(iter(self.uploads.items()))
            if upload.again is not None:
                self.put_again(id)
            self.uploads = {id: upload} | self.uploads
            self.complete()

    def put_again(self, id):
        upload = self.uploads[id]
        disks.put(self.owner, id, upload.again, CONTENT[1], upload.region)
        upload.blocks[upload.again] = 1
        upload.again = None
