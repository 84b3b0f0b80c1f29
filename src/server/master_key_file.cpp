// server/master_key_file.cpp - see master_key_file.h.
#include "server/master_key_file.h"

#include <limits>

#include "base/private_file.h"
#include "wire/json.h"

namespace argosy::server {
namespace {

constexpr std::string_view kFormat = "argosy master keys 1";

/// What a wrapped key is bound to: it cannot pass for another version.
std::string purpose(std::int64_t version) { return "argosy master key " + std::to_string(version); }

bool is_sound(MasterKeyFile const& file) {
  std::int64_t least = 0;
  for (auto const& key : file.keys) {
    if (key.version < least || key.version > std::numeric_limits<crypto::MasterKeys::Version>::max())
      return false;
    least = key.version + 1;
  }
  return file.format == kFormat && !file.keys.empty();
}

}  // namespace

std::string master_key_path(std::string const& data_directory) { return data_directory + "/master-keys"; }

Result<MasterKeyFile> wrap_master_keys(std::vector<MasterKey> const& keys, crypto::RootKey& root_key,
                                       Time now) {
  MasterKeyFile file{std::string(kFormat), root_key.name(), now, {}};
  for (auto const& key : keys) {
    auto const associated = purpose(key.version);
    auto wrapped = TRY(root_key.wrap(as_bytes(associated), key.key.bytes()));
    auto const opened = TRY(root_key.unwrap(as_bytes(associated), wrapped));
    if (!crypto::equal_in_constant_time(opened, key.key.bytes()))
      return fail(Fault::unavailable, crypto::kRootKeyFault,
                  root_key.name() + ": what it wraps it does not unwrap: it cannot be a root key");
    file.keys.push_back({key.version, key.made, std::move(wrapped)});
  }
  return file;
}

Result<std::vector<MasterKey>> unwrap_master_keys(MasterKeyFile const& file, crypto::RootKey& root_key) {
  std::vector<MasterKey> out;
  for (auto const& key : file.keys) {
    auto opened = root_key.unwrap(as_bytes(purpose(key.version)), key.wrapped);
    if (!opened && opened.error().fault == Fault::denied)
      return fail(Fault::denied, crypto::kRootKeyFault,
                  "wrong root key: the " + root_key.name() +
                      " does not open this data directory, whose master key was wrapped under the " +
                      file.root_key + " at " + to_iso8601(file.wrapped) + ": give that one");
    if (!opened) return std::unexpected(std::move(opened).error());
    auto const copy = TRY(crypto::Key::copy_of(*opened));
    out.push_back({static_cast<crypto::MasterKeys::Version>(key.version), key.made, copy});
  }
  return out;
}

std::string encode_master_key_file(MasterKeyFile const& file) {
  return wire::encode_json(file, wire::Naming::snake) + "\n";
}

Result<MasterKeyFile> decode_master_key_file(std::string_view text) {
  auto file = wire::decode_json<MasterKeyFile>(text, wire::Naming::snake);
  if (!file || !is_sound(*file))
    return fail(Fault::corrupt, "these are no master keys of a format known here");
  return file;
}

Result<std::optional<MasterKeyFile>> read_master_key_file(std::string const& data_directory) {
  auto const path = master_key_path(data_directory);
  auto text = read_file(path);
  if (!text && text.error().fault == Fault::not_found) return std::nullopt;
  if (!text) return std::unexpected(std::move(text).error());
  auto file = decode_master_key_file(*text);
  if (!file) return fail(Fault::corrupt, path + ": " + file.error().message + "; restore it from a backup");
  return std::optional(*std::move(file));
}

Result<void> write_master_key_file(std::string const& data_directory, MasterKeyFile const& file) {
  return write_private_file(master_key_path(data_directory), encode_master_key_file(file), Existing::replace);
}

}  // namespace argosy::server
