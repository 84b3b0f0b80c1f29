"""DescribeRegions and DescribeAvailabilityZones."""
import pytest

import argosyd
from argosyd import refused


def names(answer):
    return [region["RegionName"] for region in answer["Regions"]]


def test_every_region_is_listed_in_every_region(owner, server):
    for region in argosyd.REGIONS:
        found = owner.ec2(region).describe_regions()["Regions"]
        assert sorted(entry["RegionName"] for entry in found) == sorted(argosyd.REGIONS)
        for entry in found:
            assert entry["OptInStatus"] == "opt-in-not-required"
            assert server.endpoint.endswith(entry["Endpoint"])


def test_regions_are_selected_by_name_and_filter(owner):
    ec2 = owner.ec2()
    assert names(ec2.describe_regions(RegionNames=["eu-west-1"])) == ["eu-west-1"]
    assert names(
        ec2.describe_regions(AllRegions=True, Filters=[{"Name": "region-name", "Values": ["us-*-2"]}])
    ) == ["us-west-2"]
    assert names(ec2.describe_regions(Filters=[{"Name": "opt-in-status", "Values": ["opted-in"]}])) == []
    assert len(names(ec2.describe_regions(Filters=[{"Name": "endpoint", "Values": ["*"]}]))) == 3


def test_what_is_no_region_or_filter_is_refused(owner):
    with refused("InvalidParameterValue", message="Invalid region names: [mars-north-1]"):
        owner.ec2().describe_regions(RegionNames=["us-east-1", "mars-north-1"])
    with refused("InvalidParameterValue"):
        owner.ec2().describe_regions(Filters=[{"Name": "colour", "Values": ["red"]}])


@pytest.mark.parametrize("region", argosyd.REGIONS)
def test_a_region_lists_its_own_zones(owner, region):
    zones = owner.ec2(region).describe_availability_zones()["AvailabilityZones"]
    assert zones
    for zone in zones:
        assert zone["ZoneName"].startswith(region) and zone["RegionName"] == region
        assert (zone["State"], zone["ZoneType"]) == ("available", "availability-zone")
    zone = zones[0]
    for selector in (
        {"ZoneNames": [zone["ZoneName"]]},
        {"ZoneIds": [zone["ZoneId"]]},
        {"Filters": [{"Name": "zone-name", "Values": [zone["ZoneName"]]}]},
    ):
        assert owner.ec2(region).describe_availability_zones(**selector)["AvailabilityZones"] == [zone]


def test_what_is_no_zone_is_refused(owner):
    for selector in (
        {"ZoneNames": ["mars-north-1a"]},
        {"ZoneIds": ["marn1-az1"]},
        {"Filters": [{"Name": "colour", "Values": ["red"]}]},
    ):
        with refused("InvalidParameterValue"):
            owner.ec2().describe_availability_zones(**selector)
