// machines/frozen_disk.h - a frozen volume as it is read: over NBD, by how deep below its top a block's
// content lies.
#pragma once
#include <memory>
#include <string>

#include "machines/driver.h"

namespace argosy::machines {

/// What serves a frozen disk; that ends when this goes.
class Freeze {
 public:
  virtual ~Freeze() = default;
  virtual bool ends_with_machine() const = 0;
  /// Called before each read.
  virtual Result<void> tend() = 0;
};

struct FrozenExport {
  std::string folder;  ///< of the socket
  std::string socket;
  std::string name;
  /// Content that lies deeper is the base's: 1 is the top. (Content that nothing holds lies at 0.)
  std::uint32_t changed_depth = 1;
};

Result<std::unique_ptr<FrozenDisk>> open_frozen(FrozenExport const& where, std::unique_ptr<Freeze> freeze);

}  // namespace argosy::machines
