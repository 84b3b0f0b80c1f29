// server/upkeep.cpp - see upkeep.h.
#include "server/upkeep.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <thread>
#include <utility>

#include "catalogue/domains.h"
#include "catalogue/roots.h"
#include "catalogue/snapshots.h"
#include "replication/repair.h"
#include "server/work.h"
#include "sql/in_transaction.h"
#include "store/scrub.h"
#include "upkeep/damage.h"

namespace argosy::server {
namespace {

namespace json = boost::json;

/// Between two looks at whether earlier work has ended.
constexpr auto kWait = std::chrono::milliseconds(50);

class CollectionWork final : public Work {
 public:
  explicit CollectionWork(std::shared_ptr<upkeep::Collection> collection)
      : collection_(std::move(collection)) {}
  Result<bool> step() override {
    TRY(collection_->step());
    if (collection_->phase() == upkeep::Collection::Phase::wait) std::this_thread::sleep_for(kWait);
    return collection_->phase() == upkeep::Collection::Phase::done;
  }
  json::object tell() const override {
    auto const collected = collection_->collected();
    return {{"phase", to_text(collection_->phase())},
            {"dropped_chunks", collected.sweep.dropped_chunks},
            {"dropped_bytes", collected.sweep.dropped_bytes},
            {"kept_chunks", collected.sweep.kept_chunks},
            {"spared_accounts", collected.sweep.spared.size()},
            {"moved_bytes", collected.compaction.moved_bytes},
            {"removed_bytes", collected.compaction.removed_bytes},
            {"waiting_bytes", collected.compaction.waiting_bytes}};
  }

 private:
  std::shared_ptr<upkeep::Collection> collection_;
};

json::array to_json(std::vector<upkeep::DamagedSnapshot> const& snapshots) {
  json::array rows;
  for (auto const& snapshot : snapshots) {
    json::array images;
    for (auto const& image : snapshot.images) images.emplace_back(image);
    rows.push_back(json::object{{"snapshot_id", snapshot.snapshot_id},
                                {"account_id", snapshot.account},
                                {"images", std::move(images)}});
  }
  return rows;
}

/// Reads everything, the databases too, then tells whom the damage concerns.
class ScrubWork final : public Work {
 public:
  explicit ScrubWork(Region& region)
      : region_(region), scrub_(region.store()), report_(region.catalogue(), region.store()) {}
  Result<bool> step() override {
    if (!databases_) {
      databases_ = TRY(region_.verify_databases());
      return false;
    }
    if (!scrubbed_) {
      scrubbed_ = TRY(scrub_.step(region_.clock().now()));
      return false;
    }
    return report_.step();
  }
  json::object tell() const override {
    auto const& result = scrub_.result();
    json::array faults;
    for (auto const& fault : databases_.value_or(std::vector<std::string>())) faults.emplace_back(fault);
    return {{"phase", scrubbed_ ? "looking whom it concerns" : "reading"},
            {"packs", result.packs},
            {"chunks", result.chunks},
            {"bytes", result.bytes},
            {"damaged_chunks", scrubbed_ ? report_.damaged_chunks() : result.damaged_chunks},
            {"damaged_packs", result.damaged_packs},
            {"missing_packs", result.missing_packs},
            {"database_faults", std::move(faults)},
            {"damaged_snapshots", to_json(report_.snapshots())}};
  }

 private:
  Region& region_;
  std::optional<std::vector<std::string>> databases_;
  store::Scrub scrub_;
  bool scrubbed_ = false;
  upkeep::DamageReport report_;
};

/// Finds what is damaged, then brings it snapshot by snapshot. One that is deleted meanwhile is passed over.
class RepairWork final : public Work {
 public:
  explicit RepairWork(Region& region) : region_(region), report_(region.catalogue(), region.store()) {}
  Result<bool> step() override {
    if (!reported_) {
      reported_ = TRY(report_.step());
      return false;
    }
    if (!repair_ && next_ == report_.snapshots().size()) return true;
    if (!repair_) TRY(begin(report_.snapshots()[next_]));
    bool const ended = repair_ ? TRY(repair_->step()) : true;
    if (!ended) return false;
    TRY(end(report_.snapshots()[next_++]));
    return false;
  }
  json::object tell() const override {
    return {{"phase", reported_ ? "repairing" : "looking for damage"},
            {"damaged_snapshots", report_.snapshots().size()},
            {"moved_bytes", moved_bytes_ + (repair_ ? repair_->moved_bytes() : 0)},
            {"repaired", repaired_},
            {"not_repaired", not_repaired_}};
  }

