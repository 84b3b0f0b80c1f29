// cli/page.h - what is known of one thing, line by line for people. Pure.
#pragma once
#include <fmt/format.h>

#include <optional>
#include <string>

#include "cli/format.h"

namespace argosy::cli {

class Page {
 public:
  /// Nothing if the value is empty.
  void line(std::string const& name, std::string const& value) {
    if (!value.empty()) text_ += fmt::format("{:<18}{}\n", name, show_text(value));
  }
  void line(std::string const& name, std::optional<std::string> const& value) {
    line(name, value.value_or(""));
  }
  void heading(std::string const& title) { text_ += "\n" + title + "\n"; }
  void add(std::string const& text) { text_ += text; }
  std::string const& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace argosy::cli
