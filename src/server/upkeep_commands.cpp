// server/upkeep_commands.cpp - see upkeep_commands.h.
#include "server/upkeep_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/text.h"
#include "crypto/sigv4.h"
#include "server/operator.h"

namespace argosy::server {
namespace {

namespace json = boost::json;

std::int64_t number(json::object const& row, std::string_view key) {
  auto const* value = row.if_contains(key);
  boost::system::error_code error;
  auto const made = value != nullptr ? value->to_number<std::int64_t>(error) : 0;
  return error ? 0 : made;
}
/// As a terminal may be shown it: some of it other regions wrote.
std::string text(json::value const& value) { return escape_controls(value.as_string()); }
std::string text(json::object const& row, std::string_view key) {
  auto const* value = row.if_contains(key);
  return value != nullptr && value->is_string() ? text(*value) : std::string();
}
json::array list(json::object const& row, std::string_view key) {
  auto const* value = row.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

/// "1.5 GiB": for people; JSON has the bytes.
std::string size(std::int64_t bytes) {
  constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string describe_collection(json::object const& row) {
  auto out =
      fmt::format("{}: {} chunks ({}) were garbage; {} came back, {} come when their grace ends",
                  text(row, "region"), number(row, "dropped_chunks"), size(number(row, "dropped_bytes")),
                  size(number(row, "removed_bytes")), size(number(row, "waiting_bytes")));
  if (number(row, "spared_accounts") > 0)
    out += fmt::format("\n  nothing of {} accounts was collected below a damaged node: see 'argosyd scrub'",
                       number(row, "spared_accounts"));
  return out + "\n";
}

std::string describe_scrub(json::object const& row) {
  auto out = fmt::format(
      "{}: {} chunks ({}) in {} packs read; {} chunks and {} packs damaged, {} packs missing\n",
      text(row, "region"), number(row, "chunks"), size(number(row, "bytes")), number(row, "packs"),
      number(row, "damaged_chunks"), number(row, "damaged_packs"), number(row, "missing_packs"));
  for (auto const& fault : list(row, "database_faults")) out += fmt::format("  {}\n", text(fault));
  for (auto const& value : list(row, "damaged_snapshots")) {
    auto const& snapshot = value.get_object();
    out += fmt::format("  damaged: {} of account {}", text(snapshot, "snapshot_id"),
                       text(snapshot, "account_id"));
    for (auto const& image : list(snapshot, "images")) out += fmt::format(", {}", text(image));
    out += "\n";
  }
  return out;
}

std::string describe_repair(json::object const& row) {
  auto out = fmt::format("{}: {} snapshots repaired, {} moved\n", text(row, "region"),
                         list(row, "repaired").size(), size(number(row, "moved_bytes")));
  for (auto const& value : list(row, "repaired"))
    out +=
        fmt::format("  {} from {}\n", text(value.get_object(), "snapshot"), text(value.get_object(), "from"));
  for (auto const& value : list(row, "not_repaired")) {
    out += fmt::format("  not repaired: {}\n", text(value.get_object(), "snapshot"));
    for (auto const& why : list(value.get_object(), "why")) out += fmt::format("    {}\n", text(why));
  }
  return out;
}

std::string describe_usage(json::object const& row) {
  auto out = fmt::format("{}: {} stored in {} packs, {} of them waiting for their grace; {} damaged chunks\n",
                         text(row, "region"), size(number(row, "stored_bytes")), number(row, "packs"),
                         size(number(row, "waiting_bytes")), number(row, "damaged_chunks"));
  out += fmt::format("  {:<14}{:>10}{:>14}{:>14}{:>14}{:>14}\n", "ACCOUNT", "SNAPSHOTS", "LOGICAL", "UNIQUE",
                     "LIVE", "STORED");
  for (auto const& value : list(row, "accounts")) {
    auto const& account = value.get_object();
    out += fmt::format("  {:<14}{:>10}{:>14}{:>14}{:>14}{:>14}\n", text(account, "account_id"),
                       number(account, "snapshots"), size(number(account, "logical_bytes")),
                       size(number(account, "unique_bytes")), size(number(account, "live_bytes")),
                       size(number(account, "stored_bytes")));
  }
  return out;
}

std::string describe_backup(json::object const& row) {
  auto out =
      fmt::format("{}: {} packs ({}) copied, {} were there already\n", text(row, "region"),
                  number(row, "copied_packs"), size(number(row, "copied_bytes")), number(row, "kept_packs"));
  for (auto const& pack : list(row, "damaged_packs"))
    out += fmt::format("  damaged: {}, which the disk cannot read as a whole\n", text(pack));
  if (number(row, "lost_bytes") > 0)
    out += fmt::format("  chunks of {} lack in the backup; 'argosyd scrub' tells whom they concern\n",
                       size(number(row, "lost_bytes")));
  return out;
}

/// Lines of JSON that come in pieces; the last one of each region is kept, the others are progress.
class Lines {
 public:
  Result<void> take(ByteView piece) {
    rest_ += as_text(piece);
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      auto const line = TRY(parse_answer(std::string_view(rest_).substr(0, end)));
      rest_.erase(0, end + 1);
      if (auto const* done = line.if_contains("done"); done != nullptr && *done == true) {
        rows_.push_back(line);
      } else if (::isatty(STDERR_FILENO) == 1) {
        std::cerr << "\r\x1b[K" << text(line, "region") << ": " << text(line, "phase") << std::flush;
      }
    }
    return {};
  }
  json::array rows() {
    if (::isatty(STDERR_FILENO) == 1) std::cerr << "\r\x1b[K" << std::flush;
    return std::move(rows_);
  }

 private:
  std::string rest_;
  json::array rows_;
};

}  // namespace

UpkeepCommands::UpkeepCommands(CLI::App& app)
    : gc_(add(app, "gc", "Give back the space of what nothing needs any more")),
      scrub_(add(app, "scrub", "Read everything that is stored; tell what is damaged and whom it concerns")),
      repair_(add(app, "repair", "Bring what is damaged from a region that holds a copy")),
      usage_(add(app, "usage", "Tell what is stored, by region and account")),
      backup_(add(app, "backup", "Copy everything into a folder that argosyd can be started on")) {
  backup_->add_option("--to", backup_folder_, "The folder; what an earlier backup left there is used again")
      ->required();
  gc_->add_option("--grace-seconds", grace_seconds_,
                  "Remove packs that nothing has needed for so long (default: the configuration's)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{31'536'000}));
}

CLI::App* UpkeepCommands::add(CLI::App& app, std::string const& name, std::string const& help) {
  auto* command = app.add_subcommand(name, help);
  beside_.add_to(*command);
  command->add_option("--region", region_, "Only this region (default: all of the server's)");
  return command;
}

std::optional<Result<int>> UpkeepCommands::run() {
  if (gc_->parsed()) return gc();
  if (scrub_->parsed()) return scrub();
  if (repair_->parsed()) return repair();
  if (usage_->parsed()) return usage();
  if (backup_->parsed()) return backup();
  return std::nullopt;
}

Result<UpkeepCommands::Rows> UpkeepCommands::work(std::string const& path, std::string const& query) const {
  auto const told = TRY(beside_.config());
  http::Request request;
  request.method = "POST";
  request.path = path;
  request.query = query;
  if (!region_.empty()) request.query += (query.empty() ? "region=" : "&region=") + region_;
  Lines lines;
  TRY(ask_operator(told.data_directory, request, [&](ByteView piece) { return lines.take(piece); }));
  auto rows = lines.rows();
  if (rows.empty()) return fail(Fault::unavailable, "the server stopped before it was done");
  return rows;
}

/// What one region says counts, also where another one failed.
int UpkeepCommands::print(Rows const& rows, std::string (*describe)(json::object const&)) const {
  bool failed = false;
  for (auto const& value : rows) {
    auto const& row = value.get_object();
    auto const error = text(row, "error");
    if (!error.empty()) std::cerr << fmt::format("argosyd: {}: {}\n", text(row, "region"), error);
    if (error.empty() && beside_.output.format != "json") std::cout << describe(row);
    failed = failed || !error.empty();
  }
  if (beside_.output.format == "json") std::cout << json::serialize(rows) << "\n";
  return failed ? 1 : 0;
}

Result<int> UpkeepCommands::gc() const {
  auto rows = TRY(work("/gc", grace_seconds_ ? fmt::format("grace_seconds={}", *grace_seconds_) : ""));
  return print(rows, describe_collection);
}

Result<int> UpkeepCommands::scrub() const {
  auto rows = TRY(work("/scrub", ""));
  int status = print(rows, describe_scrub);
  for (auto const& row : rows) {
    auto const& result = row.get_object();
    bool const whole = number(result, "damaged_chunks") + number(result, "damaged_packs") +
                               number(result, "missing_packs") ==
                           0 &&
                       list(result, "database_faults").empty() && list(result, "damaged_snapshots").empty();
    if (!whole) status = 1;
  }
  return status;
}

Result<int> UpkeepCommands::repair() const {
  auto rows = TRY(work("/repair", ""));
  int const status = print(rows, describe_repair);
  for (auto const& row : rows)
    if (!list(row.get_object(), "not_repaired").empty()) return 1;
  return status;
}

Result<int> UpkeepCommands::usage() const {
  http::Request request;
  request.method = "GET";
  request.path = "/usage";
  if (!region_.empty()) request.query = "region=" + region_;
  auto const told = TRY(beside_.config());
  auto response = TRY(ask_operator(told.data_directory, request));
  auto const answer = TRY(parse_answer(as_text(response.body)));
  return print(list(answer, "regions"), describe_usage);
}

Result<int> UpkeepCommands::backup() const {
  auto const folder = std::filesystem::absolute(backup_folder_).string();
  auto rows = TRY(work("/backup", "to=" + crypto::percent_encode(folder, true)));
  int const status = print(rows, describe_backup);
  for (auto const& row : rows)
    if (number(row.get_object(), "lost_bytes") > 0) return 1;
  return status;
}

}  // namespace argosy::server
