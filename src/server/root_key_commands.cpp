// server/root_key_commands.cpp - see root_key_commands.h.
#include "server/root_key_commands.h"

#include <filesystem>
#include <thread>

#include "crypto/sigv4.h"
#include "server/work.h"

namespace argosy::server {
namespace {

namespace json = boost::json;

/// Between two looks at how far a rotation is.
constexpr auto kLook = std::chrono::milliseconds(100);

json::object to_json(KeyStatus const& status) {
  json::array versions;
  for (auto const& key : status.file.keys) versions.emplace_back(key.version);
  return {{"root_key", status.file.root_key},
          {"wrapped", to_iso8601(status.file.wrapped)},
          {"master_key_version", status.file.keys.back().version},
          {"master_key_made", to_iso8601(status.file.keys.back().made)},
          {"rotating", status.file.keys.size() > 1},
          {"open_versions", std::move(versions)},
          {"rewrapped_secrets", status.rewrapped},
          {"failure", status.failure}};
}

Result<RotationRequest> to_rotation(http::Request const& request) {
  RotationRequest out;
  out.master_key = parameter(request, "master") == "true";
  auto text = [&](char const* name) { return parameter(request, name).value_or(""); };
  if (auto file = text("to_file"); !file.empty()) out.root_key = crypto::RootKeyPlace{file, std::nullopt};
  crypto::TokenKey token{text("to_module"), text("to_token"), text("to_key"), text("to_pin_file")};
  if (!token.module.empty()) out.root_key = crypto::RootKeyPlace{{}, std::move(token)};
  if (!out.root_key && !out.master_key)
    return fail(Fault::invalid,
                "give a new root key (to_file, or to_module and what belongs to it) or master=true");
  return out;
}

void add(std::string& query, std::string const& name, std::string const& value) {
  if (!value.empty()) query += (query.empty() ? "" : "&") + name + "=" + crypto::percent_encode(value, true);
}

std::string absolute(std::string const& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

Result<json::object> ask(std::string const& data_directory, std::string const& method,
                         std::string const& path, std::string const& query = {}) {
  http::Request request;
  request.method = method;
  request.path = path;
  request.query = query;
  auto response = TRY(ask_operator(data_directory, request));
  return parse_answer(as_text(response.body));
}

/// What a server refuses a rotation for lies with the new root key, but for its own being busy or failing.
Error blame(Error error) {
  if (error.fault == Fault::invalid || error.fault == Fault::denied || error.fault == Fault::not_found)
    error.code = crypto::kRootKeyFault;
  return error;
}

}  // namespace

void add_root_key_routes(OperatorDoor& door, KeyRotation& rotation, std::function<void()> wake) {
  using enum OperatorDoor::Openness;
  door.add("GET", "/root-key", owner_only,
           [&rotation](http::Request const&) { return json_response(to_json(rotation.status())); });
  door.add("POST", "/root-key/rotate", owner_only, [&rotation, wake](http::Request const& request) {
    auto asked = to_rotation(request);
    if (!asked) return error_response(asked.error());
    if (auto begun = rotation.begin(*asked); !begun) return error_response(begun.error());
    wake();
    return json_response(to_json(rotation.status()));
  });
}

void RootKeyCommands::add_to(CLI::App& app, Actions& actions) {
  auto* group =
      app.add_subcommand("root-key", "Show and rotate the keys that a running server's secrets are under");
  group->require_subcommand(1);
  auto* status = group->add_subcommand("status", "Tell which root key opens the data directory");
  auto* rotate = group->add_subcommand("rotate", "Go over to another root key, or to a new master key");
  beside_.add_to(*status);
  beside_.add_to(*rotate);
  auto* file = rotate->add_option("--to-file", to_file_, "The new root key's file; made if it is not there");
  auto* module = rotate->add_option("--to-module", to_token_.module,
                                    "Or: the PKCS#11 module of the token that has the new root key");
  auto* token = rotate->add_option("--to-token", to_token_.token, "The token's label");
  auto* key = rotate->add_option("--to-key", to_token_.key, "The key's label in it: an AES key");
  auto* pin =
      rotate->add_option("--to-pin-file", to_token_.pin_file, "The file of the user's PIN (mode 0600)");
  module->excludes(file)->needs(token)->needs(key)->needs(pin);
  for (auto* option : {token, key, pin}) option->needs(module);
  rotate->add_flag("--master", master_, "Make a new master key, too, and wrap every secret anew");
  actions.emplace_back(status, [this] { return this->status(); });
  actions.emplace_back(rotate, [this] { return this->rotate(); });
}

Result<void> RootKeyCommands::status() const {
  auto const told = TRY(beside_.config());
  beside_.output.print({TRY(ask(told.data_directory, "GET", "/root-key"))});
  return {};
}

Result<void> RootKeyCommands::rotate() const {
  auto const told = TRY(beside_.config());
  std::string query;
  add(query, "to_file", absolute(to_file_));
  add(query, "to_module", to_token_.module);
  add(query, "to_token", to_token_.token);
  add(query, "to_key", to_token_.key);
  add(query, "to_pin_file", absolute(to_token_.pin_file));
  if (master_) add(query, "master", "true");
  auto begun = ask(told.data_directory, "POST", "/root-key/rotate", query);
  if (!begun) return std::unexpected(blame(std::move(begun).error()));
  auto status = *std::move(begun);
  while (status["rotating"].as_bool() && status["failure"].as_string().empty()) {
    std::this_thread::sleep_for(kLook);
    auto next = ask(told.data_directory, "GET", "/root-key");
    if (!next)
      return fail(next.error().fault,
                  next.error().message + ": the rotation of the master key goes on with the next start");
    status = *std::move(next);
  }
  beside_.output.print({status});
  if (auto const& failure = status["failure"].as_string(); !failure.empty())
    return fail(Fault::unavailable, std::string(failure) + ": the server tries again; see its log");
  return {};
}

}  // namespace argosy::server
