// tests/support/machines.h - a host whose machines run only in name: what a test says of them is so.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>

#include "launcher/captures.h"
#include "launcher/launcher.h"
#include "machines/driver.h"
#include "support/region.h"

namespace argosy::tests {

/// Takes everything it is asked for at once. A guest powers off when its button is pressed, unless it is
/// deaf.
class PretendedDriver final : public machines::Driver {
 public:
  std::string acceleration() const override { return "tcg"; }
  Result<void> start(machines::Machine const& machine) override {
    if (fails) return std::unexpected(*fails);
    if (while_it_starts) while_it_starts();
    started[machine.id] = machine;
    status_[machine.id] = {machines::Power::running, ""};
    for (auto const& disk : machine.disks) sessions[disk.volume_id] = disk.session;
    return {};
  }
  Result<machines::Status> status(std::string const& id) override {
    bool const is_off = off.erase(id) > 0;
    if (is_off && status_[id].reboots) {
      TRY(reset(id));
    } else if (is_off) {
      end(id, "");
    }
    return status_[id];
  }
  Result<void> press_power_button(std::string const& id) override {
    if (press_fails) return std::unexpected(*press_fails);
    ++pressed[id];
    status_[id].reboots = false;
    if (!deaf.contains(id)) end(id, "");
    return {};
  }
  Result<void> prepare_reboot(std::string const& id) override {
    if (!stands_still_.contains(id)) status_[id].reboots = true;
    return {};
  }
  Result<void> reboot(std::string const& id) override {
    if (!status_[id].reboots) return {};
    ++reboots[id];
    status_[id].reboots = deaf.contains(id);
    return {};
  }
  Result<void> reset(std::string const& id) override {
    if (reset_fails) return std::unexpected(*reset_fails);
    ++resets[id];
    status_[id].reboots = false;
    stands_still_.insert(id);
    return {};
  }
  Result<void> kill(std::string const& id) override {
    if (status_.contains(id)) end(id, "");
    return {};
  }
  Result<void> remove(std::string const& id) override {
    status_.erase(id);
    removed.insert(id);
    return {};
  }
  Result<void> remove_volume(std::string const& id) override {
    if (being_read.contains(id)) return fail(Fault::conflict, "a snapshot of " + id + " is being read");
    removed_volumes.insert(id);
    return {};
  }
  Result<void> renew_session(std::string const& volume, std::string const& session) override {
    if (volume == not_renewed) return fail(Fault::unavailable, "the disk is full");
    sessions[volume] = session;
    return {};
  }
  Result<void> tend(std::string const& id) override {
    ++tended[id];
    stands_still_.erase(id);
    return {};
  }
  Result<std::optional<std::string>> console(std::string const& id) override { return "console of " + id; }
  Result<std::vector<std::unique_ptr<machines::FrozenDisk>>> freeze(
      std::string const& id, std::vector<machines::Disk> const& disks) override {
    bool const ends = ends_with_machine && status_[id].power == machines::Power::running;
    if (while_it_freezes) while_it_freezes();
    std::vector<std::unique_ptr<machines::FrozenDisk>> out;
    for (auto const& disk : disks)
      out.push_back(std::make_unique<Frozen>(disk, written[disk.volume_id], read_fails, ends));
    return out;
  }

  /// A guest that was asked to reboot has shut down for it.
  void end_reboot(std::string const& id) { status_[id].reboots = false; }
  /// A machine is off, by itself or (with a reason) because it died.
  void end(std::string const& id, std::string reason) {
    status_[id] = {machines::Power::stopped, std::move(reason)};
    stands_still_.erase(id);
  }

  std::optional<Error> fails;                        ///< what starting says
  std::optional<Error> press_fails;                  ///< what the power button says
  std::optional<Error> reset_fails;                  ///< what a reset says
  std::map<std::string, machines::Machine> started;  ///< as it was last started
  std::map<std::string, std::string> sessions;       ///< by volume
  std::string not_renewed;                           ///< a volume whose session cannot be written
  std::map<std::string, Blocks> written;             ///< what machines have written, by volume
  std::optional<Error> read_fails;                   ///< what reading a frozen disk says
  bool ends_with_machine = true;                     ///< what is frozen of one that runs
  std::function<void()> while_it_starts;             ///< what somebody else does meanwhile
  std::function<void()> while_it_freezes;            ///< the same
  std::set<std::string> being_read;                  ///< volumes that cannot be removed yet
  std::map<std::string, int> pressed;
  std::map<std::string, int> reboots;
  std::map<std::string, int> resets;
  std::map<std::string, int> tended;
  std::set<std::string> deaf;
  std::set<std::string> off;      ///< machines whose guest has turned itself off, which nobody has seen yet
  std::set<std::string> removed;  ///< machines
  std::set<std::string> removed_volumes;

 private:
  class Frozen final : public machines::FrozenDisk {
   public:
    Frozen(machines::Disk const& disk, Blocks blocks, std::optional<Error> fails, bool ends_with_machine)
        : size_bytes_(disk.size_bytes),
          blocks_(std::move(blocks)),
          fails_(std::move(fails)),
          ends_with_machine_(ends_with_machine) {}
    bool ends_with_machine() const override { return ends_with_machine_; }
    std::int64_t size_bytes() const override { return size_bytes_; }
    Result<std::optional<std::uint64_t>> next_changed(std::uint64_t from) override {
      auto const found = blocks_.lower_bound(from);
      return found == blocks_.end() ? std::nullopt : std::optional(found->first);
    }
    Result<Bytes> read(std::uint64_t block) override {
      if (fails_) return std::unexpected(*fails_);
      return blocks_.at(block);
    }

   private:
    std::int64_t size_bytes_;
    Blocks blocks_;
    std::optional<Error> fails_;
    bool const ends_with_machine_;
  };

  std::map<std::string, machines::Status> status_;
  std::set<std::string> stands_still_;  ///< since a reset, until it is tended
};

/// The machines of a test's region.
struct Machines {
  explicit Machines(Region& region)
      : store{region.catalogue, *region.content,    gates,       ledger,
              region.keys,      region.master_keys, region.clock},
        issuer{region.name, crypto::Key::random(*region.entropy), "http://127.0.0.1:1"},
        launcher(
            region.catalogue, region.keys, driver, issuer,
            {[](std::string const& instance) -> Result<std::string> { return "metadata of " + instance; },
             [this](std::string const& instance) { captures.machine_ended(instance); }},
            region.clock, *region.entropy),
        captures(store) {}

  ebs::UploadGates gates{"boot"};
  ebs::ContentLedger ledger;
  PretendedDriver driver;
  ebs::CaptureStore store;
  launcher::SessionIssuer issuer;
  launcher::Launcher launcher;
  launcher::Captures captures;
};

}  // namespace argosy::tests
