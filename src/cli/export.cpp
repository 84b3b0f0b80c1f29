// cli/export.cpp - argosy export: a disk of an image, or a snapshot, into a file.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/sync_folder.h"
#include "cli/disk.h"
#include "cli/download.h"
#include "cli/ec2.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/interrupt.h"
#include "cli/journal.h"
#include "cli/process.h"
#include "cli/program.h"
#include "cli/target.h"

namespace argosy::cli {
namespace {

struct ExportOptions {
  std::string source;
  std::string file;
  std::string device;
  std::string format = "raw";
  std::size_t jobs = 8;
  bool force = false;
};

/// The largest VHD that there is. Source: Microsoft, Virtual Hard Disk Image Format Specification.
constexpr std::int64_t kMostVhdGib = 2'040;
constexpr char const* kVhd = "vpc";  // as QEMU calls it

constexpr char const* kJournal = ".journal";               // behind the name of the file that it is of
constexpr char const* kAnyTitle = R"({"argosy export":)";  // the first line of each begins so

/// A file that goes unless it was put in its place; also on Ctrl-C.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)), on_interrupt_([this] { remove(); }) {}
  TemporaryFile(TemporaryFile const&) = delete;
  TemporaryFile& operator=(TemporaryFile const&) = delete;
  ~TemporaryFile() { remove(); }
  std::string const& path() const { return path_; }

 private:
  void remove() const { unlink(path_.c_str()); }
  std::string path_;
  OnInterrupt on_interrupt_;
};

/// Also a link that leads nowhere.
bool is_there(std::string const& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// Fails with `refused` on what may not be overwritten. A device would be replaced by a file, not written to.
Outcome<void> check_file(std::string const& file, bool force) {
  std::error_code ignored;
  auto const found = std::filesystem::status(file, ignored);
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
    return stop(Exit::refused, file + " is no regular file: export to one; to a device, write that with dd");
  if (!force && is_there(file)) return stop(Exit::refused, file + " exists: --force overwrites it");
  return {};
}

/// The snapshot of the image's root disk, or of the disk at `device`.
Outcome<std::string> find_disk(Session& session, std::string const& image_id, std::string const& device) {
  auto image = TRY(find_image(session, image_id));
  auto wanted = device.empty() ? image.root_device_name.value_or("") : device;
  std::string devices;
  for (auto const& mapping : image.block_device_mapping) {
    if (!mapping.ebs || !mapping.ebs->snapshot_id) continue;
    if (mapping.device_name == wanted) return *mapping.ebs->snapshot_id;
    devices += " " + mapping.device_name.value_or("?");
  }
  return stop(Exit::refused,
              image_id + " has no disk " + wanted + "; it has:" + (devices.empty() ? " none" : devices));
}

/// Bytes of written blocks, where the service says. Fails with `refused` if no disk of the format is as large
/// as the volume.
Outcome<std::uint64_t> expected_bytes(Session& session, std::string const& snapshot_id,
                                      std::string const& format) {
  auto found = find_snapshot(session, snapshot_id);
  if (!found) return 0;
  if (format == kVhd && found->volume_size.value_or(0) > kMostVhdGib)
    return stop(Exit::refused, snapshot_id + " has " + std::to_string(*found->volume_size) +
                                   " GiB, and a VHD at most " + std::to_string(kMostVhdGib) +
                                   ": choose another --format");
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, found->full_snapshot_size_in_bytes.value_or(0)));
}

/// Otherwise errno says why: EEXIST where something has the name and may not be overwritten.
bool rename_to(std::string const& from, std::string const& to, bool force) {
  if (!force) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    if (is_there(to)) {  // the next best, for a file system that cannot do both at once
      errno = EEXIST;
      return false;
    }
  }
  return std::rename(from.c_str(), to.c_str()) == 0;
}

