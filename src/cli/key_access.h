// cli/key_access.h - who may use a KMS key, and what stands against it: state, policy, grants.
#pragma once
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/key_policy.h"
#include "cli/key_reference.h"
#include "cli/kms.h"

namespace argosy::cli {

/// What launching and copying an image under a key needs of it, as AWS documents it. Source: ec2-semantics
/// E2.
inline constexpr std::array<char const*, 5> kImageOperations{
    "DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom", "GenerateDataKeyWithoutPlaintext"};

/// "arn:aws:iam::ACCOUNT:root", in the partition of the key: China and GovCloud have others.
std::string root_arn(std::string const& account, std::string const& key_arn);

/// What is found to stand against a piece of work, and the command that mends it.
struct Obstacle {
  std::string what;
  std::string remedy;  ///< empty: there is none
};
/// What it is and, on the next line behind so many blanks, the remedy.
std::string show(Obstacle const& obstacle, std::size_t blanks);

bool is_managed_by_aws(kms::KeyMetadata const& key);
/// The state that keeps a key from being used; nothing if it is enabled, or Updating.
std::optional<Obstacle> find_state_obstacle(kms::KeyMetadata const& key);

/// A key as the caller sees it, or why he does not.
struct FoundKey {
  std::optional<kms::KeyMetadata> key;
  std::optional<Obstacle> obstacle;  ///< the key is not there, or closed to the caller
  bool is_closed = false;            ///< the latter
};
/// `key`: as kms.h takes it. Fails only where the service itself does.
Outcome<FoundKey> find_key(Session& session, std::string const& key);

/// What decides on a key beside its state; nothing where the caller may not read it.
struct KeyRules {
  std::optional<boost::json::value> policy;
  std::optional<std::vector<kms::GrantListEntry>> grants;
};
Outcome<KeyRules> read_key_rules(Session& session, std::string const& key_arn);

struct KeyAccess {
  Answer answer = Answer::no;
  std::vector<std::string> missing;  ///< of kImageOperations: what nothing opens, denied or not
  std::vector<std::string> denied;   ///< of them: what the policy denies, whatever opens it
  std::string through;               ///< "its policy", "a grant", "its policy and a grant"; empty: nothing
  bool all_is_known = true;          ///< policy and grants could be read
};
/// Whether an account may launch and copy what is under the key. Where policy or grants are not known, what
/// the rest does not open is a maybe. So is it without GenerateDataKeyWithoutPlaintext, which AWS documents
/// and Argosy does not ask for. Pure.
KeyAccess judge_access(KeyRules const& rules, kms::KeyMetadata const& key, std::string const& account);

/// The command that opens a closed key: `grant`, a change of its policy where that denies what no grant can
/// give, or both. What is perhaps not needed chooses only where nothing else is closed.
std::string command_that_opens(KeyAccess const& access, std::string const& key_arn, std::string const& grant);

/// Why the caller cannot put new content under the key; nothing if he can, through EC2 at least.
Outcome<std::optional<Obstacle>> find_use_obstacle(Session& session, kms::KeyMetadata const& key);
/// What is known to keep him from copying and launching what is under the key. That it is closed to his own
/// calls says nothing: its policy may open it through EC2 alone.
Outcome<std::optional<Obstacle>> find_source_obstacle(Session& session, kms::KeyMetadata const& key);

}  // namespace argosy::cli
