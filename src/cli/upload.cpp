// cli/upload.cpp - see upload.h.
#include "cli/upload.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "cli/ec2.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/interrupt.h"
#include "cli/parallel.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// How long an upload waits for its next block: time enough to see in the morning that it broke off at night.
constexpr std::int32_t kTimeoutMinutes = 24 * 60;

/// The record is a hint: an upload goes on without it.
void tell_unless(Outcome<void> const& recorded, Terminal& terminal, std::string const& label) {
  if (!recorded)
    terminal.complain(label + "  " + recorded.error().message +
                      ": what is sent from now on is sent again if this is interrupted");
}

/// One disk on its way. step() runs on several threads, each with one block.
class Upload {
 public:
  Upload(Session& session, Disk& disk, PendingUpload& pending, std::chrono::milliseconds patience,
         Terminal& terminal, Terminal::Line line, std::string const& label)
      : session_(session),
        disk_(disk),
        pending_(pending),
        patience_(patience, [this] { show(kTryingAgain); }),
        terminal_(terminal),
        line_(line),
        label_(label),
        walk_(disk) {}

  Outcome<bool> step() {
    auto claim = TRY(claim_block());
    if (!claim) return false;
    auto block = TRY(read_block(claim->index));
    patience_.progressed();  // also where hours of zeros are read
    if (is_all_zero(block)) {
      account(claim->position, std::nullopt);
      return true;
    }
    auto checksum = digest::sha256(block);
    if (!pending_.completion() && !pending_.has(claim->index)) {
      TRY(patience_.persist(
          [&] { return put_block(session_, pending_.snapshot_id(), claim->index, block, checksum); }));
      tell_unless(pending_.record_block(claim->index), terminal_, label_);
      ++sent_;
    }
    patience_.progressed();
    account(claim->position, checksum);
    return true;
  }

  /// After the last step. What the disk's blocks add up to.
  UploadSum sum_up() { return {aggregate_.blocks(), to_hex(aggregate_.finish().bytes)}; }

  Outcome<void> complete(UploadSum const& completion) {
    auto aggregate = digest::Digest::copy_of(TRY(from_hex(completion.aggregate)));
    return patience_.persist(
        [&] { return complete_snapshot(session_, pending_.snapshot_id(), completion.blocks, aggregate); });
  }

  std::uint64_t sent() const { return sent_; }

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

  void show(char const* state) {
    terminal_.update(line_, {state, reached_bytes_, disk_.size_bytes(), std::nullopt});
  }

  void account(std::uint64_t position, std::optional<digest::Digest> const& checksum) {
    std::lock_guard lock(mutex_);
    aggregate_.add(position, checksum);
    show(pending_.completion() ? "comparing" : "uploading");
  }

  Session& session_;
  Disk& disk_;
  PendingUpload& pending_;
  Patience patience_;
  Terminal& terminal_;
  Terminal::Line const line_;
  std::string const label_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> reached_bytes_ = 0;
  std::mutex mutex_;  // guards what follows
  BlockWalk walk_;
  std::uint64_t claimed_ = 0;
  AggregateChecksum aggregate_;
};

/// The failure of an upload that an earlier run began and that cannot be this disk's.
Failure not_this_disk() {
  Failure failure(Exit::service, "the disk is not what it was when its upload began");
  failure.fault = Fault::corrupt;
  return failure;
}

/// What an upload goes on with.
enum class Found { nothing, unfinished, completed };

Outcome<Uploaded> put_and_complete(Session& session, Disk& disk, UploadOptions const& options, Found found,
                                   PendingUpload& pending, Terminal& terminal, Terminal::Line line,
                                   std::string const& label) {
  Upload upload(session, disk, pending, options.patience, terminal, line, label);
  TRY(run_steps(options.jobs, [&] { return upload.step(); }));
  auto completion = upload.sum_up();
  if (pending.completion() && pending.completion() != completion) return std::unexpected(not_this_disk());
  if (!pending.completion()) tell_unless(pending.record_completion(completion), terminal, label);
  if (found != Found::completed) {
    TRY(upload.complete(completion));
    TRY(follow_snapshot(session, pending.snapshot_id(), options.patience, terminal, line));
  }
  return Uploaded{pending.snapshot_id(), completion.blocks, upload.sent()};
}

Outcome<void> start(Session& session, UploadOptions const& options, PendingUpload& pending,
                    Terminal& terminal, std::string const& label) {
  ebs::StartSnapshotRequest request;
  request.volume_size = static_cast<std::int64_t>(options.volume_size_gib);
  request.timeout = kTimeoutMinutes;
  if (!options.description.empty()) request.description = options.description;
  for (auto const& tag : options.tags) request.tags.push_back({tag.key, tag.value});
  if (options.encryption) {
    request.encrypted = true;
    if (!options.encryption->key_arn.empty()) request.kms_key_arn = options.encryption->key_arn;
  }
  request.client_token = pending.client_token();
  auto snapshot_id = start_snapshot(session, request);
  if (!snapshot_id && snapshot_id.error().code == "ConflictException") {  // what it had started is gone
    tell_unless(pending.restart(), terminal, label);
    request.client_token = pending.client_token();
    snapshot_id = start_snapshot(session, request);
  }
  auto const id = TRY(std::move(snapshot_id));
  tell_unless(pending.record_snapshot(id), terminal, label);
  return {};
}

