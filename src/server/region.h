// server/region.h - one region of this process: its catalogue, its store, and the work that goes on in it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/boot.h"
#include "catalogue/usage.h"
#include "content/content.h"
#include "crypto/master_keys.h"
#include "ebs/content_ledger.h"
#include "ebs/upload_gates.h"
#include "ebs/upload_steps.h"
#include "keystore/ebs_keys.h"
#include "keystore/key_changes.h"
#include "keystore/upkeep.h"
#include "peer/peer.h"
#include "replication/copier.h"
#include "replication/lease_closer.h"
#include "server/background.h"
#include "server/machines.h"
#include "upkeep/collector.h"
#include "upkeep/damage.h"

namespace argosy::server {

/// Whether a region may be called so: 3 to 32 of a-z, 0-9 and '-', from a letter on and not up to a '-'.
bool is_region_name(std::string_view name);
/// Where a region's things lie below a data directory.
std::string region_folder(std::string const& data_directory, std::string const& name);
std::string catalogue_path(std::string const& data_directory, std::string const& name);
/// The names of the regions that a data directory holds, sorted; what else lies there is not looked into.
/// Fails with `not_found` in one that never had any.
Result<std::vector<std::string>> list_regions(std::string const& data_directory);

struct RegionOptions {
  content::Options content;
  upkeep::CollectorOptions collection;
  MachineOptions machines;
};

class Region {
 public:
  /// Opens (and creates) `folder`; takes over what the packs hold and the index does not know.
  static Result<std::unique_ptr<Region>> open(std::string name, std::string const& folder,
                                              RegionOptions const& options,
                                              crypto::MasterKeys const& master_keys,
                                              keystore::EbsKeys::RootOf root_of, Clock& clock,
                                              Entropy& entropy);
  ~Region();

  std::string const& name() const { return name_; }
  sql::Pool& catalogue() { return *catalogue_; }
  store::Store& store() { return *store_; }
  sql::Pool& index() { return *index_; }
  content::Content& content() { return *content_; }
  Clock& clock() { return clock_; }
  replication::Sources& sources() { return sources_; }
  peer::Source& answering() { return *answering_; }
  ebs::ContentLedger& ledger() { return ledger_; }
  keystore::EbsKeys const& keys() const { return keys_; }
  /// Bytes that copies have moved into it since the start.
  std::uint64_t copied_bytes() const { return copier_ ? copier_->moved_bytes() : 0; }
  ebs::UploadGates& gates() { return gates_; }
  upkeep::Collector& collector() { return *collector_; }
  Machines& machines() { return *machines_; }
  /// What is wrong with the catalogue's and the index's own structure, a line each.
  Result<std::vector<std::string>> verify_databases();
  /// Authenticates this region's tokens; the same for ever.
  crypto::Key const& token_key() const { return token_key_; }

  /// Before any region is started. `catalogues` are those of all regions of this process.
  Result<void> compare_keys(keystore::Catalogues const& catalogues);
  /// Begins the work in the background: uploads, copies, keys, machines. `catalogues` outlive the work, as
  /// `key_changes` do. `disk_endpoint`: where disk servers of machines find this process.
  Result<void> start(keystore::Catalogues catalogues, keystore::KeyChanges& key_changes,
                     std::string const& disk_endpoint);
  /// There is new work: it begins now.
  void wake();
  /// Fails if the catalogue does not answer.
  Result<void> check();
  Result<catalogue::RegionCounts> count();
  std::vector<Pulse> pulses() const;
  void ask_to_stop();
  /// Makes durable what was put to uploads.
  void settle();
  /// Waits for the steps under way.
  void stop();

 private:
  Region(std::string name, crypto::MasterKeys const& master_keys, keystore::EbsKeys::RootOf root_of,
         Clock& clock, Entropy& entropy)
      : name_(std::move(name)),
        master_keys_(master_keys),
        clock_(clock),
        entropy_(entropy),
        keys_({name_, master_keys_, entropy_}, clock_, std::move(root_of)) {}

  Result<void> open_token_key(sql::Session& session);

  std::string name_;
  crypto::MasterKeys const& master_keys_;
  crypto::Key token_key_;
  Clock& clock_;
  Entropy& entropy_;
  keystore::EbsKeys keys_;
  std::unique_ptr<sql::Pool> catalogue_;
  std::unique_ptr<sql::Pool> index_;
  std::unique_ptr<bucket::Bucket> packs_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<content::Content> content_;
  std::unique_ptr<upkeep::Collector> collector_;
  std::unique_ptr<upkeep::DamageWatch> damage_watch_;
  std::unique_ptr<peer::Source> answering_;
  replication::Sources sources_;
  ebs::UploadGates gates_{boot_id(entropy_)};
  ebs::FailedCompletions failed_completions_;
  ebs::ContentLedger ledger_;
  std::unique_ptr<replication::Copier> copier_;
  std::unique_ptr<replication::LeaseCloser> lease_closer_;
  std::unique_ptr<Machines> machines_;
  std::vector<std::unique_ptr<Background>> background_;
};

}  // namespace argosy::server
