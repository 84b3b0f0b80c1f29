// ec2/enable_image.cpp - EnableImage: load, decide, save.
#include "ec2/enable_image.h"

#include "catalogue/images.h"
#include "ec2/dry_run.h"

namespace argosy::ec2 {

namespace m = messages::ec2;

Result<m::EnableImageResponse> enable_image(catalogue::Transaction& tx, access::Caller const& caller,
                                            m::EnableImageRequest const& request) {
  auto id = TRY(images::ImageId::parse(request.image_id));
  TRY(stop_if_dry_run(request.dry_run));
  auto image = TRY(catalogue::find_owned_image(tx, caller.account, id));
  auto enabled = TRY(images::enable(std::move(image)));
  TRY(catalogue::save_image(tx, enabled));
  return m::EnableImageResponse{};
}

}  // namespace argosy::ec2
