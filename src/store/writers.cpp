// store/writers.cpp - see writers.h.
#include "store/writers.h"

#include <fmt/format.h>

#include <charconv>

namespace argosy::store {

std::string pack_name(std::int64_t number) { return fmt::format("{:016x}.pack", number); }

std::optional<std::int64_t> pack_number(std::string_view name) {
  if (name.size() != 21 || !name.ends_with(".pack")) return std::nullopt;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + 16, number, 16);
  if (error != std::errc{} || end != name.data() + 16 || number <= 0) return std::nullopt;
  return number;
}

bool Writers::adopt(std::int64_t number, std::unique_ptr<PackWriter>& writer) {
  for (auto& slot : slots_) {
    if (slot.writer != nullptr) continue;
    slot.number = number;
    slot.writer = std::move(writer);
    return true;
  }
  return false;
}

Result<void> Writers::append(std::span<Record> records, std::span<ByteView const> payloads,
                             std::function<void(std::int64_t pack)> const& written) {
  for (auto& slot : slots_) {  // the first free one: what comes alone lies together
    std::unique_lock lock(slot.mutex, std::try_to_lock);
    if (lock.owns_lock()) return append_to(slot, records, payloads, written);
  }
  auto& slot = slots_[turn_.fetch_add(1) % slots_.size()];
  std::lock_guard lock(slot.mutex);
  return append_to(slot, records, payloads, written);
}

Result<void> Writers::append_to(Slot& slot, std::span<Record> records, std::span<ByteView const> payloads,
                                std::function<void(std::int64_t pack)> const& written) {
  if (slot.writer == nullptr) {
    auto number = next_number_.fetch_add(1);
    slot.writer = TRY(PackWriter::create(bucket_, pack_name(number)));
    slot.number = number;
  }
  for (auto& record : records)
    if (record.sequence == 0) record.sequence = next_sequence_.fetch_add(1);
  auto appended = slot.writer->append(records, payloads);
  bool const full = slot.writer->size_bytes() >= options_.pack_bytes ||
                    slot.writer->record_count() >= options_.pack_records;
  if (appended) {
    slot.dirty = true;
    written(slot.number);
  }
  bool const spent = slot.writer->spent();
  if (full || spent) set_aside(slot, !spent);
  return appended;
}

/// The next flush seals it, or only syncs it if it is spent.
void Writers::set_aside(Slot& slot, bool seal) {
  std::lock_guard lock(full_mutex_);
  full_.push_back({{slot.number, slot.writer->size_bytes(), seal, 0, {}}, slot.writer, seal});
  slot.writer = nullptr;
  slot.dirty = false;
}

bool Writers::close(std::int64_t number) {
  for (auto& slot : slots_) {
    std::lock_guard lock(slot.mutex);
    if (slot.writer == nullptr || slot.number != number) continue;
    set_aside(slot, true);
    return true;
  }
  return false;
}

std::vector<Writers::Mark> Writers::mark(std::function<void()> const& at_rest) {
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(slots_.size());
  for (auto& slot : slots_) locks.emplace_back(slot.mutex);
  std::lock_guard lock(full_mutex_);
  auto marks = std::exchange(full_, {});
  for (auto& slot : slots_) {
    if (slot.writer == nullptr || !slot.dirty) continue;
    marks.push_back({{slot.number, slot.writer->size_bytes(), false, 0, {}}, slot.writer, false});
    slot.dirty = false;
  }
  at_rest();
  return marks;
}

std::set<std::int64_t> Writers::mark_again(std::vector<Mark> marks) {
  std::set<std::int64_t> spent;
  for (auto const& mark : marks)
    if (mark.writer->spent()) spent.insert(mark.row.number);
  for (auto& slot : slots_) {
    std::lock_guard lock(slot.mutex);
    for (auto const& mark : marks) {
      if (mark.writer != slot.writer) continue;
      slot.dirty = !mark.writer->spent();
      if (mark.writer->spent()) slot.writer = nullptr;
    }
  }
  std::lock_guard lock(full_mutex_);
  for (auto& mark : marks)
    if (mark.full && !mark.writer->spent()) full_.push_back(std::move(mark));
  return spent;
}

}  // namespace argosy::store
