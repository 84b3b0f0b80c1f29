// cli/program.h - the command line: what every verb shares, and the verbs' own arguments beside it.
#pragma once
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/profile.h"
#include "cli/terminal.h"

namespace argosy::cli {

class Program {
 public:
  Program();

  /// A verb with the options of all verbs. When the user chose it, `job` is called with what he typed.
  /// `name`: with its group before it, if it has one: "snapshot ls". `examples`: lines for the end of its
  /// help.
  template <class Options>
  CLI::App& add_verb(std::string const& name, std::string const& summary, std::string const& examples,
                     std::shared_ptr<Options> options,
                     Outcome<Exit> (*job)(Options const&, Settings const&, Terminal&)) {
    auto& verb = begin_verb(name, summary, examples);
    verb.callback([this, options, job] {
      job_ = [this, options, job](Terminal& terminal) -> Outcome<Exit> {
        return job(*options, TRY(resolve(flags_, real_sources())), terminal);
      };
    });
    return verb;
  }
  /// A verb that needs no service but the tree of all commands.
  template <class Options>
  CLI::App& add_verb(std::string const& name, std::string const& summary, std::string const& examples,
                     std::shared_ptr<Options> options,
                     Outcome<Exit> (*job)(Options const&, CLI::App const& tree, Terminal&)) {
    auto& verb = begin_verb(name, summary, examples);
    verb.callback([this, options, job] {
      job_ = [this, options, job](Terminal& terminal) { return job(*options, app_, terminal); };
    });
    return verb;
  }
  /// What verbs of one noun stand under.
  void add_group(std::string const& name, std::string const& summary, std::string const& footer);

  Exit run(int argc, char** argv);

 private:
  CLI::App& begin_verb(std::string const& name, std::string const& summary, std::string const& examples);
  void add_shared_options(CLI::App& app);

  CLI::App app_;
  Flags flags_;
  std::function<Outcome<Exit>(Terminal&)> job_;
};

/// The command of that name right below another; null if there is none.
CLI::App const* find_verb(CLI::App const& above, std::string_view name);

/// An option with a list of values: repeated, or separated by commas.
CLI::Option& add_values(CLI::App& app, std::string const& names, std::vector<std::string>& values,
                        std::string const& description);

/// The verbs, one file each.
void add_import(Program& program);            // import.cpp
void add_export(Program& program);            // export.cpp
void add_attach(Program& program);            // attach.cpp
void add_ls(Program& program);                // list.cpp
void add_show(Program& program);              // show.cpp
void add_copy(Program& program);              // copy.cpp
void add_share(Program& program);             // share.cpp
void add_unshare(Program& program);           // share.cpp
void add_why(Program& program);               // why.cpp
void add_wait(Program& program);              // wait.cpp
void add_verify(Program& program);            // verify.cpp
void add_connect(Program& program);           // connect.cpp
void add_deregister(Program& program);        // deregister.cpp
void add_doctor(Program& program);            // doctor.cpp
void add_completion(Program& program);        // completion.cpp
void add_man(Program& program);               // man.cpp
void add_key(Program& program);               // key.cpp, with the next two
void add_key_replicate(Program& program);     // key_replicate.cpp
void add_key_dependents(Program& program);    // dependents.cpp
void add_snapshot(Program& program);          // snapshot.cpp, with the next two
void add_snapshot_share(Program& program);    // share.cpp
void add_snapshot_unshare(Program& program);  // share.cpp

}  // namespace argosy::cli
