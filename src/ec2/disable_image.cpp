// ec2/disable_image.cpp - DisableImage: load, decide, save.
#include "ec2/disable_image.h"

#include "catalogue/images.h"
#include "catalogue/permissions.h"
#include "ec2/dry_run.h"

namespace argosy::ec2 {

namespace m = messages::ec2;

Result<m::DisableImageResponse> disable_image(catalogue::Transaction& tx, access::Caller const& caller,
                                              m::DisableImageRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  auto disabled = TRY(images::disable(std::move(image)));
  TRY(catalogue::save_image(tx, disabled));
  TRY(catalogue::remove_all_permissions(tx, disabled.id));  // for good: enabling does not bring them back
  return m::DisableImageResponse{};
}

}  // namespace argosy::ec2
