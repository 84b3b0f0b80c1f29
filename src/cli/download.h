// cli/download.h - a snapshot's blocks into a sparse raw file.
#pragma once
#include <string>

#include "cli/ebs.h"
#include "cli/terminal.h"

namespace argosy::cli {

struct DownloadOptions {
  std::size_t jobs = 8;
  std::uint64_t expected_bytes = 0;  ///< for the progress; 0: not known
  std::chrono::milliseconds patience{};
};

/// Creates or empties the file at `path`; it is as long as the volume and durable on return. The number of
/// blocks.
Outcome<std::uint64_t> download(Session& session, std::string const& snapshot_id, std::string const& path,
                                DownloadOptions const& options, Terminal& terminal, std::string const& label);

}  // namespace argosy::cli
