// replication/transfer.h - the content of one disk of a copy on its way: as it is, or sealed anew.
#pragma once
#include <memory>

#include "replication/disk_copy.h"
#include "replication/reseal.h"

namespace argosy::replication {

/// What of a copied disk is recorded.
struct CopiedDisk {
  Bytes root;            ///< what may be durable of it
  Bytes content_digest;  ///< empty if it is encrypted
  Bytes secret;          ///< what its KMS key is to encrypt; empty if it is not encrypted
};

/// Between two steps no other thread may use it.
class Transfer {
 public:
  /// As it is: an unencrypted disk, or (with the root that the source released) one of the same account whose
  /// root's key is only wrapped anew.
  static std::unique_ptr<Transfer> as_it_is(content::Content& content, Source& source, DiskToCopy disk,
                                            std::optional<content::Child> released, CheckNeeded check_needed,
                                            Clock& clock);
  /// Sealed for the account's own domain.
  static std::unique_ptr<Transfer> sealed_anew(content::Content& content, Source& source, DiskToReseal disk,
                                               Clock& clock);

  /// As DiskCopy's.
  Result<bool> step(Time until) { return copy_ ? copy_->step(until) : reseal_->step(until); }
  CopyProgress const& progress() const { return copy_ ? copy_->progress() : reseal_->progress(); }
  /// After the end.
  CopiedDisk result() const;

 private:
  Transfer() = default;

  std::unique_ptr<DiskCopy> copy_;  ///< or:
  std::unique_ptr<Reseal> reseal_;
  std::optional<content::Child> released_;
  std::optional<content::ClearReference> root_;
  std::uint8_t height_ = 1;
};

}  // namespace argosy::replication
