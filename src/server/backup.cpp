// server/backup.cpp - see backup.h.
#include "server/backup.h"

#include <fcntl.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "base/descriptor.h"
#include "base/private_file.h"
#include "base/sync_folder.h"
#include "bucket/bucket.h"
#include "server/copy_file.h"
#include "server/work.h"
#include "store/writers.h"

namespace argosy::server {
namespace {

namespace files = std::filesystem;
namespace json = boost::json;

/// What is not whole yet is called so.
constexpr std::string_view kDraft = ".new";

/// So much of a pack's end tells whether an earlier copy is of the same pack: a record's head lies in it.
constexpr std::uint64_t kComparedBytes = 1U << 20U;

/// Durable on return.
Result<void> sync_file(std::string const& path) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.number()) != 0) return system_failure(path + ": sync");
  return {};
}

/// What stands at `path` + ".new" takes the place of `path`.
Result<void> publish(files::path const& path) {
  std::error_code error;
  files::rename(path.string() + std::string(kDraft), path, error);
  if (error) return fail(Fault::unavailable, path.string() + ": " + error.message());
  return sync_folder(path.parent_path());
}

/// What a command that was killed left beside an earlier one is not this one's.
Result<void> publish_database(files::path const& path) {
  std::error_code ignored;
  for (auto const* suffix : {"-wal", "-shm"}) files::remove(path.string() + suffix, ignored);
  return publish(path);
}

/// A file system may keep a time only roughly: FAT to two seconds.
bool is_same_time(files::file_time_type a, files::file_time_type b) {
  return a < b ? b - a <= std::chrono::seconds(2) : a - b <= std::chrono::seconds(2);
}

/// A database's draft; any earlier one is replaced.
Result<void> draft_database(sql::Pool& pool, files::path const& path) {
  auto const draft = path.string() + std::string(kDraft);
  std::error_code error;
  files::remove(draft, error);
  auto session = TRY(pool.take());
  TRY(session->save_copy(draft));
  return sync_file(draft);
}

class BackupWork final : public Work {
 public:
  /// With the catalogue as it is now, and no collection from now on.
  static Result<std::unique_ptr<Work>> begin(Region& region, files::path const& source,
                                             files::path const& target) {
    auto collection_rests = TRY(region.collector().hold());
    std::error_code error;
    files::create_directories(target / "packs", error);
    if (error) return fail(Fault::unavailable, target.string() + ": " + error.message());
    TRY(draft_database(region.catalogue(), target / "catalogue.db"));
    return std::make_unique<BackupWork>(region, source, target, std::move(collection_rests));
  }
  BackupWork(Region& region, files::path source, files::path target, std::shared_ptr<void> collection_rests)
      : region_(region),
        source_(std::move(source)),
        target_(std::move(target)),
        collection_rests_(std::move(collection_rests)) {}

  Result<bool> step() override {
    switch (phase_) {
      case Phase::index:
        TRY(draft_index());
        TRY(list_packs());
        phase_ = Phase::packs;
        return false;
      case Phase::packs:
        if (packs_.empty()) {
          TRY(end());
          phase_ = Phase::done;
          return true;
        }
        TRY(copy_pack(*packs_.begin()));
        packs_.erase(packs_.begin());
        return false;
      case Phase::done:
        return true;
    }
    return true;
  }

  json::object tell() const override {
    return {{"phase", to_text(phase_)},      {"packs_to_go", packs_.size()},
            {"copied_packs", copied_packs_}, {"copied_bytes", copied_bytes_},
            {"kept_packs", kept_packs_},     {"damaged_packs", damaged_packs_},
            {"lost_bytes", lost_bytes_}};
  }

 private:
  enum class Phase { index, packs, done };
  static std::string_view to_text(Phase phase) {
    switch (phase) {
      case Phase::index:
        return "index";
      case Phase::packs:
        return "packs";
      case Phase::done:
        return "done";
    }
    return {};
  }

  /// None where chunks are known to be damaged: who starts on the backup makes it anew from its packs, and
  /// what is whole there counts again.
  Result<void> draft_index() {
    auto const totals = TRY(region_.store().pack_totals());
    damaged_ = totals.damaged_chunks > 0;
    return damaged_ ? Result<void>{} : draft_database(region_.index(), target_ / "index.db");
  }

