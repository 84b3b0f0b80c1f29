// cli/doctor.h - what argosy doctor finds: whether a thing is well, and if not, what to do.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/terminal.h"

namespace argosy::cli {

enum class Health { ok, wrong, skipped };  ///< skipped: it could not be looked at

struct Finding {
  std::string name;
  Health health = Health::ok;
  std::string text;
  std::string advice;  ///< what to do; empty if nothing
};

/// Tells each finding as it comes; a table's lines go to stdout at once.
class Examination {
 public:
  explicit Examination(Terminal& terminal) : terminal_(terminal) {}
  void add(Finding finding);
  void ok(std::string name, std::string text) { add({std::move(name), Health::ok, std::move(text), {}}); }
  void wrong(std::string name, std::string text, std::string advice) {
    add({std::move(name), Health::wrong, std::move(text), std::move(advice)});
  }
  /// Of a failure the advice is the second line of what explain() says.
  void wrong(std::string name, Failure const& failure);
  void skip(std::string name, std::string reason) {
    add({std::move(name), Health::skipped, std::move(reason), {}});
  }
  bool all_is_well() const;
  boost::json::object to_json() const;

 private:
  Terminal& terminal_;
  std::vector<Finding> findings_;
};

/// Asks for operations that the verbs use whether they are allowed: EC2's by DryRun, EBS direct's and KMS's
/// by a call about a snapshot or key that does not exist. Nothing is changed. Not asked for is what cannot be
/// tried so: PutSnapshotBlock, CreateKey, ReplicateKey, CreateAlias. `account`: the caller's.
/// (doctor_permissions.cpp)
void check_permissions(Examination& examination, Session& session, std::string const& account);

}  // namespace argosy::cli
