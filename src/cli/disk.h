// cli/disk.h - disk images of any kind as bytes with holes: raw files directly, others through qemu-nbd.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cli/failure.h"

namespace argosy::cli {

/// [begin, end) in bytes.
struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual std::uint64_t size_bytes() const = 0;
  /// The first bytes at or after `offset` that may be other than zero; nothing if there are none. One thread
  /// at a time.
  virtual Outcome<std::optional<Extent>> next_data(std::uint64_t offset) = 0;
  /// Fills `out`, which must lie within the disk. Any thread.
  virtual Outcome<void> read(std::uint64_t offset, std::span<std::byte> out) = 0;
};

/// Whether a disk may be made of other files too: a backing file, a data file, extents. One that comes from a
/// stranger could name any file of this host.
enum class OtherFiles { refused, read };

/// `format`: raw, qcow2, vmdk, vhdx, vdi or vhd; empty: asked of qemu-img. `readers`: as many reads run at
/// once. Fails with `refused` on other files that may not be read, and on what may be raw or a fixed VHD.
Outcome<std::unique_ptr<Disk>> open_disk(std::string const& path, std::string const& format,
                                         std::size_t readers, OtherFiles others);

Outcome<std::unique_ptr<Disk>> open_raw(std::string const& path);  // disk_raw.cpp
Outcome<std::unique_ptr<Disk>> open_nbd(std::string const& path, std::string const& qemu_format,
                                        std::size_t readers);  // disk_nbd.cpp

/// QEMU's own name of a format (vhd is its vpc); fails with `usage`.
Outcome<std::string> qemu_format(std::string const& format);

/// The indexes of the blocks that a disk's data touches, ascending, each once. One thread at a time.
class BlockWalk {
 public:
  explicit BlockWalk(Disk& disk) : disk_(disk) {}
  Outcome<std::optional<std::uint64_t>> next();

 private:
  Disk& disk_;
  std::uint64_t next_ = 0;  ///< index
  std::uint64_t end_ = 0;   ///< index after the last block of the current extent
};

}  // namespace argosy::cli
