// machines/overlay.cpp - see overlay.h; qemu-img makes the files.
#include "machines/overlay.h"

#include <fcntl.h>

#include <filesystem>

#include "base/sync_folder.h"
#include "machines/program.h"
#include "machines/qcow2_encryption.h"

namespace argosy::machines {
namespace {

constexpr Duration kTimeout{60'000};

/// As QEMU reads it: it wants UTF-8.
std::string passphrase(Bytes const& secret) { return to_hex(secret); }

Result<void> create(std::string const& path, std::int64_t size_bytes, Bytes const& secret) {
  TRY(run_well({{"qemu-img", "create", "-q", "-f", "qcow2", path, std::to_string(size_bytes)}, "qemu-utils"},
               kTimeout));
  if (!secret.empty()) TRY(encrypt_empty_qcow2(path, passphrase(secret)));
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.number()) != 0) return system_failure(path);
  return {};
}

}  // namespace

Result<Descriptor> hand_over(Bytes const& secret) { return secret_pipe(passphrase(secret)); }

std::string secret_object(std::string const& id, Descriptor const& pipe) {
  return "secret,id=" + id + ",file=/dev/fd/" + std::to_string(pipe.number());
}

Result<void> create_overlay(std::string const& path, std::int64_t size_bytes, Bytes const& secret) {
  auto const draft = path + ".new";
  auto created = create(draft, size_bytes, secret);
  std::error_code failure;
  if (created) std::filesystem::rename(draft, path, failure);
  if (created && !failure) return sync_folder(std::filesystem::path(path).parent_path());
  std::error_code ignored;
  std::filesystem::remove(draft, ignored);
  return created ? fail(Fault::unavailable, path + ": " + failure.message()) : created;
}

}  // namespace argosy::machines
