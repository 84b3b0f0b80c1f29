// machines/overlay.cpp - see overlay.h; qemu-img makes the files.
#include "machines/overlay.h"

#include <filesystem>

#include "machines/program.h"

namespace argosy::machines {
namespace {

constexpr Duration kTimeout{60'000};
/// qemu-img measures the time of a key derivation first, and gives up when the kernel's clock of that is too
/// coarse.
constexpr int kAttempts = 20;
constexpr std::string_view kTooCoarse = "Unable to get accurate CPU usage";

Result<void> create(std::string const& path, std::int64_t size_bytes, Bytes const& secret) {
  Program program{{"qemu-img", "create", "-q", "-f", "qcow2"}, "qemu-utils"};
  Descriptor pipe;
  if (!secret.empty()) {
    pipe = TRY(hand_over(secret));
    program.inherited = {pipe.number()};
    program.arguments.insert(program.arguments.end(), {"--object", secret_object("secret", pipe)});
    // The secret is a random key, no password: its derivation need not be slow.
    program.arguments.insert(program.arguments.end(),
                             {"-o", "encrypt.format=luks,encrypt.key-secret=secret,encrypt.iter-time=10"});
  }
  program.arguments.insert(program.arguments.end(), {path, std::to_string(size_bytes)});
  return run_well(program, kTimeout);
}

}  // namespace

Result<Descriptor> hand_over(Bytes const& secret) { return secret_pipe(to_hex(secret)); }

std::string secret_object(std::string const& id, Descriptor const& pipe) {
  return "secret,id=" + id + ",file=/dev/fd/" + std::to_string(pipe.number());
}

Result<void> create_overlay(std::string const& path, std::int64_t size_bytes, Bytes const& secret) {
  auto const draft = path + ".new";
  auto created = create(draft, size_bytes, secret);
  for (int attempt = 1; attempt < kAttempts && !created && created.error().message.contains(kTooCoarse);
       ++attempt)
    created = create(draft, size_bytes, secret);
  std::error_code failure;
  if (created) std::filesystem::rename(draft, path, failure);
  if (created && !failure) return {};
  std::error_code ignored;
  std::filesystem::remove(draft, ignored);
  return created ? fail(Fault::unavailable, path + ": " + failure.message()) : created;
}

}  // namespace argosy::machines
