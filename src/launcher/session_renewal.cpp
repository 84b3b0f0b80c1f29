// launcher/session_renewal.cpp - launcher.h: sessions of the disk servers of machines that run.
#include "catalogue/volumes.h"
#include "ebs/volume_session.h"
#include "launcher/launcher.h"
#include "launcher/volume_keys.h"
#include "sql/in_transaction.h"

namespace argosy::launcher {
namespace {

/// Sessions are renewed when this much is left of them: a region that is away for a while finds them valid.
constexpr Duration kRenewBefore = std::chrono::minutes(30);
/// One that could not be renewed is tried again after this time.
constexpr Duration kRenewAgain = std::chrono::minutes(1);

}  // namespace

/// Also those of an earlier process, at once: the disk servers have to learn where this one is. All of them
/// are renewed, whatever becomes of one.
Result<void> Launcher::renew_sessions(std::string const& instance) {
  auto const now = clock_.now();
  auto const volumes =
      TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
        return catalogue::list_attached_volumes(tx, instance, "");
      }));
  Result<void> out;
  for (auto const& volume : volumes) {
    auto& known = running_[instance];
    auto const ends = known.find(volume.id);
    if (volume.session.empty() || (ends != known.end() && now < ends->second - kRenewBefore)) continue;
    auto const renewed = renew_session(volume);
    if (renewed) {
      known[volume.id] = *renewed;
    } else {
      known[volume.id] = now + kRenewBefore + kRenewAgain;
      out = std::unexpected(renewed.error());
    }
  }
  return out;
}

Result<Time> Launcher::renew_session(Volume const& volume) {
  auto const session = TRY(session_of(volume));
  TRY(driver_.renew_session(volume.id, session.text));
  TRY(sql::in_transaction(catalogue_, sql::Access::write, [&](catalogue::Transaction& tx) -> Result<void> {
    auto current = TRY(catalogue::find_volume(tx, volume.id));
    if (!current) return {};
    current->session = session.sealed;
    return catalogue::save_volume(tx, *current);
  }));
  return session.expires;
}

/// One that ended too long ago, since no process was there to renew it, is made as a start makes it: if the
/// volume's key can be used now.
Result<DiskSession> Launcher::session_of(Volume const& volume) {
  auto renewed = renew(issuer_, volume, clock_.now(), entropy_);
  if (renewed || renewed.error().fault != Fault::denied) return renewed;
  auto const opened = TRY(sql::in_transaction(catalogue_, sql::Access::read, [&](catalogue::Transaction& tx) {
    return open_volume(tx, keys_, volume);
  }));
  return issue(issuer_, volume, opened, clock_.now(), ebs::kVolumeSessionAge, entropy_);
}

}  // namespace argosy::launcher
