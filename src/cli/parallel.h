// cli/parallel.h - several threads that take steps of one piece of work until there is none left.
#pragma once
#include <functional>

#include "cli/failure.h"

namespace argosy::cli {

/// Calls `step` on `threads` threads, as many as --jobs says, each until it returns false. After the first
/// failure no further step begins; that failure is returned, and names --jobs where nothing moved any more.
Outcome<void> run_steps(std::size_t threads, std::function<Outcome<bool>()> const& step);

/// Calls `work(i)` for every i below `count`, on at most `threads` threads, and waits for all.
void run_each(std::size_t threads, std::size_t count, std::function<void(std::size_t)> const& work);

}  // namespace argosy::cli
