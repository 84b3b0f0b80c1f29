"""A multi-Region key is rotated, and its primary Region changed, while the server is killed at each call that
changes a file (mortal.py)."""
import pytest

import argosyd
import keys
import lane as lanes

HERE, THERE = lanes.REGIONS[:2]


def encrypt(run, region):
    run.sealed.append(keys.encrypt(run.lanes[0].owner, run.key, region.encode(), region))


def tale(run):
    """A key with a replica, renewed twice, then the replica is the primary key; what each region encrypts before and
    after is written down."""
    run.key, run.sealed = None, []
    owner = run.lanes[0].owner
    run.key = keys.make(owner, HERE, MultiRegion=True)["KeyId"]
    owner.kms(HERE).replicate_key(KeyId=run.key, ReplicaRegion=THERE)
    for _ in range(2):
        for region in (HERE, THERE):
            encrypt(run, region)
        owner.post_kms("RotateKeyOnDemand", HERE, KeyId=run.key)
    owner.kms(HERE).update_primary_region(KeyId=run.key, PrimaryRegion=THERE)
    for region in (HERE, THERE):
        encrypt(run, region)


def check(run):
    """What was acknowledged opens in both regions, and they come to encrypt with the same material."""
    if getattr(run, "key", None) is None:
        return
    owner = run.lanes[0].owner
    if run.sealed:
        for blob in run.sealed:
            assert keys.decrypt(owner, blob, HERE) == keys.decrypt(owner, blob, THERE)

        def versions():
            here, there = (keys.encrypt(owner, run.key, b"new", region) for region in (HERE, THERE))
            assert keys.decrypt(owner, here, THERE) == keys.decrypt(owner, there, HERE) == b"new"
            return {here[8], there[8]}  # docs/formats/ciphertext.md

        argosyd.wait_until(lambda: len(versions()) == 1, "the replica does not follow its primary")

    def primary_region():
        """Of one primary key, which all know."""
        found = [owner.kms(region).describe_key(KeyId=run.key)["KeyMetadata"] for region in replicas()]
        settled = {one["MultiRegionConfiguration"]["PrimaryKey"]["Region"] for one in found}
        kinds = [one["MultiRegionConfiguration"]["MultiRegionKeyType"] for one in found]
        done = len(settled) == 1 and kinds.count("PRIMARY") == 1 and {one["KeyState"] for one in found} == {"Enabled"}
        return settled.pop() if done else None

    def replicas():
        ids = {region: {entry["KeyId"] for entry in owner.kms(region).list_keys()["Keys"]} for region in (HERE, THERE)}
        return [region for region in (HERE, THERE) if run.key in ids[region]]

    primary = argosyd.wait_until(primary_region, "there is not one primary key")
    argosyd.wait_until(
        lambda: owner.post_kms("RotateKeyOnDemand", primary, KeyId=run.key).status == 200, "a rotation never ends"
    )


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_any_call_of_a_rotation_leaves_all_ciphertexts_readable(calls, how):
    calls.kill_at(how, tale, check=check, with_start=False)
