// cli/private_folder.cpp - see private_folder.h.
#include "cli/private_folder.h"

#include <cstdlib>
#include <filesystem>

#include "cli/file.h"

namespace argosy::cli {

Outcome<std::unique_ptr<PrivateFolder>> PrivateFolder::make() {
  std::error_code error;
  auto const parent = std::filesystem::temp_directory_path(error);
  if (error)
    return stop(Exit::failed,
                "there is no folder for what is temporary, is TMPDIR right? " + error.message());
  std::string path = (parent / "argosy-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return std::unexpected(system_failure(path, "cannot make a folder"));
  return std::make_unique<PrivateFolder>(path);
}

void PrivateFolder::remove() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace argosy::cli
