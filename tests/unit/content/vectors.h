// tests/unit/content/vectors.h - the worked examples of docs/formats/vectors, as the tests of this folder
// read them.
#pragma once
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "content/content.h"
#include "support/folder.h"

namespace argosy::content {

namespace fs = std::filesystem;
namespace json = boost::json;

inline fs::path const kProject = ARGOSY_PROJECT;

inline std::string read_file(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline json::value const& vectors() {
  static json::value const read = json::parse(read_file(kProject / "docs/formats/vectors/version-1.json"));
  return read;
}
inline Bytes hex(json::value const& value) { return *from_hex(value.as_string()); }
inline std::string text(json::value const& value) { return std::string(value.as_string()); }
inline Digest digest(json::value const& value) { return Digest::copy_of(hex(value)); }
inline crypto::Key key(json::value const& value) { return *crypto::Key::copy_of(hex(value)); }
inline Bytes plain(json::value const& block) { return Bytes(kBlockBytes, hex(block.at("byte")).front()); }
/// A child or a chunk, as references name it; with its key if it is sealed.
inline Reference reference_of(json::value const& value) {
  Reference reference{digest(value.at("id")), digest(value.at("digest"))};
  if (auto const* sealed = value.as_object().if_contains("key")) reference.key = key(*sealed);
  return reference;
}
inline Node node_of(json::value const& vector) {
  Node node;
  node.level = vector.at("level").to_number<std::uint8_t>();
  node.blocks = vector.at("blocks").to_number<std::uint64_t>();
  for (auto const& child : vector.at("children").as_array())
    node.children.at(child.at("slot").to_number<std::size_t>()) = reference_of(child);
  return node;
}
/// What a writer makes of a pack's records.
inline std::string write_pack(json::value const& pack) {
  auto packs = bucket::open_memory();
  auto writer = *store::PackWriter::create(*packs, "pack");
  for (auto const& vector : pack.at("records").as_array()) {
    if (text(vector.at("kind")) == "table") continue;  // seal writes it
    auto payload = hex(vector.at("payload"));
    store::Record record;
    record.domain = vector.at("domain").to_number<std::uint64_t>();
    record.sequence = vector.at("sequence").to_number<std::uint64_t>();
    if (!payload.empty()) record.id = digest::sha256(payload);
    if (auto const* upload = vector.as_object().if_contains("upload"))
      record.placement = store::Placement{text(*upload), vector.at("block").to_number<std::uint64_t>(),
                                          hex(vector.at("reference"))};
    ByteView payload_view(payload);
    EXPECT_TRUE(writer->append(std::span(&record, 1), std::span(&payload_view, 1)));
  }
  EXPECT_TRUE(writer->seal());
  Bytes written(writer->size_bytes());
  EXPECT_TRUE(packs->read("pack", 0, written));
  return std::string(as_text(written));
}

/// A region's store as an earlier version left it: one pack, and no index.
struct ReleasedStore {
  ReleasedStore(std::string const& golden, bool sealed) {
    fs::path const pack = folder / "0000000000000001.pack";
    fs::copy_file(kProject / "tests/golden" / golden, pack);
    fs::permissions(pack, sealed ? fs::perms::owner_read : fs::perms::owner_read | fs::perms::owner_write);
    packs = *bucket::open_directory(folder.path());
    sessions =
        std::make_unique<sql::Pool>([] { return sql::open_sqlite(":memory:", sql::Durability::process); }, 1);
    store = *store::Store::open(*packs, *sessions, {});
    content = std::make_unique<Content>(*store, Options{}, system_entropy());
  }
  ~ReleasedStore() {
    content.reset();
    store.reset();
  }
  ReleasedStore(ReleasedStore const&) = delete;
  ReleasedStore& operator=(ReleasedStore const&) = delete;

  tests::Folder const folder;
  std::unique_ptr<bucket::Bucket> packs;
  std::unique_ptr<sql::Pool> sessions;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Content> content;
};

}  // namespace argosy::content
