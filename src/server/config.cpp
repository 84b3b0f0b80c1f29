// server/config.cpp - see config.h; yaml-cpp does the parsing.
#include "server/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <set>

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
  Setter seconds(Duration& out, std::int64_t most) const {
    return [this, &out, most](YAML::Node const& node) -> Result<void> {
      std::int64_t value = 0;
      TRY(integer(value, 1, most)(node));
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
  Setter section(Keys keys) const {
    return [this, keys = std::move(keys)](YAML::Node const& node) { return map(node, keys); };
  }

 private:
  std::string path_;
};

bool is_region_name(std::string const& name) {
  return name.size() >= 3 && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos &&
         name.front() >= 'a' && name.front() <= 'z' && name.back() != '-';
}

}  // namespace

std::string default_root_key_file(std::string const& data_directory) {
  auto path = data_directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path + ".root-key";
}

Result<Config> read_config(std::string const& path) {
  Config config;
  Reader const reader(path);
  auto& endpoint = config.endpoint;
  http::ServerTls tls;
  Reader::Keys const keys{
      {"listen", reader.text(endpoint.listen)},
      {"public_endpoint", reader.text(config.public_endpoint)},
      {"data_directory", reader.text(config.data_directory)},
      {"root_key_file", reader.text(config.root_key_file)},
      {"regions", reader.texts(config.regions)},
      {"tls", reader.section({{"certificate_file", reader.text(tls.certificate_path)},
                              {"key_file", reader.text(tls.key_path)}})},
      {"operations", reader.section({{"listen", reader.text(config.operations_listen)},
                                     {"free_disk_mib", reader.integer(config.free_disk_floor_bytes, 0,
                                                                      std::int64_t{1} << 40U, 1 << 20)}})},
      {"limits",
       reader.section({{"connections", reader.integer(endpoint.connection_limit, 1, 1'000'000)},
                       {"workers", reader.integer(endpoint.workers, 1, 1'000)},
                       {"waiting_requests", reader.integer(endpoint.queue_limit, 1, 1'000'000)},
                       {"header_kib", reader.integer(endpoint.header_limit_bytes, 4, 1'024, 1'024)},
                       {"bodies_mib", reader.integer(endpoint.body_budget_bytes, 1, 65'536, 1 << 20)},
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
  for (auto const* key : {"data_directory", "root_key_file", "regions"})
    if (!root[key]) return fail(Fault::invalid, fmt::format("{}:1:1: the key '{}' is missing", path, key));
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
  for (auto const& name : config.regions) {
    if (!is_region_name(name))
      return fail(Fault::invalid,
                  "'" + name + "' is no name of a region: use 3 to 32 of a-z, 0-9 and '-', as in us-east-1");
    if (!seen.insert(name).second) return fail(Fault::invalid, "the region " + name + " stands twice");
  }
  std::error_code error;
  auto const directory = std::filesystem::weakly_canonical(config.data_directory, error);
  auto const key = std::filesystem::weakly_canonical(config.root_key_file, error);
  auto const [in_directory, in_key] = std::ranges::mismatch(directory, key);
  if (in_directory == directory.end())
    return fail(Fault::invalid, config.root_key_file +
                                    ": the root key must not lie inside the data directory that it protects");
  return {};
}

}  // namespace argosy::server
