// cli/follow.h - an image on its way: what its snapshots say of it, until it is available or failed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/ec2.h"
#include "cli/terminal.h"

namespace argosy::cli {

struct ImageProgress {
  std::string state = "pending";
  std::string reason;  ///< of a failed image
  std::vector<std::string> snapshot_ids;
  std::uint64_t bytes_total = 0;  ///< content of the source; 0 where the service does not say (AWS)
  std::uint64_t bytes_done = 0;   ///< of those, what is here
  std::uint64_t bytes_moved = 0;  ///< stored bytes that crossed the wire
  std::optional<int> percent;     ///< mean over the snapshots

  bool operator==(ImageProgress const&) const = default;
};

/// What is seen of an image and its snapshots now.
ImageProgress find_progress(Session& session, ec2::Image const& image);
/// Pure.
ImageProgress summarize(ec2::Image const& image, std::vector<ec2::Snapshot> const& snapshots);
/// bytes_total, bytes_done and bytes_moved, null where the service does not say, and the rest.
boost::json::object to_json(ImageProgress const& progress);
/// "available: 1.2 MiB moved of 1.0 GiB".
std::string show_outcome(ImageProgress const& progress);

enum class Freshness {
  known,
  perhaps_just_made,  ///< by another run; or its id is a mistake
  just_made,          ///< may not be visible at once
};

/// Polls until the image is available, and shows `line`. `progress` is what was seen last, also on failure.
/// Fails with `failed` and the true reason if the image does, with `timed_out` if nothing moved for `limit`,
/// as find_image if it was not seen by then.
Outcome<void> follow_image(Session& session, std::string const& image_id, Freshness freshness,
                           std::chrono::milliseconds limit, Terminal& terminal, Terminal::Line line,
                           ImageProgress& progress);

/// Polls until the snapshot is completed, which may not be visible at once; the same failures, and
/// Fault::corrupt if the snapshot fails.
Outcome<void> follow_snapshot(Session& session, std::string const& snapshot_id,
                              std::chrono::milliseconds limit, Terminal& terminal, Terminal::Line line);

/// The exit code of several pieces of work: `partly` if some failed, `timed_out` if all did that way,
/// `failed` if all.
Exit combine(std::vector<std::optional<Failure>> const& failures);
/// The same, but a single piece of work ends with the code of its own failure.
Exit conclude(std::vector<std::optional<Failure>> const& failures);

}  // namespace argosy::cli
