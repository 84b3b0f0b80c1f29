// crypto/master_keys.cpp - see master_keys.h.
#include "crypto/master_keys.h"

#include <openssl/crypto.h>

#include <mutex>

#include "base/assert.h"

namespace argosy::crypto {
namespace {

constexpr std::size_t kVersionBytes = sizeof(MasterKeys::Version);

}  // namespace

void MasterKeys::add(Version version, Key const& key) {
  std::unique_lock lock(mutex_);
  ARGOSY_ASSERT(keys_.empty() || keys_.rbegin()->first < version);
  keys_.emplace(version, key);
}

MasterKeys::Version MasterKeys::current() const {
  std::shared_lock lock(mutex_);
  return keys_.rbegin()->first;
}

Result<Key> MasterKeys::key(Version version) const {
  std::shared_lock lock(mutex_);
  auto found = keys_.find(version);
  if (found == keys_.end()) return fail(Fault::not_found, "there is no master key of that version");
  return found->second;
}

Bytes MasterKeys::wrap(ByteView associated, ByteView plain, Entropy& entropy) const {
  std::shared_lock lock(mutex_);
  auto const& [version, key] = *keys_.rbegin();
  auto wrapped = crypto::wrap(key, associated, plain, entropy);
  if (version == kUnversioned) return wrapped;
  Bytes out;
  put_le(out, version);
  out.insert(out.end(), wrapped.begin(), wrapped.end());
  return out;
}

Result<Bytes> MasterKeys::unwrap(ByteView associated, ByteView wrapped) const {
  return TRY(open_wrapped(associated, wrapped)).plain;
}

Result<Key> MasterKeys::unwrap_key(ByteView associated, ByteView wrapped) const {
  auto plain = TRY(unwrap(associated, wrapped));
  auto key = Key::copy_of(plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  return key;
}

Result<std::optional<Bytes>> MasterKeys::wrap_anew(ByteView associated, ByteView wrapped,
                                                   Entropy& entropy) const {
  auto opened = TRY(open_wrapped(associated, wrapped));
  std::optional<Bytes> out;
  if (opened.version != current()) out = wrap(associated, opened.plain, entropy);
  OPENSSL_cleanse(opened.plain.data(), opened.plain.size());
  return out;
}

Result<MasterKeys::Opened> MasterKeys::open_wrapped(ByteView associated, ByteView wrapped) const {
  std::shared_lock lock(mutex_);
  if (wrapped.size() >= kVersionBytes) {
    auto const version = get_le<Version>(wrapped.data());
    auto key = keys_.find(version);
    if (version != kUnversioned && key != keys_.end())
      if (auto plain = crypto::unwrap(key->second, associated, wrapped.subspan(kVersionBytes)); plain)
        return Opened{version, *std::move(plain)};
  }
  // A random nonce may look like a version: what no version opens is tried without.
  auto unversioned = keys_.find(kUnversioned);
  if (unversioned == keys_.end())
    return fail(Fault::corrupt, "no master key of this data directory opens what was wrapped");
  auto plain = TRY(crypto::unwrap(unversioned->second, associated, wrapped));
  return Opened{kUnversioned, std::move(plain)};
}

}  // namespace argosy::crypto
