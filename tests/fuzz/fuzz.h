// tests/fuzz/fuzz.h - what a fuzzer is: one function that is given any bytes and checks what must hold for
// them.
#pragma once
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"

namespace argosy::fuzz {

/// Each fuzzer defines it. It must return whatever the input is; ARGOSY_ASSERT ends the process when a
/// property does not hold, and the sanitizers when memory is not used well.
void try_input(ByteView input);

/// Takes an input apart from its front; reads zeros and nothing beyond its end.
class Input {
 public:
  explicit Input(ByteView bytes) : rest_(bytes) {}
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t word() {
    auto low = byte();
    return static_cast<std::uint16_t>(low | byte() << 8U);
  }
  /// Up to the separator, which is taken off.
  std::string_view until(char separator) {
    auto text = as_text(rest_);
    auto end = text.find(separator);
    rest_ = rest_.subspan(end == std::string_view::npos ? rest_.size() : end + 1);
    return text.substr(0, end);
  }
  std::string_view line() { return until('\n'); }
  ByteView rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

/// A failure says what is wrong.
template <class T>
void check_error(Result<T> const& result) {
  ARGOSY_ASSERT(result || !result.error().message.empty());
}

}  // namespace argosy::fuzz
