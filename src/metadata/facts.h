// metadata/facts.h - what the metadata service knows of a machine. Source of all names: EC2 User Guide,
// "Instance metadata categories".
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace argosy::metadata {

struct Group {
  std::string id;
  std::string name;
};

struct Facts {
  std::string instance_id;
  std::string image_id;
  std::string instance_type;
  std::string architecture;
  std::string account;
  std::string reservation_id;
  std::int64_t launch_index = 0;
  Time launched{};
  std::string region;
  std::string availability_zone;
  std::string availability_zone_id;

  std::string local_ipv4;
  std::string local_hostname;
  std::string mac;  ///< lower case, with colons
  std::string interface_id;
  std::string subnet_id;
  std::string subnet_cidr_block;
  std::string vpc_id;
  std::string vpc_cidr_block;
  std::vector<Group> security_groups;

  std::string key_name;    ///< empty: the machine was launched without
  std::string public_key;  ///< a line of authorized_keys
  Bytes user_data;         ///< empty: there is none
  /// "ami", "root", "ebs1", "ephemeral0", …, and the device.
  std::vector<std::pair<std::string, std::string>> block_devices;
  std::optional<std::map<std::string, std::string>> tags;  ///< nothing: the machine may not see its own

  bool enabled = true;           ///< else every request is refused
  bool tokens_required = false;  ///< IMDSv2 alone
};

}  // namespace argosy::metadata
