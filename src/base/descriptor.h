// base/descriptor.h - an open file descriptor that is closed when it goes, and what errno says.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace argosy {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// "WHAT: reason", from errno.
inline std::unexpected<Error> system_failure(std::string const& what) {
  auto fault = errno == ENOENT ? Fault::not_found : Fault::unavailable;
  return fail(fault, what + ": " + std::strerror(errno));
}

}  // namespace argosy
