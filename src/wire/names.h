// wire/names.h - from a member's name to its wire name: snake case to camel case, and the exceptions.
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace argosy::wire {

/// Returned in an array by `wire_name_exceptions(Struct const*)`, a constexpr function next to the struct
/// (found by argument-dependent lookup), where a wire name does not follow the rule.
struct NameException {
  std::string_view member;
  std::string_view wire;
};

/// How a format writes the name of a member: image_id, ImageId or imageId.
enum class Naming { snake, upper_camel, lower_camel };

inline std::string apply_naming(std::string_view member, Naming naming) {
  if (naming == Naming::snake) return std::string(member);
  std::string out;
  bool upper = naming == Naming::upper_camel;
  for (char c : member) {
    if (c == '_') {
      upper = true;
    } else {
      out.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
      upper = false;
    }
  }
  return out;
}

template <class Struct>
std::string wire_name(std::string_view member, Naming naming) {
  if constexpr (requires(Struct const* none) { wire_name_exceptions(none); }) {
    if (naming != Naming::snake)
      for (auto const& exception : wire_name_exceptions(static_cast<Struct const*>(nullptr)))
        if (exception.member == member) return std::string(exception.wire);
  }
  return apply_naming(member, naming);
}

}  // namespace argosy::wire
