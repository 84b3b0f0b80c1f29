// support/folder.h - a folder of a test's own: tests run beside each other.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace argosy::tests {

/// Empty at first; goes with all that is in it.
class Folder {
 public:
  Folder() {
    if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << path_ << " cannot be made";
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string const& path() const { return path_; }
  std::string operator/(std::string const& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = testing::TempDir() + "argosy-test-XXXXXX";
};

}  // namespace argosy::tests
