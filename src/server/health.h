// server/health.h - whether a server can do its work now, and why not.
#pragma once
#include <memory>
#include <vector>

#include "http/message.h"
#include "server/region.h"

namespace argosy::server {

/// Its step has lasted longer than any that waits for nobody.
bool is_stuck(Pulse const& pulse);

/// Every reason against being ready: a catalogue that does not answer, a background step that does not end,
/// less free space than `floor_bytes`. Empty if there is none.
std::vector<std::string> find_unready(std::vector<std::unique_ptr<Region>> const& regions,
                                      std::string const& data_directory, std::uint64_t floor_bytes);

/// 200 {"ready": true}, or 503 {"error": the reasons}.
http::Response answer_ready(std::vector<std::unique_ptr<Region>> const& regions,
                            std::string const& data_directory, std::uint64_t floor_bytes);

}  // namespace argosy::server
