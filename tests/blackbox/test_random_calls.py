"""Random calls in several regions, with kills between them, beside a model of what must then be seen."""
import random

import pytest

import disks
from argosyd import REGIONS

STEPS = 60


class Model:
    """Makes calls as the owner and remembers what they must have done: region -> image id -> facts."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.images = {region: {} for region in REGIONS}

    @property
    def owner(self):
        return self.server.accounts["owner"]

    def any_image(self):
        """A region and the id of one of its images; an image is made if there is none."""
        regions = [region for region in REGIONS if self.images[region]]
        if not regions:
            self.register()
            return self.any_image()
        region = self.random.choice(regions)
        return region, self.random.choice(list(self.images[region]))

    def remember(self, region, image, name, content):
        self.images[region][image] = {"name": name, "content": content, "shared": False, "tags": {}}

    def register(self):
        region = self.random.choice(REGIONS)
        content = {self.random.randrange(2048): disks.block(self.random.random()) for _ in range(3)}
        name = disks.unique("random")
        image = disks.register(self.owner, disks.upload(self.owner, content, region=region), name, region)
        self.remember(region, image, name, content)

    def copy(self):
        source, image = self.any_image()
        region = self.random.choice(REGIONS)
        name = disks.unique("random")
        answer = self.owner.ec2(region).copy_image(Name=name, SourceImageId=image, SourceRegion=source)
        self.remember(region, answer["ImageId"], name, self.images[source][image]["content"])
        if self.random.random() < 0.5:
            self.kill()
        disks.await_image(self.owner, answer["ImageId"], region)

    def share(self):
        region, image = self.any_image()
        facts = self.images[region][image]
        facts["shared"] = not facts["shared"]
        entries = [{"UserId": self.server.accounts["recipient"].id}]
        self.owner.ec2(region).modify_image_attribute(
            ImageId=image, LaunchPermission={"Add" if facts["shared"] else "Remove": entries}
        )

    def tag(self):
        region, image = self.any_image()
        key, value = self.random.choice("abc"), str(self.random.random())
        self.owner.ec2(region).create_tags(Resources=[image], Tags=[{"Key": key, "Value": value}])
        self.images[region][image]["tags"][key] = value

    def deregister(self):
        region, image = self.any_image()
        self.owner.ec2(region).deregister_image(ImageId=image)
        del self.images[region][image]

    def kill(self):
        self.server.kill()
        self.server.start()

    def step(self):
        calls = [self.register, self.copy, self.share, self.tag, self.deregister, self.kill]
        self.random.choices(calls, weights=[3, 3, 3, 3, 1, 1])[0]()

    def check(self):
        recipient = self.server.accounts["recipient"]
        for region in REGIONS:
            wanted = self.images[region]
            seen = {
                image["ImageId"]: image
                for image in self.owner.ec2(region).describe_images(Owners=["self"])["Images"]
            }
            assert {image: found["Name"] for image, found in seen.items()} == {
                image: facts["name"] for image, facts in wanted.items()
            }
            for image, facts in wanted.items():
                assert {tag["Key"]: tag["Value"] for tag in seen[image].get("Tags", [])} == facts["tags"]
                assert disks.read(self.owner, disks.snapshots_of(seen[image])[0], region) == facts["content"]
            lent = recipient.ec2(region).describe_images(ExecutableUsers=["self"])["Images"]
            assert {image["ImageId"] for image in lent} == {
                image for image, facts in wanted.items() if facts["shared"]
            }


@pytest.mark.parametrize("seed", range(3))
def test_what_is_seen_is_what_was_done(own_server, seed):
    model = Model(own_server, seed)
    for _ in range(STEPS):
        model.step()
    model.check()
    model.kill()
    model.check()
