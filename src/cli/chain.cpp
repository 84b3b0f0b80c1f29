// cli/chain.cpp - see chain.h.
#include "cli/chain.h"

#include "cli/format.h"

namespace argosy::cli {
namespace {

char const* to_text(LinkState state) {
  return state == LinkState::holds ? "holds" : state == LinkState::unknown ? "unknown" : "broken";
}

boost::json::value text_or_null(std::string const& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

bool is_needed_for(Link const& link, Use use) {
  return link.for_that_alone ? link.needed_from == use : link.needed_from <= use;
}

std::string join(std::vector<std::string> const& operations) {
  std::string out;
  for (auto const& operation : operations) (out += out.empty() ? "" : ", ") += operation;
  return out;
}

/// What stands against an account's use of an enabled key.
std::string show_closed(KeyAccess const& access) {
  std::string text;
  if (!access.denied.empty()) text = "its policy denies " + join(access.denied);
  if (!access.missing.empty())
    text += (text.empty() ? "" : ", and ") +
            std::string(access.all_is_known ? "nothing opens " : "nothing that can be read opens ") +
            join(access.missing);
  return text.empty() ? "a condition of its policy or a grant decides" : text;
}

Verdict judge_use(std::vector<Link> const& links, Use use) {
  Verdict verdict;
  verdict.use = use;
  for (auto const& link : links) {
    if (!is_needed_for(link, use) || link.state <= verdict.state) continue;
    verdict.state = link.state;
    verdict.broken_by = link.name;
    verdict.remedy = link.remedy;
  }
  return verdict;
}

}  // namespace

char const* to_text(Use use) { return use == Use::see ? "see" : use == Use::start ? "start" : "copy"; }

std::vector<Verdict> judge(std::vector<Link> const& links) {
  std::vector<Verdict> verdicts;
  for (auto use : kUses) verdicts.push_back(judge_use(links, use));
  return verdicts;
}

Link link_of_key(std::string const& name, kms::KeyMetadata const& key, KeyAccess const& access,
                 std::string const& account) {
  auto shown = show_key(key.arn);
  Link link{name, LinkState::holds, "", "", Use::start};
  bool own = read_key_arn(key.arn).account == account;
  if (auto obstacle = find_state_obstacle(key)) {
    link.state = LinkState::broken;
    link.text = obstacle->what;
    link.remedy = obstacle->remedy;
  } else if (is_managed_by_aws(key)) {
    link.text = shown + " is managed by AWS for " + read_key_arn(key.arn).account + " alone";
    if (own) return link;
    link.state = LinkState::broken;
    link.remedy =
        "copy the image under a key of your own (argosy copy --encrypt --kms-key REGION=KEY), and "
        "share the copy";
  } else if (access.answer == Answer::yes) {
    link.text = shown + " is enabled, and open by " + access.through;
  } else {
    link.state = access.answer == Answer::no ? LinkState::broken : LinkState::unknown;
    link.text = shown + " is enabled, but " + show_closed(access);
    link.remedy = command_that_opens(access, key.arn, "argosy key grant " + shown + " " + account);
  }
  return link;
}

boost::json::object to_json(Link const& link) {
  boost::json::array needed_for;
  for (auto use : kUses)
    if (is_needed_for(link, use)) needed_for.emplace_back(to_text(use));
  return {{"name", link.name},
          {"state", to_text(link.state)},
          {"text", link.text},
          {"remedy", text_or_null(link.remedy)},
          {"needed_for", std::move(needed_for)}};
}

boost::json::object to_json(Verdict const& verdict) {
  boost::json::value may = nullptr;
  if (verdict.state != LinkState::unknown) may = verdict.state == LinkState::holds;
  return {{"use", to_text(verdict.use)},
          {"may", may},
          {"broken_by", text_or_null(verdict.broken_by)},
          {"remedy", text_or_null(verdict.remedy)}};
}

}  // namespace argosy::cli
