// cli/private_folder.h - a folder that nobody else can look into, for as long as something is done.
#pragma once
#include <memory>
#include <string>

#include "cli/failure.h"
#include "cli/interrupt.h"

namespace argosy::cli {

/// Of mode 0700; it goes with its content, also on Ctrl-C and when the terminal is gone.
class PrivateFolder {
 public:
  static Outcome<std::unique_ptr<PrivateFolder>> make();
  explicit PrivateFolder(std::string path) : path_(std::move(path)), on_interrupt_([this] { remove(); }) {}
  PrivateFolder(PrivateFolder const&) = delete;
  PrivateFolder& operator=(PrivateFolder const&) = delete;
  ~PrivateFolder() { remove(); }
  std::string const& path() const { return path_; }

 private:
  void remove() const;

  std::string path_;
  OnInterrupt on_interrupt_;
};

}  // namespace argosy::cli
