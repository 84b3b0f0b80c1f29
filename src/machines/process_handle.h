// machines/process_handle.h - a handle of a process that no later process with the same id can take over:
// pidfd_open(2). By system calls, as <sys/pidfd.h> of glibc 2.36 does not link from C++.
#pragma once
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/clock.h"
#include "base/descriptor.h"

namespace argosy::machines {

/// Not open if there is none (ESRCH), or if it cannot be had now.
inline Descriptor open_process(pid_t process) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

inline void send_signal(Descriptor const& handle, int signal) {
  ::syscall(SYS_pidfd_send_signal, handle.number(), signal, nullptr, 0);
}

/// Whether it is another user's: one of this user may be signalled, whatever else is hidden of it.
inline bool is_foreign(Descriptor const& handle) {
  return ::syscall(SYS_pidfd_send_signal, handle.number(), 0, nullptr, 0) != 0 && errno == EPERM;
}

/// Whether it ends within `timeout`.
inline bool await_end(Descriptor const& handle, Duration timeout) {
  pollfd wanted{handle.number(), POLLIN, 0};
  auto const until = std::chrono::steady_clock::now() + timeout;
  while (true) {
    auto left = std::chrono::ceil<Duration>(until - std::chrono::steady_clock::now()).count();
    auto ready = ::poll(&wanted, 1, static_cast<int>(std::max<Duration::rep>(left, 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace argosy::machines
