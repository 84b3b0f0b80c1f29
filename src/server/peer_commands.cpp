// server/peer_commands.cpp - see peer_commands.h.
#include "server/peer_commands.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/private_file.h"
#include "catalogue/openings.h"
#include "crypto/certificate.h"
#include "server/account_transfer.h"
#include "server/region.h"

namespace argosy::server {
namespace {

constexpr int kMostDays = 36'500;

/// The whole of a file, or of stdin for "-".
Result<std::string> read_input(std::string const& path) {
  return read_file(path == "-" ? "/dev/stdin" : path);
}

/// Writes NAME.pem and NAME.key into a directory, the key first: a certificate without its key is of no use.
Result<boost::json::object> write_pair(std::string const& directory, std::string const& name,
                                       crypto::Certified const& made) {
  auto const base = directory + "/" + name;
  TRY(write_private_file(base + ".key", made.key, Existing::refuse));
  if (auto written = write_private_file(base + ".pem", made.certificate, Existing::refuse); !written) {
    ::unlink((base + ".key").c_str());
    return std::unexpected(std::move(written).error());
  }
  return boost::json::object{{"certificate_file", base + ".pem"}, {"key_file", base + ".key"}};
}

boost::json::object to_row(std::string const& region, catalogue::Opening const& opening) {
  return {{"at", to_iso8601(opening.at)},  {"region", region},
          {"peer", opening.peer},          {"asking_region", opening.region},
          {"account_id", opening.account}, {"resource", opening.resource},
          {"outcome", opening.outcome}};
}

}  // namespace

void PeerCommands::add_to(CLI::App& app, Actions& actions) {
  add_transfer(*app.get_subcommand("account"), actions);
  add_certificate(app, actions);
  auto* openings = app.add_subcommand(
      "openings",
      "List which region asked for which image or snapshot here, for which account, newest first");
  beside_.add_to(*openings);
  openings->add_option("--region", region_, "Only of this region");
  openings->add_option("--limit", limit_, "At most so many of each region")->capture_default_str();
  actions.emplace_back(openings, [this] { return list_openings(); });
}

void PeerCommands::add_transfer(CLI::App& account, Actions& actions) {
  auto* out = account.add_subcommand(
      "export",
      "Write the accounts that a peer may speak for, with their access keys, sealed for it, to stdout");
  beside_.add_to(*out);
  out->add_option("--for", peer_, "The peer's name in the configuration")->required();
  out->add_option("--certificate", file_, "The peer's certificate (PEM), from its operator")->required();
  actions.emplace_back(out, [this] { return export_accounts(); });
  auto* in = account.add_subcommand("import",
                                    "Take over the accounts of an export that a peer made for this server");
  beside_.add_to(*in);
  in->add_option("file", file_, "The export, or - for stdin")->required();
  actions.emplace_back(in, [this] { return import_accounts(); });
}

void PeerCommands::add_certificate(CLI::App& app, Actions& actions) {
  auto* group = app.add_subcommand("certificate", "A small private authority, for peers that have no other");
  group->require_subcommand(1);
  auto* authority = group->add_subcommand("authority", "Make authority.pem and authority.key");
  authority->add_option("--name", name_, "What it is called")->capture_default_str();
  authority->add_option("--days", authority_days_, "How long it is valid")
      ->check(CLI::Range(1, kMostDays))
      ->capture_default_str();
  auto* issue = group->add_subcommand("issue", "Issue NAME.pem and NAME.key for a process");
  issue
      ->add_option("names", names_, "DNS names or addresses that it is reached by; the first names the files")
      ->required();
  issue->add_option("--days", certificate_days_, "How long it is valid")
      ->check(CLI::Range(1, kMostDays))
      ->capture_default_str();
  for (auto* command : {authority, issue}) {
    command->add_option("--directory", directory_, "Where the authority's files are")->capture_default_str();
    output_.add_to(*command);
  }
  actions.emplace_back(authority, [this] { return make_authority(); });
  actions.emplace_back(issue, [this] { return issue_certificate(); });
}

Result<void> PeerCommands::export_accounts() const {
  auto config = TRY(beside_.config());
  auto certificate = TRY(read_input(file_));
  return beside_.run_with_keys([&](auto& tx, crypto::MasterKeys const& master_keys) -> Result<void> {
    std::cout << TRY(
        server::export_accounts(tx, master_keys, config, peer_, certificate, system_clock().now()));
    return {};
  });
}

Result<void> PeerCommands::import_accounts() const {
  auto config = TRY(beside_.config());
  auto sealed = TRY(read_input(file_));
  Imported imported;
  TRY(beside_.run_with_keys([&](auto& tx, crypto::MasterKeys const& master_keys) -> Result<void> {
    imported =
        TRY(server::import_accounts(tx, master_keys, config, sealed, system_clock().now(), system_entropy()));
    return {};
  }));
  beside_.output.print(imported.rows);
  if (imported.refused == 0) return {};
  return fail(Fault::invalid, "accounts that were refused: " + std::to_string(imported.refused) +
                                  "; everything else of the export was taken over");
}

Result<void> PeerCommands::make_authority() const {
  auto made = TRY(crypto::make_authority(name_, authority_days_));
  output_.print({TRY(write_pair(directory_, "authority", made))});
  std::cerr << "Next: issue a certificate for each process with\n"
               "  argosyd certificate issue NAME --directory "
            << directory_
            << "\nauthority.pem goes to every process (authority_file). Keep authority.key off the servers: "
               "who has it "
               "can pass for any of them.\n";
  return {};
}

Result<void> PeerCommands::issue_certificate() const {
  crypto::Certified authority;
  authority.certificate = TRY(read_file(directory_ + "/authority.pem"));
  authority.key = TRY(read_file(directory_ + "/authority.key"));
  auto made = TRY(crypto::issue_certificate(authority, names_, certificate_days_));
  auto const end = TRY(crypto::find_end(made.certificate));
  auto const& name = names_.front();
  output_.print({TRY(write_pair(directory_, name, made))});
  std::cerr << "Next: copy " << name << ".pem, " << name << ".key and authority.pem to " << name
            << " and name them there under 'replication' (and 'tls'), and here under 'peers' as\n"
               "  certificate_name: "
            << name << "\nIssue it again before " << to_iso8601(end)
            << ", when it ends; a running server notices new files by itself.\n";
  return {};
}

Result<void> PeerCommands::list_openings() const {
  auto config = TRY(beside_.config());
  auto names = config.regions;
  if (names.empty()) names = TRY(list_regions(config.data_directory));
  if (!region_.empty() && std::ranges::find(names, region_) == names.end())
    return fail(Fault::not_found, "there is no region " + region_ + " here");
  boost::json::array rows;
  for (auto const& name : names) {
    if (!region_.empty() && name != region_) continue;
    auto session = TRY(sql::open_sqlite(catalogue_path(config.data_directory, name), sql::Durability::full));
    auto tx = TRY(catalogue::Transaction::begin(*session, sql::Access::read));
    auto openings = TRY(catalogue::list_openings(tx, limit_));
    for (auto const& opening : openings) rows.push_back(to_row(name, opening));
  }
  beside_.output.print(rows);
  return {};
}

}  // namespace argosy::server
