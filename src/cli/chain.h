// cli/chain.h - what must hold, link by link, for an account to see, start or copy an image; and what
// follows. Pure.
#pragma once
#include <array>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "cli/key_access.h"

namespace argosy::cli {

/// What an account may want with an image. Each needs what the ones before need, but for what runs it.
enum class Use { see, start, copy };
inline constexpr std::array<Use, 3> kUses{Use::see, Use::start, Use::copy};
char const* to_text(Use use);

enum class LinkState {
  holds,
  unknown,  ///< whoever asks may not look, or a condition decides
  broken,
};

struct Link {
  std::string name;  ///< "image", "launch permission", "permission of snap-…", "key of snap-…"
  LinkState state = LinkState::holds;
  std::string text;
  std::string remedy;           ///< empty if nothing is to be mended, or nothing can be
  Use needed_from = Use::see;   ///< the first use that needs it
  bool for_that_alone = false;  ///< the uses after that one do not
};

struct Verdict {
  Use use = Use::see;
  LinkState state = LinkState::holds;
  std::string broken_by;  ///< the first link that is broken or, if none is, not known; empty: all hold
  std::string remedy;
};

/// One for each use, in their order.
std::vector<Verdict> judge(std::vector<Link> const& links);

/// A key's link: its state, who manages it, and whether it is open to the account.
Link link_of_key(std::string const& name, kms::KeyMetadata const& key, KeyAccess const& access,
                 std::string const& account);

/// {name, state, text, remedy, needed_for}
boost::json::object to_json(Link const& link);
/// {use, may: true, false or null, broken_by, remedy}
boost::json::object to_json(Verdict const& verdict);

}  // namespace argosy::cli
