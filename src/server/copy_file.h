// server/copy_file.h - a copy of a file that goes on past what the disk cannot read.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace argosy::server {

/// Copies a file with its permissions; there is none at `to` yet. Durable on return, but for the entry in its
/// folder. Where the disk cannot read (EIO), by pages of 4,096 bytes, and in `wanted_of_earlier` (in order),
/// the copy has what stands there in an earlier one, if there is one and it is long enough, else zeros. If
/// that ends behind the file, so does the copy, with the earlier one's bytes from the file's end on. Returns
/// the ranges that are not the file's own, in order. A copy without any has the file's time of change, where
/// the file system takes one; another copy has its own. Fails with `not_found`, or `unavailable` if a write
/// fails.
Result<std::vector<store::ByteRange>> copy_file(std::string const& from, std::string const& earlier,
                                                std::string const& to,
                                                std::span<store::ByteRange const> wanted_of_earlier);

}  // namespace argosy::server
