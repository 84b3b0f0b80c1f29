// wire/names.h - where a member's wire name does not follow the rule (snake case <-> camel case).
#pragma once
#include <string_view>

namespace argosy::wire {

/// Returned in an array by `wire_name_exceptions(Struct const*)`, a constexpr function next to the struct (found by
/// argument-dependent lookup).
struct NameException {
  std::string_view member;
  std::string_view wire;
};

}  // namespace argosy::wire
