// cli/key_policy.h - what a key's policy says to an account that launches or copies through EC2, as far as
// its text alone tells. Pure. The service decides; this is what is known before it is asked.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace argosy::cli {

enum class Answer {
  no,
  maybe,  ///< a condition or a principal of the account's decides
  yes,
};

/// Who would do what with which key.
struct PolicyQuestion {
  std::string account;  ///< 12 digits
  std::string action;   ///< "kms:Decrypt"
  std::string key_arn;
};

/// What a policy says. A denial wins over whatever allows it, a grant too.
struct Opinion {
  Answer allows = Answer::no;
  Answer denies = Answer::no;
};

/// Conditions are understood where the question has their facts: the account, EC2 of the key's region, and
/// that a grant would be for EC2's own use; others make it a maybe.
Opinion ask_policy(boost::json::value const& policy, PolicyQuestion const& question);

/// What follows from a policy and from what grants give.
Answer decide(Opinion const& policy, Answer granted);

}  // namespace argosy::cli
