// remote/sign.cpp - see sign.h.
#include "remote/sign.h"

#include <set>

#include "base/text.h"
#include "crypto/sigv4.h"
#include "digest/sha256.h"

namespace argosy::remote {

void sign(http::Request& request, http::Endpoint const& endpoint, Credentials const& credentials,
          Scope const& scope, Payload payload, Time now) {
  auto date = to_amz_date(now);
  auto hash =
      payload == Payload::hashed ? digest::sha256(request.body).hex() : std::string("UNSIGNED-PAYLOAD");
  request.headers.emplace_back("Host", endpoint.authority());
  request.headers.emplace_back("X-Amz-Date", date);
  request.headers.emplace_back("X-Amz-Content-Sha256", hash);
  if (credentials.session_token)
    request.headers.emplace_back("X-Amz-Security-Token", *credentials.session_token);
  std::set<std::string> names;
  for (auto const& [name, value] : request.headers) names.insert(to_lower(name));
  std::string signed_names;
  for (auto const& name : names) (signed_names += signed_names.empty() ? "" : ";") += name;
  crypto::CredentialScope credential_scope{date.substr(0, 8), scope.region, scope.service};
  auto canonical =
      crypto::canonical_request({request.method, request.path, request.query, request.headers, hash});
  auto signature = crypto::signature(credentials.secret_access_key, credential_scope, date, canonical);
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key_id +
                                                    "/" + credential_scope.text() + ", SignedHeaders=" +
                                                    signed_names + ", Signature=" + signature);
}

std::string presign(http::Endpoint const& endpoint, std::string const& query, Credentials const& credentials,
                    Scope const& scope, int expires_seconds, Time now) {
  auto date = to_amz_date(now);
  crypto::CredentialScope credential_scope{date.substr(0, 8), scope.region, scope.service};
  std::string full =
      query + (query.empty() ? "" : "&") + "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
      crypto::percent_encode(credentials.access_key_id + "/" + credential_scope.text(), false) +
      "&X-Amz-Date=" + date + "&X-Amz-Expires=" + std::to_string(expires_seconds) +
      "&X-Amz-SignedHeaders=host";
  if (credentials.session_token)
    full += "&X-Amz-Security-Token=" + crypto::percent_encode(*credentials.session_token, false);
  auto path = endpoint.path.empty() ? std::string("/") : endpoint.path;
  auto canonical = crypto::canonical_request(
      {"GET", path, full, {{"host", endpoint.authority()}}, digest::sha256({}).hex()});
  return std::string(endpoint.tls ? "https://" : "http://") + endpoint.authority() + path + "?" + full +
         "&X-Amz-Signature=" +
         crypto::signature(credentials.secret_access_key, credential_scope, date, canonical);
}

}  // namespace argosy::remote
