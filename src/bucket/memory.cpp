// bucket/memory.cpp - objects in memory, for tests.
#include <algorithm>
#include <map>
#include <mutex>

#include "bucket/bucket.h"

namespace argosy::bucket {
namespace {

struct Content {
  std::mutex mutex;
  Bytes bytes;
  bool sealed = false;
};

class MemoryWriter final : public Writer {
 public:
  explicit MemoryWriter(std::shared_ptr<Content> content) : content_(std::move(content)) {}
  Result<std::uint64_t> append(std::span<ByteView const> parts) override {
    std::lock_guard lock(content_->mutex);
    auto start = content_->bytes.size();
    for (auto part : parts) content_->bytes.insert(content_->bytes.end(), part.begin(), part.end());
    return start;
  }
  Result<void> sync() override { return {}; }
  Result<void> seal() override {
    std::lock_guard lock(content_->mutex);
    content_->sealed = true;
    return {};
  }
  bool spent() const override { return false; }

 private:
  std::shared_ptr<Content>
      content_;  // the object outlives its removal from the bucket while a writer holds it
};

class Memory final : public Bucket {
 public:
  Result<std::unique_ptr<Writer>> create(std::string_view name) override {
    std::lock_guard lock(mutex_);
    auto [at, fresh] = objects_.try_emplace(std::string(name), std::make_shared<Content>());
    if (!fresh) return fail(Fault::conflict, std::string(name) + " exists");
    return std::make_unique<MemoryWriter>(at->second);
  }
  Result<std::unique_ptr<Writer>> reopen(std::string_view name, std::uint64_t size_bytes,
                                         std::uint64_t) override {
    auto content = TRY(content_of(name));
    std::lock_guard lock(content->mutex);
    if (content->sealed) return fail(Fault::conflict, std::string(name) + " is sealed");
    content->bytes.resize(size_bytes);
    return std::make_unique<MemoryWriter>(content);
  }
  Result<void> read(std::string_view name, std::uint64_t offset_bytes, std::span<std::byte> out) override {
    auto content = TRY(content_of(name));
    std::lock_guard lock(content->mutex);
    if (offset_bytes > content->bytes.size() || out.size() > content->bytes.size() - offset_bytes)
      return fail(Fault::corrupt, std::string(name) + " is shorter than it should be");
    std::ranges::copy(ByteView(content->bytes).subspan(offset_bytes, out.size()), out.begin());
    return {};
  }
  Result<Object> find(std::string_view name) override {
    auto content = TRY(content_of(name));
    std::lock_guard lock(content->mutex);
    return Object{std::string(name), content->bytes.size(), content->sealed};
  }
  Result<std::vector<Object>> list() override {
    std::lock_guard lock(mutex_);
    std::vector<Object> objects;
    for (auto const& [name, content] : objects_) {
      std::lock_guard inner(content->mutex);
      objects.push_back({name, content->bytes.size(), content->sealed});
    }
    return objects;
  }
  Result<void> remove(std::string_view name) override {
    std::lock_guard lock(mutex_);
    objects_.erase(std::string(name));
    return {};
  }

 private:
  Result<std::shared_ptr<Content>> content_of(std::string_view name) {
    std::lock_guard lock(mutex_);
    auto found = objects_.find(std::string(name));
    if (found == objects_.end()) return fail(Fault::not_found, std::string(name) + " does not exist");
    return found->second;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Content>> objects_;
};

}  // namespace

std::unique_ptr<Bucket> open_memory() { return std::make_unique<Memory>(); }

}  // namespace argosy::bucket
