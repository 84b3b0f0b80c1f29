// cli/download.h - a snapshot's blocks into a sparse raw file; one that an earlier run began goes on.
#pragma once
#include <string>

#include "cli/ebs.h"
#include "cli/journal.h"
#include "cli/terminal.h"

namespace argosy::cli {

struct DownloadOptions {
  std::size_t jobs = 8;
  std::uint64_t expected_bytes = 0;  ///< for the progress; 0: not known
  std::chrono::milliseconds patience{};
};

struct Downloaded {
  std::uint64_t blocks = 0;           ///< written blocks of the snapshot
  std::uint64_t blocks_received = 0;  ///< of those, by this run
};

/// The file at `path` is made if absent; it is as long as the volume and durable on return. The journal,
/// which must be that of this file and snapshot, names the blocks that were written before, with their
/// digests: they are read from the file first, and what does not have its digest is asked for again. So
/// nothing is believed of what a loss of power may have taken; where nothing is left the file is emptied.
Outcome<Downloaded> download(Session& session, std::string const& snapshot_id, std::string const& path,
                             Journal& journal, DownloadOptions const& options, Terminal& terminal,
                             std::string const& label);

}  // namespace argosy::cli
