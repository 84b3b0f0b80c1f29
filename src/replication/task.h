// replication/task.h - a copy task that this process has claimed, and how far it is.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "catalogue/copies.h"
#include "replication/patience.h"
#include "replication/source.h"
#include "replication/transfer.h"

namespace argosy::replication {

struct Task {
  catalogue::Copy copy;
  Source* source = nullptr;
  std::size_t disk = 0;  ///< index in copy.disks of the one under way
  std::unique_ptr<Transfer> content;
  std::string kms_key;  ///< ARN of the key that it is to be under; empty: it is not encrypted
  Time next{};          ///< when it may go on
  Time claimed{};
  Time lease_renewed{};
  Patience patience;  ///< with whatever fails
  int corruptions = 0;
  /// What its owner was told that it waits for; nothing: that is not known any more, or not yet.
  std::optional<std::string> told;
};

}  // namespace argosy::replication
