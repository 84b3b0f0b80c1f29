// tests/support/wire.h - the wire between two regions of one test: counts, and fails or spoils what the test
// asks for.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "peer/peer.h"
#include "remote/transport.h"
#include "support/region.h"

namespace argosy::tests {

/// The region that asks.
inline peer::Peer const kWest{"us-west-2", "west", {true, {}}, true};

/// What answers for a region that is asked.
inline peer::Source answering_for(Region& region) {
  return {region.name, region.catalogue, *region.content, region.keys, region.clock, *region.entropy};
}

class Wire final : public remote::Transport {
 public:
  struct Faults {
    int calls = 0;
    int fail_call = -1;    ///< this call does not arrive, or its answer does not
    bool away = false;     ///< no call arrives
    bool answered = true;  ///< the failing call was carried out
    int spoil_call = -1;   ///< a bit of this call's answer is flipped
    std::uint64_t fetched_bytes = 0;
    std::uint64_t fetches = 0;
    std::function<void(http::Request const&)> before = [](http::Request const&) {};  ///< each call
  };
  Wire(peer::Source& source, Faults& faults) : source_(source), faults_(faults) {}
  http::Endpoint const& endpoint() const override { return endpoint_; }
  Result<http::Response> send(http::Request const& request) override {
    faults_.before(request);
    std::lock_guard lock(mutex_);
    int const call = faults_.calls++;
    if (faults_.away || (call == faults_.fail_call && !faults_.answered))
      return fail(Fault::unavailable, "cut");
    auto response = peer::handle(source_, kWest, request);
    if (call == faults_.fail_call) return fail(Fault::unavailable, "cut");
    if (request.path == "/replication/fetch" && response.status == 200) {
      faults_.fetched_bytes += response.body.size();
      ++faults_.fetches;
      if (call == faults_.spoil_call) response.body.back() ^= std::byte{1};
    }
    return response;
  }

 private:
  peer::Source& source_;
  Faults& faults_;
  http::Endpoint endpoint_{false, "source", 1, {}};
  std::mutex mutex_;
};

}  // namespace argosy::tests
