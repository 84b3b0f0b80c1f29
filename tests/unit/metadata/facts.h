// What the tests of metadata know of a machine.
#pragma once
#include "metadata/facts.h"

namespace argosy::metadata {

inline Facts some_facts() {
  Facts facts;
  facts.instance_id = "i-0123456789abcdef0";
  facts.image_id = "ami-0123456789abcdef0";
  facts.instance_type = "t3.micro";
  facts.architecture = "x86_64";
  facts.account = "123456789012";
  facts.reservation_id = "r-0123456789abcdef0";
  facts.launched = *parse_iso8601("2026-11-27T01:02:03Z");
  facts.region = "us-west-2";
  facts.availability_zone = "us-west-2a";
  facts.availability_zone_id = "usw2-az1";
  facts.local_ipv4 = "127.64.1.2";
  facts.local_hostname = "ip-127-64-1-2.us-west-2.compute.internal";
  facts.mac = "02:11:22:33:44:55";
  facts.interface_id = "eni-0123456789abcdef0";
  facts.subnet_id = "subnet-0123456789abcdef0";
  facts.subnet_cidr_block = "172.31.0.0/20";
  facts.vpc_id = "vpc-0123456789abcdef0";
  facts.vpc_cidr_block = "172.31.0.0/16";
  facts.security_groups = {{"sg-0123456789abcdef0", "default"}};
  facts.key_name = "my key";
  facts.public_key = "ssh-ed25519 AAAA my key";
  facts.user_data = to_bytes(as_bytes(std::string_view("#!/bin/sh\n\0echo hello\n", 22)));
  facts.block_devices = {{"ami", "sda1"}, {"root", "/dev/sda1"}, {"ebs1", "sdf"}};
  return facts;
}

}  // namespace argosy::metadata
