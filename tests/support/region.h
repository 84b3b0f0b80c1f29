// tests/support/region.h - one region in memory or on a simulated disk, for tests of what lies above the
// store.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

#include "access/caller.h"
#include "catalogue/domains.h"
#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "catalogue/schema.h"
#include "catalogue/snapshots.h"
#include "content/content.h"
#include "keystore/ebs_keys.h"
#include "support/disk.h"

namespace argosy::tests {

inline access::Caller const kOwner{"111111111111", "AKIAOWNER", "arn:aws:iam::111111111111:root",
                                   "111111111111"};
inline access::Caller const kRecipient{"222222222222", "AKIARECIPIENT", "arn:aws:iam::222222222222:root",
                                       "222222222222"};
inline access::Caller const kStranger{"333333333333", "AKIASTRANGER", "arn:aws:iam::333333333333:root",
                                      "333333333333"};

inline Result<access::Caller> root_of(std::string const& account) {
  return access::Caller{account, "", "arn:aws:iam::" + account + ":root", account};
}

/// Stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  Time now() override { return time_; }
  void advance(Duration by) { time_ += by; }

 private:
  Time time_ = *parse_iso8601("2026-05-09T14:22:31Z");
};

/// Blocks by index.
using Blocks = std::map<std::uint64_t, Bytes>;

inline Bytes block(std::uint32_t seed) {
  Bytes out(content::kBlockBytes);
  std::mt19937 generator(seed);
  for (std::size_t i = 0; i < out.size(); i += 64) out[i] = static_cast<std::byte>(generator() | 1U);
  return out;
}

/// Of a disk of 1 GiB: at the edges of nodes, and a run of them.
inline Blocks some_blocks() {
  Blocks out;
  for (std::uint32_t i : {0U, 1U, 2U, 255U, 256U, 300U, 1'000U, 2'047U}) out[i] = block(i + 1);
  for (std::uint32_t i = 512; i < 560; ++i) out[i] = block(i);
  return out;
}

struct Region {
  explicit Region(std::string region_name) : name(std::move(region_name)) { EXPECT_TRUE(open()); }
  /// On `disk`, not opened yet. `start` tells its starts apart: no id is made twice.
  Region(std::string region_name, Disk& disk, unsigned start)
      : name(std::move(region_name)),
        entropy(seeded_entropy(1'000 + start)),
        folder(disk.folder() + "/"),
        packs(disk.open_bucket("packs")) {
    register_disk_vfs();
  }

  Result<void> open() {
    for (auto const* file : {"catalogue.db", "index.db"})
      if (!folder.empty()) TRY(sql::settle_sqlite(folder + file));
    auto session = TRY(catalogue.take());
    TRY(catalogue::create_region_schema(*session));
    store = TRY(store::Store::open(*packs, index, store_options));
    content = std::make_unique<content::Content>(*store, content::Options{}, *entropy);
    return {};
  }

  /// Runs `function(tx)` and commits.
  template <class Function>
  auto run(Function function) -> decltype(function(std::declval<catalogue::Transaction&>())) {
    auto session = TRY(catalogue.take());
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::write));
    auto result = function(tx);
    if (result) TRY(tx.commit());
    return result;
  }

  /// Its catalogue's disk is full, or has room again.
  void set_writable(bool writable) {
    auto session = catalogue.take();
    ASSERT_TRUE(session);
    ASSERT_TRUE((*session)->run_script(writable ? "PRAGMA query_only=OFF" : "PRAGMA query_only=ON"));
  }

  content::Domain domain_of(std::string const& account) {
    auto secret = run([&](catalogue::Transaction& tx) {
      EXPECT_TRUE(catalogue::ensure_domain(tx, master_keys, account, *entropy));
      return catalogue::find_domain_secret(tx, master_keys, account);
    });
    return {catalogue::domain_number(account), *secret};
  }

  /// A completed snapshot of these blocks over the parent's, as an upload would make it.
  images::Snapshot make_snapshot(std::string const& account, Blocks const& blocks, std::int64_t size_gib = 1,
                                 images::Snapshot const& parent = {}) {
    auto snapshot = new_snapshot(account, size_gib);
    if (!parent.id.empty()) snapshot.lineage = parent.lineage;
    auto const disk =
        upload(account, {snapshot.id}, blocks, size_gib, *content::decode_reference(parent.root),
               parent.id.empty() ? 1 : parent.volume_size_gib);
    snapshot.root = content::encode_reference(disk.root);
    snapshot.content_digest = to_bytes(disk.digest.bytes);
    return insert(snapshot, disk);
  }

