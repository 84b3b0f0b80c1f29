// cli/follow.cpp - see follow.h.
#include "cli/follow.h"

#include <algorithm>
#include <charconv>

#include "cli/format.h"
#include "cli/patience.h"

namespace argosy::cli {
namespace {

/// EC2 is eventually consistent: so long may it not know an id that it has just given out.
constexpr std::chrono::seconds kVisibleAfter{60};
/// The same of an id that somebody gives, who may be mistaken and does not wait so long to hear it.
constexpr std::chrono::seconds kGivenVisibleAfter{10};

std::chrono::seconds visible_after(Freshness freshness) {
  if (freshness == Freshness::just_made) return kVisibleAfter;
  return freshness == Freshness::perhaps_just_made ? kGivenVisibleAfter : std::chrono::seconds(0);
}

/// "45%"; nothing if it is empty, as it is at first.
std::optional<int> parse_percent(std::string const& text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::uint64_t positive(std::optional<std::int64_t> const& value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.value_or(0)));
}

/// While it is copied, the image may not name its snapshots yet; their descriptions name it.
std::vector<ec2::Snapshot> find_snapshots(Session& session, ec2::Image const& image) {
  ec2::DescribeSnapshotsRequest request;
  request.snapshot_id = snapshot_ids(image);
  if (request.snapshot_id.empty()) {
    request.owner = {"self"};
    request.filter = {
        filter("description", {"Copied for DestinationAmi " + image.image_id.value_or("?") + " *"})};
  }
  return describe_snapshots(session, request)
      .value_or(std::vector<ec2::Snapshot>{});  // progress is a courtesy
}

}  // namespace

ImageProgress find_progress(Session& session, ec2::Image const& image) {
  return summarize(image, find_snapshots(session, image));
}

ImageProgress summarize(ec2::Image const& image, std::vector<ec2::Snapshot> const& snapshots) {
  ImageProgress progress;
  progress.state = image.image_state.value_or("pending");
  if (image.state_reason)
    progress.reason = image.state_reason->message.value_or(image.state_reason->code.value_or(""));
  progress.snapshot_ids = snapshot_ids(image);
  int percents = 0;
  for (auto const& snapshot : snapshots) {
    if (snapshot.snapshot_id) progress.snapshot_ids.push_back(*snapshot.snapshot_id);
    percents += parse_percent(snapshot.progress.value_or("")).value_or(0);
    if (!snapshot.argosy) continue;
    progress.bytes_total += positive(snapshot.argosy->copy_bytes_total);
    progress.bytes_done += positive(snapshot.argosy->copy_bytes_done);
    progress.bytes_moved += positive(snapshot.argosy->copy_bytes_moved);
  }
  progress.snapshot_ids = without_repeats(progress.snapshot_ids);
  if (!snapshots.empty()) progress.percent = percents / static_cast<int>(snapshots.size());
  return progress;
}

boost::json::object to_json(ImageProgress const& progress) {
  auto bytes = [&](std::uint64_t value) {
    return progress.bytes_total > 0 ? boost::json::value(value) : boost::json::value(nullptr);
  };
  return {{"state", progress.state},
          {"snapshot_ids", boost::json::value_from(progress.snapshot_ids)},
          {"percent", or_null(progress.percent)},
          {"bytes_total", bytes(progress.bytes_total)},
          {"bytes_done", bytes(progress.bytes_done)},
          {"bytes_moved", bytes(progress.bytes_moved)}};
}

std::string show_outcome(ImageProgress const& progress) {
  if (progress.bytes_total == 0) return progress.state;
  return progress.state + ": " + show_bytes(progress.bytes_moved) + " moved of " +
         show_bytes(progress.bytes_total);
}

Outcome<void> follow_image(Session& session, std::string const& image_id, Freshness freshness,
                           std::chrono::milliseconds limit, Terminal& terminal, Terminal::Line line,
                           ImageProgress& progress) {
  auto const show = [&](std::string const& state) {
    terminal.update(line, {state, progress.bytes_done, progress.bytes_total, progress.percent});
  };
  Patience patience(limit, [&] { show(kTryingAgain); });
  Pauses pauses;
  auto const began = std::chrono::steady_clock::now();
  while (true) {
    auto image = patience.persist([&] { return find_image(session, image_id); });
    if (image) {
      auto seen = find_progress(session, *image);
      if (seen != progress) patience.progressed();
      progress = std::move(seen);
    } else {
      bool not_yet = image.error().code == "InvalidAMIID.NotFound" &&
                     std::chrono::steady_clock::now() - began < visible_after(freshness);
      if (!not_yet) return std::unexpected(image.error());
    }
    show(progress.state);
    if (progress.state == "available") return {};
    if (progress.state != "pending")
      return stop(Exit::failed, image_id + " is " + progress.state +
                                    (progress.reason.empty() ? std::string(": no reason is given")
                                                             : ": " + progress.reason));
    auto waited = patience.pause(pauses);
    if (!waited) return std::unexpected(image ? waited.error() : image.error());
  }
}

Outcome<void> follow_snapshot(Session& session, std::string const& snapshot_id,
                              std::chrono::milliseconds limit, Terminal& terminal, Terminal::Line line) {
  std::string seen;  // "45%pending"
  Patience patience(limit, [&] { terminal.update(line, {kTryingAgain, 0, 0, parse_percent(seen)}); });
  Pauses pauses;
  ec2::DescribeSnapshotsRequest request;
  request.snapshot_id = {snapshot_id};
  auto const began = std::chrono::steady_clock::now();
  while (true) {
    auto snapshots = patience.persist([&] { return describe_snapshots(session, request); });
    bool const not_yet = !snapshots && snapshots.error().code == "InvalidSnapshot.NotFound" &&
                         std::chrono::steady_clock::now() - began < kVisibleAfter;
    if (!snapshots && !not_yet) return std::unexpected(snapshots.error());
    auto snapshot = !snapshots || snapshots->empty() ? ec2::Snapshot{} : snapshots->front();
    auto status = snapshot.status.value_or("pending");
    auto progress = snapshot.progress.value_or("");
    if (progress + status != seen) patience.progressed();
    seen = progress + status;
    terminal.update(line, status == "pending" ? Status{"completing", 0, 0, std::nullopt}
                                              : Status{status, 0, 0, parse_percent(progress)});
    if (status == "completed") return {};
    if (status != "pending") {
      Failure failure(Exit::failed, snapshot_id + " is " + status + ": " +
                                        snapshot.status_message.value_or("no reason is given"));
      failure.fault = Fault::corrupt;
      return std::unexpected(failure);
    }
    auto waited = patience.pause(pauses);
    if (!waited) return std::unexpected(snapshots ? waited.error() : snapshots.error());
  }
}

Exit combine(std::vector<std::optional<Failure>> const& failures) {
  auto failed = std::ranges::count_if(failures, [](auto const& failure) { return failure.has_value(); });
  if (failed == 0) return Exit::done;
  if (failed < std::ssize(failures)) return Exit::partly;
  bool all_timed_out =
      std::ranges::all_of(failures, [](auto const& failure) { return failure->exit == Exit::timed_out; });
  return all_timed_out ? Exit::timed_out : Exit::failed;
}

Exit conclude(std::vector<std::optional<Failure>> const& failures) {
  return failures.size() == 1 && failures[0] ? failures[0]->exit : combine(failures);
}

}  // namespace argosy::cli
