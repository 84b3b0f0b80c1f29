// replication/transfer.cpp - see transfer.h.
#include "replication/transfer.h"

namespace argosy::replication {

std::unique_ptr<Transfer> Transfer::as_it_is(content::Content& content, Source& source, DiskToCopy disk,
                                             std::optional<content::Child> released, CheckNeeded check_needed,
                                             Clock& clock) {
  std::unique_ptr<Transfer> made(new Transfer());
  if (released) disk.released = *released;
  made->released_ = std::move(released);
  made->root_ = disk.root;
  made->height_ = content::height_of(disk.volume_size_gib);
  made->copy_ = std::make_unique<DiskCopy>(content, source, std::move(disk), std::move(check_needed), clock);
  return made;
}

std::unique_ptr<Transfer> Transfer::sealed_anew(content::Content& content, Source& source, DiskToReseal disk,
                                                Clock& clock) {
  std::unique_ptr<Transfer> made(new Transfer());
  made->reseal_ = std::make_unique<Reseal>(content, source, std::move(disk), clock);
  return made;
}

CopiedDisk Transfer::result() const {
  if (reseal_ || released_) {
    auto const& root = reseal_ ? reseal_->root() : *released_;
    return {content::encode_clear_reference(content::clear_reference(root)),
            {},
            content::encode_root_secret(root)};
  }
  auto const& digest = root_ ? *root_->digest : content::hole_digest(height_);
  return {content::encode_clear_reference(root_), to_bytes(digest.bytes), {}};
}

}  // namespace argosy::replication
