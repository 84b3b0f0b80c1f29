// machines/overlay.h - what a machine has written: one qcow2 file a volume, encrypted (LUKS) where a secret
// is given.
#pragma once
#include <string>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace argosy::machines {

/// An empty overlay, durable on return; there is none or a whole one, also after a crash.
Result<void> create_overlay(std::string const& path, std::int64_t size_bytes, Bytes const& secret);

/// The end of a pipe that gives the secret once, as QEMU reads it.
Result<Descriptor> hand_over(Bytes const& secret);
/// "secret,id=ID,file=/dev/fd/N": what `-object` takes.
std::string secret_object(std::string const& id, Descriptor const& pipe);

}  // namespace argosy::machines
