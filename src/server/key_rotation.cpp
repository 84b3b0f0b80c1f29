// server/key_rotation.cpp - see key_rotation.h.
#include "server/key_rotation.h"

#include <algorithm>

#include "base/log.h"
#include "server/config.h"

namespace argosy::server {
namespace {

/// Without a rotation there is nothing to do; `begin` wakes whoever steps.
constexpr auto kRest = std::chrono::hours(24);

}  // namespace

KeyRotation::KeyRotation(Directory& directory, Clock& clock, Entropy& entropy)
    : directory_(directory), clock_(clock), entropy_(entropy) {}

Result<void> KeyRotation::begin(RotationRequest const& request) {
  std::lock_guard lock(mutex_);
  if (under_way())
    return fail(Fault::conflict, "a rotation of the master key is under way: wait for its end");
  if (!hold_.expired()) return fail(Fault::conflict, "a backup is under way: rotate keys when it has ended");
  std::unique_ptr<crypto::RootKey> new_root_key;
  if (request.root_key) new_root_key = TRY(open_new_root_key(*request.root_key));
  auto const now = clock_.now();
  auto keys = TRY(keys_of_file());
  auto const current = keys.back().version;
  bool const rotates_master =
      request.master_key || (new_root_key && current == crypto::MasterKeys::kUnversioned);
  if (rotates_master) keys.push_back({current + 1, now, crypto::Key::random(entropy_)});
  auto file = TRY(wrap_master_keys(keys, new_root_key ? *new_root_key : *directory_.root_key, now));
  TRY(write_master_key_file(directory_.data_directory, file));
  directory_.key_file = std::move(file);
  if (new_root_key) {
    log_info("the root key is the {} now; the {} opens nothing here any more", new_root_key->name(),
             directory_.root_key->name());
    directory_.root_key = std::move(new_root_key);
  }
  if (rotates_master) {
    directory_.master_keys->add(keys.back().version, keys.back().key);
    log_info("the master key is version {} now; wrapping all secrets anew", keys.back().version);
  }
  return {};
}

Result<std::unique_ptr<crypto::RootKey>> KeyRotation::open_new_root_key(crypto::RootKeyPlace const& place) {
  TRY(check_root_key_place(place, directory_.data_directory));
  auto opened = TRY(crypto::open_root_key(place, crypto::MissingFile::create, entropy_));
  if (unwrap_master_keys(directory_.key_file, *opened))
    return fail(Fault::invalid, "the " + opened->name() + " is the root key already: nothing was changed");
  return opened;
}

Result<std::vector<MasterKey>> KeyRotation::keys_of_file() const {
  std::vector<MasterKey> out;
  for (auto const& row : directory_.key_file.keys) {
    auto const version = static_cast<crypto::MasterKeys::Version>(row.version);
    auto const key = TRY(directory_.master_keys->key(version));
    out.push_back({version, row.made, key});
  }
  return out;
}

Result<Time> KeyRotation::step() {
  std::lock_guard lock(mutex_);
  if (!under_way()) return clock_.now() + kRest;
  auto done = rewrap_some();
  if (!done && done.error().fault == Fault::conflict) return clock_.now();  // others write: once more
  if (done && *done) {
    auto ended = end();
    if (!ended) done = std::unexpected(std::move(ended).error());
  }
  failure_ = done ? "" : done.error().message;
  if (!done) {
    cursor_.reset();
    return std::unexpected(std::move(done).error());
  }
  return clock_.now();
}

/// Every region that lies in the data directory, also one that this server does not serve now.
Result<KeyRotation::Cursor> KeyRotation::first_cursor() const {
  Cursor cursor;
  cursor.databases.push_back(
      {directory_path(directory_.data_directory), catalogue::directory_secrets(), false});
  auto regions = list_regions(directory_.data_directory);
  if (!regions && regions.error().fault != Fault::not_found)
    return std::unexpected(std::move(regions).error());
  if (!regions) return cursor;
  for (auto const& region : *regions)
    cursor.databases.push_back(
        {catalogue_path(directory_.data_directory, region), catalogue::region_secrets(), true});
  return cursor;
}

/// True when nothing is left. A secret that is made while this goes on is wrapped in its transaction, hence
/// under the new key if that begins after the first one here; what an earlier one made is seen here.
Result<bool> KeyRotation::rewrap_some() {
  if (!cursor_) cursor_ = TRY(first_cursor());
  auto& at = *cursor_;
  if (at.database == at.databases.size()) return true;
  auto const& database = at.databases[at.database];
  if (!at.session) {
    at.session = TRY(sql::open_sqlite(database.path, sql::Durability::full));
    if (database.region) TRY(catalogue::create_region_schema(*at.session));
  }
  auto const& column = database.columns[at.column];
  auto tx = TRY(catalogue::Transaction::begin(*at.session, sql::Access::write));
  auto did = TRY(catalogue::rewrap(tx, column, at.last, *directory_.master_keys, entropy_));
  TRY(tx.commit());
  rewrapped_ += did.rows;
  for (auto const& id : did.broken)
    log_warning("{}: no master key opens the secret of {} '{}': it was lost before", database.path,
                column.table, id);
  at.last = did.last;
  if (!did.done) return false;
  at.last = {};
  if (++at.column < database.columns.size()) return false;
  at.column = 0;
  at.session.reset();
  ++at.database;
  return false;
}

Result<void> KeyRotation::end() {
  auto file = directory_.key_file;
  file.keys.erase(file.keys.begin(), std::prev(file.keys.end()));
  TRY(write_master_key_file(directory_.data_directory, file));
  directory_.key_file = std::move(file);
  cursor_.reset();
  log_info("all secrets are under version {} of the master key", directory_.key_file.keys.back().version);
  return {};
}

KeyStatus KeyRotation::status() const {
  std::lock_guard lock(mutex_);
  return {directory_.key_file, rewrapped_, failure_};
}

Result<std::shared_ptr<void>> KeyRotation::hold() {
  std::lock_guard lock(mutex_);
  if (under_way())
    return fail(Fault::conflict, "a rotation of the master key is under way: try again when it has ended");
  auto held = hold_.lock();
  if (!held) held = std::make_shared<char>();
  hold_ = held;
  return held;
}

}  // namespace argosy::server
