// cli/journal.h - the record of work that may be interrupted: a text file of lines, locked while it is open.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/file.h"

namespace argosy::cli {

class Journal {
 public:
  /// Made if absent, its folder too (mode 0700). Fails with `locked` while another process has it open,
  /// with `failed` also where files cannot be locked.
  static Outcome<std::unique_ptr<Journal>> open(std::string path);
  /// One that goes with the process.
  static Outcome<std::unique_ptr<Journal>> open_in_memory();

  /// Its first line; empty if it has none.
  Outcome<std::string> title() const;
  /// Whether its first line is `title`: then the rest is of the same work. Otherwise all it holds is
  /// forgotten, and `title` becomes its first line. Call before any of the following.
  Outcome<bool> resume(std::string_view title);
  /// Forgets all it holds; `title` becomes its first line.
  Outcome<void> begin(std::string_view title);
  /// The whole lines behind the first; a line that was being written when the process died is not among them.
  Outcome<void> read(std::function<void(std::string_view line)> const& take) const;
  /// Survives the death of the process, not a loss of power. Any thread.
  Outcome<void> append(std::string_view line);
  /// What it holds by now survives a loss of power, too, and so does the file's name.
  Outcome<void> sync() const;
  /// Deletes the file.
  void remove();

 private:
  Journal(File file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  File file_;
  std::string path_;  ///< empty: in memory
  std::mutex mutex_;  // lines are appended one at a time
};

}  // namespace argosy::cli
