// crypto/certificate.h - a small private authority, and what is signed and sealed with the certificates it
// issues.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace argosy::crypto {

/// Both PEM; a key is never encrypted here, its file is its owner's alone.
struct Certified {
  std::string certificate;
  std::string key;
};

/// A self-signed authority with a key on P-256 that signs certificates and nothing else (RFC 5280). Valid
/// from an hour ago, for clocks that go slow, and for `days`.
Result<Certified> make_authority(std::string_view name, int days);

/// A certificate for both ends of TLS with mutual authentication, and to sign and seal with: of these DNS
/// names and addresses, with a new key on P-256. It never outlives the authority. Fails with `invalid` if
/// `authority` is none, has expired, or a name is neither.
Result<Certified> issue_certificate(Certified const& authority, std::vector<std::string> const& names,
                                    int days);

/// When this certificate (PEM) ends to be valid.
Result<Time> find_end(std::string const& certificate);

/// Whether this certificate (PEM) names that DNS name or address; wildcards do not count.
bool has_name(std::string const& certificate, std::string const& name);

/// Fails with `denied` unless this authority (PEM, perhaps several) has issued the certificate and it is
/// valid now.
Result<void> check_issued(std::string const& certificate, std::string const& authorities);

/// Signed with the own key, then sealed for the owner of `destination` (PEM; a key on an elliptic curve that
/// can agree on keys, or RSA): CMS (RFC 5652, RFC 5083 with AES-256-GCM) in PEM. Fails with `invalid` if a
/// key cannot do that.
Result<std::string> sign_and_seal(std::string_view plain, Certified const& own,
                                  std::string const& destination);

struct Unsealed {
  std::string plain;
  std::string signer;  ///< the certificate (PEM) of who signed it
};
/// The reverse. Fails with `invalid` on other text, `denied` if it is not sealed for `own`, or not signed
/// with a certificate that one of `authorities` has issued and that is valid now.
Result<Unsealed> unseal(std::string const& sealed, Certified const& own, std::string const& authorities);

}  // namespace argosy::crypto
