// cli/why.cpp - argosy why: can an account see, start or copy an image, and if not, where the chain breaks.
#include <fmt/format.h>

#include <algorithm>

#include "cli/chain.h"
#include "cli/ec2.h"
#include "cli/format.h"
#include "cli/identity.h"
#include "cli/key_target.h"
#include "cli/permissions.h"
#include "cli/program.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

struct WhyOptions {
  std::string account;
  std::string image;
};

/// Who asks about whom, and what is looked at.
struct Subject {
  Session& session;
  std::string reference;  ///< of the image, as the verbs take it
  std::string image_id;
  std::string account;  ///< about whom
  std::string caller;

  bool asks_of_himself() const { return account == caller; }
};

/// What a look showed: nothing where it is not there, or is hidden from the account.
template <class T>
struct Look {
  std::optional<T> seen;
  bool denied = false;  ///< to these credentials: whether it is there is not known
};

template <class T>
Outcome<Look<T>> look(Outcome<T> found) {
  if (found) return Look<T>{*std::move(found), false};
  auto const& code = found.error().code;
  bool const hidden = code.ends_with(".NotFound") || code == "AuthFailure";
  if (!hidden && !is_denied(found.error())) return std::unexpected(found.error());
  return Look<T>{std::nullopt, !hidden};
}

/// Of what these credentials may not look at, nothing is known.
Link denied_look(std::string const& name, std::string const& action, Use needed_from) {
  return {name, LinkState::unknown, "you may not look: " + action + " is denied to these credentials",
          "let their policy allow " + action, needed_from};
}

Link missing_image(Subject const& subject) {
  auto state = subject.asks_of_himself() ? LinkState::broken : LinkState::unknown;
  return {"image", state, subject.reference + " is not there, or not shared with you, who asks",
          "its owner looks with argosy why --account " + subject.account + " " + subject.reference, Use::see};
}

/// Whether the image is in a state that lets it be used. A disabled one is seen by its owner alone.
Link link_of_image(Subject const& subject, ec2::Image const& image) {
  auto state = image.image_state.value_or("?");
  Link link{"image", LinkState::holds, subject.reference + " is " + state, "", Use::start};
  if (state == "available") return link;
  link.state = LinkState::broken;
  if (state == "pending") link.remedy = "argosy wait " + subject.reference;
  if (state == "disabled") {
    link.remedy =
        "aws ec2 enable-image --region " + subject.session.region() + " --image-id " + subject.image_id;
    if (image.image_owner_id != subject.account) link.needed_from = Use::see;
  }
  if (image.state_reason) link.text += ": " + image.state_reason->message.value_or("");
  return link;
}

/// Of what the owner knows: which entry lets the account in.
Link read_launch_permissions(Subject const& subject, Audience const& audience) {
  Link link{"launch permission", LinkState::holds, "", "", Use::see};
  if (std::ranges::find(audience.accounts, subject.account) != audience.accounts.end()) {
    link.text = "it names " + subject.account;
  } else if (audience.everybody) {
    link.text = "it is public";
  } else if (!audience.organizations.empty() || !audience.units.empty()) {
    link.state = LinkState::unknown;
    link.text = "it names " + list_audience(audience) + ": is " + subject.account + " a member?";
    link.remedy = "argosy share " + subject.reference + " " + subject.account;
  } else {
    link.state = LinkState::broken;
    link.text = "it names " + list_audience(audience);
    link.remedy = "argosy share " + subject.reference + " " + subject.account;
  }
  return link;
}

Outcome<Link> link_of_launch_permission(Subject const& subject, ec2::Image const& image) {
  Link link{"launch permission", LinkState::holds, "", "", Use::see};
  if (image.image_owner_id == subject.account) {
    link.text = subject.account + " owns it";
    return link;
  }
  bool const is_public = image.is_public.value_or(false);
  if (image.image_owner_id == subject.caller) {
    auto permissions = TRY(if_allowed(launch_permissions(subject.session, subject.image_id)));
    if (permissions) return read_launch_permissions(subject, to_audience(*permissions));
    if (!is_public) return denied_look(link.name, "ec2:DescribeImageAttribute", Use::see);
  }
  if (is_public) {
    link.text = "it is public";
  } else if (subject.asks_of_himself()) {
    link.text = "it is shared with " + subject.account + " or an organization that it is in";
  } else {
    link.state = LinkState::unknown;
    link.text = "its owner, " + image.image_owner_id.value_or("?") + ", and the account itself know";
    link.remedy =
        "argosy why --account " + subject.account + " " + subject.reference + " with their credentials";
  }
  return link;
}

