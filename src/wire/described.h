// wire/described.h - what every codec asks of a type: is it a described struct, an optional, a list; its
// members.
#pragma once
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "wire/names.h"

namespace argosy::wire {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <>
inline constexpr bool is_list<std::vector<std::byte>> = false;
/// Texts by name: JSON alone has these.
template <class T>
inline constexpr bool is_map = std::is_same_v<T, std::map<std::string, std::string>>;
template <class T>
inline constexpr bool is_struct = boost::describe::has_describe_members<T>::value;
template <class T>
inline constexpr bool is_integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;

/// Calls `visit(wire_name, value.member)` for each described member.
template <class Struct, class Visit>
void for_each_member(Struct& value, Naming naming, Visit&& visit) {
  using Plain = std::remove_const_t<Struct>;
  boost::mp11::mp_for_each<boost::describe::describe_members<Plain, boost::describe::mod_public>>(
      [&](auto member) { visit(wire_name<Plain>(member.name, naming), value.*member.pointer); });
}

}  // namespace argosy::wire
