// machines/luks_header.h - what stands before an encrypted disk and opens it: LUKS version 1, AES-256-XTS.
// Made here, as qemu-img measures for three seconds how slow a key derivation may be; that is for passwords,
// and ours are keys.
#pragma once
#include <string_view>

#include "base/bytes.h"
#include "base/entropy.h"
#include "base/error.h"

namespace argosy::machines {

/// A header with a new master key that `passphrase` opens, in the first of eight slots. Source: LUKS On-Disk
/// Format Specification, version 1.2.3.
Result<Bytes> make_luks_header(std::string_view passphrase, Entropy& entropy);

}  // namespace argosy::machines
