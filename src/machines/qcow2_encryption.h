// machines/qcow2_encryption.h - encrypts an empty qcow2 file by LUKS.
#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy::machines {

/// The file at `path` is one that qemu-img has just made, without content. From now on `passphrase` opens it.
/// Fails with `invalid` on a file that is laid out in another way.
Result<void> encrypt_empty_qcow2(std::string const& path, std::string_view passphrase);

}  // namespace argosy::machines
