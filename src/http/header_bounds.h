// http/header_bounds.h - how many header fields of a message are taken, and how large: Beast bounds a line of
// them, not all together, and of trailers nothing.
#pragma once
#include <cstddef>

namespace argosy::http {

/// Of one message. A field takes some 150 bytes beside its text; other servers take as many.
inline constexpr std::size_t kFieldsLimit = 100;
/// Of one field: Beast throws where its name or value is longer than 64 KiB.
inline constexpr std::size_t kFieldLimitBytes = 65'000;

/// Of one message, from its first field to its last trailer.
class HeaderBounds {
 public:
  /// `limit_bytes`: of all fields together, as they are on the wire.
  explicit HeaderBounds(std::size_t limit_bytes) : left_bytes_(limit_bytes) {}

  /// Counts a field; false if it is one too many, or too large.
  bool take(std::size_t name_bytes, std::size_t value_bytes) {
    auto const bytes = name_bytes + value_bytes + 4;  // colon, space, end of line
    if (left_ == 0 || bytes > kFieldLimitBytes || bytes > left_bytes_) return false;
    --left_;
    left_bytes_ -= bytes;
    return true;
  }

 private:
  std::size_t left_ = kFieldsLimit;
  std::size_t left_bytes_;
};

}  // namespace argosy::http
