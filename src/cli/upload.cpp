// cli/upload.cpp - see upload.h.
#include "cli/upload.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/entropy.h"
#include "cli/ec2.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// One disk on its way. step() runs on several threads, each with one block.
class Upload {
 public:
  Upload(Session& session, Disk& disk, std::string snapshot_id, std::chrono::milliseconds patience,
         Terminal& terminal, Terminal::Line line)
      : session_(session),
        disk_(disk),
        snapshot_id_(std::move(snapshot_id)),
        patience_(patience),
        terminal_(terminal),
        line_(line),
        walk_(disk) {}

  Outcome<bool> step() {
    auto claim = TRY(claim_block());
    if (!claim) return false;
    auto block = TRY(read_block(claim->index));
    if (is_all_zero(block)) {
      account(claim->position, std::nullopt);
      return true;
    }
    auto checksum = digest::sha256(block);
    TRY(patience_.persist([&] { return put_block(session_, snapshot_id_, claim->index, block, checksum); }));
    patience_.progressed();
    account(claim->position, checksum);
    return true;
  }

  /// After the last step. The number of blocks put.
  Outcome<std::uint64_t> complete() {
    auto aggregate = aggregate_.finish();
    TRY(patience_.persist(
        [&] { return complete_snapshot(session_, snapshot_id_, aggregate_.blocks(), aggregate); }));
    return aggregate_.blocks();
  }

 private:
  struct Claim {
    std::uint64_t index;
    std::uint64_t position;
  };

  Outcome<std::optional<Claim>> claim_block() {
    std::lock_guard lock(mutex_);
    auto index = TRY(walk_.next());
    if (!index) return std::nullopt;
    reached_bytes_ = std::min((*index + 1) * kBlockBytes, disk_.size_bytes());
    return Claim{*index, claimed_++};
  }

  /// Zeros behind the end of the disk.
  Outcome<Bytes> read_block(std::uint64_t index) {
    Bytes block(kBlockBytes);
    auto offset = index * kBlockBytes;
    auto length = std::min(kBlockBytes, disk_.size_bytes() - offset);
    TRY(disk_.read(offset, std::span(block).first(length)));
    return block;
  }

  void account(std::uint64_t position, std::optional<digest::Digest> const& checksum) {
    std::lock_guard lock(mutex_);
    aggregate_.add(position, checksum);
    terminal_.update(line_, {"uploading", reached_bytes_, disk_.size_bytes(), std::nullopt});
  }

  Session& session_;
  Disk& disk_;
  std::string const snapshot_id_;
  Patience patience_;
  Terminal& terminal_;
  Terminal::Line const line_;
  std::mutex mutex_;  // guards what follows
  BlockWalk walk_;
  std::uint64_t claimed_ = 0;
  std::uint64_t reached_bytes_ = 0;
  AggregateChecksum aggregate_;
};

Outcome<std::uint64_t> put_and_complete(Session& session, Disk& disk, std::string const& snapshot_id,
                                        UploadOptions const& options, Terminal& terminal,
                                        Terminal::Line line) {
  Upload upload(session, disk, snapshot_id, options.patience, terminal, line);
  TRY(run_steps(options.jobs, [&] { return upload.step(); }));
  auto blocks = TRY(upload.complete());
  TRY(follow_snapshot(session, snapshot_id, options.patience, terminal, line));
  return blocks;
}

ebs::StartSnapshotRequest start_request(UploadOptions const& options) {
  ebs::StartSnapshotRequest request;
  request.volume_size = static_cast<std::int64_t>(options.volume_size_gib);
  request.client_token = make_uuid(system_entropy());
  if (!options.description.empty()) request.description = options.description;
  for (auto const& tag : options.tags) request.tags.push_back({tag.key, tag.value});
  return request;
}

}  // namespace

void AggregateChecksum::add(std::uint64_t position, std::optional<digest::Digest> const& checksum) {
  early_.emplace(position, checksum);
  for (auto first = early_.begin(); first != early_.end() && first->first == next_;
       first = early_.erase(first), ++next_) {
    if (!first->second) continue;
    hash_.update(first->second->bytes);
    ++blocks_;
  }
}

Outcome<Uploaded> upload(Session& session, Disk& disk, UploadOptions const& options, Terminal& terminal,
                         std::string const& label) {
  auto snapshot_id = TRY(start_snapshot(session, start_request(options)));
  OnInterrupt on_interrupt([&] {
    terminal.complain(
        "Interrupted: the unfinished snapshot " + session.region() + "/" + snapshot_id +
        " turns to error within the hour; then, or now, delete it:\n  aws ec2 delete-snapshot --region " +
        session.region() + " --snapshot-id " + snapshot_id);
  });
  auto line = terminal.begin(label);
  auto blocks = put_and_complete(session, disk, snapshot_id, options, terminal, line);
  terminal.end(line);
  if (blocks) return Uploaded{snapshot_id, *blocks};
  if (blocks.error().exit == Exit::timed_out) {
    blocks.error().message += " (snapshot " + snapshot_id + ")";
  } else if (!delete_snapshot(session, {snapshot_id, false})) {
    terminal.complain("The unfinished snapshot " + session.region() + "/" + snapshot_id +
                      " could not be deleted.");
  }
  return std::unexpected(blocks.error());
}

}  // namespace argosy::cli