  Result<void> list_packs() {
    TRY(region_.store().flush());
    std::error_code error;
    for (files::directory_iterator at(source_ / "packs", error), last; !error && at != last;
         at.increment(error)) {
      auto const name = at->path().filename().string();  // "lost+found", where it is a file system of its own
      std::error_code gone;
      if (store::pack_number(name) && at->is_regular_file(gone)) packs_.insert(name);
    }
    if (error) return fail(Fault::unavailable, source_.string() + "/packs: " + error.message());
    names_ = packs_;
    return {};
  }

  /// A sealed pack never changes, and is not copied twice: a whole copy has its time, too. One that is still
  /// written is copied as far as it is.
  Result<void> copy_pack(std::string const& name) {
    auto const from = source_ / "packs" / name;
    auto const to = target_ / "packs" / name;
    std::error_code error;
    bool const sealed =
        (files::status(from, error).permissions() & files::perms::owner_write) == files::perms::none;
    auto const size = files::file_size(from, error);
    auto const written = files::last_write_time(from, error);
    std::error_code absent;
    if (sealed && files::file_size(to, absent) == size &&
        is_same_time(files::last_write_time(to, absent), written) && !absent) {
      ++kept_packs_;
      return {};
    }
    auto const draft = to.string() + std::string(kDraft);
    files::remove(draft, absent);  // of a backup that broke off: read-only like the pack
    auto const better = TRY(find_better({name, size, sealed}));
    auto const from_earlier = TRY(copy_file(from.string(), to.string(), draft, better));
    TRY(publish(to));
    if (!from_earlier.empty()) TRY(count_lost(name, from_earlier));
    ++copied_packs_;
    copied_bytes_ += size;
    return {};
  }

  /// Where the earlier copy of a pack has what the pack has not any more: what is known to be damaged, and
  /// the end of a sealed pack that was cut.
  Result<std::vector<store::ByteRange>> find_better(bucket::Object const& pack) {
    auto const copies = TRY(bucket::open_directory(target_ / "packs"));
    auto better = TRY(region_.store().find_whole(*copies, pack.name));
    auto const earlier = copies->find(pack.name);
    bool const longer = earlier && earlier->sealed && pack.sealed && earlier->size_bytes > pack.size_bytes;
    bool const was_cut = longer ? TRY(goes_on_in(*copies, pack)) : false;
    if (was_cut) better.push_back({pack.size_bytes, earlier->size_bytes});
    return better;
  }

  /// Or that is another pack's copy: a region that was restored gives numbers anew.
  Result<bool> goes_on_in(bucket::Bucket& copies, bucket::Object const& pack) const {
    auto const packs = TRY(bucket::open_directory(source_ / "packs"));
    Bytes here(std::min(pack.size_bytes, kComparedBytes));
    Bytes there(here.size());
    auto const at = pack.size_bytes - here.size();
    return packs->read(pack.name, at, here) && copies.read(pack.name, at, there) && here == there;
  }

  /// What nothing needs, or what the store knows to be damaged, the backup does not lack.
  Result<void> count_lost(std::string const& pack, std::span<store::ByteRange const> from_earlier) {
    auto const copies = TRY(bucket::open_directory(target_ / "packs"));
    auto const bytes = TRY(region_.store().count_lacking(*copies, pack, from_earlier));
    if (bytes > 0) damaged_packs_.emplace_back(pack);
    lost_bytes_ += bytes;
    return {};
  }

  /// The catalogue first: an index that is older than it only makes the next start look at more packs.
  Result<void> end() {
    std::error_code error;
    TRY(publish_database(target_ / "catalogue.db"));
    TRY(publish_index());
    for (files::directory_iterator at(target_ / "packs", error), last; !error && at != last;
         at.increment(error))
      if (!is_kept(at->path().filename().string())) files::remove(at->path(), error);
    if (error) return fail(Fault::unavailable, target_.string() + ": " + error.message());
    collection_rests_.reset();
    return {};
  }

  Result<void> publish_index() {
    auto const path = target_ / "index.db";
    if (!damaged_) return publish_database(path);
    std::error_code error;
    for (auto const* suffix : {"", "-wal", "-shm", ".new"})
      if (!error) files::remove(path.string() + suffix, error);
    return error ? fail(Fault::unavailable, path.string() + ": " + error.message()) : Result<void>{};
  }

  /// Of a pack that is gone here the backup may have the last whole copy of what is damaged.
  bool is_kept(std::string const& name) const {
    return names_.contains(name) || (damaged_ && !name.ends_with(kDraft));
  }

