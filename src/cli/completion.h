// cli/completion.h - what may come next on a command line, out of the tree of commands itself.
#pragma once
#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace argosy::cli {

/// A word that may stand there, and what it means; the shells that can show that do.
struct Candidate {
  std::string word;
  std::string meaning;
  bool operator==(Candidate const&) const = default;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  ///< the shell completes names of files
};

/// What only a look elsewhere tells. Each is called only where it is needed.
struct Lookups {
  std::function<std::vector<std::string>()> profiles;
  std::function<std::vector<std::string>()> regions;
  /// What is there in a region, seen with the credentials of a profile; empty: those of the line.
  using InRegion =
      std::function<std::vector<Candidate>(std::string const& profile, std::string const& region)>;
  InRegion images;  ///< own ones
  InRegion keys;    ///< aliases of own ones
};

/// `words`: those behind the command's name, as bash splits them or as they were typed; the last one, which
/// may be empty, is being typed, and the candidates stand in its place.
Completion complete(CLI::App const& tree, std::vector<std::string> const& words, Lookups const& lookups);

/// The hidden command that the shells' scripts call: argosy __complete WORD... Prints a line
/// "WORD<TAB>MEANING" for each candidate, or ":files". Never fails: what cannot be found out is not offered.
void print_completion(CLI::App const& tree, std::vector<std::string> const& words);

}  // namespace argosy::cli
