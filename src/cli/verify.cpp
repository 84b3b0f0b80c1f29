// cli/verify.cpp - argosy verify: do two images or snapshots hold the same content?
#include <algorithm>
#include <optional>

#include "cli/compare.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/program.h"
#include "cli/target.h"
#include "cli/verify_launch.h"

namespace argosy::cli {
namespace {

struct VerifyOptions {
  std::string a;
  std::string b;
  std::optional<std::size_t> jobs;
  bool read = false;
  bool launch = false;
  std::string profile;
  std::string expected;
  std::string instance_type;
};

/// A disk of an image, or a snapshot named by itself.
struct Disk {
  std::string device;  ///< empty: a snapshot named by itself
  std::string snapshot_id;
};

constexpr char const* kRootDevice = "root";

/// The root disk is called "root": it may have another device name in another image.
Outcome<std::vector<Disk>> find_disks(Target const& target) {
  if (!target.is_image()) return std::vector<Disk>{{"", target.id}};
  auto image = TRY(find_image(*target.session, target.id));
  if (image.image_state == "pending")
    return stop(Exit::refused, target.text() + " is pending: first argosy wait " + target.text());
  std::vector<Disk> disks;
  for (auto const& mapping : image.block_device_mapping) {
    if (!mapping.ebs || !mapping.ebs->snapshot_id) continue;
    bool is_root = mapping.device_name == image.root_device_name;
    disks.push_back({is_root ? kRootDevice : mapping.device_name.value_or("?"), *mapping.ebs->snapshot_id});
  }
  std::ranges::stable_partition(disks, [](auto const& disk) { return disk.device == kRootDevice; });
  return disks;
}

/// A disk of either side or of both.
struct Pair {
  std::string device;
  std::string a;  ///< snapshot; empty: only the other side has it
  std::string b;
};

Outcome<std::vector<Pair>> pair_disks(Target const& a, std::vector<Disk> const& disks_a, Target const& b,
                                      std::vector<Disk> const& disks_b) {
  if (a.is_image() != b.is_image()) {
    auto const& image = a.is_image() ? a : b;
    if (disks_a.size() != 1 || disks_b.size() != 1)
      return stop(
          Exit::usage,
          image.text() + " has several disks: compare it with an image, or name one of " + "its snapshots");
    return std::vector<Pair>{{kRootDevice, disks_a.front().snapshot_id, disks_b.front().snapshot_id}};
  }
  std::vector<Pair> pairs;
  for (auto const& disk : disks_a) pairs.push_back({disk.device, disk.snapshot_id, ""});
  for (auto const& disk : disks_b) {
    auto found = std::ranges::find(pairs, disk.device, &Pair::device);
    if (found == pairs.end()) {
      pairs.push_back({disk.device, "", disk.snapshot_id});
    } else {
      found->b = disk.snapshot_id;
    }
  }
  return pairs;
}

struct Verdict {
  Pair pair;
  Comparison comparison;
  std::optional<Failure> failure;
};

std::string show(Verdict const& verdict) {
  auto const& comparison = verdict.comparison;
  if (verdict.failure) return "not compared: " + explain(*verdict.failure);
  if (verdict.pair.a.empty()) return "differs: only B has it";
  if (verdict.pair.b.empty()) return "differs: only A has it";
  if (comparison.by == "size") return "differs: the volumes have different sizes";
  if (!comparison.same)
    return "differs: first in block " + std::to_string(*comparison.first_block) + ", byte " +
           std::to_string(*comparison.first_byte_offset) + " of the disk";
  if (comparison.by == "digest") return "same, by digest " + comparison.content_digest;
  return "same, by reading " + show_bytes(comparison.bytes_compared);
}

boost::json::value or_null(std::string const& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

boost::json::object to_json(Verdict const& verdict) {
  auto const& comparison = verdict.comparison;
  return {{"device", or_null(verdict.pair.device)},
          {"snapshot_a", or_null(verdict.pair.a)},
          {"snapshot_b", or_null(verdict.pair.b)},
          {"same", verdict.failure ? boost::json::value(nullptr) : boost::json::value(comparison.same)},
          {"by", or_null(comparison.by)},
          {"content_digest", or_null(comparison.content_digest)},
          {"first_block", cli::or_null(comparison.first_block)},
          {"first_byte_offset", cli::or_null(comparison.first_byte_offset)},
          {"bytes_compared", comparison.bytes_compared},
          {"error", cli::or_null(verdict.failure)}};
}

Verdict compare(Target const& a, Target const& b, Pair pair, CompareOptions const& options,
                Terminal& terminal) {
  Verdict verdict{std::move(pair), {}, std::nullopt};
  if (verdict.pair.a.empty() || verdict.pair.b.empty()) {
    verdict.comparison.by = "disks";
    return verdict;
  }
  auto label = verdict.pair.device.empty() ? verdict.pair.a : verdict.pair.device;
  auto compared =
      compare_snapshots({*a.session, verdict.pair.a}, {*b.session, verdict.pair.b}, options, terminal, label);
  compared ? void(verdict.comparison = *compared) : void(verdict.failure = compared.error());
  return verdict;
}

VerifyLaunchOptions launching(VerifyOptions const& options) {
  VerifyLaunchOptions out;
  out.image = options.a;
  out.profile = options.profile;
  out.expected = options.expected;
  if (!options.instance_type.empty()) out.instance_type = options.instance_type;
  return out;
}

/// Fails with `usage` where what is given does not belong together.
Outcome<void> check(VerifyOptions const& options) {
  if (options.launch && !options.b.empty())
    return stop(Exit::usage, "--launch takes one image, there is nothing to compare it with");
  if (!options.launch && options.b.empty())
    return stop(Exit::usage, "B is missing: what is " + options.a + " compared with?");
  if (options.launch && (options.read || options.jobs))
    return stop(Exit::usage, "--read and --jobs do not belong to --launch, which compares nothing");
  if (!options.launch && !(options.profile + options.expected + options.instance_type).empty())
    return stop(Exit::usage, "--as, --expect and --type belong to --launch");
  return {};
}

Outcome<Exit> run(VerifyOptions const& options, Settings const& settings, Terminal& terminal) {
  TRY(check(options));
  if (options.launch) return verify_launch(launching(options), settings, terminal);
  auto a = TRY(open_target(settings, options.a, {"ami-", "snap-"}));
  auto b = TRY(open_target(settings, options.b, {"ami-", "snap-"}));
  auto disks_a = TRY(find_disks(a));
  auto disks_b = TRY(find_disks(b));
  CompareOptions how;
  how.read = options.read;
  how.same_region = a.profile == b.profile && a.session->region() == b.session->region();
  how.jobs = options.jobs.value_or(how.jobs);
  how.patience = settings.patience;
  std::vector<Verdict> verdicts;
  for (auto& pair : TRY(pair_disks(a, disks_a, b, disks_b)))
    verdicts.push_back(compare(a, b, std::move(pair), how, terminal));
  if (verdicts.empty()) return stop(Exit::refused, "neither image has a disk that can be compared");

  bool same = true;
  boost::json::array items;
  std::vector<std::optional<Failure>> failures;
  std::vector<std::vector<std::string>> rows;
  for (auto const& verdict : verdicts) {
    same = same && !verdict.failure && verdict.comparison.same;
    failures.push_back(verdict.failure);
    items.push_back(to_json(verdict));
    rows.push_back({verdict.pair.device.empty() ? verdict.pair.a : verdict.pair.device, show(verdict)});
  }
  bool differ =
      std::ranges::any_of(verdicts, [](auto const& one) { return !one.failure && !one.comparison.same; });
  if (terminal.format() == Format::json) {
    terminal.print(
        boost::json::object{{"a", a.text()}, {"b", b.text()}, {"same", same}, {"disks", std::move(items)}});
  } else {
    terminal.print(show_table(rows));
  }
  return differ ? Exit::different : conclude(failures);
}

constexpr char const* kExamples = R"(  argosy verify us-east-1/ami-… us-west-2/ami-…
  argosy verify us-east-1/ami-… lab:us-east-1/ami-…   another account or service: a profile
  argosy verify us-east-1/snap-… us-west-2/snap-… --read
  argosy verify --launch us-west-2/ami-… --as recipient --expect "login:"

Images are compared disk by disk. Where both sides give a content digest, equal digests say that the
disks are equal, whatever their size; --read does not trust them and reads. Where they differ, or one
side gives none (AWS), the blocks are read and the first that differs is told. Exit code 2: there is a
difference.

--launch starts a machine from the image, waits until a line of its console output has TEXT in it (or until
it writes anything), and terminates it, whatever happens. Exit code 1: the machine ended before; 6: the line
did not come within --timeout.
)";

}  // namespace

void add_verify(Program& program) {
  auto options = std::make_shared<VerifyOptions>();
  auto& verb = program.add_verb(
      "verify", "Compare the content of two images or snapshots, wherever they are; or see one boot",
      kExamples, options, &run);
  verb.add_option("A", options->a, "Image or snapshot: REGION/ami-…, snap-…, name:NAME, PROFILE:REGION/ami-…")
      ->required()
      ->option_text(" ");
  verb.add_option("B", options->b, "The other one; none with --launch")->option_text(" ");
  verb.add_flag("--read", options->read, "Read both, although their digests agree");
  verb.add_option("-j,--jobs", options->jobs, "Blocks under way at once, 8 unless given")
      ->check(CLI::Range(1, 32))
      ->option_text("N");
  verb.add_flag("--launch", options->launch,
                "Start a machine from the image A and wait for its console output");
  verb.add_option("--as", options->profile, "With --launch: as the account of this profile")
      ->option_text("PROFILE");
  verb.add_option("--expect", options->expected, "With --launch: what the line has in it")
      ->option_text("TEXT");
  verb.add_option("--type", options->instance_type,
                  "With --launch: the type of the machine, t3.micro unless given")
      ->option_text("TYPE");
}

}  // namespace argosy::cli
