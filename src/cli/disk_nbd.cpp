// cli/disk_nbd.cpp - qcow2, vmdk, vhdx, vdi and vhd, read through qemu-nbd on a socket that only we can
// reach.
#include <libnbd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/disk.h"
#include "cli/file.h"
#include "cli/private_folder.h"
#include "cli/process.h"

namespace argosy::cli {
namespace {

constexpr auto kStartTimeout = std::chrono::seconds(30);
constexpr auto kStartPoll = std::chrono::milliseconds(10);
/// As much as is asked about at once: qemu-nbd answers with at least the first extent.
constexpr std::uint64_t kStatusBytes = 1ULL << 30U;
constexpr char const* kAllocation = "base:allocation";

struct CloseHandle {
  void operator()(nbd_handle* handle) const { nbd_close(handle); }
};
using Connection = std::unique_ptr<nbd_handle, CloseHandle>;

Outcome<Connection> connect(std::string const& socket) {
  Connection connection(nbd_create());
  if (!connection || nbd_add_meta_context(connection.get(), kAllocation) != 0 ||
      nbd_connect_unix(connection.get(), socket.c_str()) != 0)
    return stop(Exit::failed, std::string("qemu-nbd: ") + nbd_get_error());
  return connection;
}

/// Pairs of length and flags, as a block status answer has them.
using Extents = std::vector<std::uint32_t>;
int take_extents(void* user_data, char const* context, std::uint64_t, std::uint32_t* entries,
                 std::size_t count, int*) {
  if (std::string_view(context) == kAllocation)
    static_cast<Extents*>(user_data)->assign(entries, entries + count);
  return 0;
}

class NbdDisk final : public Disk {
 public:
  NbdDisk(std::unique_ptr<PrivateFolder> folder, Process server, std::string socket, Connection connection,
          std::uint64_t size)
      : folder_(std::move(folder)), server_(std::move(server)), socket_(std::move(socket)), size_(size) {
    has_status_ = nbd_can_meta_context(connection.get(), kAllocation) == 1;
    idle_.push_back(std::move(connection));
  }

  std::uint64_t size_bytes() const override { return size_; }

  Outcome<std::optional<Extent>> next_data(std::uint64_t offset) override {
    if (!has_status_) return Extent{offset, size_};
    auto connection = TRY(take());
    while (offset < size_) {
      Extents extents;
      nbd_extent_callback callback{&take_extents, &extents, nullptr};
      auto length = std::min(kStatusBytes, size_ - offset);
      if (nbd_block_status(connection.get(), length, offset, callback, 0) != 0 || extents.size() < 2)
        return stop(Exit::failed, std::string("qemu-nbd: ") + nbd_get_error());
      for (std::size_t i = 0; i + 1 < extents.size(); i += 2) {
        auto end = std::min(offset + extents[i], size_);
        if ((extents[i + 1] & LIBNBD_STATE_ZERO) == 0) {
          give_back(std::move(connection));
          return Extent{offset, end};
        }
        offset = end;
      }
    }
    give_back(std::move(connection));
    return std::nullopt;
  }

  Outcome<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    auto connection = TRY(take());
    if (nbd_pread(connection.get(), out.data(), out.size(), offset, 0) != 0)
      return stop(Exit::failed, std::string("qemu-nbd: ") + nbd_get_error());
    give_back(std::move(connection));
    return {};
  }

 private:
  Outcome<Connection> take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return connect(socket_);
  }
  void give_back(Connection connection) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  std::unique_ptr<PrivateFolder> folder_;
  Process server_;
  std::string socket_;
  std::uint64_t size_;
  bool has_status_ = false;
  std::mutex mutex_;  // guards idle_
  std::vector<Connection> idle_;
};

/// The first connection, as soon as the server listens.
Outcome<Connection> wait_for(Process& server, std::string const& socket) {
  auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
  std::error_code ignored;
  while (true) {
    if (std::filesystem::exists(socket, ignored))
      if (auto connection = connect(socket)) return connection;
    if (!server.is_running()) {
      auto complaint = server.complaint();
      return stop(Exit::failed, complaint.empty()
                                    ? "qemu-nbd does not run: is the package qemu-utils installed?"
                                    : complaint);
    }
    if (std::chrono::steady_clock::now() > give_up) return stop(Exit::failed, "qemu-nbd does not answer");
    std::this_thread::sleep_for(kStartPoll);
  }
}

}  // namespace

Outcome<std::unique_ptr<Disk>> open_nbd(std::string const& path, std::string const& qemu_format,
                                        std::size_t readers) {
  auto folder = TRY(PrivateFolder::make());
  auto socket = folder->path() + "/nbd";
  auto server =
      TRY(Process::start({"qemu-nbd", "--read-only", "--persistent", "--shared", std::to_string(readers + 1),
                          "--socket", socket, "--format", qemu_format, "--", absolute_path(path)}));
  auto connection = TRY(wait_for(server, socket));
  auto size = nbd_get_size(connection.get());
  if (size < 0) return stop(Exit::failed, std::string("qemu-nbd: ") + nbd_get_error());
  return std::make_unique<NbdDisk>(std::move(folder), std::move(server), std::move(socket),
                                   std::move(connection), static_cast<std::uint64_t>(size));
}

}  // namespace argosy::cli