 private:
  /// Nothing if it was deleted since the report.
  Result<std::optional<images::Snapshot>> find(upkeep::DamagedSnapshot const& damaged) {
    auto snapshot = sql::in_transaction(
        region_.catalogue(), sql::Access::read,
        [&](catalogue::Transaction& tx) { return catalogue::find_snapshot(tx, damaged.snapshot_id); });
    if (!snapshot && snapshot.error().fault == Fault::not_found) return std::nullopt;
    if (!snapshot) return std::unexpected(std::move(snapshot).error());
    return std::optional(*std::move(snapshot));
  }
  Result<void> begin(upkeep::DamagedSnapshot const& damaged) {
    auto const snapshot = TRY(find(damaged));
    if (!snapshot) return {};
    auto const root = TRY(content::decode_clear_reference(snapshot->root));
    repair_ = std::make_unique<replication::Repair>(
        region_.catalogue(), region_.content(), region_.sources(), region_.name(),
        replication::DiskToRepair{snapshot->id, snapshot->owner, catalogue::domain_number(snapshot->owner),
                                  root, snapshot->volume_size_gib},
        region_.clock());
    return {};
  }
  Result<void> end(upkeep::DamagedSnapshot const& damaged) {
    auto const repair = std::exchange(repair_, nullptr);
    if (!repair) return {};
    moved_bytes_ += repair->moved_bytes();
    if (!repair->source().empty()) {
      repaired_.push_back(json::object{{"snapshot", upkeep::describe(damaged)}, {"from", repair->source()}});
      return {};
    }
    auto const snapshot = TRY(find(damaged));
    if (!snapshot) return {};
    json::array why;
    for (auto const& refusal : repair->refusals()) why.emplace_back(refusal);
    not_repaired_.push_back(json::object{{"snapshot", upkeep::describe(damaged)}, {"why", std::move(why)}});
    return {};
  }

  Region& region_;
  upkeep::DamageReport report_;
  bool reported_ = false;
  std::size_t next_ = 0;
  std::unique_ptr<replication::Repair> repair_;
  std::uint64_t moved_bytes_ = 0;
  json::array repaired_;
  json::array not_repaired_;
};

json::object account_usage(std::string const& account, catalogue::LogicalTotals const& logical,
                           store::DomainTotals const& totals) {
  return {{"account_id", account},
          {"snapshots", logical.snapshots},
          {"logical_bytes", logical.bytes},
          {"unique_bytes", totals.blocks * static_cast<std::int64_t>(store::kBlockBytes)},
          {"live_bytes", totals.block_bytes + totals.node_bytes},
          {"stored_bytes", totals.stored_bytes}};
}

Result<json::object> usage(Region& region) {
  TRY(region.store().flush());
  auto const packs = TRY(region.store().pack_totals());
  auto totals = TRY(region.store().totals());
  auto session = TRY(region.catalogue().take());
  auto tx = TRY(sql::Transaction::begin(*session, sql::Access::read));
  auto const logical = TRY(catalogue::logical_totals(tx));
  json::array accounts;
  for (auto const& [account, snapshots] : logical) {
    auto const domain = catalogue::domain_number(account);
    accounts.push_back(account_usage(account, snapshots, totals[domain]));
    totals.erase(domain);
  }
  for (auto const& [domain, rest] : totals)
    accounts.push_back(account_usage(fmt::format("{:012}", domain), {}, rest));
  return json::object{{"region", region.name()},
                      {"packs", packs.packs},
                      {"stored_bytes", packs.stored_bytes},
                      {"waiting_bytes", packs.waiting_bytes},
                      {"damaged_chunks", packs.damaged_chunks},
                      {"accounts", std::move(accounts)}};
}

http::Response answer_usage(std::vector<std::unique_ptr<Region>> const& regions,
                            http::Request const& request) {
  auto asked = chosen(regions, request);
  if (!asked) return error_response(asked.error());
  json::array rows;
  for (auto* region : *asked) {
    auto row = usage(*region);
    if (!row) return error_response(row.error());
    rows.push_back(*std::move(row));
  }
  return json_response(json::object{{"regions", std::move(rows)}});
}

http::Response answer_gc(std::vector<std::unique_ptr<Region>> const& regions, http::Request const& request) {
  std::optional<Duration> grace;
  if (auto const text = parameter(request, "grace_seconds")) {
    std::int64_t seconds = -1;
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc{} || end != text->data() + text->size() || seconds < 0 || seconds > 31'536'000)
      return error_response({Fault::invalid, {}, "grace_seconds is a number from 0 to 31536000"});
    grace = std::chrono::seconds(seconds);
  }
  return answer_work(regions, request, [grace](Region& region) -> Result<std::unique_ptr<Work>> {
    return std::make_unique<CollectionWork>(TRY(region.collector().collect(grace)));
  });
}

}  // namespace

void add_upkeep_routes(OperatorDoor& door, std::vector<std::unique_ptr<Region>>& regions) {
  using enum OperatorDoor::Openness;
  door.add("GET", "/usage", owner_only,
           [&regions](http::Request const& request) { return answer_usage(regions, request); });
  door.add("POST", "/gc", owner_only,
           [&regions](http::Request const& request) { return answer_gc(regions, request); });
  door.add("POST", "/scrub", owner_only, [&regions](http::Request const& request) {
    return answer_work(regions, request, [](Region& region) -> Result<std::unique_ptr<Work>> {
      return std::make_unique<ScrubWork>(region);
    });
  });
  door.add("POST", "/repair", owner_only, [&regions](http::Request const& request) {
    return answer_work(regions, request, [](Region& region) -> Result<std::unique_ptr<Work>> {
      return std::make_unique<RepairWork>(region);
    });
  });
}

}  // namespace argosy::server
