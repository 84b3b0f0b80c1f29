// instances/volume.cpp - see volume.h.
#include "instances/volume.h"

#include <algorithm>

namespace argosy::instances {

std::string_view to_text(VolumeState state) {
  return std::ranges::find(kVolumeStates, state, &std::pair<VolumeState, std::string_view>::first)->second;
}

VolumeState volume_state_of(std::string_view text) {
  auto const found =
      std::ranges::find(kVolumeStates, text, &std::pair<VolumeState, std::string_view>::second);
  return found == kVolumeStates.end() ? VolumeState::error : found->first;
}

}  // namespace argosy::instances
