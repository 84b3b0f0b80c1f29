// cli/disk.cpp - see disk.h: the format of a disk and the walk over its blocks.
#include "cli/disk.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <vector>

#include "cli/ebs.h"
#include "cli/file.h"
#include "cli/process.h"
#include "wire/json.h"

namespace argosy::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFormats{
    {{"raw", "raw"}, {"qcow2", "qcow2"}, {"vmdk", "vmdk"}, {"vhdx", "vhdx"}, {"vdi", "vdi"}, {"vhd", "vpc"}}};

/// `format`: QEMU's name; empty: it looks.
Outcome<boost::json::object> ask_qemu(std::string const& path, std::string const& format) {
  std::vector<std::string> command{"qemu-img", "info", "--output", "json"};
  if (!format.empty()) command.insert(command.end(), {"-f", format});
  command.insert(command.end(), {"--", absolute_path(path)});
  auto said = TRY(run_process(command));
  auto info = TRY(wire::parse_json(said, wire::kListLimits));  // a VMDK may have many extents
  if (!info.is_object()) return stop(Exit::failed, path + ": qemu-img says nothing of it");
  return std::move(info.get_object());
}

/// Empty if it is none.
std::string text_of(boost::json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

boost::json::object const* object_of(boost::json::object const* object, std::string_view name) {
  auto const* value = object == nullptr ? nullptr : object->if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

/// What the disk is made of beside the file itself.
std::vector<std::string> other_files(boost::json::object const& info, std::string const& path) {
  std::vector<std::string> out{text_of(info, "backing-filename")};
  if (auto const* data = object_of(object_of(&info, "format-specific"), "data")) {
    out.push_back(text_of(*data, "data-file"));
    auto const* extents = data->if_contains("extents");
    if (extents != nullptr && extents->is_array())
      for (auto const& extent : extents->get_array())
        if (extent.is_object()) out.push_back(text_of(extent.get_object(), "filename"));
  }
  std::erase_if(out, [&](auto const& file) { return file.empty() || file == absolute_path(path); });
  return out;
}

/// A fixed VHD is a raw disk with a footer behind it, and QEMU does not look there to find out.
Outcome<bool> ends_as_vhd(Disk& disk) {
  constexpr std::string_view kCookie = "conectix";
  constexpr std::size_t kFooterBytes = 512;
  if (disk.size_bytes() < kFooterBytes) return false;
  Bytes cookie(kCookie.size());
  TRY(disk.read(disk.size_bytes() - kFooterBytes, cookie));
  return as_text(cookie) == kCookie;
}

Outcome<std::string> read_format(boost::json::object const& info, std::string const& path) {
  auto name = text_of(info, "format");
  if (name.empty()) return stop(Exit::failed, path + ": qemu-img names no format");
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
                                         std::size_t readers, OtherFiles others) {
  auto name = format.empty() ? std::string() : TRY(qemu_format(format));
  if (name == "raw") return open_raw(path);
  auto const info = TRY(ask_qemu(path, name));
  name = TRY(read_format(info, path));
  if (name == "raw") {
    auto disk = TRY(open_raw(path));
    if (TRY(ends_as_vhd(*disk)))
      return stop(
          Exit::refused,
          path + " is a fixed VHD or a raw disk that ends like one: give --format vhd or --format raw");
    return disk;
  }
  if (auto const files = other_files(info, path); !files.empty() && others == OtherFiles::refused)
    return stop(Exit::refused, path + " is made of other files too, such as " + files.front() +
                                   ": if they are to be read, --with-other-files");
  return open_nbd(path, name, readers);
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
