// server/machines.h - the machines of one region, wired: driver, launcher, captures and metadata service.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "instances/capacity.h"
#include "launcher/captures.h"
#include "launcher/launcher.h"
#include "machines/driver.h"
#include "metadata/server.h"

namespace argosy::server {

/// What the host gives to machines.
struct MachineOptions {
  instances::Capacity limit;  ///< all regions together; zeros: what the host has
  std::string acceleration;   ///< "auto", "kvm" or "tcg"
  std::vector<std::uint16_t> forwarded_ports{22};
};
/// Fills in what was not said: machines as many as its memory holds of the smallest with what serves it, two
/// vCPUs for each of its processors, and three quarters of its memory.
MachineOptions with_defaults(MachineOptions options);

class Machines {
 public:
  /// Opens (and creates) `folder`, an absolute path. What it is given outlives it.
  static Result<std::unique_ptr<Machines>> open(std::string const& region, std::string const& folder,
                                                MachineOptions const& options, crypto::Key const& token_key,
                                                ebs::CaptureStore const& store, Entropy& entropy);
  launcher::Launcher& launcher() { return *launcher_; }
  launcher::Captures& captures() { return *captures_; }
  /// Before the first step of either. `endpoint`: where disk servers find this process.
  Result<void> start(std::string const& endpoint);

 private:
  Machines(std::string const& region, std::string folder, crypto::Key const& token_key,
           ebs::CaptureStore const& store);
  Result<std::string> start_metadata(std::string const& instance);

  std::string folder_;
  launcher::SessionIssuer issuer_;
  metadata::Server metadata_;
  std::unique_ptr<machines::Driver> driver_;
  std::unique_ptr<launcher::Launcher> launcher_;
  std::unique_ptr<launcher::Captures> captures_;
};

}  // namespace argosy::server
