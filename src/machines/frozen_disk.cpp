// machines/frozen_disk.cpp - see frozen_disk.h; libnbd reads. Source of the context: QEMU's
// docs/interop/nbd.txt.
#include "machines/frozen_disk.h"

#include <libnbd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "machines/socket_path.h"

namespace argosy::machines {
namespace {

constexpr char const* kAllocationDepth = "qemu:allocation-depth";
constexpr std::uint64_t kBlockBytes = 512U << 10U;
/// Asked about at once.
constexpr std::uint64_t kStatusBytes = 1ULL << 30U;

std::unexpected<Error> nbd_failure(std::string const& what) {
  return fail(Fault::unavailable, what + ": " + nbd_get_error());
}

struct CloseHandle {
  void operator()(nbd_handle* handle) const { nbd_close(handle); }
};
using Connection = std::unique_ptr<nbd_handle, CloseHandle>;

/// The content from an offset on that lies at one depth.
struct Extent {
  std::uint32_t length_bytes = 0;
  std::uint32_t depth = 0;
};
int take_extent(void* user_data, char const* context, std::uint64_t, std::uint32_t* entries,
                std::size_t count, int*) {
  if (std::string_view(context) == kAllocationDepth && count >= 2)
    *static_cast<Extent*>(user_data) = {entries[0], entries[1]};
  return 0;
}

class NbdFrozenDisk final : public FrozenDisk {
 public:
  NbdFrozenDisk(std::unique_ptr<Freeze> freeze, Connection connection, std::string name,
                std::uint32_t changed_depth)
      : freeze_(std::move(freeze)),
        connection_(std::move(connection)),
        name_(std::move(name)),
        changed_depth_(changed_depth),
        size_(static_cast<std::uint64_t>(nbd_get_size(connection_.get()))) {}

  bool ends_with_machine() const override { return freeze_->ends_with_machine(); }
  std::int64_t size_bytes() const override { return static_cast<std::int64_t>(size_); }

  Result<std::optional<std::uint64_t>> next_changed(std::uint64_t from) override {
    auto offset = from * kBlockBytes;
    while (offset < size_) {
      if (offset >= changed_begin_ && offset < changed_end_) return offset / kBlockBytes;
      auto const extent = TRY(extent_at(offset));
      auto const end = offset + extent.length_bytes;
      if (extent.depth >= 1 && extent.depth <= changed_depth_) {
        changed_begin_ = offset;
        changed_end_ = end;
        return offset / kBlockBytes;
      }
      offset = end;
    }
    return std::nullopt;
  }

  Result<Bytes> read(std::uint64_t block) override {
    Bytes out(kBlockBytes);
    auto const offset = block * kBlockBytes;
    if (offset >= size_) return fail(Fault::invalid, name_ + ": the block lies beyond the end");
    auto const length = std::min(kBlockBytes, size_ - offset);
    TRY(twice([&] { return nbd_pread(connection_.get(), out.data(), length, offset, 0) == 0; }));
    return out;
  }

 private:
  Result<Extent> extent_at(std::uint64_t offset) {
    Extent extent;
    nbd_extent_callback callback{&take_extent, &extent, nullptr};
    auto const length = std::min(kStatusBytes, size_ - offset);
    TRY(twice([&] {
      auto const status =
          nbd_block_status(connection_.get(), length, offset, callback, LIBNBD_CMD_FLAG_REQ_ONE);
      return status == 0 && extent.length_bytes > 0;
    }));
    return extent;
  }

  /// A disk server that dies fails what is asked meanwhile, and is there again when it has been tended.
  template <class Request>
  Result<void> twice(Request request) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      TRY(freeze_->tend());
      if (request()) return {};
    }
    return nbd_failure(name_);
  }

  std::unique_ptr<Freeze> freeze_;  // before the connection, which goes first
  Connection connection_;
  std::string const name_;
  std::uint32_t const changed_depth_;
  std::uint64_t const size_;
  std::uint64_t changed_begin_ = 0;  // bytes of the last extent that was changed
  std::uint64_t changed_end_ = 0;
};

}  // namespace

Result<std::unique_ptr<FrozenDisk>> open_frozen(FrozenExport const& where, std::unique_ptr<Freeze> freeze) {
  auto const path = TRY(SocketPath::open(where.folder, where.socket));
  Connection connection(nbd_create());
  if (!connection || nbd_set_export_name(connection.get(), where.name.c_str()) != 0 ||
      nbd_add_meta_context(connection.get(), kAllocationDepth) != 0 ||
      nbd_connect_unix(connection.get(), path.text().c_str()) != 0)
    return nbd_failure(where.folder + "/" + where.socket);
  if (nbd_can_meta_context(connection.get(), kAllocationDepth) != 1 || nbd_get_size(connection.get()) < 0)
    return fail(Fault::unavailable, where.name + ": QEMU does not tell what a machine has written");
  return std::make_unique<NbdFrozenDisk>(std::move(freeze), std::move(connection), where.name,
                                         where.changed_depth);
}

}  // namespace argosy::machines
