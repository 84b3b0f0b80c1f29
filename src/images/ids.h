// images/ids.h - ids that cannot be malformed. Source: EC2 User Guide, "Resource IDs"; ec2-semantics I.
#pragma once
#include <string>
#include <string_view>

#include "base/error.h"

namespace argosy::images {

/// A prefix and 17 lower-case hexadecimal digits, or 8 in old ids.
constexpr bool has_id_form(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  auto digits = text.substr(prefix.size());
  return (digits.size() == 17 || digits.size() == 8) &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class ImageId {
 public:
  /// Fails with InvalidAMIID.Malformed.
  static Result<ImageId> parse(std::string_view text) {
    if (!has_id_form(text, "ami-"))
      return fail(Fault::invalid, "InvalidAMIID.Malformed",
                  "Invalid id: \"" + std::string(text) + "\" (expecting \"ami-...\")");
    return ImageId(std::string(text));
  }
  std::string const& text() const { return text_; }

 private:
  explicit ImageId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

class SnapshotId {
 public:
  /// Fails with InvalidSnapshotID.Malformed.
  static Result<SnapshotId> parse(std::string_view text) {
    if (!has_id_form(text, "snap-"))
      return fail(Fault::invalid, "InvalidSnapshotID.Malformed",
                  "Invalid id: \"" + std::string(text) + "\" (expecting \"snap-...\")");
    return SnapshotId(std::string(text));
  }
  std::string const& text() const { return text_; }

 private:
  explicit SnapshotId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace argosy::images
