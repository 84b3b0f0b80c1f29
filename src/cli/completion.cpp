// cli/completion.cpp - see completion.h; and argosy completion, which prints the scripts of the shells.
#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/ec2.h"
#include "cli/kms.h"
#include "cli/profile_files.h"
#include "cli/program.h"

namespace argosy::cli {
namespace {

/// Longer than this nobody waits for Tab.
constexpr std::chrono::milliseconds kPatience{1'500};

bool begins_with_dash(std::string const& word) { return word.size() > 1 && word[0] == '-'; }

bool takes_value(CLI::Option const& option) { return option.get_items_expected_max() > 0; }

std::string placeholder_of(CLI::Option const& option) {
  return option.get_positional() ? option.get_name() : option.get_option_text();
}

/// "{a,b}" within an option's type: the only words that it takes.
std::vector<std::string> choices_of(CLI::Option const& option) {
  std::vector<std::string> out;
  auto type = option.get_type_name();
  auto begin = type.find('{');
  auto end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return out;
  for (auto at = begin + 1; at <= end;) {
    auto stop = std::min(type.find(',', at), end);
    out.push_back(type.substr(at, stop - at));
    at = stop + 1;
  }
  return out;
}

class Completer {
 public:
  Completer(CLI::App const& tree, Lookups const& lookups)
      : command_(&tree), tree_(&tree), lookups_(lookups) {}

  /// A word that is complete.
  void pass(std::string const& word) {
    if (open_option_ != nullptr) {
      open_option_ = nullptr;
    } else if (begins_with_dash(word)) {
      auto const* option = command_->get_option_no_throw(word.substr(0, word.find('=')));
      if (option != nullptr && takes_value(*option) && !word.contains('=')) open_option_ = option;
    } else if (auto const* verb = find_verb(*command_, word)) {
      command_ = verb;
    } else {
      ++arguments_;
    }
  }

  Completion finish(std::string const& word) {
    if (open_option_ != nullptr) {
      offer_values(*open_option_, word, "");
    } else if (auto equals = word.find('='); begins_with_dash(word) && equals != std::string::npos) {
      auto const* option = command_->get_option_no_throw(word.substr(0, equals));
      if (option != nullptr) offer_values(*option, word.substr(equals + 1), word.substr(0, equals + 1));
    } else if (word.starts_with('-')) {
      offer_options(word);
    } else {
      for (auto const* verb : command_->get_subcommands([](CLI::App const*) { return true; }))
        offer(word, verb->get_name(), verb->get_description());
      if (auto const* argument = current_argument()) offer_values(*argument, word, "");
    }
    return std::move(completion_);
  }

 private:
  void offer(std::string const& typed, std::string const& word, std::string const& meaning) {
    if (word.starts_with(typed)) completion_.candidates.push_back({word, meaning});
  }

  void offer_options(std::string const& word) {
    for (auto const* option : command_->get_options()) {
      if (option->get_group().empty()) continue;
      for (auto const& name : option->get_lnames()) offer(word, "--" + name, option->get_description());
    }
  }

  /// The argument that is typed next: the last one may be repeated.
  CLI::Option const* current_argument() const {
    auto arguments =
        command_->get_options([](CLI::Option const* option) { return option->get_positional(); });
    if (arguments.empty()) return nullptr;
    if (arguments_ < arguments.size()) return arguments[arguments_];
    return arguments.back()->get_items_expected_max() > 1 ? arguments.back() : nullptr;
  }

  /// `before`: what stands before the value within the same word.
  void offer_values(CLI::Option const& option, std::string const& typed, std::string const& before) {
    auto what = placeholder_of(option);
    for (auto const& choice : choices_of(option)) offer(before + typed, before + choice, "");
    if (what == "FILE" || what == "DISK") completion_.files = true;
    if (what == "PROFILE")
      for (auto const& profile : lookups_.profiles()) offer(before + typed, before + profile, "");
    if (what == "REGIONS") offer_regions(typed, before);
    if (what == "COMMAND")
      for (auto const* verb : tree_->get_subcommands([](CLI::App const*) { return true; }))
        offer(before + typed, before + verb->get_name(), verb->get_description());
    if (what == "REGION")
      for (auto const& region : lookups_.regions()) offer(before + typed, before + region, "");
    for (auto const* noun : {"IMAGE", "IMAGE ACCOUNT", "SOURCE", "A", "B"})
      if (what == noun) offer_by_region(typed, before, lookups_.images);
    if (what == "KEY" && option.get_positional()) offer_by_region(typed, before, lookups_.keys);
  }

  /// A list with commas is completed at its end.
  void offer_regions(std::string const& typed, std::string before) {
    auto comma = typed.rfind(',');
    if (comma != std::string::npos) before += typed.substr(0, comma + 1);
    auto last = comma == std::string::npos ? typed : typed.substr(comma + 1);
    for (auto const& region : lookups_.regions()) offer(before + last, before + region, "");
  }

  /// [PROFILE:]REGION/ first, then what `find` finds there.
  void offer_by_region(std::string const& typed, std::string before, Lookups::InRegion const& find) {
    auto rest = typed;
    std::string profile;
    auto const colon = typed.find(':');
    if (colon != std::string::npos && colon < typed.find('/')) {
      profile = typed.substr(0, colon);
      rest = typed.substr(colon + 1);
      if (profile.empty() || profile == "name" || profile == "arn") return;  // name:NAME, or the ARN of a key
      before += profile + ":";
    }
    auto const slash = rest.find('/');
    if (slash == std::string::npos) {
      for (auto const& region : lookups_.regions()) offer(before + rest, before + region + "/", "");
      return;
    }
    auto const region = rest.substr(0, slash);
    for (auto const& found : find(profile, region))
      offer(before + rest, before + region + "/" + found.word, found.meaning);
  }

  CLI::App const* command_;
  CLI::App const* tree_;
  Lookups const& lookups_;
  CLI::Option const* open_option_ = nullptr;  ///< whose value comes next
  std::size_t arguments_ = 0;
  Completion completion_;
};

/// The words of a line as they were typed, the last one up to the cursor.
struct Line {
  std::vector<std::string> words;
  std::size_t replaced_from = 0;  ///< where in the last one that begins which the shell replaces
};

/// bash takes = : and @ for words of their own: what they are between was one word. Source: Bash Reference
/// Manual, "COMP_WORDBREAKS".
Line read_line(std::vector<std::string> const& given) {
  auto is_break = [](std::string const& word) {
    return !word.empty() && word.find_first_not_of("=:@") == std::string::npos;
  };
  Line line;
  bool joins = false;
  for (auto const& word : given) {
    bool const breaks = is_break(word);
    bool const continues = !line.words.empty() && !word.empty() && (joins || breaks);
    if (!continues) line.words.emplace_back();
    auto& typed = line.words.back();
    line.replaced_from = typed.size() + (breaks ? word.size() : 0);
    typed += word;
    joins = breaks;
  }
  return line;
}

/// What the words so far say of where to ask.
Flags read_flags(std::vector<std::string> const& words) {
  Flags flags;
  for (std::size_t i = 0; i < words.size(); ++i)
    for (auto [name, value] :
         {std::pair{"--profile", &flags.profile}, {"--endpoint-url", &flags.endpoint_url}}) {
      if (words[i].starts_with(name + std::string("="))) *value = words[i].substr(words[i].find('=') + 1);
      if (words[i] == name && i + 1 < words.size()) *value = words[i + 1];
    }
  return flags;
}

/// `profile`: as of Lookups::InRegion.
Outcome<Settings> quick_settings(std::vector<std::string> const& words, std::string const& profile) {
  auto settings = TRY(resolve(read_flags(words), real_sources()));
  if (!profile.empty()) settings = TRY(settings.of_profile(profile));
  settings.max_attempts = 1;
  settings.connect_timeout = settings.io_timeout = kPatience;
  return settings;
}

Outcome<std::unique_ptr<Session>> open_quickly(std::vector<std::string> const& words,
                                               std::string const& profile, std::string const& region) {
  TRY(check_region(region));
  auto const settings = TRY(quick_settings(words, profile));
  return Session::open(settings, region);
}

/// Those that are known here and those that the service names.
std::vector<std::string> find_regions(std::vector<std::string> const& words) {
  auto names = list_known_regions(real_sources());
  auto asked = [&]() -> Outcome<std::vector<std::string>> {
    auto settings = TRY(quick_settings(words, ""));
    auto first = settings.regions.empty() ? "us-east-1" : settings.regions.front();
    return describe_regions(*TRY(Session::open(settings, first)));
  }();
  if (asked) names.insert(names.end(), asked->begin(), asked->end());
  std::ranges::sort(names);
  return without_repeats(names);
}

std::vector<Candidate> find_images(std::vector<std::string> const& words, std::string const& profile,
                                   std::string const& region) {
  auto images = [&]() -> Outcome<std::vector<ec2::Image>> {
    return describe_own_images(*TRY(open_quickly(words, profile, region)), {});
  }();
  std::vector<Candidate> out;
  if (!images) return out;
  for (auto const& image : *images) out.push_back({image.image_id.value_or(""), image.name.value_or("")});
  return out;
}

std::vector<Candidate> find_keys(std::vector<std::string> const& words, std::string const& profile,
                                 std::string const& region) {
  auto aliases = [&]() -> Outcome<std::vector<kms::AliasListEntry>> {
    return list_aliases(*TRY(open_quickly(words, profile, region)));
  }();
  std::vector<Candidate> out;
  if (!aliases) return out;
  for (auto const& alias : *aliases) out.push_back({alias.alias_name, alias.target_key_id.value_or("")});
  return out;
}

constexpr char const* kBash = R"(# bash completion for argosy; source it, or install it as
# /usr/share/bash-completion/completions/argosy
_argosy() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _argosy argosy
)";

constexpr char const* kZsh = R"(#compdef argosy
# zsh completion for argosy; source it after compinit, or install it as _argosy in a folder of $fpath
_argosy() {
  local line word
  local -a described folders
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    word=${line%%$'\t'*}
    if [[ $word == */ ]]; then
      folders+=("$word")
    else
      described+=("${word//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#folders )) && compadd -S '' -- $folders
  (( $#described )) && _describe -V argosy described
}
if [[ $funcstack[1] == _argosy ]]; then _argosy "$@"; else compdef _argosy argosy; fi
)";

constexpr char const* kFish = R"(# fish completion for argosy; source it, or install it as
# ~/.config/fish/completions/argosy.fish
function __argosy_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c argosy -f -a '(__argosy_complete)'
)";

struct CompletionOptions {
  std::string shell;
};

Outcome<Exit> run(CompletionOptions const& options, CLI::App const&, Terminal& terminal) {
  std::string_view const script = options.shell == "bash" ? kBash : options.shell == "zsh" ? kZsh : kFish;
  terminal.print(script);
  return Exit::done;
}

constexpr char const* kExamples = R"(  source <(argosy completion bash)                    in ~/.bashrc
  source <(argosy completion zsh)                     in ~/.zshrc, after compinit
  argosy completion fish > ~/.config/fish/completions/argosy.fish

Completes commands, options, their values, profiles, regions, and your own images and keys behind REGION/ or
PROFILE:REGION/. These and the regions are asked of the service, for a second and a half at most.
)";

}  // namespace

Completion complete(CLI::App const& tree, std::vector<std::string> const& words, Lookups const& lookups) {
  auto const line = read_line(words);
  Completer completer(tree, lookups);
  for (std::size_t i = 0; i + 1 < line.words.size(); ++i) completer.pass(line.words[i]);
  auto completion = completer.finish(line.words.empty() ? std::string() : line.words.back());
  for (auto& candidate : completion.candidates) candidate.word.erase(0, line.replaced_from);
  return completion;
}

void print_completion(CLI::App const& tree, std::vector<std::string> const& words) {
  auto const typed = read_line(words).words;
  Lookups lookups{
      [] { return list_profiles(real_sources()); }, [&] { return find_regions(typed); },
      [&](auto const& profile, auto const& region) { return find_images(typed, profile, region); },
      [&](auto const& profile, auto const& region) { return find_keys(typed, profile, region); }};
  auto completion = complete(tree, words, lookups);
  std::string lines = completion.files ? ":files\n" : "";
  for (auto const& candidate : completion.candidates)
    lines += candidate.word + (candidate.meaning.empty() ? "" : "\t") + candidate.meaning + "\n";
  std::fputs(lines.c_str(), stdout);
}

void add_completion(Program& program) {
  auto options = std::make_shared<CompletionOptions>();
  auto& verb =
      program.add_verb("completion", "Print the completion script of a shell", kExamples, options, &run);
  verb.add_option("SHELL", options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->option_text(" ");
}

}  // namespace argosy::cli
