"""MaxResults and NextToken: pages are whole, and a token belongs to its caller and its request."""
import pytest

import disks

COUNT = 13
# The operation, its list's element, the element of an entry, the smallest MaxResults.
LISTS = {
    "DescribeImages": ("imagesSet", "imageId", 1),
    "DescribeSnapshots": ("snapshotSet", "snapshotId", 5),
    "DescribeTags": ("tagSet", "resourceId", 5),
}


@pytest.fixture(scope="module")
def listed(owner, snapshot):
    """operation -> the ids of 13 resources and the filter that selects just these."""
    word = disks.unique("paged")
    snapshots = [disks.upload(owner, {}, Description=word) for _ in range(COUNT)]
    images = [disks.register(owner, snapshot, f"{word}-{number}") for number in range(COUNT)]
    owner.ec2().create_tags(Resources=images, Tags=[{"Key": word, "Value": "v"}])
    return {
        "DescribeImages": (images, {"Filter__1__Name": "name", "Filter__1__Value__1": word + "-*"}),
        "DescribeSnapshots": (snapshots, {"Filter__1__Name": "description", "Filter__1__Value__1": word}),
        "DescribeTags": (images, {"Filter__1__Name": "key", "Filter__1__Value__1": word}),
    }


def page(account, action, **parameters):
    answer = account.query(action, **parameters)
    assert answer.status == 200, answer.body
    wrapper, entry, _ = LISTS[action]
    found = [item.findtext(entry) for item in answer.xml.iterfind(f"{wrapper}/item")]
    return found, answer.xml.findtext("nextToken")


def pages(account, action, limit, **parameters):
    """Every page's ids."""
    token = None
    while True:
        found, token = page(
            account, action, MaxResults=limit, **parameters, **({"NextToken": token} if token else {})
        )
        yield found
        if not token:
            return


@pytest.mark.parametrize("limit", [5, 6, 13, 1000])
@pytest.mark.parametrize("action", LISTS)
def test_pages_together_are_the_whole_list_each_entry_once(owner, listed, action, limit):
    wanted, filters = listed[action]
    got = list(pages(owner, action, limit, **filters))
    assert all(len(part) <= limit for part in got)
    assert sorted(entry for part in got for entry in part) == sorted(wanted)


def test_images_come_in_pages_of_one(owner, listed):
    wanted, filters = listed["DescribeImages"]
    found = [entry for part in pages(owner, "DescribeImages", 1, **filters) for entry in part]
    assert sorted(found) == sorted(wanted)
    assert found == page(owner, "DescribeImages", **filters)[0]


@pytest.mark.parametrize("action", LISTS)
def test_without_a_limit_the_list_is_complete_and_has_no_token(owner, listed, action):
    wanted, filters = listed[action]
    found, token = page(owner, action, **filters)
    assert sorted(found) == sorted(wanted) and not token


@pytest.mark.parametrize("action", LISTS)
def test_a_limit_outside_its_range_is_refused(owner, action):
    for limit in (LISTS[action][2] - 1, 1001, -1):
        answer = owner.query(action, MaxResults=limit)
        assert (answer.status, answer.code) == (400, "InvalidParameterValue")


@pytest.mark.parametrize("action", LISTS)
def test_a_token_belongs_to_its_caller(owner, stranger, listed, action):
    _, filters = listed[action]
    _, token = page(owner, action, MaxResults=5, **filters)
    answer = stranger.query(action, MaxResults=5, NextToken=token, **filters)
    assert answer.status == 400 and answer.code in ("InvalidNextToken", "InvalidParameterValue")


@pytest.mark.parametrize("action", LISTS)
def test_a_token_belongs_to_its_filters_and_region(owner, listed, action):
    _, filters = listed[action]
    _, token = page(owner, action, MaxResults=5, **filters)
    others = [
        ("us-east-1", {}),
        ("us-east-1", filters | {"Filter__1__Value__1": "*"}),
        ("us-west-2", filters),
    ]
    for region, parameters in others:
        answer = owner.query(action, region, MaxResults=5, NextToken=token, **parameters)
        assert answer.status == 400 and answer.code in ("InvalidNextToken", "InvalidParameterValue")


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "A" * 5000, "☂"])
@pytest.mark.parametrize("action", LISTS)
def test_a_token_that_is_none_is_refused(owner, action, token):
    answer = owner.query(action, MaxResults=5, NextToken=token)
    assert answer.status == 400 and answer.code in ("InvalidNextToken", "InvalidParameterValue")


def test_a_token_of_one_list_is_none_for_another(owner, listed):
    _, token = page(owner, "DescribeImages", MaxResults=5, **listed["DescribeImages"][1])
    answer = owner.query("DescribeSnapshots", MaxResults=5, NextToken=token, **listed["DescribeImages"][1])
    assert answer.status == 400
    for parameters in ({}, {"Owner__1": "self"}):  # which both understand
        _, token = page(owner, "DescribeImages", MaxResults=5, **parameters)
        answer = owner.query("DescribeSnapshots", MaxResults=5, NextToken=token, **parameters)
        assert (answer.status, answer.code) == (400, "InvalidNextToken")


def test_a_list_without_a_limit_is_complete_beyond_the_largest_page(server):
    account = server.new_account(disks.unique("rich"))
    snapshot = disks.upload(account, {})
    images = {disks.register(account, snapshot) for _ in range(1050)}
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    account.ec2().create_tags(Resources=sorted(images)[:30], Tags=tags)
    found, token = page(account, "DescribeImages", Owner__1="self")
    assert len(found) == 1050 and set(found) == images and not token
    found, token = page(account, "DescribeTags")
    assert len(found) == 1500 and not token
    assert [len(part) for part in pages(account, "DescribeImages", 1000, Owner__1="self")] == [1000, 50]


def test_what_is_registered_meanwhile_disturbs_no_page(owner, snapshot):
    word = disks.unique("meanwhile")
    first = {disks.register(owner, snapshot, f"{word}-{number}") for number in range(4)}
    filters = {"Filter__1__Name": "name", "Filter__1__Value__1": word + "*"}
    seen, token = page(owner, "DescribeImages", MaxResults=2, **filters)
    owner.ec2().deregister_image(ImageId=seen[0])
    later = disks.register(owner, snapshot, f"{word}-later")
    rest, token = page(owner, "DescribeImages", MaxResults=100, NextToken=token, **filters)
    assert len(seen) == 2 and sorted(rest) == sorted({*first - set(seen), later}) and not token


def test_ids_and_a_limit_may_be_combined(owner, listed):
    wanted, _ = listed["DescribeImages"]
    selected = {f"ImageId__{number}": image for number, image in enumerate(wanted[:4], 1)}
    found = [entry for part in pages(owner, "DescribeImages", 3, **selected) for entry in part]
    assert sorted(found) == sorted(wanted[:4])
