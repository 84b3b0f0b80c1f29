// machines/qcow2_encryption.cpp - see qcow2_encryption.h. Source: QEMU's docs/interop/qcow2.txt.
#include "machines/qcow2_encryption.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/descriptor.h"
#include "machines/big_endian.h"
#include "machines/luks_header.h"

namespace argosy::machines {
namespace {

constexpr std::uint32_t kMagic = 0x514649fb;
constexpr std::uint32_t kVersion = 3;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kClusterBitsAt = 20;
constexpr std::size_t kMethodAt = 32;
constexpr std::size_t kRefcountTableAt = 48;
constexpr std::size_t kRefcountOrderAt = 96;
constexpr std::size_t kHeaderLengthAt = 100;
constexpr std::uint32_t kClusterBits = 16;
constexpr std::uint32_t kRefcountOrder = 4;  // 16 bits each
constexpr std::size_t kClusterBytes = 1U << kClusterBits;
constexpr std::uint32_t kLuks = 2;
constexpr std::uint32_t kEncryptionExtension = 0x0537be77;

Result<Bytes> read_cluster(Descriptor const& file, std::uint64_t offset) {
  Bytes cluster(kClusterBytes);
  auto const got = ::pread(file.number(), cluster.data(), cluster.size(), static_cast<off_t>(offset));
  if (got < 0) return system_failure("cannot read an overlay");
  return cluster;
}

Result<void> write(Descriptor const& file, ByteView bytes, std::uint64_t offset) {
  auto const wrote = ::pwrite(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (wrote != static_cast<ssize_t>(bytes.size())) return system_failure("cannot write an overlay");
  return {};
}

/// The header, with its method, and with an extension before all others that names where the LUKS header
/// lies.
void name_luks_header(Bytes& header, std::uint64_t offset, std::uint64_t length) {
  Bytes method;
  put_be(method, kLuks);
  std::copy(method.begin(), method.end(), header.begin() + kMethodAt);
  Bytes extension;
  put_be(extension, kEncryptionExtension);
  put_be(extension, std::uint32_t{16});  // its length
  put_be(extension, offset);
  put_be(extension, length);
  auto const at = get_be<std::uint32_t>(header, kHeaderLengthAt);
  header.insert(header.begin() + at, extension.begin(), extension.end());
  header.resize(kClusterBytes);
}

}  // namespace

Result<void> encrypt_empty_qcow2(std::string const& path, std::string_view passphrase) {
  Descriptor const file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat facts {};
  if (!file.is_open() || ::fstat(file.number(), &facts) != 0) return system_failure(path);
  auto header = TRY(read_cluster(file, 0));
  auto const luks = TRY(make_luks_header(passphrase, system_entropy()));
  // It takes whole clusters at the end, which the first block of reference counts must have room for.
  auto const first = (static_cast<std::uint64_t>(facts.st_size) + kClusterBytes - 1) / kClusterBytes;
  auto const end = first + (luks.size() + kClusterBytes - 1) / kClusterBytes;
  if (get_be<std::uint32_t>(header, 0) != kMagic || get_be<std::uint32_t>(header, kVersionAt) != kVersion ||
      get_be<std::uint32_t>(header, kClusterBitsAt) != kClusterBits ||
      get_be<std::uint32_t>(header, kRefcountOrderAt) != kRefcountOrder || end > kClusterBytes / 2)
    return fail(Fault::invalid, path + ": qemu-img made a file that cannot be encrypted");
  auto const table = TRY(read_cluster(file, get_be<std::uint64_t>(header, kRefcountTableAt)));
  Bytes counts;
  for (auto cluster = first; cluster < end; ++cluster) put_be(counts, std::uint16_t{1});
  TRY(write(file, luks, first * kClusterBytes));
  TRY(write(file, counts, get_be<std::uint64_t>(table, 0) + first * 2));
  name_luks_header(header, first * kClusterBytes, luks.size());
  TRY(write(file, header, 0));
  // QEMU wants the file to end with a cluster.
  if (::ftruncate(file.number(), static_cast<off_t>(end * kClusterBytes)) != 0) return system_failure(path);
  return {};
}

}  // namespace argosy::machines
