// server/config.h - what argosyd is told: by its command line with --dev, else by a configuration file.
// docs/configuration.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "access/account_list.h"
#include "access/limits.h"
#include "crypto/root_key.h"
#include "http/server.h"
#include "server/region.h"

namespace argosy::server {

/// The code of errors that lie in the configuration: argosyd ends with 253 for them.
inline constexpr char const* kConfigurationFault = "configuration";

/// Another process of this partition.
struct PeerConfig {
  std::string name;                  ///< for people: in logs and in the list of openings
  std::vector<std::string> regions;  ///< that it holds, and may ask as
  std::string endpoint;              ///< host:port where it answers replication
  std::string public_endpoint;       ///< the authority that clients reach it by
  std::string certificate_name;      ///< a DNS name or address in its certificate
  access::AccountList accounts;      ///< that it may speak for
  bool receives_keys = false;        ///< access keys may be sealed for it
};

/// Where this process answers its peers, and what it proves itself to them with.
struct ReplicationConfig {
  std::string listen;
  http::TlsFiles tls;
  Duration timeout{60'000};  ///< how long a peer may be silent in the middle of a call
};

struct Config {
  std::string data_directory;
  crypto::RootKeyPlace root_key;
  std::vector<std::string> regions;
  /// Address, TLS and limits of the public endpoint.
  http::ServerOptions endpoint;
  /// At each of the two doors for this process alone: its regions among themselves, its machines' disks.
  std::size_t inner_connection_limit = 1'024;
  /// The authority that clients reach this process by; empty: the address that it listens on.
  std::string public_endpoint;
  /// Where health, readiness and metrics are told besides the operators' socket; empty: nowhere.
  std::string operations_listen;
  /// With less free space in the data directory the server is not ready.
  std::uint64_t free_disk_floor_bytes = 1ULL << 30U;
  std::optional<ReplicationConfig> replication;  ///< exactly if there are peers
  std::vector<PeerConfig> peers;
  /// What holds for every region of this process.
  RegionOptions region;
  /// Of every account in every region of this process.
  access::AccountLimits account_limits;
  /// Makes accounts on the first start and writes them to accounts.json.
  bool dev = false;
};

/// A sibling of the data directory, never inside it.
std::string default_root_key_file(std::string const& data_directory);

/// Fails with `invalid` if the key's file, or its token's PIN, lies inside the data directory that it
/// protects.
Result<void> check_root_key_place(crypto::RootKeyPlace const& root_key, std::string const& data_directory);

/// Reads YAML; every complaint names file, line and column. Fails with `invalid`, `not_found`.
Result<Config> read_config(std::string const& path);

/// What holds whichever way it was told: at least one region, names of regions, each with one holder, no key
/// inside the data directory.
Result<void> check(Config const& config);

}  // namespace argosy::server
