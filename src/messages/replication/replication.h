// messages/replication/replication.h - what a region that copies says to the region that it copies from.
//
// POST /replication/OPERATION, bodies of JSON in snake case; Fetch answers bytes. Format:
// docs/formats/replication.md.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "wire/names.h"

namespace argosy::messages::replication {

/// The region that is asked, and the one that asks.
inline constexpr std::string_view kSourceHeader = "Argosy-Source-Region";
inline constexpr std::string_view kDestinationHeader = "Argosy-Destination-Region";
/// Between regions of one process instead of a certificate.
inline constexpr std::string_view kSecretHeader = "Argosy-Secret";
/// More than any request needs; bounds what a peer can make us hold.
inline constexpr std::size_t kMaxRanges = 64;
/// Of one Fetch, over all its ranges: at most 8 MiB of blocks, or 1.6 MiB of nodes.
inline constexpr std::size_t kMaxFetchBlocks = 16;
inline constexpr std::size_t kMaxFetchNodes = 64;

/// In front of a resource that names content instead of an image or snapshot: the account's own snapshot with
/// exactly this root (its reference in hexadecimal). For repairs.
inline constexpr std::string_view kResourceByRoot = "root-";

/// Open: may this account copy this image (or snapshot)? If so, pins its content.
struct OpenRequest {
  std::string account;
  std::string resource;  ///< ami-…, snap-… or root-…
};
BOOST_DESCRIBE_STRUCT(OpenRequest, (), (account, resource))

struct Mapping {
  std::string device_name;
  std::optional<std::string> virtual_name;
  std::optional<std::string> snapshot_id;
  std::int64_t volume_size_gib{};
  std::string volume_type;
  std::optional<std::int64_t> iops;
  std::optional<std::int64_t> throughput;
  bool delete_on_termination = true;
};
BOOST_DESCRIBE_STRUCT(Mapping, (),
                      (device_name, virtual_name, snapshot_id, volume_size_gib, volume_type, iops, throughput,
                       delete_on_termination))

struct Tag {
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (key, value))

/// What a copy carries. Source: ec2-semantics D4.
struct Image {
  std::string name;
  std::string description;
  std::string architecture;
  std::string virtualization_type;
  std::string root_device_name;
  std::optional<std::string> kernel_id;
  std::optional<std::string> ramdisk_id;
  std::optional<bool> ena_support;
  std::optional<std::string> sriov_net_support;
  std::optional<std::string> boot_mode;
  std::optional<std::string> tpm_support;
  std::optional<std::string> uefi_data;
  std::optional<std::string> imds_support;
  std::optional<std::string> platform;
  std::vector<Mapping> mappings;
  std::vector<Tag> tags;  ///< the account's own on the source
};
BOOST_DESCRIBE_STRUCT(Image, (),
                      (name, description, architecture, virtualization_type, root_device_name, kernel_id,
                       ramdisk_id, ena_support, sriov_net_support, boot_mode, tpm_support, uefi_data,
                       imds_support, platform, mappings, tags))

struct Snapshot {
  std::string snapshot_id;
  std::optional<std::string> owner;  ///< the account
  std::string description;
  std::int64_t volume_size_gib{};
  Bytes root;            ///< a reference; empty for a disk of zeros; of encrypted content its id alone
  Bytes content_digest;  ///< empty if it is encrypted
  std::int64_t content_bytes{};
  std::string lineage;
  bool encrypted = false;
  std::optional<std::string> kms_key_id;  ///< the ARN of the key that it is encrypted under
};
BOOST_DESCRIBE_STRUCT(Snapshot, (),
                      (snapshot_id, owner, description, volume_size_gib, root, content_digest, content_bytes,
                       lineage, encrypted, kms_key_id))

struct OpenResponse {
  std::string lease;
  std::optional<Image> image;
  std::vector<Snapshot> snapshots;
};
BOOST_DESCRIBE_STRUCT(OpenResponse, (), (lease, image, snapshots))

/// Renew, Close.
struct LeaseRequest {
  std::string lease;
};
BOOST_DESCRIBE_STRUCT(LeaseRequest, (), (lease))
struct LeaseResponse {};
BOOST_DESCRIBE_STRUCT(LeaseResponse, (), ())

/// Release: the key of an opened disk whose content is encrypted, if the account may use its KMS key now.
struct ReleaseRequest {
  std::string lease;
  std::string snapshot_id;
};
BOOST_DESCRIBE_STRUCT(ReleaseRequest, (), (lease, snapshot_id))
struct ReleaseResponse {
  Bytes root;  ///< a reference with its key; empty for a disk of zeros
  /// Its KMS key asks that no other key opens what is sealed under it.
  bool sealed_apart = false;
};
BOOST_DESCRIBE_STRUCT(ReleaseResponse, (), (root, sealed_apart))

/// Some children of the node at a level and position of an opened disk's tree. The root is child 0 of
/// position 0 one level above its own.
struct Range {
  std::int32_t level{};
  std::int64_t position{};
  Bytes slots;  ///< one byte each, ascending
};
BOOST_DESCRIBE_STRUCT(Range, (), (level, position, slots))

/// Fetch: answers, range by range and slot by slot, each chunk's stored bytes behind their length (4 bytes,
/// little-endian).
struct FetchRequest {
  std::string lease;
  std::string snapshot_id;
  std::vector<Range> ranges;
};
BOOST_DESCRIBE_STRUCT(FetchRequest, (), (lease, snapshot_id, ranges))

/// Every refusal; `code` and `message` are shown to the user as they are.
struct Refusal {
  std::string code;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (code, message))

}  // namespace argosy::messages::replication
