// machines/console.h - what a guest wrote to its serial port, and other files that programs append to: only
// the end is kept.
#pragma once
#include <optional>
#include <string>

#include "base/error.h"

namespace argosy::machines {

/// The last 64 KiB of the file; nothing if there is none.
Result<std::optional<std::string>> read_end(std::string const& path);

/// Gives back the space of what lies before the last 64 KiB once the file holds 1 MiB; whoever appends loses
/// nothing. The file keeps its length. (On a file system without holes it is emptied instead.)
void bound_file(std::string const& path);

}  // namespace argosy::machines