  Region& region_;
  files::path const source_;
  files::path const target_;
  Phase phase_ = Phase::index;
  std::shared_ptr<void> collection_rests_;  // shared: as Collector::hold gives it
  std::set<std::string> packs_;             ///< still to be copied
  std::set<std::string> names_;             ///< of all of them
  bool damaged_ = false;                    ///< chunks of the region are known to be
  std::size_t copied_packs_ = 0;
  std::size_t kept_packs_ = 0;
  std::uint64_t copied_bytes_ = 0;
  json::array damaged_packs_;     ///< in their copies zeros stand for some of what is needed
  std::uint64_t lost_bytes_ = 0;  ///< of the chunks that this concerns
};

/// An absolute folder that is neither a data directory of a server nor inside this one's.
Result<files::path> check_target(std::string const& text, std::string const& data_directory) {
  files::path const target(text);
  if (!target.is_absolute() || text.contains('\0'))
    return fail(Fault::invalid, "a backup needs the absolute path of a folder (to)");
  std::error_code error;
  auto const data = files::weakly_canonical(data_directory, error);
  auto const canonical = files::weakly_canonical(target, error);
  auto const [in_data, in_target] =
      std::mismatch(data.begin(), data.end(), canonical.begin(), canonical.end());
  if (in_data == data.end()) return fail(Fault::invalid, text + " lies inside the data directory");
  bool const in_use = TRY(file_exists(target / "lock"));
  if (in_use) return fail(Fault::invalid, text + " is the data directory of a server");
  files::create_directories(target, error);
  if (error) return fail(Fault::unavailable, text + ": " + error.message());
  return target;
}

/// What an earlier backup left there is of the same directory and under the same master key, or it could not
/// be read with this one's.
Result<void> check_earlier_keys(MasterKeyFile const& now, files::path const& target) {
  auto earlier = TRY(read_master_key_file(target));
  bool const accounts = TRY(file_exists(target / "directory.db"));
  bool const before = !earlier && accounts;  // there were master keys
  auto const version = earlier ? earlier->keys.back().version : 0;
  if ((earlier || before) && version != now.keys.back().version)
    return fail(Fault::conflict, target.string() + " holds a backup under version " +
                                     std::to_string(version) +
                                     " of the master key, which was rotated since: give a new folder");
  if (earlier && earlier->keys.back().made != now.keys.back().made)
    return fail(Fault::conflict,
                target.string() + " holds the backup of another data directory: give another folder");
  return {};
}

/// The keys first: accounts without them are those of a directory that was made before there were any.
Result<void> save_accounts(BackupSources const& sources, files::path const& target) {
  auto const keys = sources.keys.status().file;
  TRY(check_earlier_keys(keys, target));
  TRY(write_master_key_file(target, keys));
  TRY(draft_database(sources.directory, target / "directory.db"));
  return publish_database(target / "directory.db");
}

using Begun = std::map<Region*, Result<std::unique_ptr<Work>>>;

/// All at one moment as far as keys go: a region that knew less of a key than another one would, restored,
/// make another material in its place.
Begun begin_backup(BackupSources const& sources, std::vector<Region*> const& regions,
                   files::path const& target) {
  Begun out;
  std::unique_lock const no_key_changes(sources.key_changes);
  for (auto* region : regions)
    out.emplace(region, BackupWork::begin(*region, region_folder(sources.data_directory, region->name()),
                                          region_folder(target.string(), region->name())));
  return out;
}

}  // namespace

void add_backup_route(OperatorDoor& door, BackupSources const& sources) {
  door.add("POST", "/backup", OperatorDoor::Openness::owner_only, [sources](http::Request const& request) {
    auto const regions = chosen(sources.regions, request);
    if (!regions) return error_response(regions.error());
    auto const target = check_target(parameter(request, "to").value_or(""), sources.data_directory);
    if (!target) return error_response(target.error());
    auto no_rotation = sources.keys.hold();
    if (!no_rotation) return error_response(no_rotation.error());
    if (auto saved = save_accounts(sources, *target); !saved) return error_response(saved.error());
    auto begun = std::make_shared<Begun>(begin_backup(sources, *regions, *target));  // it is copied
    return answer_work(sources.regions, request, [begun, held = *no_rotation](Region& region) {
      return std::move(begun->at(&region));
    });
  });
}

}  // namespace argosy::server
