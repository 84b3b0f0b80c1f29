// tests/fuzz/master_keys.cpp - the file of a data directory's master keys: taken and written the same, or
// refused.
#include "fuzz/fuzz.h"
#include "server/master_key_file.h"

namespace argosy::fuzz {

void try_input(ByteView bytes) {
  auto file = server::decode_master_key_file(as_text(bytes));
  check_error(file);
  if (!file) return;
  ARGOSY_ASSERT(!file->keys.empty());
  auto const text = server::encode_master_key_file(*file);
  auto again = server::decode_master_key_file(text);
  ARGOSY_ASSERT(again && server::encode_master_key_file(*again) == text);
}

}  // namespace argosy::fuzz
