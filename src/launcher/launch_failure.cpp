// launcher/launch_failure.cpp - see launch_failure.h.
#include "launcher/launch_failure.h"

#include "keystore/ebs_keys.h"

namespace argosy::launcher {

LaunchFailure launch_failure(Error const& error) {
  if (error.code == "DisabledException" || error.code == "KMSInvalidStateException")
    return {keystore::kInaccessibleKeyCode,
            std::string(keystore::kInaccessibleKeyCode) +
                ": The KMS key provided is in an incorrect state: " + error.message};
  if (keystore::is_about_keys(error))
    return {"Client.InternalError", "Client.InternalError: Client error on launch: " + error.message};
  return {"Server.InternalError", "Server.InternalError: Internal error on launch: " + error.message};
}

}  // namespace argosy::launcher
