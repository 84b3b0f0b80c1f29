// server/config.cpp - see config.h; yaml-cpp does the parsing.
#include "server/config.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "access/caller.h"
#include "base/text.h"
#include "http/url.h"

namespace argosy::server {
namespace {

/// One file being read: remembers its name for complaints.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  using Setter = std::function<Result<void>(YAML::Node const&)>;
  using Keys = std::map<std::string, Setter>;

  std::unexpected<Error> complain(YAML::Mark const& mark, std::string const& what) const {
    return fail(Fault::invalid, fmt::format("{}:{}:{}: {}", path_, mark.line + 1, mark.column + 1, what));
  }

  /// Every key must be known, and none may stand twice.
  Result<void> map(YAML::Node const& node, Keys const& keys) const {
    if (!node.IsMap()) return complain(node.Mark(), "expected keys and values");
    std::set<std::string> seen;
    for (auto const& entry : node) {
      auto const name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      auto key = keys.find(name);
      if (key == keys.end()) {
        std::string known;
        for (auto const& [text, setter] : keys) (known += known.empty() ? "" : ", ") += text;
        return complain(entry.first.Mark(), fmt::format("unknown key '{}'; known here: {}", name, known));
      }
      if (!seen.insert(name).second)
        return complain(entry.first.Mark(), fmt::format("the key '{}' stands twice", name));
      TRY(key->second(entry.second));
    }
    return {};
  }

  Setter text(std::string& out) const {
    return [this, &out](YAML::Node const& node) -> Result<void> {
      if (!node.IsScalar() || node.Scalar().empty()) return complain(node.Mark(), "expected a text");
      out = node.Scalar();
      return {};
    };
  }
  template <class Integer>
  Setter integer(Integer& out, std::int64_t least, std::int64_t most, std::int64_t unit = 1) const {
    return [this, &out, least, most, unit](YAML::Node const& node) -> Result<void> {
      std::int64_t value = 0;
      bool const read = node.IsScalar() && YAML::convert<std::int64_t>::decode(node, value);
      if (!read || value < least || value > most)
        return complain(node.Mark(), fmt::format("expected a number from {} to {}", least, most));
      out = static_cast<Integer>(value * unit);
      return {};
    };
  }
  Setter seconds(Duration& out, std::int64_t most, std::int64_t least = 1) const {
    return [this, &out, most, least](YAML::Node const& node) -> Result<void> {
      std::int64_t value = 0;
      TRY(integer(value, least, most)(node));
      out = std::chrono::seconds(value);
      return {};
    };
  }
  Setter texts(std::vector<std::string>& out) const {
    return [this, &out](YAML::Node const& node) -> Result<void> {
      if (!node.IsSequence() || node.size() == 0) return complain(node.Mark(), "expected a list");
      for (auto const& item : node) TRY(text(out.emplace_back())(item));
      return {};
    };
  }
  Setter flag(bool& out) const {
    return [this, &out](YAML::Node const& node) -> Result<void> {
      if (!node.IsScalar() || (node.Scalar() != "true" && node.Scalar() != "false"))
        return complain(node.Mark(), "expected true or false");
      out = node.Scalar() == "true";
      return {};
    };
  }
  /// A text that `parse` takes.
  template <class Parse>
  Setter parsed(std::string& out, Parse parse) const {
    return [this, &out, parse](YAML::Node const& node) -> Result<void> {
      TRY(text(out)(node));
      auto taken = parse(out);
      if (!taken) return complain(node.Mark(), taken.error().message);
      return {};
    };
  }
  /// The keys that must stand in a section.
  Result<void> require(YAML::Node const& node, std::vector<char const*> const& keys) const {
    for (auto const* key : keys)
      if (!node[key]) return complain(node.Mark(), fmt::format("the key '{}' is missing", key));
    return {};
  }
  Setter section(Keys keys) const {
    return [this, keys = std::move(keys)](YAML::Node const& node) { return map(node, keys); };
  }

