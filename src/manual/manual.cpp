// manual/manual.cpp - see manual.h.
#include "manual/manual.h"

#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace argosy::manual {
namespace {

/// The code point that begins at text[at], which is UTF-8; `at` moves behind it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  auto lead = static_cast<unsigned char>(text[at++]);
  int more = lead >= 0xf0U ? 3 : lead >= 0xe0U ? 2 : lead >= 0xc0U ? 1 : 0;
  std::uint32_t point = more == 0 ? lead : lead & (0x3fU >> static_cast<unsigned>(more));
  for (; more > 0 && at < text.size(); --more)
    point = point << 6U | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return point;
}

/// Text as roff shows it unchanged. Source: groff(7), "Escape sequences".
std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    bool begins_line = out.empty() || out.back() == '\n';
    auto point = next_code_point(text, at);
    auto c = static_cast<char>(point);
    if (point > 0x7e) {
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", point);
      out += name;
      continue;
    }
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escape(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escape(text) + "\\fR"; }

std::string trim(std::string text) {
  text.erase(0, text.find_first_not_of(" \n"));
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

/// What stands behind an option in its help: the name of its value; empty for a flag.
std::string value_of(CLI::Option const& option) {
  return trim(option.get_option_text().empty() && option.get_items_expected_max() > 0
                  ? option.get_type_name()
                  : option.get_option_text());
}

bool is_shown(CLI::Option const& option) { return !option.get_group().empty(); }

std::string write_option(CLI::Option const& option) {
  std::string names;
  auto add = [&](std::string const& name) { (names += names.empty() ? "" : ", ") += bold(name); };
  for (auto const& name : option.get_snames()) add("-" + name);
  for (auto const& name : option.get_lnames()) add("--" + name);
  auto value = value_of(option);
  if (!value.empty()) names += " " + italic(value);
  return ".TP\n" + names + "\n" + escape(option.get_description()) + "\n";
}

/// Options that the command above has too are told there.
bool is_inherited(CLI::App const& command, CLI::Option const& option, CLI::App const* top) {
  for (auto const* above = command.get_parent(); &command != top && above != nullptr;
       above = above->get_parent()) {
    for (auto const* other : above->get_options())
      if (!option.get_lnames().empty() && other->get_lnames() == option.get_lnames() &&
          other->get_description() == option.get_description())
        return true;
    if (above == top) return false;
  }
  return false;
}

class Writer {
 public:
  explicit Writer(CLI::App const& top) : top_(&top) {}

  void heading(std::string const& text) { out_ += ".SH " + text + "\n"; }
  void line(std::string const& text) { out_ += text + "\n"; }

  void synopsis(CLI::App const& command, std::string const& path) {
    std::string text = bold(path) + " [" + italic("OPTIONS") + "]";
    for (auto const* argument : command.get_options(is_argument))
      text += " " + italic(argument->get_name() + (argument->get_items_expected_max() > 1 ? "..." : ""));
    if (!below(command).empty()) text += " " + italic("COMMAND");
    line(text);
  }

  void arguments(CLI::App const& command) {
    for (auto const* argument : command.get_options(is_argument))
      line(".TP\n" + italic(argument->get_name()) + "\n" + escape(argument->get_description()));
  }

  void options(CLI::App const& command, std::string const& subheading) {
    for (auto const& group : command.get_groups()) {
      std::string text;
      for (auto const* option : command.get_options())
        if (is_shown(*option) && option->nonpositional() && option->get_group() == group &&
            !is_inherited(command, *option, top_))
          text += write_option(*option);
      auto heading = subheading == ".SH" ? upper(group) : escape(group);
      if (!text.empty()) out_ += subheading + " " + heading + "\n" + text;
    }
  }

  void names_below(CLI::App const& command) {
    for (auto const* sub : below(command))
      line(".TP\n" + bold(sub->get_name()) + "\n" + escape(sub->get_description()));
  }

  /// Verbatim: its lines are laid out for a terminal.
  void footer(CLI::App const& command) {
    auto text = command.get_footer();
    if (!trim(text).empty()) line(".nf\n" + escape(trim(text)) + "\n.fi");
  }

  void all_below(CLI::App const& command, std::string const& path) {
    for (auto const* sub : below(command)) {
      auto name = path + " " + sub->get_name();
      heading(upper(name));
      line(escape(sub->get_description()) + "\n.PP");
      synopsis(*sub, name);
      arguments(*sub);
      options(*sub, ".SS");
      line(".PP");
      footer(*sub);
      all_below(*sub, name);
    }
  }

  static std::vector<CLI::App const*> below(CLI::App const& command) {
    return command.get_subcommands([](CLI::App const* sub) { return !sub->get_group().empty(); });
  }
  static bool is_argument(CLI::Option const* option) { return is_shown(*option) && option->get_positional(); }
  static std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return escape(text);
  }
  std::string take() { return std::move(out_); }

 private:
  CLI::App const* top_;
  std::string out_;
};

}  // namespace

std::string write_page(CLI::App const& command, std::string const& path, Title const& title, Below below) {
  auto name = path;
  std::ranges::replace(name, ' ', '-');
  Writer page(command);
  page.line(".TH " + Writer::upper(name) + " " + std::to_string(title.section) + " \"\" \"" +
            escape(title.program) + "\"");
  page.heading("NAME");
  auto summary = trim(command.get_description());
  auto first_line = summary.substr(0, summary.find('\n'));
  page.line(escape(name) + " \\- " + escape(first_line));
  page.heading("SYNOPSIS");
  page.synopsis(command, path);
  if (first_line != summary) {
    page.heading("DESCRIPTION");
    page.line(".nf\n" + escape(trim(summary.substr(first_line.size()))) + "\n.fi");
  }
  if (!command.get_options(Writer::is_argument).empty()) page.heading("ARGUMENTS");
  page.arguments(command);
  page.options(command, ".SH");
  if (!Writer::below(command).empty()) page.heading("COMMANDS");
  page.names_below(command);
  if (!trim(command.get_footer()).empty()) page.heading("NOTES");
  page.footer(command);
  if (below == Below::all) page.all_below(command, path);
  if (!title.see_also.empty()) {
    page.heading("SEE ALSO");
    page.line(escape(title.see_also));
  }
  return page.take();
}

}  // namespace argosy::manual