/// Durable, and then under its own name: never does a file have it that is not whole. What has come to be
/// there since the export began stays, unless it may be overwritten.
Outcome<void> put_in_place(std::string const& from, std::string const& to, bool force, Terminal& terminal) {
  {
    auto file = TRY(File::open(from, O_RDONLY));
    if (fsync(file.descriptor()) != 0) return std::unexpected(system_failure(from, "cannot write"));
  }
  if (!rename_to(from, to, force)) {
    if (errno != EEXIST) return std::unexpected(system_failure(to, "cannot rename to it"));
    return stop(Exit::refused, to + " exists by now: the same command with --force overwrites it");
  }
  auto synced = sync_folder(std::filesystem::path(absolute_path(to)).parent_path());
  if (!synced)
    terminal.complain(to + " is whole, but may lose its name with the power: " + synced.error().message);
  return {};
}

/// A name that nobody gives to a file of his own.
std::string beside(std::filesystem::path const& file) {
  return file.parent_path() / ("." + file.filename().string() + ".argosy-draft");
}

/// The raw file as FILE, in the format that was asked for.
Outcome<void> finish(std::string const& raw, std::string const& format, std::string const& file, bool force,
                     Terminal& terminal) {
  if (format == "raw") return put_in_place(raw, file, force, terminal);
  TemporaryFile const converted(beside(file));
  std::vector<std::string> command{"qemu-img", "convert", "-f", "raw", "-O", format};
  // Else its size is rounded up to whole cylinders, and it would fit no volume of the size that it came from.
  if (format == kVhd) command.insert(command.end(), {"-o", "force_size=on"});
  command.insert(command.end(), {"--", absolute_path(raw), absolute_path(converted.path())});
  TRY(run_process(command));
  TRY(put_in_place(converted.path(), file, force, terminal));
  unlink(raw.c_str());
  return {};
}

/// Fails with `refused` on a file, or a record of one, that no export has made. `title`: the record's.
Outcome<void> check_partial(std::string const& partial, std::string const& title, Journal& journal) {
  if (title.starts_with(kAnyTitle) || (title.empty() && !is_there(partial))) return {};
  if (title.empty()) journal.remove();  // it was made just now
  return stop(Exit::refused, (title.empty() ? partial : partial + kJournal) +
                                 " exists, and no export has made it: --force overwrites it");
}

Outcome<void> remove_partial(std::string const& partial, Terminal& terminal) {
  if (unlink(partial.c_str()) == 0)
    terminal.complain("begins anew: " + partial + " was not of this export");
  else if (errno != ENOENT)
    return std::unexpected(system_failure(partial, "cannot remove"));
  return {};
}

/// Takes up the record of an earlier run if it is that of this snapshot; else what lies in the file is not of
/// it, and goes. At no time, nor after a loss of power, is the file there without a record, as a file that no
/// export has made is.
Outcome<std::unique_ptr<Journal>> open_journal(Session const& session, std::string const& snapshot_id,
                                               std::string const& partial, bool force, Terminal& terminal) {
  auto journal = TRY(Journal::open(partial + kJournal));
  auto const found = TRY(journal->title());
  if (!force) TRY(check_partial(partial, found, *journal));
  boost::json::object title{{"argosy export", 1}, {"endpoint", session.ebs_endpoint()}};
  title["region"] = session.region();
  title["snapshot"] = snapshot_id;
  auto const wanted = boost::json::serialize(title);
  if (found != wanted) TRY(remove_partial(partial, terminal));
  bool const goes_on = TRY(journal->resume(wanted));
  if (auto synced = journal->sync(); !synced)
    terminal.complain("cannot be gone on with after a loss of power: " + synced.error().message);
  if (goes_on) terminal.note("goes on with " + partial + ": what lies there is compared with its digests");
  return journal;
}

