// content/lookup.cpp - see lookup.h.
#include "content/lookup.h"

namespace argosy::content {
namespace {

/// Tells nothing without the domain's secret. Each form of a block has a row of its own.
Digest row_name(Domain const& domain, Digest const& digest, store::Sealing form) {
  auto message = to_bytes(digest.bytes);
  if (form != store::Sealing::none) message.push_back(static_cast<std::byte>(form));
  return crypto::hmac_sha256(domain.secret.bytes(), message);
}
/// The row's content opens only for who knows the block. The digest is the salt: the other way round HKDF's
/// first step would be the row's name itself, which lies beside the row.
crypto::Key row_key(Domain const& domain, Digest const& digest, store::Sealing form) {
  auto const* info = form == store::Sealing::none ? "argosy lookup 1" : "argosy sealed lookup 1";
  return crypto::hkdf_sha256(domain.secret.bytes(), digest.bytes, as_bytes(info));
}

store::Sealing form_of(Reference const& reference) {
  return reference.key ? store::Sealing::aes_256_gcm : store::Sealing::none;
}

Bytes encode_row(Reference const& reference) {
  auto out = to_bytes(reference.id.bytes);
  if (reference.key) out.insert(out.end(), reference.key->bytes().begin(), reference.key->bytes().end());
  return out;
}
/// Nothing if it is no row of that form.
Child decode_row(ByteView row, Digest const& digest, store::Sealing form) {
  bool const sealed = form != store::Sealing::none;
  if (row.size() != (sealed ? 64U : 32U)) return std::nullopt;
  Reference reference{ChunkId::copy_of(row), digest};
  if (sealed) reference.key = *crypto::Key::copy_of(row.subspan(32));
  return reference;
}

}  // namespace

Domain domain_of_key(Domain const& domain, std::string_view key_id) {
  return {domain.number,
          crypto::hkdf_sha256(domain.secret.bytes(), as_bytes(key_id), as_bytes("argosy key domain 1"))};
}

Result<Child> Lookup::find(Domain const& domain, Digest const& digest, store::Sealing form) {
  auto const name = row_name(domain, digest, form);
  auto const sealed = TRY(store_.recall(domain.number, name.bytes));
  if (!sealed) return Child{};
  auto const row = crypto::unwrap(row_key(domain, digest, form), name.bytes, *sealed);
  auto const reference = row ? decode_row(*row, digest, form) : Child{};
  bool const here = reference ? TRY(store_.contains(domain.number, reference->id)) : false;
  return here ? reference : Child{};
}

Result<void> Lookup::remember(Domain const& domain, Reference const& reference) {
  auto const form = form_of(reference);
  auto const name = row_name(domain, reference.digest, form);
  auto const key = row_key(domain, reference.digest, form);
  auto const sealed = crypto::wrap(key, name.bytes, encode_row(reference), entropy_);
  return store_.remember(domain.number, name.bytes, reference.id, sealed);
}

}  // namespace argosy::content
