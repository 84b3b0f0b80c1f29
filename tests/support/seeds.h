// tests/support/seeds.h - runs a simulation from many seeds, or from one: ARGOSY_SEED=17 repeats that one.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

namespace argosy::tests {

inline void for_each_seed(unsigned count, std::function<void(unsigned seed)> const& run) {
  auto const* only = std::getenv("ARGOSY_SEED");
  unsigned const first = only != nullptr ? static_cast<unsigned>(std::stoul(only)) : 1;
  unsigned const last = only != nullptr ? first : count;
  auto const& test = *testing::UnitTest::GetInstance()->current_test_info();
  for (unsigned seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("repeat it with ARGOSY_SEED=" + std::to_string(seed) +
                 " build/release/tests/sim --gtest_filter=" + test.test_suite_name() + "." + test.name());
    run(seed);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace argosy::tests
