// machines/firmware.cpp - see firmware.h.
#include "machines/firmware.h"

#include <filesystem>

#include "base/private_file.h"
#include "machines/command_line.h"

namespace argosy::machines {
namespace {

constexpr char const* kCode = "/usr/share/OVMF/OVMF_CODE_4M.fd";
constexpr char const* kVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd";

}  // namespace

Result<std::string> prepare_firmware(std::string const& folder) {
  bool const code = TRY(file_exists(kCode));
  bool const variables = TRY(file_exists(kVariables));
  if (!code || !variables)
    return fail(Fault::unavailable,
                std::string("a machine that boots by UEFI needs ") + kCode + ": install the package ovmf");
  auto const own = folder + "/" + kFirmwareVariables;
  auto const draft = own + ".new";
  std::error_code failure;
  bool const there = TRY(file_exists(own));
  if (!there) {
    std::filesystem::copy_file(kVariables, draft, std::filesystem::copy_options::overwrite_existing, failure);
    if (!failure) std::filesystem::rename(draft, own, failure);
  }
  if (failure) return fail(Fault::unavailable, own + ": " + failure.message());
  return kCode;
}

}  // namespace argosy::machines
