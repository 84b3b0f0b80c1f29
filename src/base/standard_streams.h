// base/standard_streams.h - no file or socket in the place of stdin, stdout or stderr.
#pragma once

namespace argosy {

/// First in main: where the process was started without one of them, what is opened next would take its
/// place, and be written into by whatever speaks to people. From then on reading or writing it fails.
void occupy_standard_streams();

}  // namespace argosy
