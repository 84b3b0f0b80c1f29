// ebs/content_ledger.cpp - see content_ledger.h.
#include "ebs/content_ledger.h"

#include <algorithm>

#include "catalogue/usage.h"
#include "content/reference.h"
#include "ebs/errors.h"

namespace argosy::ebs {
namespace {

/// A catalogue's sum is good for so long: an account that uploads at 1 GiB a second goes 10 GiB over.
constexpr Duration kReadAge{10'000};
constexpr std::int64_t kGib = std::int64_t{1} << 30U;

}  // namespace

Result<void> ContentLedger::refresh(sql::Pool& catalogue, std::string const& account, Entry& entry) {
  auto session = TRY(catalogue.take());
  auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
  entry.settled_bytes = TRY(catalogue::count_settled_bytes(tx, account));
  auto const uploads = TRY(catalogue::list_upload_bytes(tx, account));
  std::erase_if(entry.uploads, [&](auto const& known) { return !uploads.contains(known.first); });
  for (auto const& [id, bytes] : uploads) entry.uploads[id] = std::max(entry.uploads[id], bytes);
  return {};
}

Result<void> ContentLedger::charge_block(sql::Pool& catalogue, access::Caller const& caller,
                                         images::Snapshot const& upload, Time now) {
  std::lock_guard lock(mutex_);
  auto& entry = accounts_[caller.account];
  if (now >= entry.read + kReadAge || now < entry.read || !entry.uploads.contains(upload.id)) {
    TRY(refresh(catalogue, caller.account, entry));
    entry.read = now;
  }
  auto& put = entry.uploads[upload.id];
  auto const more = std::min<std::int64_t>(content::kBlockBytes, upload.volume_size_gib * kGib - put);
  auto total = entry.settled_bytes;
  for (auto const& [id, bytes] : entry.uploads) total += bytes;
  if (total + more > caller.limits.content_bytes)
    return fail(Fault::limit, "ServiceQuotaExceededException",
                access::limit_message("GiB of content in this region", caller.limits.content_bytes / kGib,
                                      "content_gib", "Delete snapshots and uploads that are not needed"));
  put += more;
  return {};
}

std::int64_t ContentLedger::uploaded_bytes(std::string const& account, std::string const& upload) {
  std::lock_guard lock(mutex_);
  auto entry = accounts_.find(account);
  if (entry == accounts_.end()) return 0;
  auto put = entry->second.uploads.find(upload);
  return put == entry->second.uploads.end() ? 0 : put->second;
}

}  // namespace argosy::ebs
