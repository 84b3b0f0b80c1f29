// server/region.cpp - see region.h.
#include "server/region.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/private_file.h"
#include "catalogue/schema.h"
#include "catalogue/secrets.h"
#include "ebs/upload_steps.h"

namespace argosy::server {
namespace {

/// More than the workers and the background threads that use a database at the same time: nobody waits for a
/// session while he holds another.
constexpr std::size_t kSessions = 64;

Result<std::unique_ptr<sql::Pool>> open_pool(std::string const& path) {
  TRY(sql::settle_sqlite(path));
  return std::make_unique<sql::Pool>([path] { return sql::open_sqlite(path, sql::Durability::full); },
                                     kSessions);
}

}  // namespace

bool is_region_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos &&
         name.front() >= 'a' && name.front() <= 'z' && name.back() != '-';
}

std::string region_folder(std::string const& data_directory, std::string const& name) {
  return data_directory + "/regions/" + name;
}

std::string catalogue_path(std::string const& data_directory, std::string const& name) {
  return region_folder(data_directory, name) + "/catalogue.db";
}

Result<std::vector<std::string>> list_regions(std::string const& data_directory) {
  std::error_code error;
  std::vector<std::string> out;
  auto const folder = data_directory + "/regions";
  for (std::filesystem::directory_iterator at(folder, error), last; !error && at != last;
       at.increment(error)) {
    auto name = at->path().filename().string();
    if (!is_region_name(name)) continue;  // "lost+found", which is root's alone
    bool const is_region = TRY(file_exists(catalogue_path(data_directory, name)));
    if (is_region) out.push_back(std::move(name));
  }
  if (error)
    return fail(error == std::errc::no_such_file_or_directory ? Fault::not_found : Fault::unavailable,
                folder + ": " + error.message());
  std::ranges::sort(out);
  return out;
}

Result<std::unique_ptr<Region>> Region::open(std::string name, std::string const& folder,
                                             RegionOptions const& options,
                                             crypto::MasterKeys const& master_keys,
                                             keystore::EbsKeys::RootOf root_of, Clock& clock,
                                             Entropy& entropy) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Fault::unavailable, folder + ": " + error.message());
  std::unique_ptr<Region> region(
      new Region(std::move(name), master_keys, std::move(root_of), clock, entropy));
  region->catalogue_ = TRY(open_pool(folder + "/catalogue.db"));
  {
    auto session = TRY(region->catalogue_->take());
    TRY(catalogue::create_region_schema(*session));
    TRY(region->open_token_key(*session));
  }
  region->index_ = TRY(open_pool(folder + "/index.db"));
  region->packs_ = TRY(bucket::open_directory(folder + "/packs"));
  region->store_ = TRY(store::Store::open(*region->packs_, *region->index_, {}));
  region->content_ = std::make_unique<content::Content>(*region->store_, options.content, entropy);
  region->collector_ = std::make_unique<upkeep::Collector>(
      region->name_, *region->catalogue_, *region->store_, clock, entropy, options.collection);
  region->damage_watch_ =
      std::make_unique<upkeep::DamageWatch>(region->name_, *region->catalogue_, *region->store_, clock);
  region->answering_ = std::unique_ptr<peer::Source>(
      new peer::Source{region->name_, *region->catalogue_, *region->content_, region->keys_, clock, entropy});
  region->machines_ =
      TRY(Machines::open(region->name_, folder + "/machines", options.machines, region->token_key_,
                         {*region->catalogue_, *region->content_, region->gates_, region->ledger_,
                          region->keys_, master_keys, clock},
                         entropy));
  return region;
}

Region::~Region() { stop(); }

/// The first one is what tokens were authenticated with before it was kept, so that they stay valid.
Result<void> Region::open_token_key(sql::Session& session) {
  auto const master_key = TRY(master_keys_.key(master_keys_.current()));
  auto const first = crypto::hkdf_sha256(master_key.bytes(), {}, as_bytes("argosy tokens " + name_));
  auto tx = TRY(catalogue::Transaction::begin(session, sql::Access::write));
  token_key_ = TRY(catalogue::ensure_token_key(tx, master_keys_, first, entropy_));
  return tx.commit();
}

Result<void> Region::compare_keys(keystore::Catalogues const& catalogues) {
  return keystore::compare_with_primaries(catalogues, {name_, master_keys_, entropy_}, clock_.now());
}

Result<void> Region::start(keystore::Catalogues catalogues, keystore::KeyChanges& key_changes,
                           std::string const& disk_endpoint) {
  copier_ = std::make_unique<replication::Copier>(name_, *catalogue_, *content_, sources_, keys_,
                                                  master_keys_, clock_, entropy_);
  TRY(copier_->start());
  lease_closer_ = std::make_unique<replication::LeaseCloser>(name_, *catalogue_, sources_, clock_);
  TRY(ebs::end_damaged_uploads(*catalogue_, *content_));
  TRY(machines_->start(disk_endpoint));
  using enum WaitsFor;
  auto run = [this](std::string what, WaitsFor waits_for, std::function<Result<Time>()> step) {
    background_.push_back(
        std::make_unique<Background>(name_ + ": " + what, clock_, waits_for, std::move(step)));
  };
  run("uploads", nobody, [this] {
    return ebs::step_uploads(*catalogue_, *content_, keys_, master_keys_, failed_completions_, clock_);
  });
  run("open uploads", nobody,
      [this] { return ebs::step_open_uploads(*catalogue_, *content_, gates_, clock_.now()); });
  run("collection", nobody, [this] { return collector_->step(); });
  run("keys", nobody, [this, catalogues = std::move(catalogues), &key_changes] {
    std::shared_lock const lock(key_changes);
    return keystore::step_keys(catalogues, {name_, master_keys_, entropy_}, clock_.now());
  });
  run("damage", nobody, [this] { return damage_watch_->step(); });
  run("machines", nobody, [this] { return machines_->launcher().step(); });
  run("captures", nobody, [this] { return machines_->captures().step(); });
  run("leases", regions, [this] { return lease_closer_->step(); });
  for (std::size_t i = 0; i < replication::Copier::kThreads; ++i)
    run("copies", regions, [this] { return copier_->step(); });
  return {};
}

Result<std::vector<std::string>> Region::verify_databases() {
  std::vector<std::string> faults;
  for (auto const& [name, pool] : {std::pair("catalogue", catalogue_.get()), {"index", index_.get()}}) {
    auto session = TRY(pool->take());
    auto found = TRY(session->verify());
    for (auto const& fault : found) faults.push_back(std::string(name) + ": " + fault);
  }
  return faults;
}

void Region::wake() {
  copier_->look_for_tasks();
  for (auto& background : background_) background->wake();
}

Result<void> Region::check() {
  auto session = TRY(catalogue_->take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  return catalogue::check_readable(tx);
}

Result<catalogue::RegionCounts> Region::count() {
  auto session = TRY(catalogue_->take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  return catalogue::count_region(tx);
}

std::vector<Pulse> Region::pulses() const {
  std::vector<Pulse> out;
  for (auto const& background : background_) out.push_back(background->pulse());
  return out;
}

void Region::ask_to_stop() {
  machines_->captures().ask_to_stop();
  for (auto& background : background_) background->ask_to_stop();
}

void Region::stop() {
  if (background_.empty()) return;
  ask_to_stop();
  background_.clear();
  settle();  // what was captured meanwhile
}

void Region::settle() {
  if (auto settled = ebs::settle_uploads(*catalogue_, *content_, gates_); !settled)
    log_error("{}: not all uploads under way could be made durable: {}", name_, settled.error().message);
}

}  // namespace argosy::server
