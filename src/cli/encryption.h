// cli/encryption.h - before something encrypted is made: which key it takes, and what stands against it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "cli/ec2.h"
#include "cli/key_access.h"
#include "cli/permissions.h"
#include "cli/terminal.h"

namespace argosy::cli {

/// The disks of an image that is to be copied.
struct SourceDisks {
  bool any_encrypted = false;
  bool all_encrypted = true;
  bool own = false;               ///< of the account that copies
  std::vector<std::string> keys;  ///< ARNs, of those that can be seen
};
SourceDisks describe_disks(ec2::Image const& image, std::vector<ec2::Snapshot> const& snapshots,
                           std::string const& caller_account);

/// What is asked for in one region.
struct EncryptionWish {
  bool encrypt = false;
  std::string key;           ///< as kms.h takes it; empty: the service chooses
  bool same_region = false;  ///< as the source
};
/// The keys that the copy's disks come under, as kms.h takes them; none: they are not encrypted.
/// `default_key` is that of the account's settings, `by_default` whether these encrypt whatever is made.
/// Pure. Source: ec2-semantics D1.
std::vector<std::string> choose_keys(SourceDisks const& source, EncryptionWish const& wish, bool by_default,
                                     std::string const& default_key);

/// What is found out about the keys of one region.
struct KeyCheck {
  std::string key_arn;  ///< of the key that was wished for; empty: none was
  std::vector<Obstacle> obstacles;
  std::vector<std::string> notes;  ///< what cannot be told
};
void add(KeyCheck& to, KeyCheck&& from);
/// A key that content is to come under: it must be there, enabled, open to the caller and, as far as that can
/// be told, to each account of `audience`.
Outcome<KeyCheck> check_key(Session& session, std::string const& key, Audience const& audience);
/// All of a copy into one region. Makes no call where nothing is encrypted and nobody is to share it.
Outcome<KeyCheck> check_copy(Session& session, SourceDisks const& source, EncryptionWish const& wish,
                             Audience const& audience);
/// What is known to keep the caller from reading what is to be copied; a note where that cannot be told.
Outcome<KeyCheck> check_source_keys(Session& session, SourceDisks const& source);

/// Fails with `refused` if there is an obstacle in any region, and names all of them with their remedies.
Outcome<void> stop_at_obstacles(std::map<std::string, KeyCheck> const& checks_by_region, Terminal& terminal);

}  // namespace argosy::cli
