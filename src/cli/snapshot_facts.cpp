// cli/snapshot_facts.cpp - see snapshot_facts.h.
#include "cli/snapshot_facts.h"

#include <algorithm>

#include "cli/format.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

std::string show_size(std::optional<std::int64_t> bytes) {
  return show_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes.value_or(0))));
}

}  // namespace

Outcome<SnapshotFacts> gather_facts(Session& session, ec2::Snapshot snapshot,
                                    std::vector<ec2::Snapshot> const& own) {
  SnapshotFacts facts{std::move(snapshot), std::nullopt};
  auto const& id = facts.snapshot.snapshot_id;
  if (id && std::ranges::find(own, id, &ec2::Snapshot::snapshot_id) != own.end())
    facts.may_copy = to_audience(TRY(snapshot_permissions(session, *id)));
  return facts;
}

void describe(Page& page, SnapshotFacts const& facts) {
  auto const& snapshot = facts.snapshot;
  page.line("state", snapshot.status.value_or("?") + " " + snapshot.progress.value_or(""));
  page.line("message", snapshot.status_message);
  page.line("owner", snapshot.owner_id);
  page.line("description", snapshot.description);
  if (snapshot.volume_size) page.line("volume", std::to_string(*snapshot.volume_size) + " GiB");
  if (snapshot.start_time) page.line("started", to_iso8601(*snapshot.start_time));
  if (snapshot.full_snapshot_size_in_bytes)
    page.line("content", show_size(snapshot.full_snapshot_size_in_bytes));
  page.line("encrypted", std::string(snapshot.encrypted.value_or(false) ? "yes" : "no"));
  page.line("key", snapshot.kms_key_id);
  if (snapshot.argosy) {
    auto const& own = *snapshot.argosy;
    if (own.copy_bytes_total)
      page.line("copied", show_size(own.copy_bytes_done) + " of " + show_size(own.copy_bytes_total) + ", " +
                              show_size(own.copy_bytes_moved) + " moved");
    page.line("content digest", own.content_digest);
  }
  if (facts.may_copy) page.line("may copy it", list_audience(*facts.may_copy));
  for (auto const& tag : snapshot.tag_set)
    page.line("tag", tag.key.value_or("") + "=" + tag.value.value_or(""));
}

boost::json::object to_json(SnapshotFacts const& facts) {
  auto const& snapshot = facts.snapshot;
  auto item = wire::json::encode(snapshot, wire::Naming::snake).as_object();
  for (auto [name, time] :
       {std::pair{"start_time", snapshot.start_time}, {"completion_time", snapshot.completion_time}})
    if (time) item[name] = to_iso8601(*time);
  if (facts.may_copy) item["may_copy"] = to_json(*facts.may_copy);
  return item;
}

}  // namespace argosy::cli
