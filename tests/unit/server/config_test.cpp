#include "server/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/folder.h"

namespace argosy::server {
namespace {

class ConfigTest : public testing::Test {
 protected:
  Result<Config> read(std::string const& text) {
    std::ofstream(path_) << text;
    return read_config(path_);
  }
  /// The complaint without the file's name.
  std::string complaint(std::string const& text) {
    auto config = read(text);
    if (!config) return config.error().message.substr(path_.size() + 1);
    auto checked = check(*config);
    return checked ? "none" : checked.error().message;
  }
  tests::Folder const folder_;
  std::string const path_ = folder_ / "argosyd.yaml";
  std::string const good_ =
      "data_directory: /data\nroot_key: {file: /keys/root}\nregions: [us-east-1, us-west-2]\n";
  std::string const replication_ =
      "replication:\n  listen: 0.0.0.0:9443\n  certificate_file: c\n  key_file: k\n  authority_file: a\n";
  /// A peer's line; begins in line 9 behind good_ and replication_.
  static std::string peer(std::string const& name, std::string const& region, std::string const& more = "") {
    return "  - name: " + name + "\n    regions: [" + region + "]\n    endpoint: " + name +
           ".example:9443\n    public_endpoint: " + name + ".example:8443\n    accounts: all\n" + more;
  }
};

TEST_F(ConfigTest, takes_what_is_written_and_defaults_for_the_rest) {
  auto config = read(good_ + "listen: 127.0.0.1:0\nlimits:\n  bodies_mib: 7\n  body_seconds: 3\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->regions, (std::vector<std::string>{"us-east-1", "us-west-2"}));
  EXPECT_EQ(config->endpoint.body_budget_bytes, 7U << 20U);
  EXPECT_EQ(config->endpoint.body_timeout, std::chrono::seconds(3));
  EXPECT_EQ(config->endpoint.answer_budget_bytes, 256U << 20U);
  EXPECT_EQ(config->endpoint.workers, http::ServerOptions().workers);
  EXPECT_FALSE(config->endpoint.tls);
  EXPECT_TRUE(check(*config));
}

TEST_F(ConfigTest, says_where_it_does_not_understand) {
  EXPECT_EQ(complaint("regoins: [a]\n").substr(0, 30), "1:1: unknown key 'regoins'; kn");
  EXPECT_EQ(complaint(good_ + "limits:\n  workers: many\n"), "5:12: expected a number from 1 to 1000");
  EXPECT_EQ(complaint(good_ + "limits:\n  workers: 0\n"), "5:12: expected a number from 1 to 1000");
  EXPECT_EQ(complaint(good_ + "listen: [1]\n"), "4:9: expected a text");
  for (std::string const key : {"listen", "public_endpoint"}) {
    auto const column = std::to_string(key.size() + 3);
    for (std::string const bad : {"https://images.example", "unix:/run/argosy.sock", "localhost:99999"})
      EXPECT_TRUE(complaint(good_ + key + ": " + bad + "\n").starts_with("4:" + column + ": ")) << key << bad;
  }
  EXPECT_TRUE(complaint(good_ + "operations:\n  listen: everywhere\n").starts_with("5:11: "));
  EXPECT_TRUE(read(good_ + "public_endpoint: images.example\n"));
  EXPECT_EQ(complaint(good_ + "regions: [x]\n"), "4:1: the key 'regions' stands twice");
  EXPECT_EQ(complaint("regions: us-east-1\n"), "1:10: expected a list");
  EXPECT_EQ(complaint(good_ + "tls:\n  key_file: k\n"), "5:3: tls needs certificate_file and key_file");
  EXPECT_EQ(complaint("regions: [us-east-1]\n"), "1:1: the key 'data_directory' is missing");
  EXPECT_EQ(complaint("").substr(0, 4), "1:1:");
  EXPECT_EQ(complaint("a: [\n").substr(0, 2), "2:");
}

TEST_F(ConfigTest, knows_each_peer_by_its_certificate_and_what_it_may_do) {
  auto config = read(good_ + replication_ + "peers:\n" + peer("Beta", "eu-west-1") +
                     peer("gamma", "eu-west-2", "    certificate_name: 10.0.0.3\n    receives_keys: true\n"));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(check(*config));
  EXPECT_EQ(config->replication->listen, "0.0.0.0:9443");
  ASSERT_EQ(config->peers.size(), 2U);
  EXPECT_EQ(config->peers[0].certificate_name, "beta.example");
  EXPECT_TRUE(config->peers[0].accounts.all);
  EXPECT_FALSE(config->peers[0].receives_keys);
  EXPECT_EQ(config->peers[1].certificate_name, "10.0.0.3");
  EXPECT_TRUE(config->peers[1].receives_keys);
}

TEST_F(ConfigTest, knows_a_peers_address_however_it_is_written) {
  auto by_endpoint = peer("beta", "eu-west-1");
  by_endpoint.replace(by_endpoint.find("beta.example:9443"), 17, "'[FD00:0:0::0001]:9443'");
  auto config =
      read(good_ + replication_ + "peers:\n" + by_endpoint +
           peer("gamma", "eu-west-2", "    certificate_name: 'fd00:0000:0000:0000:0000:0000:0000:000A'\n"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->peers[0].certificate_name, "fd00::1");
  EXPECT_EQ(config->peers[1].certificate_name, "fd00::a");
}

TEST_F(ConfigTest, says_what_is_wrong_with_a_peer) {
  auto const head = good_ + replication_ + "peers:\n";
  EXPECT_EQ(complaint(head + "  - name: beta\n"), "10:5: the key 'regions' is missing");
  EXPECT_EQ(complaint(head + "  beta: 1\n"), "10:3: expected a list of peers");
  auto with = [&](std::string const& from, std::string const& to) {
    auto text = peer("beta", "eu-west-1");
    return complaint(head + text.replace(text.find(from), from.size(), to));
  };
  EXPECT_EQ(with("accounts: all", "accounts: some"), "14:15: expected 'all' or a list of account ids");
  EXPECT_EQ(with("accounts: all", "accounts: ['12']"), "14:16: an account id has 12 digits");
  EXPECT_EQ(with("beta.example:9443", "beta.example"), "12:15: beta.example is not of the form ADDRESS:PORT");
  EXPECT_EQ(with("eu-west-1", "us-east-1"), "the region us-east-1 stands twice");
  EXPECT_EQ(with("eu-west-1", "x"),
            "'x' is no name of a region: use 3 to 32 of a-z, 0-9 and '-', as in us-east-1");
  EXPECT_EQ(complaint(head + peer("beta", "eu-west-1") + peer("beta", "eu-west-2")),
            "the peer beta stands twice");
  EXPECT_EQ(complaint(head + peer("beta", "eu-west-1", "    receives_keys: maybe\n")),
            "15:20: expected true or false");
  EXPECT_EQ(complaint(head + peer("beta", "eu-west-1") +
                      peer("gamma", "eu-west-2", "    certificate_name: beta.example\n")),
            "two peers have the certificate_name beta.example");
  EXPECT_EQ(complaint(good_ + replication_), "replication and peers need each other: give both or neither");
  EXPECT_EQ(complaint(good_ + "replication:\n  listen: 0.0.0.0:1\n"),
            "5:3: the key 'certificate_file' is missing");
}

TEST_F(ConfigTest, takes_a_root_key_in_a_file_or_in_a_token) {
  std::string const rest = "data_directory: /data\nregions: [us-east-1]\n";
  std::string const token = "module: /m.so, token: t, key: k, pin_file: /pin";
  EXPECT_EQ(read(rest + "root_key: {file: /keys/root}\n")->root_key.file, "/keys/root");
  EXPECT_EQ(read(rest + "root_key_file: /keys/root\n")->root_key.file, "/keys/root");
  auto config = read(rest + "root_key: {pkcs11: {" + token + "}}\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->root_key.token->module, "/m.so");
  EXPECT_EQ(config->root_key.token->pin_file, "/pin");
  EXPECT_NE(complaint(rest).find("the key 'root_key' is missing"), std::string::npos);
  EXPECT_EQ(complaint(rest + "root_key: {}\n"), "3:11: give the root key's file, or pkcs11");
  EXPECT_EQ(complaint(rest + "root_key: {file: /k, pkcs11: {" + token + "}}\n"),
            "3:11: give the root key's file, or pkcs11");
  EXPECT_EQ(complaint(rest + "root_key: {file: /k}\nroot_key_file: /k\n"),
            "3:11: give root_key or root_key_file");
  EXPECT_NE(complaint(rest + "root_key: {pkcs11: {module: /m.so, token: t, key: k}}\n").find("'pin_file'"),
            std::string::npos);
  EXPECT_NE(complaint(rest + "root_key: {pkcs11: {module: /m, token: t, key: k, pin_file: /data/pin}}\n")
                .find("must not lie inside"),
            std::string::npos);
}

TEST_F(ConfigTest, refuses_names_that_are_no_regions_and_a_key_inside_the_data) {
  EXPECT_NE(
      complaint("data_directory: /d\nroot_key_file: /k\nregions: ['../etc']\n").find("no name of a region"),
      std::string::npos);
  EXPECT_NE(complaint("data_directory: /d\nroot_key_file: /k\nregions: [aaa, aaa]\n").find("stands twice"),
            std::string::npos);
  EXPECT_NE(
      complaint("data_directory: /d\nroot_key_file: /d/x/../k\nregions: [aaa]\n").find("must not lie inside"),
      std::string::npos);
}

TEST_F(ConfigTest, puts_the_root_key_beside_the_data_directory) {
  EXPECT_EQ(default_root_key_file("/var/lib/argosy/"), "/var/lib/argosy.root-key");
  EXPECT_EQ(default_root_key_file("data"), "data.root-key");
}

}  // namespace
}  // namespace argosy::server
