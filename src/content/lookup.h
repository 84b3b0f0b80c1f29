// content/lookup.h - finds the stored form that a domain has already of what has this digest. Format:
// docs/formats/index.md, "The lookup table".
#pragma once
#include <string_view>

#include "content/reference.h"
#include "store/store.h"

namespace argosy::content {

/// Whose content it is: the account's number, and the secret under which known blocks are found again and
/// chunks are sealed.
struct Domain {
  store::Domain number = 0;
  crypto::Key secret;
};

/// The same account's, under a secret of a key's own: for keys that ask that nothing which is sealed under
/// them opens with anything that another key gives.
Domain domain_of_key(Domain const& domain, std::string_view key_id);

/// Any thread. The store and the entropy outlive it.
class Lookup {
 public:
  Lookup(store::Store& store, Entropy& entropy) : store_(store), entropy_(entropy) {}

  /// A chunk with that digest, stored in that form, that is here, a node with all that lies below it. Counts
  /// on it.
  Result<Child> find(Domain const& domain, Digest const& digest, store::Sealing form);
  /// Losing what is remembered costs work, never data: it is durable only after Store::flush.
  Result<void> remember(Domain const& domain, Reference const& reference);

 private:
  store::Store& store_;
  Entropy& entropy_;
};

}  // namespace argosy::content
