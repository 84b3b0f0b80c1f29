// tests/fuzz/entry.cpp - hands libFuzzer's inputs (or those of replay.cpp) to the fuzzer.
#include <cstddef>
#include <cstdint>

#include "base/log.h"
#include "fuzz/fuzz.h"

/// The name is libFuzzer's. Source: LLVM, "libFuzzer - a library for coverage-guided fuzz testing".
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static bool const quiet = [] {  // damaged input is what this is about
    argosy::set_log_level(argosy::LogLevel::none);
    return true;
  }();
  static_cast<void>(quiet);
  argosy::fuzz::try_input({reinterpret_cast<std::byte const*>(data), size});
  return 0;
}
