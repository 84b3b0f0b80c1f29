// ebs/tokens.h - block tokens and page tokens: handles that only this region can make. Source: ec2-semantics
// G.
#pragma once
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "crypto/crypto.h"

namespace argosy::ebs {

inline constexpr Duration kBlockTokenAge = std::chrono::hours(24 * 7);
inline constexpr Duration kPageTokenAge = std::chrono::minutes(60);

std::string make_block_token(crypto::Key const& key, std::string_view snapshot, std::uint64_t block,
                             Time expires);
/// Fails with ValidationException/INVALID_BLOCK_TOKEN.
Result<void> check_block_token(crypto::Key const& key, std::string_view snapshot, std::uint64_t block,
                               Time now, std::string const& token);

/// `bound_to` names the caller and what is listed.
std::string make_page_token(crypto::Key const& key, std::string_view bound_to, std::uint64_t next_block,
                            Time expires);
/// Fails with ValidationException/INVALID_PAGE_TOKEN.
Result<std::uint64_t> open_page_token(crypto::Key const& key, std::string_view bound_to, Time now,
                                      std::string const& token);

}  // namespace argosy::ebs