 private:
  std::string path_;
};

/// Adds a name that must be new.
Result<void> check_region(std::string const& name, std::set<std::string>& seen) {
  if (!is_region_name(name))
    return fail(Fault::invalid,
                "'" + name + "' is no name of a region: use 3 to 32 of a-z, 0-9 and '-', as in us-east-1");
  if (!seen.insert(name).second) return fail(Fault::invalid, "the region " + name + " stands twice");
  return {};
}

/// "all", or a list of account ids.
Reader::Setter account_list(Reader const& reader, access::AccountList& out) {
  return [&reader, &out](YAML::Node const& node) -> Result<void> {
    out.all = node.IsScalar() && node.Scalar() == "all";
    if (out.all) return {};
    if (!node.IsSequence() || node.size() == 0)
      return reader.complain(node.Mark(), "expected 'all' or a list of account ids");
    for (auto const& item : node) {
      if (!item.IsScalar() || !access::is_account_id(item.Scalar()))
        return reader.complain(item.Mark(), "an account id has 12 digits");
      out.named.push_back(item.Scalar());
    }
    return {};
  };
}

/// As http::Request::peer_names has it: an IPv6 address can be written in many ways.
std::string normal_name(std::string const& name) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  bool const is_address = ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1 &&
                          ::inet_ntop(AF_INET6, address.data(), shown.data(), shown.size()) != nullptr;
  return is_address ? shown.data() : to_lower(name);
}

Result<void> read_peer(Reader const& reader, YAML::Node const& node, PeerConfig& peer) {
  TRY(reader.map(node, {{"name", reader.text(peer.name)},
                        {"regions", reader.texts(peer.regions)},
                        {"endpoint", reader.parsed(peer.endpoint, http::parse_address)},
                        {"public_endpoint", reader.parsed(peer.public_endpoint, http::parse_address)},
                        {"certificate_name", reader.text(peer.certificate_name)},
                        {"accounts", account_list(reader, peer.accounts)},
                        {"receives_keys", reader.flag(peer.receives_keys)}}));
  TRY(reader.require(node, {"name", "regions", "endpoint", "public_endpoint", "accounts"}));
  if (peer.certificate_name.empty()) peer.certificate_name = http::parse_address(peer.endpoint)->host;
  peer.certificate_name = normal_name(peer.certificate_name);
  return {};
}

Reader::Setter peer_list(Reader const& reader, std::vector<PeerConfig>& out) {
  return [&reader, &out](YAML::Node const& node) -> Result<void> {
    if (!node.IsSequence() || node.size() == 0)
      return reader.complain(node.Mark(), "expected a list of peers");
    for (auto const& item : node) TRY(read_peer(reader, item, out.emplace_back()));
    return {};
  };
}

