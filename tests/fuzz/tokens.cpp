// tests/fuzz/tokens.cpp - block tokens and page tokens: only what this region made is taken, and only where
// it belongs.
#include "ebs/tokens.h"

#include "ebs/volume_session.h"
#include "ec2/page.h"
#include "fuzz/fuzz.h"

namespace argosy::fuzz {
namespace {

Time const kNow = *parse_iso8601("2026-05-09T14:22:31Z");
crypto::Key const& key() {
  static auto const entropy = seeded_entropy(1);
  static auto const made = crypto::Key::random(*entropy);
  return made;
}

void forge(std::string const& token) {
  ARGOSY_ASSERT(!ebs::check_block_token(key(), "snap-1", 7, kNow, token));
  check_error(ebs::open_page_token(key(), "someone", kNow, token));
  ARGOSY_ASSERT(!ebs::open_page_token(key(), "someone", kNow, token));
  ARGOSY_ASSERT(!ec2::page::open_token(key(), "someone", token));
  ARGOSY_ASSERT(!ebs::open_session(key(), "ASIAFORGED", token));
  ARGOSY_ASSERT(!ebs::renew_session(key(), "ASIAFORGED", token, kNow, system_entropy()));
}

/// One changed character is enough to be refused.
void tamper(std::string token, std::size_t at, char to, auto const& opens) {
  ARGOSY_ASSERT(opens(token));
  auto& character = token[at % token.size()];
  if (character == to) return;
  character = to;
  ARGOSY_ASSERT(!opens(token));
}

}  // namespace

void try_input(ByteView bytes) {
  Input input(bytes);
  std::size_t const at = input.word();
  auto const to = static_cast<char>(input.byte());
  std::uint64_t const block = input.word();
  std::string const text(as_text(input.rest()));
  forge(text);
  auto const later = kNow + std::chrono::seconds(1);
  tamper(ebs::make_block_token(key(), text, block, later), at, to, [&](std::string const& token) {
    return ebs::check_block_token(key(), text, block, kNow, token).has_value();
  });
  tamper(ebs::make_page_token(key(), text, block, later), at, to, [&](std::string const& token) {
    auto opened = ebs::open_page_token(key(), text, kNow, token);
    return opened && *opened == block;
  });
  catalogue::Position const position{"2026-05-09T14:22:31.000Z", text};
  tamper(ec2::page::make_token(key(), text, position), at, to, [&](std::string const& token) {
    auto opened = ec2::page::open_token(key(), text, token);
    return opened && opened->created == position.created && opened->id == position.id;
  });
  ebs::VolumeSession session{"111111111111", "us-east-1", "vol-1", "snap-1", text, to_bytes(as_bytes(text))};
  session.snapshot_size_gib = static_cast<std::int64_t>(block);
  session.expires = later;
  auto const issued = ebs::issue_session(key(), session, system_entropy());
  tamper(issued.session_token, at, to, [&](std::string const& token) {
    auto opened = ebs::open_session(key(), issued.access_key_id, token);
    return opened && *opened == session;
  });
  tamper(issued.access_key_id, at, to, [&](std::string const& id) {
    return ebs::open_session(key(), id, issued.session_token).has_value();
  });
  auto const expired = ebs::make_block_token(key(), text, block, kNow - Duration(1));
  ARGOSY_ASSERT(!ebs::check_block_token(key(), text, block, kNow, expired));
}

}  // namespace argosy::fuzz
