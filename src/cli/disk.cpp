// cli/disk.cpp - see disk.h: the format of a disk and the walk over its blocks.
#include "cli/disk.h"

#include <algorithm>
#include <array>

#include "cli/ebs.h"
#include "cli/file.h"
#include "cli/process.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFormats{
    {{"raw", "raw"}, {"qcow2", "qcow2"}, {"vmdk", "vmdk"}, {"vhdx", "vhdx"}, {"vdi", "vdi"}, {"vhd", "vpc"}}};

Outcome<std::string> detect_format(std::string const& path) {
  auto said = TRY(run_process({"qemu-img", "info", "--output", "json", "--", absolute_path(path)}));
  auto info = TRY(wire::parse_json(said));
  auto const* format = info.is_object() ? info.get_object().if_contains("format") : nullptr;
  if (format == nullptr || !format->is_string())
    return stop(Exit::failed, path + ": qemu-img names no format");
  std::string name(format->get_string());
  if (std::ranges::none_of(kFormats, [&](auto const& known) { return known.second == name; }))
    return stop(Exit::usage, path + ": disks of the format " + name + " cannot be read");
  return name;
}

}  // namespace

Outcome<std::string> qemu_format(std::string const& format) {
  for (auto [ours, qemu] : kFormats)
    if (ours == format) return std::string(qemu);
  return stop(Exit::usage, "\"" + format + "\" is no format: raw, qcow2, vmdk, vhdx, vdi or vhd");
}

Outcome<std::unique_ptr<Disk>> open_disk(std::string const& path, std::string const& format,
                                         std::size_t readers) {
  auto name = format.empty() ? TRY(detect_format(path)) : TRY(qemu_format(format));
  return name == "raw" ? open_raw(path) : open_nbd(path, name, readers);
}

Outcome<std::optional<std::uint64_t>> BlockWalk::next() {
  if (next_ == end_) {
    auto offset = next_ * kBlockBytes;
    if (offset >= disk_.size_bytes()) return std::nullopt;
    auto extent = TRY(disk_.next_data(offset));
    if (!extent) return std::nullopt;
    next_ = std::max(next_, extent->begin / kBlockBytes);
    end_ = (extent->end + kBlockBytes - 1) / kBlockBytes;
  }
  return next_++;
}

}  // namespace argosy::cli