/// The snapshot in the file at `partial`, which stays after a failure as soon as it holds something.
Outcome<Downloaded> download_resumably(Session& session, std::string const& snapshot_id,
                                       std::string const& partial, Journal& journal,
                                       DownloadOptions const& options, Terminal& terminal,
                                       std::string const& label) {
  OnInterrupt on_interrupt(
      [&] { terminal.complain("Interrupted. The same command goes on; what has come lies in " + partial); });
  auto downloaded = download(session, snapshot_id, partial, journal, options, terminal, label);
  if (downloaded) return downloaded;
  std::size_t lines = 0;
  TRY(journal.read([&](std::string_view) { ++lines; }));
  if (lines > 0) {
    downloaded.error().message += "; the same command goes on; what has come lies in " + partial;
  } else {
    unlink(partial.c_str());
    journal.remove();
  }
  return downloaded;
}

Outcome<Exit> run(ExportOptions const& options, Settings const& settings, Terminal& terminal) {
  if (options.file == "-")
    return stop(Exit::usage,
                "a disk cannot be written to stdout: its blocks arrive in any order; name a file");
  auto format = TRY(qemu_format(options.format));
  TRY(check_file(options.file, options.force));
  auto target = TRY(open_target(settings, options.source, {"ami-", "snap-"}));
  auto& session = *target.session;
  auto began = std::chrono::steady_clock::now();
  auto snapshot_id = target.is_image() ? TRY(find_disk(session, target.id, options.device)) : target.id;

  auto const expected = TRY(expected_bytes(session, snapshot_id, format));
  auto partial = options.file + ".partial";
  auto journal = TRY(open_journal(session, snapshot_id, partial, options.force, terminal));
  DownloadOptions how{options.jobs, expected, settings.patience};
  auto label = std::filesystem::path(options.file).filename().string();
  auto done = TRY(download_resumably(session, snapshot_id, partial, *journal, how, terminal, label));
  TRY(finish(partial, format, options.file, options.force, terminal));
  journal->remove();
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  terminal.note(label + "  " + snapshot_id + "  " + show_bytes(done.blocks * kBlockBytes) + " in " +
                show_duration(took));
  if (terminal.format() == Format::json)
    terminal.print(boost::json::object{{"region", session.region()},
                                       {"snapshot_id", snapshot_id},
                                       {"file", options.file},
                                       {"format", options.format},
                                       {"bytes", done.blocks * kBlockBytes},
                                       {"bytes_received", done.blocks_received * kBlockBytes}});
  return Exit::done;
}

constexpr char const* kExamples = R"(  argosy export us-west-2/ami-… disk.raw
  argosy export ami-… data.raw --device /dev/sdf      another disk than the root
  argosy export snap-… disk.qcow2 --format qcow2

The file is sparse, and as long as the volume: a whole number of GiB. Every block is compared with
its checksum. Until it is whole it is called FILE.partial. An export that was interrupted goes on when
the same command is run again, and asks only for what is not there. A FILE.partial that no export has
made is not overwritten without --force.
)";

}  // namespace

void add_export(Program& program) {
  auto options = std::make_shared<ExportOptions>();
  auto& verb = program.add_verb("export", "Write a disk of an image, or a snapshot, to a file", kExamples,
                                options, &run);
  verb.add_option("IMAGE", options->source, "REGION/ami-… or snap-…, the id alone, or name:NAME")
      ->required()
      ->option_text(" ");
  verb.add_option("FILE", options->file, "Is not overwritten without --force")->required()->option_text(" ");
  verb.add_option("--device", options->device, "Which disk of the image; the root disk unless given")
      ->option_text("NAME");
  verb.add_option("--format", options->format, "raw (the default), qcow2, vmdk, vhdx, vdi or vhd")
      ->option_text("FORMAT");
  verb.add_option("-j,--jobs", options->jobs, "Blocks under way at once, 8 unless given")
      ->check(CLI::Range(1, 32))
      ->option_text("N");
  verb.add_flag("-f,--force", options->force, "Overwrite FILE, and a FILE.partial that no export has made");
}

}  // namespace argosy::cli
