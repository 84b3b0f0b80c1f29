// crypto/root_key.cpp - see root_key.h; here the driver of keys in files.
#include "crypto/root_key.h"

#include <openssl/crypto.h>
#include <unistd.h>

#include <filesystem>

#include "base/private_file.h"
#include "crypto/root_key_drivers.h"

namespace argosy::crypto {
namespace {

class FileRootKey final : public RootKey {
 public:
  /// Wraps under a key of its own, derived from the file's: directories that were made before there were
  /// master keys have the file's as theirs, and no key should wrap itself.
  FileRootKey(std::string const& path, Key const& key, Entropy& entropy)
      : name_("file " + std::filesystem::absolute(path).lexically_normal().string()),
        key_(hkdf_sha256(key.bytes(), {}, as_bytes("argosy root key"))),
        entropy_(entropy) {}

  std::string const& name() const override { return name_; }
  Result<Bytes> wrap(ByteView associated, ByteView plain) override {
    return crypto::wrap(key_, associated, plain, entropy_);
  }
  Result<Bytes> unwrap(ByteView associated, ByteView wrapped) override {
    auto plain = crypto::unwrap(key_, associated, wrapped);
    if (!plain) return root_key_fault(Fault::denied, "the root key in the " + name_ + " does not open this");
    return plain;
  }

 private:
  std::string const name_;
  Key const key_;
  Entropy& entropy_;
};

Result<void> make_root_key_file(std::string const& path, Entropy& entropy) {
  auto text = to_hex(Key::random(entropy).bytes()) + "\n";
  auto written = write_private_file(path, text, Existing::refuse);
  OPENSSL_cleanse(text.data(), text.size());
  if (!written && written.error().fault != Fault::conflict)
    return root_key_fault(Fault::unavailable, "cannot make the root key: " + written.error().message);
  return {};
}

}  // namespace

Result<Key> read_root_key_file(std::string const& path, MissingFile missing, Entropy& entropy) {
  if (missing == MissingFile::create && ::access(path.c_str(), F_OK) != 0)
    TRY(make_root_key_file(path, entropy));
  auto text = read_private_file(path);
  if (!text) return root_key_fault(text.error().fault, "the root key: " + text.error().message);
  auto bytes = from_hex(text->ends_with('\n') ? std::string_view(*text).substr(0, text->size() - 1) : *text);
  OPENSSL_cleanse(text->data(), text->size());
  if (!bytes || bytes->size() != 32)
    return root_key_fault(Fault::invalid, path + ": a root key is 64 hexadecimal digits");
  auto key = Key::copy_of(*bytes);
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

Result<std::unique_ptr<RootKey>> open_root_key(RootKeyPlace const& place, MissingFile missing,
                                               Entropy& entropy) {
  if (place.token) return open_token_root_key(*place.token, entropy);
  auto key = TRY(read_root_key_file(place.file, missing, entropy));
  return std::make_unique<FileRootKey>(place.file, key, entropy);
}

}  // namespace argosy::crypto
