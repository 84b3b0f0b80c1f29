// cli/compare.h - whether two snapshots hold the same disk, or where they first differ.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "cli/ebs.h"
#include "cli/ec2.h"
#include "cli/terminal.h"

namespace argosy::cli {

/// One side of a comparison.
struct Side {
  Session& session;
  std::string snapshot_id;
};

struct Comparison {
  bool same = false;
  std::string by;                                  ///< what it follows from: "digest", "size" or "reading"
  std::string content_digest;                      ///< of both, where both gave the same
  std::optional<std::uint64_t> first_block;        ///< index of the first block that differs
  std::optional<std::uint64_t> first_byte_offset;  ///< of the first byte that differs, from the disk's begin
  std::uint64_t bytes_compared = 0;                ///< of the disk, by reading
};

struct CompareOptions {
  bool read = false;         ///< also where the digests agree
  bool same_region = false;  ///< one service holds both and may be asked which blocks were changed
  std::size_t jobs = 8;
  std::chrono::milliseconds patience{};
};

/// Disks of different sizes are different. Equal content digests say that disks are equal; where they differ,
/// or one side gives none, the blocks are read: those that the service lists as changed, or else all that are
/// written on either side. A block that is not written is zeros. Every block is compared with its checksum.
Outcome<Comparison> compare_snapshots(Side const& a, Side const& b, CompareOptions const& options,
                                      Terminal& terminal, std::string const& label);

}  // namespace argosy::cli
