// base/private_file.h - small files of the operator: read whole, and written whole for their owner alone.
#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy {

/// Fails where that cannot be told, as in a folder that may not be searched.
Result<bool> file_exists(std::string const& path);

/// At most 64 MiB, more than an export of 100,000 accounts. Fails with `not_found` if there is none,
/// `denied`, `invalid` if it is larger, `unavailable` if it cannot be read now.
Result<std::string> read_file(std::string const& path);

/// The same of a secret: fails with `denied` unless its owner alone may read it (mode 0600).
Result<std::string> read_private_file(std::string const& path);

enum class Existing { replace, refuse };
/// Mode 0600; whole or not at all, durable on return. Several may write one at once. A kill may leave a
/// draft, .NAME.argosy-draft beside it, which goes with the next write. Fails with `conflict` on a file that
/// must not be replaced.
Result<void> write_private_file(std::string const& path, std::string_view text, Existing existing);

}  // namespace argosy