  /// An encrypted snapshot: what is durable of it, and what opens it.
  struct Encrypted {
    images::Snapshot snapshot;
    content::Disk disk;
  };
  Encrypted make_encrypted_snapshot(std::string const& account, Blocks const& blocks,
                                    std::int64_t size_gib = 1, content::Child const& parent = {}) {
    auto snapshot = new_snapshot(account, size_gib);
    content::Upload const encrypted{snapshot.id, crypto::Key::random(*entropy)};
    auto const disk = upload(account, encrypted, blocks, size_gib, parent, size_gib);
    snapshot.root = content::encode_clear_reference(content::clear_reference(disk.root));
    return {insert(snapshot, disk), {catalogue::domain_number(account), disk.root, size_gib}};
  }

  images::Image make_image(std::string const& account, std::string const& image_name,
                           std::string const& snapshot) {
    images::Image image;
    image.id = make_resource_id(*entropy, "ami-");
    image.owner = account;
    image.name = image_name;
    image.created = clock.now();
    image.architecture = "x86_64";
    image.virtualization_type = "hvm";
    image.root_device_name = "/dev/sda1";
    images::Mapping mapping;
    mapping.device_name = "/dev/sda1";
    mapping.snapshot_id = snapshot;
    mapping.volume_size_gib = 1;
    mapping.volume_type = "gp3";
    image.mappings = {mapping};
    EXPECT_TRUE(run([&](catalogue::Transaction& tx) { return catalogue::insert_image(tx, image); }));
    return image;
  }

  void share(std::string const& resource, images::Permission const& permission) {
    EXPECT_TRUE(run([&](catalogue::Transaction& tx) {
      return catalogue::add_permission(tx, resource, clock.now(), permission);
    }));
  }

  Blocks read(images::Snapshot const& snapshot) {
    return read(content::Disk{catalogue::domain_number(snapshot.owner),
                              *content::decode_reference(snapshot.root), snapshot.volume_size_gib});
  }
  Blocks read(content::Disk const& disk) {
    Blocks out;
    auto page = content->list_blocks(disk, 0, 1'000'000);
    EXPECT_TRUE(page) << page.error().message;
    if (!page) return out;
    for (auto const& entry : page->entries) {
      auto data = content->read_block(disk, entry.index, nullptr);
      EXPECT_TRUE(data) << data.error().message;
      if (data) out[entry.index] = **data;
    }
    return out;
  }

  std::string name;
  ManualClock clock;
  std::unique_ptr<Entropy> entropy = seeded_entropy(7);
  crypto::MasterKeys master_keys{1, crypto::Key::random(*seeded_entropy(8))};
  std::string folder;  ///< of the databases; empty: in memory
  store::StoreOptions store_options;
  sql::Pool catalogue{[this] { return open_database("catalogue.db"); }, 1};
  sql::Pool index{[this] { return open_database("index.db"); }, 1};
  keystore::EbsKeys keys{{name, master_keys, *entropy}, clock, root_of};
  std::unique_ptr<bucket::Bucket> packs = bucket::open_memory();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<content::Content> content;

 private:
  images::Snapshot new_snapshot(std::string const& account, std::int64_t size_gib) {
    images::Snapshot snapshot;
    snapshot.id = make_resource_id(*entropy, "snap-");
    snapshot.owner = account;
    snapshot.state = images::SnapshotState::completed;
    snapshot.start_time = clock.now();
    snapshot.volume_size_gib = size_gib;
    snapshot.lineage = snapshot.id;
    return snapshot;
  }
  content::FinishedDisk upload(std::string const& account, content::Upload const& to, Blocks const& blocks,
                               std::int64_t size_gib, content::Child const& parent,
                               std::int64_t parent_size_gib) {
    auto const domain = domain_of(account);
    for (auto const& [at, data] : blocks)
      EXPECT_TRUE(content->put_block(domain, to, at, data, digest::sha256(data)));
    auto disk = content->finish(domain, to, size_gib, parent, parent_size_gib);
    EXPECT_TRUE(disk) << disk.error().message;
    return *disk;
  }
  images::Snapshot insert(images::Snapshot snapshot, content::FinishedDisk const& disk) {
    snapshot.content_bytes = static_cast<std::int64_t>(disk.blocks) * content::kBlockBytes;
    EXPECT_TRUE(run([&](catalogue::Transaction& tx) { return catalogue::insert_snapshot(tx, snapshot); }));
    return snapshot;
  }
  Result<std::unique_ptr<sql::Session>> open_database(std::string const& file) const {
    return sql::open_sqlite(folder.empty() ? ":memory:" : folder + file, sql::Durability::full);
  }
};

}  // namespace argosy::tests