Reader::Setter replication_section(Reader const& reader, std::optional<ReplicationConfig>& out) {
  return [&reader, &out](YAML::Node const& node) -> Result<void> {
    auto& to = out.emplace();
    TRY(reader.map(node, {{"listen", reader.parsed(to.listen, http::parse_address)},
                          {"certificate_file", reader.text(to.tls.certificate_path)},
                          {"key_file", reader.text(to.tls.key_path)},
                          {"authority_file", reader.text(to.tls.authority_path)},
                          {"timeout_seconds", reader.seconds(to.timeout, 3'600)}}));
    return reader.require(node, {"listen", "certificate_file", "key_file", "authority_file"});
  };
}

/// A file, or a key in a token.
Reader::Setter root_key_section(Reader const& reader, crypto::RootKeyPlace& out) {
  return [&reader, &out](YAML::Node const& node) -> Result<void> {
    crypto::TokenKey token;
    TRY(reader.map(node, {{"file", reader.text(out.file)},
                          {"pkcs11", reader.section({{"module", reader.text(token.module)},
                                                     {"token", reader.text(token.token)},
                                                     {"key", reader.text(token.key)},
                                                     {"pin_file", reader.text(token.pin_file)}})}}));
    if (out.file.empty() != node["pkcs11"].IsDefined())
      return reader.complain(node.Mark(), "give the root key's file, or pkcs11");
    if (!out.file.empty()) return {};
    TRY(reader.require(node["pkcs11"], {"module", "token", "key", "pin_file"}));
    out.token = std::move(token);
    return {};
  };
}

Reader::Setter port_list(Reader const& reader, std::vector<std::uint16_t>& out) {
  return [&reader, &out](YAML::Node const& node) -> Result<void> {
    if (!node.IsSequence()) return reader.complain(node.Mark(), "expected a list of ports, as in [22, 80]");
    out.clear();
    for (auto const& item : node) TRY(reader.integer(out.emplace_back(), 1, 65'535)(item));
    return {};
  };
}

Result<void> check_acceleration(std::string const& text) {
  if (text == "auto" || text == "kvm" || text == "tcg") return {};
  return fail(Fault::invalid, "expected auto, kvm or tcg");
}

Reader::Setter machine_section(Reader const& reader, MachineOptions& out) {
  return reader.section({{"count", reader.integer(out.limit.machines, 1, 100'000)},
                         {"vcpus", reader.integer(out.limit.vcpus, 1, 100'000)},
                         {"memory_mib", reader.integer(out.limit.memory_mib, 1, std::int64_t{1} << 40U)},
                         {"acceleration", reader.parsed(out.acceleration, check_acceleration)},
                         {"forwarded_ports", port_list(reader, out.forwarded_ports)}});
}

/// A region has one holder, a name and a certificate one peer.
Result<void> check_peers(Config const& config, std::set<std::string> regions) {
  if (config.replication.has_value() != !config.peers.empty())
    return fail(Fault::invalid, "replication and peers need each other: give both or neither");
  std::set<std::string> names;
  std::set<std::string> certificates;
  for (auto const& peer : config.peers) {
    if (!names.insert(peer.name).second)
      return fail(Fault::invalid, "the peer " + peer.name + " stands twice");
    if (!certificates.insert(peer.certificate_name).second)
      return fail(Fault::invalid, "two peers have the certificate_name " + peer.certificate_name);
    for (auto const& region : peer.regions) TRY(check_region(region, regions));
  }
  return {};
}

/// Of the public endpoint's answers being sent, unless `answers_mib` says otherwise; peers', with a default
/// of their own, are larger.
constexpr std::uint64_t kAnswersBytes = 256U << 20U;
constexpr std::int64_t kMostOfAnything = 1'000'000'000;

Reader::Keys account_limit_keys(Reader const& reader, access::AccountLimits& limits) {
  auto count = [&](std::int64_t& out) { return reader.integer(out, 0, kMostOfAnything); };
  return {{"content_gib", reader.integer(limits.content_bytes, 0, kMostOfAnything, 1 << 30)},
          {"images", count(limits.images)},
          {"snapshots", count(limits.snapshots)},
          {"pending_uploads", count(limits.pending_uploads)},
          {"image_copies", count(limits.image_copies)},
          {"snapshot_copies", count(limits.snapshot_copies)},
          {"launch_permissions", count(limits.launch_permissions)},
          {"instances", count(limits.instances)},
          {"vcpus", count(limits.vcpus)},
          {"memory_mib", count(limits.memory_mib)},
          {"volumes", count(limits.volumes)},
          {"key_pairs", count(limits.key_pairs)},
          {"kms_keys", count(limits.kms_keys)},
          {"key_aliases", count(limits.key_aliases)},
          {"key_grants", count(limits.key_grants)},
          {"requests_per_second", reader.integer(limits.requests_per_second, 1, kMostOfAnything)},
          {"requests_burst", reader.integer(limits.requests_burst, 1, kMostOfAnything)}};
}

/// host:port, or a host at the port of https.
Result<void> check_authority(std::string const& text) {
  auto const endpoint = TRY(http::parse_endpoint("https://" + text));
  if (!endpoint.path.empty()) return fail(Fault::invalid, text + ": expected host:port");
  return {};
}

}  // namespace

std::string default_root_key_file(std::string const& data_directory) {
  auto path = data_directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path + ".root-key";
}

Result<void> check_root_key_place(crypto::RootKeyPlace const& root_key, std::string const& data_directory) {
  std::error_code error;
  auto const& file = root_key.token ? root_key.token->pin_file : root_key.file;
  auto const absolute_directory = std::filesystem::absolute(data_directory, error);
  if (error) return fail(Fault::unavailable, data_directory + ": " + error.message());
  auto const absolute_key = std::filesystem::absolute(file, error);
  if (error) return fail(Fault::unavailable, file + ": " + error.message());
  auto const directory = std::filesystem::weakly_canonical(absolute_directory, error);
  auto const key = std::filesystem::weakly_canonical(absolute_key, error);
  auto const [in_directory, in_key] = std::ranges::mismatch(directory, key);
  if (in_directory == directory.end())
    return fail(Fault::invalid,
                file + ": the root key must not lie inside the data directory that it protects, nor its PIN");
  return {};
}

Result<Config> read_config(std::string const& path) {
  Config config;
  Reader const reader(path);
  auto& endpoint = config.endpoint;
  endpoint.answer_budget_bytes = kAnswersBytes;
  http::TlsFiles tls;
  std::string root_key_file;
  Reader::Keys const keys{
      {"listen", reader.parsed(endpoint.listen, http::parse_address)},
      {"public_endpoint", reader.parsed(config.public_endpoint, check_authority)},
      {"data_directory", reader.text(config.data_directory)},
      {"root_key", root_key_section(reader, config.root_key)},
      {"root_key_file", reader.text(root_key_file)},  // as it was called before there were tokens
      {"regions", reader.texts(config.regions)},
      {"replication", replication_section(reader, config.replication)},
      {"peers", peer_list(reader, config.peers)},
      {"tls", reader.section({{"certificate_file", reader.text(tls.certificate_path)},
                              {"key_file", reader.text(tls.key_path)}})},
      {"operations", reader.section({{"listen", reader.parsed(config.operations_listen, http::parse_address)},
                                     {"free_disk_mib", reader.integer(config.free_disk_floor_bytes, 0,
                                                                      std::int64_t{1} << 40U, 1 << 20)}})},
      {"compression_level", reader.integer(config.region.content.zstd_level, 1, 19)},
      {"collection",
       reader.section(
           {{"interval_seconds", reader.seconds(config.region.collection.interval, 31'536'000)},
            {"grace_seconds", reader.seconds(config.region.collection.grace, 31'536'000, 0)},
            {"memory_mib", reader.integer(config.region.collection.mark_bytes, 1, 65'536, 1 << 20)}})},
      {"machines", machine_section(reader, config.region.machines)},
      {"account_limits", reader.section(account_limit_keys(reader, config.account_limits))},
      {"limits",
       reader.section({{"connections", reader.integer(endpoint.connection_limit, 1, 1'000'000)},
                       {"workers", reader.integer(endpoint.workers, 1, 1'000)},
                       {"waiting_requests", reader.integer(endpoint.queue_limit, 1, 1'000'000)},
                       {"header_kib", reader.integer(endpoint.header_limit_bytes, 4, 1'024, 1'024)},
                       {"bodies_mib", reader.integer(endpoint.body_budget_bytes, 1, 65'536, 1 << 20)},
                       {"answers_mib", reader.integer(endpoint.answer_budget_bytes, 1, 65'536, 1 << 20)},
                       {"header_seconds", reader.seconds(endpoint.header_timeout, 3'600)},
                       {"body_seconds", reader.seconds(endpoint.body_timeout, 3'600)},
                       {"response_seconds", reader.seconds(endpoint.write_timeout, 3'600)}})},
  };
  YAML::Node root;
  try {
    root = YAML::LoadFile(path);
    if (!root.IsMap())
      return fail(Fault::invalid, path + ":1:1: expected keys and values such as 'listen: 127.0.0.1:8080'");
    TRY(reader.map(root, keys));
  } catch (YAML::BadFile const&) {
    return fail(Fault::not_found, path + ": cannot be read");
  } catch (YAML::Exception const& exception) {
    return reader.complain(exception.mark, exception.msg);
  }
  for (auto const* key : {"data_directory", "regions"})
    if (!root[key]) return fail(Fault::invalid, fmt::format("{}:1:1: the key '{}' is missing", path, key));
  if (!root_key_file.empty()) {
    if (root["root_key"]) return reader.complain(root["root_key"].Mark(), "give root_key or root_key_file");
    config.root_key.file = root_key_file;
  } else if (!root["root_key"]) {
    return fail(Fault::invalid, path + ":1:1: the key 'root_key' is missing, as in 'root_key: {file: PATH}'");
  }
  if (root["tls"]) {
    if (tls.certificate_path.empty() || tls.key_path.empty())
      return reader.complain(root["tls"].Mark(), "tls needs certificate_file and key_file");
    endpoint.tls = tls;
  }
  return config;
}

Result<void> check(Config const& config) {
  if (config.data_directory.empty()) return fail(Fault::invalid, "a data directory is needed (--data-dir)");
  if (config.regions.empty()) return fail(Fault::invalid, "at least one region is needed (--regions)");
  std::set<std::string> seen;
  for (auto const& name : config.regions) TRY(check_region(name, seen));
  TRY(check_peers(config, seen));
  return check_root_key_place(config.root_key, config.data_directory);
}

}  // namespace argosy::server