/// Nobody starts what no instance type runs, whatever he may.
Outcome<Link> link_of_instance_type(Subject const& subject, ec2::Image const& image) {
  auto const form = image.architecture.value_or("x86_64") + ", " + image.virtualization_type.value_or("hvm");
  auto const offered = TRY(is_instance_type_offered(subject.session, image));
  Link link{"instance type", LinkState::holds, "there are some here that run " + form, "", Use::start, true};
  if (!offered) {
    link.state = LinkState::unknown;
    link.text = "you may not see whether one here runs " + form;
  } else if (!*offered) {
    link.state = LinkState::broken;
    link.text = "none here runs " + form;
  }
  return link;
}

/// One disk as the caller sees it.
struct Disk {
  std::string snapshot_id;
  bool encrypted = false;
  std::optional<ec2::Snapshot> snapshot;  ///< nothing: it is hidden from the caller
  bool denied = false;                    ///< to these credentials
};

Outcome<std::vector<Disk>> find_disks(Subject const& subject, ec2::Image const& image) {
  std::vector<Disk> disks;
  for (auto const& mapping : image.block_device_mapping) {
    if (!mapping.ebs || !mapping.ebs->snapshot_id) continue;
    auto const& id = *mapping.ebs->snapshot_id;
    auto snapshot = TRY(look(find_snapshot(subject.session, id)));
    disks.push_back({id, mapping.ebs->encrypted.value_or(false), std::move(snapshot.seen), snapshot.denied});
  }
  return disks;
}

Outcome<Link> link_of_snapshot(Subject const& subject, Disk const& disk) {
  Link link{"permission of " + disk.snapshot_id, LinkState::holds, "", "", Use::copy};
  if (disk.denied) return denied_look(link.name, "ec2:DescribeSnapshots", Use::copy);
  auto remedy = "argosy share " + subject.reference + " " + subject.account + " --allow-copy";
  if (disk.snapshot && disk.snapshot->owner_id == subject.account) {
    link.text = subject.account + " owns it";
  } else if (disk.snapshot && disk.snapshot->owner_id == subject.caller) {
    auto permissions = TRY(if_allowed(snapshot_permissions(subject.session, disk.snapshot_id)));
    if (!permissions) return denied_look(link.name, "ec2:DescribeSnapshotAttribute", Use::copy);
    auto audience = to_audience(*permissions);
    bool named = std::ranges::find(audience.accounts, subject.account) != audience.accounts.end();
    link.text = named                ? "it names " + subject.account
                : audience.everybody ? "it is public"
                                     : "it names " + list_audience(audience);
    if (!named && !audience.everybody) {
      link.state = LinkState::broken;
      link.remedy = remedy;
    }
  } else if (subject.asks_of_himself()) {
    link.text = disk.snapshot ? "it is shared with you" : "it is not shared with you";
    if (!disk.snapshot) {
      link.state = LinkState::broken;
      link.remedy = "its owner: " + remedy;
    }
  } else {
    link.state = LinkState::unknown;
    link.text = "its owner and the account itself know";
  }
  return link;
}

/// Its policy may open it through EC2 alone, or to others than the caller.
Link unsure_of_key(Subject const& subject, std::string const& name, std::string const& arn) {
  return {name, LinkState::unknown,
          "whether " + show_key(arn) + " is open to " +
              (subject.asks_of_himself() ? "you" : subject.account) + " cannot be told",
          "its owner opens it: argosy key grant " + show_key(arn) + " " + subject.account, Use::start};
}

/// Of the caller's own use: some of what stands against it is found out by asking.
Outcome<Link> ask_for_key(Subject const& subject, std::string const& name, kms::KeyMetadata const& key) {
  auto const obstacle = TRY(find_source_obstacle(subject.session, key));
  if (obstacle) return Link{name, LinkState::broken, obstacle->what, obstacle->remedy, Use::start};
  auto const doubt = TRY(find_use_obstacle(subject.session, key));
  if (doubt) return unsure_of_key(subject, name, key.arn);
  return Link{name, LinkState::holds, show_key(key.arn) + " may be used by you", "", Use::start};
}

Outcome<Link> link_of_key(Subject const& subject, Disk const& disk) {
  auto name = "key of " + disk.snapshot_id;
  if (!disk.encrypted)
    return Link{name, LinkState::holds, "it is not encrypted: none is needed", "", Use::start};
  if (disk.denied) return denied_look(name, "ec2:DescribeSnapshots", Use::start);
  auto arn = disk.snapshot ? disk.snapshot->kms_key_id.value_or("") : "";
  if (arn.empty())
    return Link{name, LinkState::unknown, "it is encrypted, and its key is told to those who may copy it",
                "its owner looks with argosy why --account " + subject.account + " " + subject.reference,
                Use::start};
  auto found = TRY(find_key(subject.session, arn));
  bool is_own_key = read_key_arn(arn).account == subject.caller;
  if (found.is_closed && is_own_key) return denied_look(name, "kms:DescribeKey", Use::start);
  if (found.is_closed) return unsure_of_key(subject, name, arn);
  if (!found.key) {
    auto state = subject.asks_of_himself() ? LinkState::broken : LinkState::unknown;
    return Link{name, state, found.obstacle->what, found.obstacle->remedy, Use::start};
  }
  if (subject.asks_of_himself() && !is_managed_by_aws(*found.key) && !is_own_key)
    return ask_for_key(subject, name, *found.key);
  auto rules = TRY(read_key_rules(subject.session, arn));
  return link_of_key(name, *found.key, judge_access(rules, *found.key, subject.account), subject.account);
}

