// ec2/key_pairs.cpp - see key_pairs.h.
#include "ec2/key_pairs.h"

#include "catalogue/key_pairs.h"
#include "catalogue/tags.h"
#include "ec2/dry_run.h"
#include "ec2/facts.h"
#include "ec2/page.h"
#include "ec2/shapes.h"

namespace argosy::ec2 {
namespace {

namespace m = messages::ec2;
using instances::KeyPair;

/// Of a page.
constexpr std::size_t kMostPairs = 1'000;
/// Read together: each has up to 16 KiB of a public key.
constexpr std::size_t kPairsAtOnce = 64;

std::string to_text(crypto::SshKeyType type) { return type == crypto::SshKeyType::rsa ? "rsa" : "ed25519"; }

Result<crypto::SshKeyType> to_type(std::string const& text) {
  if (text == "rsa") return crypto::SshKeyType::rsa;
  if (text == "ed25519") return crypto::SshKeyType::ed25519;
  return images::invalid_parameter_value("Value (" + text +
                                         ") for parameter keyType is invalid. Expected rsa or ed25519.");
}

Result<void> check_format(std::string const& format) {
  if (format == "pem") return {};
  if (format == "ppk")
    return images::unsupported("The key format ppk is not made here; PuTTYgen converts from pem.");
  return images::invalid_parameter_value("Value (" + format +
                                         ") for parameter keyFormat is invalid. Expected pem or ppk.");
}

Result<std::vector<images::Tag>> tags_of(std::vector<m::TagSpecification> const& specifications) {
  return tags_for(specifications, "key-pair", {"key-pair"});
}

/// Gives it its id and records it.
Result<KeyPair> record(catalogue::Transaction& tx, access::Caller const& caller, Time now, Entropy& entropy,
                       KeyPair pair, std::vector<images::Tag> const& tags) {
  auto const taken = TRY(catalogue::find_key_pair(tx, caller.account, pair.name));
  if (taken) return instances::key_name_taken(pair.name);
  auto const have = TRY(catalogue::count_key_pairs(tx, caller.account));
  if (have >= caller.limits.key_pairs)
    return images::limit_exceeded(access::limit_message("key pairs in this region", caller.limits.key_pairs,
                                                        "key_pairs", "Delete key pairs that are not needed"));
  pair.id = make_resource_id(entropy, "key-");
  pair.created = now;
  TRY(catalogue::insert_key_pair(tx, caller.account, pair));
  TRY(catalogue::save_tags(tx, caller.account, pair.id, tags));
  return pair;
}

/// Whatever is asked for must be there.
Result<void> check_asked(catalogue::Transaction& tx, access::Caller const& caller,
                         std::vector<std::string> const& names, std::vector<std::string> const& ids) {
  std::vector<std::string> missing;
  for (auto const& name : names) {
    auto const pair = TRY(catalogue::find_key_pair(tx, caller.account, name));
    if (!pair) missing.push_back(name);
  }
  if (!missing.empty()) return instances::key_pair_not_found(missing);
  for (auto const& id : ids) {
    auto const pair = TRY(catalogue::find_key_pair_by_id(tx, caller.account, id));
    if (!pair) missing.push_back(id);
  }
  if (!missing.empty()) return instances::key_pair_id_not_found(missing);
  return {};
}

/// What is shown of a pair; nothing if it is not asked for.
Result<std::optional<m::KeyPairInfo>> to_info(catalogue::Transaction& tx, access::Caller const& caller,
                                              m::DescribeKeyPairsRequest const& request,
                                              KeyPair const& pair) {
  if (!is_asked(request.key_name, pair.name) || !is_asked(request.key_pair_id, pair.id)) return std::nullopt;
  auto const tags = TRY(catalogue::list_tags(tx, caller.account, pair.id));
  Facts facts{{"key-name", {pair.name}}, {"key-pair-id", {pair.id}}, {"fingerprint", {pair.fingerprint}}};
  add_tags(facts, tags);
  bool const wanted = TRY(holds(request.filter, facts));
  if (!wanted) return std::nullopt;
  m::KeyPairInfo info{pair.id,        pair.fingerprint, pair.name,   pair.type,
                      to_shape(tags), std::nullopt,     pair.created};
  if (request.include_public_key.value_or(false)) info.public_key = pair.public_key + "\n";
  return std::optional(std::move(info));
}

}  // namespace

Result<crypto::SshKeyPair> make_keys(Entropy& entropy, m::CreateKeyPairRequest const& request) {
  TRY(instances::check_key_name(request.key_name));
  TRY(check_format(request.key_format.value_or("pem")));
  auto const type = TRY(to_type(request.key_type.value_or("rsa")));
  TRY(tags_of(request.tag_specification));
  TRY(stop_if_dry_run(request.dry_run));
  return crypto::make_ssh_key_pair(type, entropy);
}

Result<m::CreateKeyPairResponse> create_key_pair(catalogue::Transaction& tx, access::Caller const& caller,
                                                 Time now, Entropy& entropy, crypto::SshKeyPair const& keys,
                                                 m::CreateKeyPairRequest const& request) {
  auto const tags = TRY(tags_of(request.tag_specification));
  KeyPair wanted;
  wanted.name = request.key_name;
  wanted.type = to_text(keys.public_key.type);
  wanted.fingerprint = keys.fingerprint;
  wanted.public_key = keys.public_key.text() + " " + request.key_name;
  auto const pair = TRY(record(tx, caller, now, entropy, std::move(wanted), tags));
  return m::CreateKeyPairResponse{pair.fingerprint, keys.private_key, pair.name, pair.id, to_shape(tags)};
}

Result<m::ImportKeyPairResponse> import_key_pair(catalogue::Transaction& tx, access::Caller const& caller,
                                                 Time now, Entropy& entropy,
                                                 m::ImportKeyPairRequest const& request) {
  TRY(instances::check_key_name(request.key_name));
  auto const tags = TRY(tags_of(request.tag_specification));
  auto const& base64 = request.public_key_material.base64();
  if (base64.empty()) return images::missing_parameter("PublicKeyMaterial");
  auto const text = from_base64(base64);
  if (!text) return instances::no_public_key("the parameter is not base64");
  auto const key = crypto::parse_ssh_public_key(as_text(*text));
  if (!key) return instances::no_public_key(key.error().message);
  TRY(stop_if_dry_run(request.dry_run));
  KeyPair wanted;
  wanted.name = request.key_name;
  wanted.type = to_text(key->type);
  wanted.fingerprint = crypto::imported_fingerprint(*key);
  wanted.public_key = key->text() + " " + request.key_name;
  auto const pair = TRY(record(tx, caller, now, entropy, std::move(wanted), tags));
  return m::ImportKeyPairResponse{pair.fingerprint, pair.name, pair.id, to_shape(tags)};
}

Result<KeyPairsPage> describe_key_pairs(catalogue::Transaction& tx, access::Caller const& caller,
                                        m::DescribeKeyPairsRequest const& request,
                                        std::string const& after_name) {
  auto const names = TRY(to_selector(request.key_name, "KeyName"));
  auto const ids = TRY(to_selector(request.key_pair_id, "KeyPairId"));
  TRY(stop_if_dry_run(request.dry_run));
  Page page;
  page.after.id = after_name;
  page.limit = kMostPairs;
  if (page.is_first()) TRY(check_asked(tx, caller, names, ids));
  KeyPairsPage out;
  std::string name = after_name;
  while (true) {
    auto const pairs = TRY(catalogue::list_key_pairs(tx, caller.account, name, kPairsAtOnce));
    if (pairs.empty()) return out;
    name = pairs.back().name;
    for (auto const& pair : pairs) {
      auto info = TRY(to_info(tx, caller, request, pair));
      if (!info) continue;
      out.key_set.push_back(*std::move(info));
      if (page.take({"", pair.name}, wire::size_of_parts(out.key_set.back()))) continue;
      out.next_token = pair.name;
      return out;
    }
  }
}

Result<m::DeleteKeyPairResponse> delete_key_pair(catalogue::Transaction& tx, access::Caller const& caller,
                                                 m::DeleteKeyPairRequest const& request) {
  if (!request.key_name && !request.key_pair_id) return images::missing_parameter("KeyName or KeyPairId");
  TRY(stop_if_dry_run(request.dry_run));
  auto const pair = request.key_pair_id
                        ? TRY(catalogue::find_key_pair_by_id(tx, caller.account, *request.key_pair_id))
                        : TRY(catalogue::find_key_pair(tx, caller.account, *request.key_name));
  bool const other = pair && request.key_name && *request.key_name != pair->name;
  if (!pair || other) return m::DeleteKeyPairResponse{};
  TRY(catalogue::remove_key_pair(tx, caller.account, pair->id));
  TRY(catalogue::remove_resource_tags(tx, pair->id));
  return m::DeleteKeyPairResponse{true, pair->id};
}

}  // namespace argosy::ec2
