#include "metadata/tree.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <sstream>

#include "unit/metadata/facts.h"

namespace argosy::metadata {
namespace {

std::string text_at(std::string_view path, Facts const& facts = some_facts()) {
  auto found = look_up(facts, path);
  return found ? found->text : "404";
}

TEST(Metadata, has_each_fact_at_the_path_of_ec2) {
  std::map<std::string, std::string> const expected{
      {"ami-id", "ami-0123456789abcdef0"},
      {"ami-launch-index", "0"},
      {"block-device-mapping/ami", "sda1"},
      {"block-device-mapping/ebs1", "sdf"},
      {"block-device-mapping/root", "/dev/sda1"},
      {"hostname", "ip-127-64-1-2.us-west-2.compute.internal"},
      {"instance-id", "i-0123456789abcdef0"},
      {"instance-type", "t3.micro"},
      {"local-hostname", "ip-127-64-1-2.us-west-2.compute.internal"},
      {"local-ipv4", "127.64.1.2"},
      {"mac", "02:11:22:33:44:55"},
      {"network/interfaces/macs/02:11:22:33:44:55/device-number", "0"},
      {"network/interfaces/macs/02:11:22:33:44:55/interface-id", "eni-0123456789abcdef0"},
      {"network/interfaces/macs/02:11:22:33:44:55/local-ipv4s", "127.64.1.2"},
      {"network/interfaces/macs/02:11:22:33:44:55/owner-id", "123456789012"},
      {"network/interfaces/macs/02:11:22:33:44:55/security-group-ids", "sg-0123456789abcdef0"},
      {"network/interfaces/macs/02:11:22:33:44:55/subnet-id", "subnet-0123456789abcdef0"},
      {"network/interfaces/macs/02:11:22:33:44:55/subnet-ipv4-cidr-block", "172.31.0.0/20"},
      {"network/interfaces/macs/02:11:22:33:44:55/vpc-id", "vpc-0123456789abcdef0"},
      {"network/interfaces/macs/02:11:22:33:44:55/vpc-ipv4-cidr-block", "172.31.0.0/16"},
      {"placement/availability-zone", "us-west-2a"},
      {"placement/availability-zone-id", "usw2-az1"},
      {"placement/region", "us-west-2"},
      {"public-keys/0/openssh-key", "ssh-ed25519 AAAA my key"},
      {"reservation-id", "r-0123456789abcdef0"},
      {"security-groups", "default"},
      {"services/domain", "amazonaws.com"},
      {"services/partition", "aws"},
  };
  for (auto const& [path, text] : expected) EXPECT_EQ(text_at("/latest/meta-data/" + path), text) << path;
}

TEST(Metadata, is_the_same_under_each_version_that_cloud_init_asks_for) {
  for (auto version : {"2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest", "1.0"})
    EXPECT_EQ(text_at("/" + std::string(version) + "/meta-data/instance-id"), "i-0123456789abcdef0")
        << version;
  for (auto version : {"2009-04-05", "2099-01-01", "newest", ".."})
    EXPECT_EQ(text_at("/" + std::string(version) + "/meta-data/instance-id"), "404") << version;
}

TEST(Metadata, lists_a_folder_with_or_without_a_slash_at_its_end) {
  EXPECT_EQ(text_at("/latest/meta-data/placement"), "availability-zone\navailability-zone-id\nregion");
  EXPECT_EQ(text_at("/latest/meta-data/placement/"), text_at("/latest/meta-data/placement"));
  EXPECT_EQ(text_at("//latest//meta-data/placement/"), text_at("/latest/meta-data/placement"));
  EXPECT_EQ(text_at("/latest/meta-data/network"), "interfaces/");
  EXPECT_EQ(text_at("/latest/meta-data/network/interfaces/macs/"), "02:11:22:33:44:55/");
  EXPECT_EQ(text_at("/latest/dynamic"), "instance-identity/");
  EXPECT_EQ(text_at("/latest/dynamic/instance-identity"), "document");
  EXPECT_EQ(text_at("/latest"), "dynamic\nmeta-data\nuser-data");
  EXPECT_TRUE(text_at("/").ends_with("2021-03-23\nlatest"));
}

TEST(Metadata, names_the_key_in_its_list_and_not_in_its_path) {
  EXPECT_EQ(text_at("/latest/meta-data/public-keys/"), "0=my key");
  EXPECT_EQ(text_at("/latest/meta-data/public-keys/0"), "openssh-key");
  EXPECT_EQ(text_at("/latest/meta-data/public-keys/1/openssh-key"), "404");
}

TEST(Metadata, has_no_path_for_what_the_machine_has_not) {
  auto facts = some_facts();
  facts.public_key.clear();
  facts.user_data.clear();
  EXPECT_EQ(text_at("/latest/meta-data/public-keys/", facts), "404");
  EXPECT_EQ(text_at("/latest/user-data", facts), "404");
  EXPECT_EQ(text_at("/latest", facts), "dynamic\nmeta-data");
  for (auto path : {"/latest/meta-data/iam/", "/latest/meta-data/tags/", "/latest/meta-data/inst",
                    "/latest/meta-data/instance-id/more", "/latest/nothing"})
    EXPECT_EQ(text_at(path, facts), "404") << path;
}

TEST(Metadata, has_user_data_byte_for_byte) {
  auto found = look_up(some_facts(), "/latest/user-data");
  ASSERT_TRUE(found);
  EXPECT_EQ(to_bytes(as_bytes(found->text)), some_facts().user_data);
  EXPECT_EQ(found->content_type, "application/octet-stream");
}

TEST(Metadata, shows_tags_where_it_may) {
  auto facts = some_facts();
  facts.tags = {{"Name", "web"}, {"Stage", ""}};
  EXPECT_EQ(text_at("/latest/meta-data/tags/instance", facts), "Name\nStage");
  EXPECT_EQ(text_at("/latest/meta-data/tags/instance/Name", facts), "web");
  EXPECT_EQ(text_at("/latest/meta-data/tags/instance/Stage", facts), "");
}

TEST(Metadata, has_the_identity_of_the_instance_as_a_document) {
  auto document = boost::json::parse(text_at("/latest/dynamic/instance-identity/document")).as_object();
  EXPECT_EQ(document.at("instanceId"), "i-0123456789abcdef0");
  EXPECT_EQ(document.at("accountId"), "123456789012");
  EXPECT_EQ(document.at("availabilityZone"), "us-west-2a");
  EXPECT_EQ(document.at("pendingTime"), "2026-11-27T01:02:03.000Z");
  EXPECT_TRUE(document.at("kernelId").is_null());
}

/// As cloud-init 22.4 does (sources/helpers/ec2.py): a line that ends with a slash is a folder, "N=NAME" is a
/// key, everything else is read.
void crawl(std::string const& folder, std::map<std::string, std::string>& found) {
  std::istringstream lines(text_at(folder));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('/')) {
      crawl(folder + line, found);
    } else {
      auto const equals = line.find('=');
      auto const path =
          folder + (equals == std::string::npos ? line : line.substr(0, equals) + "/openssh-key");
      found[path] = text_at(path);
      EXPECT_NE(found[path], "404") << path;
    }
  }
}

TEST(Metadata, is_found_whole_by_who_follows_the_lists_as_cloud_init_does) {
  std::map<std::string, std::string> found;
  crawl("/2021-03-23/meta-data/", found);
  crawl("/2021-03-23/dynamic/", found);
  std::string const base = "/2021-03-23/meta-data/";
  EXPECT_EQ(found.at(base + "instance-id"), "i-0123456789abcdef0");
  EXPECT_EQ(found.at(base + "public-keys/0/openssh-key"), "ssh-ed25519 AAAA my key");
  EXPECT_EQ(found.at(base + "placement/availability-zone"), "us-west-2a");
  EXPECT_EQ(found.at(base + "network/interfaces/macs/02:11:22:33:44:55/device-number"), "0");
  EXPECT_TRUE(found.contains("/2021-03-23/dynamic/instance-identity/document"));
}

}  // namespace
}  // namespace argosy::metadata
