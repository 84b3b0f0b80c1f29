// tests/fuzz/operator.cpp - what is asked by the operators' socket: methods, paths, queries.
#include "server/operator.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "catalogue/domains.h"
#include "fuzz/request_text.h"
#include "server/backup.h"
#include "server/directory.h"
#include "server/health.h"
#include "server/key_rotation.h"
#include "server/upkeep.h"
#include "server/work.h"

namespace argosy::fuzz {
namespace {

namespace files = std::filesystem;
namespace json = boost::json;
using Openness = server::OperatorDoor::Openness;

/// What no answer is longer than: each line takes its region a step further.
constexpr std::size_t kMostLines = 1'000;

/// Two regions on disk, one with garbage, behind a door that does not listen; gone with the process.
class House {
 public:
  House() {
    files::create_directories(data_);
    auto opened = server::open_directory(data_, {folder_ / "root.key", {}}, system_clock().now(), entropy_);
    ARGOSY_ASSERT(opened);
    directory_ = *std::move(opened);
    for (auto const* name : {"us-east-1", "us-west-2"}) {
      auto region = server::Region::open(
          name, server::region_folder(data_, name), {}, *directory_.master_keys,
          [this](std::string const& account) { return server::root_of(directory_, account); }, system_clock(),
          entropy_);
      ARGOSY_ASSERT(region);
      regions_.push_back(*std::move(region));
    }
    put_garbage();
    server::add_upkeep_routes(door_, regions_);
    server::add_backup_route(door_, {data_, *directory_.sessions, rotation_, key_changes_, regions_});
    door_.add("GET", "/health/ready", Openness::anyone,
              [this](http::Request const&) { return server::answer_ready(regions_, data_, 0); });
    door_.begin();
  }
  ~House() {
    std::error_code ignored;
    files::remove_all(folder_, ignored);
  }
  House(House const&) = delete;
  House& operator=(House const&) = delete;

  http::Response ask(http::Request const& request, Openness openness) const {
    return door_.handle(request, openness);
  }
  bool has_region(std::string_view name) const {
    return std::ranges::any_of(regions_, [&](auto const& region) { return region->name() == name; });
  }
  std::size_t regions() const { return regions_.size(); }
  files::path backups() const { return folder_ / "backups"; }
  files::path data() const { return data_; }
  void remove_backups() const {
    std::error_code ignored;
    files::remove_all(backups(), ignored);
  }

 private:
  void put_garbage() {
    content::Domain const domain{catalogue::domain_number("111111111111"), crypto::Key::random(entropy_)};
    Bytes block(content::kBlockBytes, std::byte{1});
    ARGOSY_ASSERT(regions_[0]->content().put_block(domain, {"snap-1"}, 0, block, digest::sha256(block)));
    ARGOSY_ASSERT(regions_[0]->store().flush());
  }

  Entropy& entropy_ = system_entropy();
  files::path folder_ = files::temp_directory_path() / ("fuzz-operator-" + std::to_string(::getpid()));
  std::string data_ = folder_ / "data";
  server::Directory directory_;
  keystore::KeyChanges key_changes_;
  server::KeyRotation rotation_{directory_, system_clock(), entropy_};
  std::vector<std::unique_ptr<server::Region>> regions_;
  server::OperatorDoor door_;
};

/// $B is the folder of the backups, $D the data directory.
std::string expand(House const& house, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const rest = text.substr(i, 2);
    if (rest == "$B" || rest == "$D") {
      out += (rest == "$B" ? house.backups() : house.data()).string();
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

/// A backup writes where it is told: an input may tell it no place but ours.
bool stays_here(House const& house, http::Request const& request) {
  auto const to = server::parameter(request, "to");
  if (!to || !files::path(*to).is_absolute()) return true;
  auto const place = files::path(*to).lexically_normal().string();
  return place.starts_with(house.backups().string() + "/") || place.starts_with(house.data().string() + "/");
}

json::object parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  ARGOSY_ASSERT(!error && value.is_object());
  return value.get_object();
}

/// Lines of JSON, the last of each region done; `patience` lines are taken, then nobody reads on.
void check_stream(House const& house, http::Request const& request, http::Response const& response,
                  std::size_t patience) {
  auto const region = server::parameter(request, "region");
  std::vector<std::string> done;
  for (std::size_t lines = 0; lines < patience; ++lines) {
    auto const piece = response.stream();
    ARGOSY_ASSERT(piece);
    if (piece->empty()) {
      ARGOSY_ASSERT(done.size() == (region ? 1 : house.regions()));
      return;
    }
    ARGOSY_ASSERT(as_text(*piece).ends_with('\n'));
    auto const line = parse_object(as_text(*piece));
    std::string const name(line.at("region").as_string());
    ARGOSY_ASSERT(house.has_region(name) && (!region || *region == name));
    ARGOSY_ASSERT(!line.contains("error") || request.path == "/backup");
    if (line.at("done").as_bool()) done.push_back(name);
  }
  ARGOSY_ASSERT(patience < kMostLines);
}

/// A refusal says why, and a request that is refused as such leaves no trace.
void check_refusal(House const& house, http::Response const& response) {
  ARGOSY_ASSERT(response.status == 400 || response.status == 404 || response.status == 405 ||
                response.status == 503);
  ARGOSY_ASSERT(!response.stream && !parse_object(as_text(response.body)).at("error").as_string().empty());
  if (response.status != 503) ARGOSY_ASSERT(!files::exists(house.backups()));
}

}  // namespace

/// A byte: who asks, and how many lines he reads; then the request (request_text.h).
void try_input(ByteView bytes) {
  static House const house;
  Input input(bytes);
  auto const how = input.byte();
  auto const openness = (how & 1U) != 0 ? Openness::anyone : Openness::owner_only;
  auto request = read_request(input);
  request.query = expand(house, request.query);
  if (!stays_here(house, request)) return;
  {
    auto const response = house.ask(request, openness);
    for (auto const& [name, value] : response.headers)
      ARGOSY_ASSERT((name + value).find_first_of("\r\n") == std::string::npos);
    if (openness == Openness::anyone)
      ARGOSY_ASSERT(response.status / 100 == 4 || request.path.starts_with("/health/"));
    if (response.status != 200) {
      check_refusal(house, response);
    } else if (response.stream) {
      check_stream(house, request, response, how >= 0x80 ? how & 3U : kMostLines);
    } else {
      parse_object(as_text(response.body));
    }
  }
  house.remove_backups();
}

}  // namespace argosy::fuzz
