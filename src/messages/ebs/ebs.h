// messages/ebs/ebs.h - what the EBS direct operations say and hear. Source: EBS direct APIs reference
// 2019-11-02.
//
// JSON members are the names here in upper camel case; what travels in the path, the query or a header is
// marked.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "wire/names.h"

namespace argosy::messages::ebs {

/// The size of every block, in bytes.
inline constexpr std::int32_t kBlockSize = 524288;

struct Tag {
  std::optional<std::string> key;
  std::optional<std::string> value;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (key, value))

struct StartSnapshotRequest {
  std::int64_t volume_size{};  ///< GiB
  std::optional<std::string> parent_snapshot_id;
  std::vector<Tag> tags;
  std::optional<std::string> description;
  std::optional<std::string> client_token;
  std::optional<bool> encrypted;
  std::optional<std::string> kms_key_arn;
  std::optional<std::int32_t> timeout;  ///< minutes, 10 to 4320
};
BOOST_DESCRIBE_STRUCT(StartSnapshotRequest, (),
                      (volume_size, parent_snapshot_id, tags, description, client_token, encrypted,
                       kms_key_arn, timeout))

struct StartSnapshotResponse {
  std::optional<std::string> description;
  std::string snapshot_id;
  std::string owner_id;
  std::string status;
  Time start_time{};
  std::int64_t volume_size{};
  std::int32_t block_size = kBlockSize;
  std::vector<Tag> tags;
  std::optional<std::string> parent_snapshot_id;
  std::optional<std::string> kms_key_arn;
  std::optional<std::string> sse_type;
};
BOOST_DESCRIBE_STRUCT(StartSnapshotResponse, (),
                      (description, snapshot_id, owner_id, status, start_time, volume_size, block_size, tags,
                       parent_snapshot_id, kms_key_arn, sse_type))

/// Path: snapshot_id, block_index. Headers: the rest. The block is the body.
struct PutSnapshotBlockRequest {
  std::string snapshot_id;
  std::int64_t block_index{};
  std::int64_t data_length{};            ///< x-amz-Data-Length
  std::string checksum;                  ///< x-amz-Checksum: base64 of the block's SHA-256
  std::string checksum_algorithm;        ///< x-amz-Checksum-Algorithm: SHA256
  std::optional<std::int32_t> progress;  ///< x-amz-Progress, 0 to 100
};
/// Headers of a 201 with the body {}.
struct PutSnapshotBlockResponse {
  std::string checksum;
  std::string checksum_algorithm;
};

/// Path: snapshot_id. Headers: the rest.
struct CompleteSnapshotRequest {
  std::string snapshot_id;
  std::int64_t changed_blocks_count{};                     ///< x-amz-ChangedBlocksCount
  std::optional<std::string> checksum;                     ///< x-amz-Checksum
  std::optional<std::string> checksum_algorithm;           ///< x-amz-Checksum-Algorithm: SHA256
  std::optional<std::string> checksum_aggregation_method;  ///< x-amz-Checksum-Aggregation-Method: LINEAR
};
struct CompleteSnapshotResponse {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(CompleteSnapshotResponse, (), (status))

/// Path: snapshot_id. Query: pageToken, maxResults, startingBlockIndex.
struct ListSnapshotBlocksRequest {
  std::string snapshot_id;
  std::optional<std::string> page_token;
  std::optional<std::int32_t> max_results;
  std::optional<std::int64_t> starting_block_index;
};
struct Block {
  std::int64_t block_index{};
  std::string block_token;
};
BOOST_DESCRIBE_STRUCT(Block, (), (block_index, block_token))
struct ListSnapshotBlocksResponse {
  std::vector<Block> blocks;
  Time expiry_time{};
  std::int64_t volume_size{};
  std::int32_t block_size = kBlockSize;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(ListSnapshotBlocksResponse, (),
                      (blocks, expiry_time, volume_size, block_size, next_token))

/// Path: second_snapshot_id. Query: firstSnapshotId, pageToken, maxResults, startingBlockIndex.
struct ListChangedBlocksRequest {
  std::string second_snapshot_id;
  std::optional<std::string> first_snapshot_id;
  std::optional<std::string> page_token;
  std::optional<std::int32_t> max_results;
  std::optional<std::int64_t> starting_block_index;
};
struct ChangedBlock {
  std::int64_t block_index{};
  std::optional<std::string> first_block_token;
  std::optional<std::string> second_block_token;
};
BOOST_DESCRIBE_STRUCT(ChangedBlock, (), (block_index, first_block_token, second_block_token))
struct ListChangedBlocksResponse {
  std::vector<ChangedBlock> changed_blocks;
  Time expiry_time{};
  std::int64_t volume_size{};
  std::int32_t block_size = kBlockSize;
  std::optional<std::string> next_token;
};
BOOST_DESCRIBE_STRUCT(ListChangedBlocksResponse, (),
                      (changed_blocks, expiry_time, volume_size, block_size, next_token))

/// Path: snapshot_id, block_index. Query: blockToken.
struct GetSnapshotBlockRequest {
  std::string snapshot_id;
  std::int64_t block_index{};
  std::string block_token;
};
/// Headers x-amz-Data-Length, x-amz-Checksum, x-amz-Checksum-Algorithm; the block is the body.
struct GetSnapshotBlockResponse {
  std::string checksum;
  Bytes data;
};

/// The body of every error; the type stands in the header x-amzn-ErrorType.
struct ErrorBody {
  std::string message;
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (message, reason))

}  // namespace argosy::messages::ebs
