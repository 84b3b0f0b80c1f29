// wire/json.h - described structs <-> JSON: EBS direct and KMS (ImageId), replication and `--output json`
// (image_id).
#pragma once
#include <boost/json.hpp>
#include <cmath>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/described.h"
#include "wire/json_text.h"

namespace argosy::wire {

namespace json {

template <class T>
boost::json::value encode(T const& value, Naming naming) {
  if constexpr (is_optional<T>) {
    return value ? encode(*value, naming) : boost::json::value(nullptr);
  } else if constexpr (is_list<T>) {
    boost::json::array out;
    for (auto const& item : value) out.push_back(encode(item, naming));
    return out;
  } else if constexpr (is_map<T>) {
    boost::json::object out;
    for (auto const& [name, text] : value) out[to_utf8(name)] = to_utf8(text);
    return out;
  } else if constexpr (is_struct<T>) {
    boost::json::object out;
    for_each_member(value, naming, [&](std::string const& name, auto const& member) {
      if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
        if (!member) return;
      }
      out[name] = encode(member, naming);
    });
    return out;
  } else if constexpr (std::is_same_v<T, Time>) {
    return static_cast<double>(to_milliseconds(value)) / 1'000.0;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return boost::json::value(to_base64(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return boost::json::value(to_utf8(value));
  } else {
    return boost::json::value(value);
  }
}

std::unexpected<Error> bad_member(std::string const& name, char const* expected);

template <class T>
Result<void> decode(boost::json::value const& value, T& out, Naming naming, std::string const& name) {
  if constexpr (is_optional<T>) {
    if (value.is_null()) return {};
    return decode(value, out.emplace(), naming, name);
  } else if constexpr (is_list<T>) {
    if (value.is_null()) return {};
    if (!value.is_array()) return bad_member(name, "a list");
    for (auto const& item : value.get_array()) TRY(decode(item, out.emplace_back(), naming, name));
    return {};
  } else if constexpr (is_map<T>) {
    if (value.is_null()) return {};
    if (!value.is_object()) return bad_member(name, "an object");
    for (auto const& [key, item] : value.get_object()) TRY(decode(item, out[std::string(key)], naming, name));
    return {};
  } else if constexpr (is_struct<T>) {
    if (!value.is_object()) return bad_member(name, "an object");
    Result<void> result;
    for_each_member(out, naming, [&](std::string const& member_name, auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      if (!result) return;
      auto const* found = value.get_object().if_contains(member_name);
      if (found != nullptr && !found->is_null()) {
        result = decode(*found, member, naming, member_name);
      } else if constexpr (std::is_same_v<Member, std::string> || is_integer<Member>) {
        result = bad_member(member_name, "a value: it is required");
      }
    });
    return result;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_bool()) return bad_member(name, "true or false");
    out = value.get_bool();
    return {};
  } else if constexpr (is_integer<T>) {
    boost::system::error_code error;
    out = value.to_number<T>(error);
    if (error || value.is_double()) return bad_member(name, "an integer");
    return {};
  } else if constexpr (std::is_same_v<T, Time>) {
    boost::system::error_code error;
    auto seconds = value.to_number<double>(error);
    bool const known = seconds >= 0 && seconds <= 1e11;  // Boost reads 0e400 as NaN
    if (error || !known) return bad_member(name, "a time in seconds");
    out = from_milliseconds(std::llround(seconds * 1'000.0));
    return {};
  } else {
    if (!value.is_string()) return bad_member(name, "text");
    if constexpr (std::is_same_v<T, Bytes>) {
      auto bytes = from_base64(value.get_string());
      if (!bytes) return bad_member(name, "base64");
      out = *std::move(bytes);
    } else {
      out = std::string(value.get_string());
    }
    return {};
  }
}

}  // namespace json

/// Absent optionals are left out; a text that is no UTF-8 loses its bytes beyond ASCII.
template <class T>
std::string encode_json(T const& value, Naming naming) {
  return boost::json::serialize(json::encode(value, naming));
}

/// Unknown members are ignored; a plain string or integer is required; the failure (`invalid`) names the
/// member.
template <class T>
Result<T> decode_json(std::string_view text, Naming naming, JsonLimits limits = {}) {
  auto parsed = TRY(parse_json(text, limits));
  T out;
  TRY(json::decode(parsed, out, naming, "body"));
  return out;
}

}  // namespace argosy::wire
