// wire/form.h - EC2's query form (Action=…&Filter.1.Name=…) <-> described structs. Source: EC2 API Reference,
// "Query requests"; ec2-semantics A1.
#pragma once
#include <charconv>
#include <map>
#include <utility>

#include "base/error.h"
#include "wire/described.h"

namespace argosy::wire {

/// In the order of the wire, decoded.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// More parameters than any operation takes. With the next one it bounds the memory of one request.
inline constexpr std::size_t kMaxFormPairs = 20'000;
/// Nodes of the tree that they make, each of about 250 bytes: "LaunchPermission.Add.7.UserId" adds two to its
/// list.
inline constexpr std::size_t kMaxFormNodes = 50'000;

/// Splits at '&' and '=', decodes %XX and '+'. Fails with MalformedQueryString or, with too many,
/// InvalidParameterValue.
Result<Pairs> parse_form(std::string_view text);
/// Encodes as SDKs do.
std::string print_form(Pairs const& pairs);
/// The first of that name, or nothing.
std::optional<std::string_view> find_pair(Pairs const& pairs, std::string_view name);

/// The parameters as a tree: "Filter.1.Name" is Filter -> 1 -> Name.
class FormNode {
 public:
  /// Leaves out what belongs to the protocol (Action, Version) and to signatures. Fails with
  /// InvalidParameterValue when a parameter is given twice, or when there are too many.
  static Result<FormNode> make(Pairs const& pairs);

  std::string const& name() const { return name_; }
  std::optional<std::string> const& value() const { return value_; }
  FormNode* find(std::string const& segment);
  /// The children in numerical order; fails with UnknownParameter if one is not a number from 1 on.
  Result<std::vector<FormNode*>> items();
  /// The first parameter that no member asked for.
  Error unknown() const;
  bool has_children() const { return !children_.empty(); }
  bool untouched() const { return !touched_; }
  std::map<std::string, FormNode> const& children() const { return children_; }

 private:
  std::string name_;  ///< whole, as the client wrote it
  std::optional<std::string> value_;
  std::map<std::string, FormNode> children_;
  bool touched_ = false;
};

namespace form {

std::unexpected<Error> bad_value(FormNode const& node, char const* expected);
std::unexpected<Error> missing(std::string const& name);
Result<std::string> text(FormNode const& node);
Result<bool> boolean(FormNode const& node);
Result<std::int64_t> integer(FormNode const& node, std::int64_t least, std::int64_t most);

template <class T>
Result<void> decode(FormNode& node, T& out);

template <class T>
Result<void> decode_struct(FormNode& node, T& out) {
  Result<void> result;
  if (node.value() && !node.value()->empty()) return bad_value(node, "a structure");
  std::string prefix = node.name().empty() ? "" : node.name() + ".";
  for_each_member(out, Naming::upper_camel, [&](std::string const& name, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if (!result) return;
    if (FormNode* child = node.find(name)) {
      result = decode(*child, member);
    } else if constexpr (std::is_same_v<Member, std::string> || is_integer<Member>) {
      result = missing(prefix + name);
    }
  });
  if (!result) return result;
  for (auto const& [segment, child] : node.children())
    if (child.untouched()) return std::unexpected(child.unknown());
  return {};
}

template <class T>
Result<void> decode(FormNode& node, T& out) {
  if constexpr (is_optional<T>) {
    return decode(node, out.emplace());
  } else if constexpr (is_list<T>) {
    auto items = TRY(node.items());
    for (auto* item : items) TRY(decode(*item, out.emplace_back()));
    return {};
  } else if constexpr (is_struct<T>) {
    return decode_struct(node, out);
  } else if constexpr (std::is_same_v<T, bool>) {
    out = TRY(boolean(node));
    return {};
  } else if constexpr (is_integer<T>) {
    out = static_cast<T>(TRY(integer(node, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())));
    return {};
  } else if constexpr (std::is_same_v<T, Time>) {
    auto time = parse_iso8601(TRY(text(node)));
    if (!time) return bad_value(node, "an ISO 8601 time in UTC");
    out = *time;
    return {};
  } else {
    out = TRY(text(node));
    return {};
  }
}

template <class T>
void encode(std::string const& name, T const& value, Pairs& out) {
  if constexpr (is_optional<T>) {
    if (value) encode(name, *value, out);
  } else if constexpr (is_list<T>) {
    for (std::size_t i = 0; i < value.size(); ++i) encode(name + "." + std::to_string(i + 1), value[i], out);
  } else if constexpr (is_struct<T>) {
    for_each_member(value, Naming::upper_camel, [&](std::string const& member, auto const& part) {
      encode(name.empty() ? member : name + "." + member, part, out);
    });
  } else if constexpr (std::is_same_v<T, bool>) {
    out.emplace_back(name, value ? "true" : "false");
  } else if constexpr (is_integer<T>) {
    out.emplace_back(name, std::to_string(value));
  } else if constexpr (std::is_same_v<T, Time>) {
    out.emplace_back(name, to_iso8601(value));
  } else {
    out.emplace_back(name, value);
  }
}

}  // namespace form

/// Fails with EC2's codes: MissingParameter, UnknownParameter, InvalidParameterValue; the message names the
/// parameter as the client sent it. A plain string or integer member is required.
template <class Request>
Result<Request> decode_form(Pairs const& pairs) {
  auto root = TRY(FormNode::make(pairs));
  Request request;
  TRY(form::decode_struct(root, request));
  return request;
}

/// Without Action and Version.
template <class Request>
Pairs encode_form(Request const& request) {
  Pairs out;
  form::encode("", request, out);
  return out;
}

}  // namespace argosy::wire