/// The state of the snapshot that an earlier run began; empty if it is gone.
Outcome<std::string> find_state(Session& session, PendingUpload const& pending) {
  auto found = TRY(own_snapshots(session, {pending.snapshot_id()}));
  return found.empty() ? "" : found.front().status.value_or("?");
}

/// Goes on with what an earlier run began, or begins.
Outcome<Found> find_or_start(Session& session, UploadOptions const& options, PendingUpload& pending,
                             Terminal& terminal, std::string const& label) {
  if (!pending.snapshot_id().empty()) {
    auto const reference = session.region() + "/" + pending.snapshot_id();
    auto const state = TRY(find_state(session, pending));
    bool const completed = state == "completed" && pending.completion();
    if (completed || state == "pending") {
      terminal.note(label + "  goes on with " + reference + ": " + show_bytes(pending.count() * kBlockBytes) +
                    " are there");
      return completed ? Found::completed : Found::unfinished;
    }
    terminal.complain(label + "  begins anew: " + reference + " is " + (state.empty() ? "gone" : state));
    tell_unless(pending.restart(), terminal, label);
  }
  TRY(start(session, options, pending, terminal, label));
  return Found::nothing;
}

/// Whether a later run may go on: a service, credentials or a disk that fail now may be well then, while a
/// refusal of this very upload stays.
bool may_pass(Failure const& failure) {
  return failure.code != "ValidationException" && failure.code != "ResourceNotFoundException" &&
         failure.fault != Fault::corrupt;
}

/// Whether the snapshot is completed by now: what was found is as old as it took to read the disk, and an
/// earlier run may have completed what was still pending then.
Outcome<bool> is_completed(Session& session, Found found, PendingUpload const& pending) {
  if (found == Found::completed) return true;
  if (!pending.completion()) return false;
  auto const state = TRY(find_state(session, pending));
  return state == "completed";
}

/// The failure of an upload that is left to the next run.
std::unexpected<Failure> leave(Failure failure, PendingUpload const& pending, std::string const& reference) {
  failure.message +=
      pending.is_kept() ? "; the same command goes on with " + reference : " (snapshot " + reference + ")";
  return std::unexpected(std::move(failure));
}

/// The end of an upload that will not go on.
void give_up(Session& session, PendingUpload& pending, Terminal& terminal) {
  if (!delete_snapshot(session, {pending.snapshot_id(), false}))
    terminal.complain("The unfinished snapshot " + session.region() + "/" + pending.snapshot_id() +
                      " could not be deleted.");
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

Outcome<Uploaded> upload(Session& session, Disk& disk, UploadOptions const& options, PendingUpload& pending,
                         Terminal& terminal, std::string const& label) {
  while (true) {
    auto found = find_or_start(session, options, pending, terminal, label);
    if (!found) {
      if (pending.snapshot_id().empty() && !may_pass(found.error())) pending.forget();
      return std::unexpected(found.error());
    }
    auto reference = session.region() + "/" + pending.snapshot_id();
    OnInterrupt on_interrupt([&] {
      terminal.complain("Interrupted. " +
                        (pending.is_kept()
                             ? "The same command goes on with " + reference + " within a day.\n  "
                             : "The unfinished snapshot " + reference + " turns to error in a day.\n  ") +
                        "To give it up: argosy snapshot rm " + reference);
    });
    auto line = terminal.begin(label);
    auto uploaded = put_and_complete(session, disk, options, *found, pending, terminal, line, label);
    terminal.end(line);
    if (uploaded) return uploaded;
    auto const& failure = uploaded.error();
    if (may_pass(failure)) return leave(failure, pending, reference);
    auto const completed = is_completed(session, *found, pending);
    if (!completed) return leave(completed.error(), pending, reference);
    if (*completed) {  // somebody may use it already
      terminal.complain(label + "  begins anew: " + reference + " holds what the disk was, and stays");
      tell_unless(pending.restart(), terminal, label);
      continue;
    }
    give_up(session, pending, terminal);
    if (*found == Found::nothing || failure.exit != Exit::service) {
      pending.forget();
      return uploaded;
    }
    tell_unless(pending.restart(), terminal, label);
    terminal.complain(label + "  begins anew: " + failure.message);
  }
}

Outcome<bool> is_unchanged(Session& session, Disk& disk, UploadOptions const& options, PendingUpload& pending,
                           Terminal& terminal, std::string const& label) {
  if (!pending.completion()) return false;
  auto line = terminal.begin(label);
  Upload upload(session, disk, pending, options.patience, terminal, line, label);
  auto read = run_steps(options.jobs, [&] { return upload.step(); });
  terminal.end(line);
  TRY(std::move(read));
  return upload.sum_up() == pending.completion();
}

}  // namespace argosy::cli
