// messages/ec2/text_scalars.h - scalars that EC2's models have and that travel as text: every codec treats
// them as a text.
#pragma once
#include <string>
#include <string_view>

namespace argosy::messages::ec2 {

/// A decimal fraction as it is written: "37.5".
class Decimal {
 public:
  Decimal() = default;
  Decimal(std::string text)
      : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor): decoded as a text
  operator std::string const&() const { return text_; }  // NOLINT(google-explicit-constructor): and encoded
  operator std::string_view() const { return text_; }    // NOLINT(google-explicit-constructor)

 private:
  std::string text_;
};

/// Bytes in base64, as their member's SDK encodes them; the operation decodes them.
class Blob {
 public:
  Blob() = default;
  Blob(std::string base64)
      : base64_(std::move(base64)) {}  // NOLINT(google-explicit-constructor): decoded as a text
  operator std::string const&() const { return base64_; }  // NOLINT(google-explicit-constructor): and encoded
  operator std::string_view() const { return base64_; }    // NOLINT(google-explicit-constructor)
  std::string const& base64() const { return base64_; }

 private:
  std::string base64_;
};

}  // namespace argosy::messages::ec2
