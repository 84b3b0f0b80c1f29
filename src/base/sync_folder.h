// base/sync_folder.h - makes the entries of a folder durable.
#pragma once
#include <string>

#include "base/error.h"

namespace argosy {

/// Files that were made, renamed or removed in it stay so when the power goes.
Result<void> sync_folder(std::string const& path);

}  // namespace argosy