Outcome<std::vector<Link>> find_links(Subject const& subject) {
  auto found = TRY(look(find_image(subject.session, subject.image_id)));
  if (found.denied) return std::vector{denied_look("image", "ec2:DescribeImages", Use::see)};
  if (!found.seen) return std::vector{missing_image(subject)};
  auto const& image = *found.seen;
  std::vector<Link> links{link_of_image(subject, image)};
  links.push_back(TRY(link_of_launch_permission(subject, image)));
  links.push_back(TRY(link_of_instance_type(subject, image)));
  auto disks = TRY(find_disks(subject, image));
  for (auto const& disk : disks) links.push_back(TRY(link_of_snapshot(subject, disk)));
  for (auto const& disk : disks) links.push_back(TRY(link_of_key(subject, disk)));
  return links;
}

void print(std::vector<Link> const& links, std::vector<Verdict> const& verdicts, Terminal& terminal) {
  auto line = [&](std::string const& state, std::string const& name, std::string const& text,
                  std::string const& remedy) {
    auto out = fmt::format("{:<9}{:<38}{}\n", state, name, text);
    if (!remedy.empty()) out += fmt::format("{:<47}{}\n", "", remedy);
    terminal.print(out);
  };
  for (auto const& link : links)
    line(std::string(to_json(link)["state"].as_string()), link.name, link.text, link.remedy);
  terminal.print(std::string("\n"));
  for (auto const& verdict : verdicts) {
    auto may = verdict.state == LinkState::holds    ? "yes"
               : verdict.state == LinkState::broken ? "no"
                                                    : "unknown";
    line(may, std::string("may ") + to_text(verdict.use) + " it",
         verdict.broken_by.empty() ? "" : "because of: " + verdict.broken_by, verdict.remedy);
  }
}

Outcome<Exit> run(WhyOptions const& options, Settings const& settings, Terminal& terminal) {
  TRY(check_account(options.account));
  auto target = TRY(open_target(settings, options.image, {"ami-"}));
  auto caller = TRY(get_caller_identity(*target.session)).account;
  Subject subject{*target.session, target.session->region() + "/" + target.id, target.id, options.account,
                  caller};
  auto links = TRY(find_links(subject));
  auto verdicts = judge(links);
  if (terminal.format() == Format::table) {
    print(links, verdicts, terminal);
    return Exit::done;
  }
  boost::json::array chain;
  for (auto const& link : links) chain.push_back(to_json(link));
  boost::json::array judged;
  for (auto const& verdict : verdicts) judged.push_back(to_json(verdict));
  terminal.print(boost::json::object{{"region", target.session->region()},
                                     {"image_id", target.id},
                                     {"account", options.account},
                                     {"asked_by", caller},
                                     {"chain", std::move(chain)},
                                     {"verdicts", std::move(judged)}});
  return Exit::done;
}

constexpr char const* kExamples =
    R"(  argosy why --account 123456789012 us-west-2/ami-…              as the owner
  argosy why --account 123456789012 lab:us-west-2/ami-…          as the account itself, with its profile
  argosy why --account 123456789012 ami-… -o json | jq '.verdicts[] | select(.may | not)'

Looks at each thing that must hold, in order: the image, its launch permission, an instance type that runs
it, the permission and the key of each of its snapshots. Then it says whether the account may see, start and
copy the image, and of the first that does not hold how to mend it. Starting a machine from it takes the
image, the type and the keys, copying it the image, the keys and the permissions of its snapshots. What cannot
be looked at with these credentials is unknown: the owner sees most, the account itself the rest. Exit code 0
whatever is found.
)";

}  // namespace

void add_why(Program& program) {
  auto options = std::make_shared<WhyOptions>();
  auto& verb = program.add_verb("why", "Why an account can or cannot see, start or copy an image", kExamples,
                                options, &run);
  verb.add_option("IMAGE", options->image, "REGION/ami-…, ami-… or name:NAME")->required()->option_text(" ");
  verb.add_option("--account", options->account, "About whom: 12 digits; required")
      ->required()
      ->option_text("ACCOUNT");
}

}  // namespace argosy::cli
