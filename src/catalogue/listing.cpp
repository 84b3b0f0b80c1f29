// catalogue/listing.cpp - see listing.h. Statements are composed of fixed text and numbered parameters only.
#include "catalogue/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "base/assert.h"
#include "catalogue/filters.h"
#include "images/rules.h"
#include "instances/default_network.h"
#include "instances/instance.h"

#include "sql/read_rows.h"

namespace argosy::catalogue {
namespace {

/// A statement and its parameters, which it owns.
class Statement {
 public:
  std::string add(std::string_view text) {
    texts_.emplace_back(text);
    values_.emplace_back(std::string_view(texts_.back()));
    return "?" + std::to_string(values_.size());
  }
  std::string add(std::int64_t number) {
    values_.emplace_back(number);
    return "?" + std::to_string(values_.size());
  }
  std::string in(std::string_view column, std::vector<std::string> const& values) {
    std::string list;
    for (auto const& value : values) (list += list.empty() ? "" : ", ") += add(value);
    return fmt::format("{} IN ({})", column, list);
  }
  std::span<sql::Value const> values() const { return values_; }

 private:
  std::list<std::string> texts_;
  std::vector<sql::Value> values_;
};

/// EC2's wildcards as LIKE's, with '\' as its escape.
std::string like_pattern(std::string_view pattern) {
  std::string out;
  auto literal = [&](char c) {
    if (c == '%' || c == '_' || c == '\\') out.push_back('\\');
    out.push_back(c);
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      literal(pattern[++i]);
    } else if (pattern[i] == '*') {
      out.push_back('%');
    } else if (pattern[i] == '?') {
      out.push_back('_');
    } else {
      literal(pattern[i]);
    }
  }
  return out;
}

bool has_wildcards(std::string_view value) { return value.find_first_of("*?\\") != std::string_view::npos; }

std::string matches_any(Statement& statement, std::string_view text, std::vector<std::string> const& values) {
  std::string out;
  for (auto const& value : values) {
    out += out.empty() ? "(" : " OR ";
    if (has_wildcards(value)) {
      out += fmt::format("{} LIKE {} ESCAPE '\\'", text, statement.add(like_pattern(value)));
    } else {
      out += fmt::format("{} = {}", text, statement.add(value));
    }
  }
  return out.empty() ? "0 = 1" : out + ")";
}

std::string around(std::string_view frame, std::string const& condition) {
  auto at = frame.find("{}");
  return std::string(frame.substr(0, at)) + condition + std::string(frame.substr(at + 2));
}

constexpr std::string_view kTagPrefix = "tag:";

/// Whatever is selected, and if nothing is.
Result<void> check_filters(std::vector<Filter> const& filters, std::span<FilterColumn const> columns) {
  std::size_t values = 0;
  for (auto const& filter : filters) {
    TRY(count_values(filter.values, values));
    bool const known = filter.name.starts_with(kTagPrefix) ||
                       std::ranges::find(columns, filter.name, &FilterColumn::name) != columns.end();
    if (!known) return images::invalid_parameter_value("The filter '" + filter.name + "' is invalid");
  }
  return {};
}

/// " AND …" for each filter, which is checked. `tag_frame` surrounds a condition on a tag t of the resource.
std::string conditions_of(Statement& statement, std::vector<Filter> const& filters,
                          std::span<FilterColumn const> columns, std::string_view tag_frame) {
  std::string out;
  for (auto const& filter : filters) {
    if (filter.name.starts_with(kTagPrefix)) {
      auto const tag_key = std::string_view(filter.name).substr(kTagPrefix.size());
      auto key = fmt::format("t.key = {} AND ", statement.add(tag_key));
      out += " AND " + around(tag_frame, key + matches_any(statement, "t.value", filter.values));
      continue;
    }
    auto const column = std::ranges::find(columns, filter.name, &FilterColumn::name);
    ARGOSY_ASSERT(column != columns.end());
    out += " AND " + around(column->around, matches_any(statement, column->text, filter.values));
  }
  return out;
}

/// What differs between the two kinds of resources.
struct Listed {
  std::string_view table;
  std::span<FilterColumn const> filters;
  bool is_image;
};

/// One branch: its index gives the order, the rest are conditions. Of ids that are named only these are
/// looked at, by the table's own key: a + keeps SQLite from an index of all that the owner has.
Result<std::vector<Position>> list_branch(Transaction& tx, Listed const& listed, Selection const& selection,
                                          Branch branch, Position const& after, std::size_t limit) {
  Statement statement;
  statement.add(selection.account);  // ?1, as the filters say
  std::string from = fmt::format("{} r", listed.table);
  std::string order = "r.created, r.id";
  std::string where;
  bool const by_id = !selection.ids.empty();
  if (branch == Branch::own) {
    where = by_id ? "+r.owner = ?1" : "r.owner = ?1";
  } else {
    from = fmt::format("permissions s JOIN {} r ON r.id = s.resource", listed.table);
    order = "s.created, s.resource";
    where = branch == Branch::shared ? "s.kind = 'account' AND s.value = ?1 AND r.owner <> ?1"
                                     : "s.kind = 'group' AND s.value = 'all'";
    if (by_id) {  // of a CROSS JOIN SQLite keeps the order: not all that is shared first
      from = fmt::format("{} r CROSS JOIN permissions s", listed.table);
      where += " AND s.resource = r.id";
    }
  }
  if (listed.is_image) where += " AND r.state <> 'deregistered'";
  if (listed.is_image && !selection.with_disabled) where += " AND r.state <> 'disabled'";
  if (listed.is_image && !selection.deprecated_before.empty() && branch != Branch::own)
    where += fmt::format(" AND (r.owner = ?1 OR r.deprecation IS NULL OR r.deprecation > {})",
                         statement.add(selection.deprecated_before));
  where += fmt::format(" AND ({}) > ({}, {})", order, statement.add(after.created), statement.add(after.id));
  if (!selection.owners.empty())
    where += " AND " + statement.in(by_id ? "+r.owner" : "r.owner", selection.owners);
  if (by_id) where += " AND " + statement.in("r.id", selection.ids);
  if (!selection.shared_with.empty())
    where += " AND EXISTS(SELECT 1 FROM permissions w WHERE w.resource = r.id AND w.kind = 'account' AND " +
             statement.in("w.value", selection.shared_with) + ")";
  where += conditions_of(statement, selection.filters, listed.filters, kInOwnTags);
  auto text = fmt::format("SELECT r.created, r.id FROM {} WHERE {} ORDER BY {} LIMIT {}", from, where, order,
                          statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return Position{std::string(row.text(0)), std::string(row.text(1))};
  });
}

/// Of what is the caller's own the other branches find nothing that `own` does not, and look at all that
/// others share to find it.
std::vector<Branch> branches_of(Selection const& selection) {
  auto out = selection.branches;
  auto const is_own = [&](std::string const& owner) { return owner == selection.account; };
  if (selection.owners.empty() || !std::ranges::all_of(selection.owners, is_own)) return out;
  if (std::ranges::find(out, Branch::own) != out.end()) return {Branch::own};
  std::erase(out, Branch::shared);
  return out;
}

Result<std::vector<Position>> list_resources(Transaction& tx, Listed const& listed,
                                             Selection const& selection, Position const& after,
                                             std::size_t limit) {
  TRY(check_filters(selection.filters, listed.filters));
  std::vector<Position> out;
  auto const branches = branches_of(selection);
  for (auto branch : branches) {
    auto part = TRY(list_branch(tx, listed, selection, branch, after, limit));
    out.insert(out.end(), part.begin(), part.end());
  }
  std::ranges::sort(out);
  auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  if (out.size() > limit) out.resize(limit);
  return out;
}

/// The parameters that the filters of instances and volumes name: ?1 to ?7.
void add_places(Statement& statement, Selection const& selection) {
  auto const network = instances::default_network(selection.account, selection.region);
  auto const dns_name = instances::private_dns_name("", selection.region);
  for (std::string_view const text :
       {std::string_view(selection.account), std::string_view(network.availability_zone),
        std::string_view(network.vpc_id), std::string_view(network.subnet_id),
        std::string_view(network.security_group_id), instances::kSecurityGroupName,
        std::string_view(dns_name).substr(std::string_view("ip-").size())})
    statement.add(text);
}

/// Of a table whose rows only their own account sees.
Result<std::vector<Position>> list_own(Transaction& tx, std::string_view table,
                                       std::span<FilterColumn const> filters, Selection const& selection,
                                       Position const& after, std::size_t limit) {
  TRY(check_filters(selection.filters, filters));
  Statement statement;
  add_places(statement, selection);
  bool const by_id = !selection.ids.empty();
  std::string where = fmt::format("{}r.account = ?1 AND (r.created, r.id) > ({}, {})", by_id ? "+" : "",
                                  statement.add(after.created), statement.add(after.id));
  if (by_id) where += " AND " + statement.in("r.id", selection.ids);
  if (selection.only_running) where += " AND r.state = 'running'";
  where += conditions_of(statement, selection.filters, filters, kInOwnTags);
  auto text = fmt::format("SELECT r.created, r.id FROM {} r WHERE {} ORDER BY r.created, r.id LIMIT {}",
                          table, where, statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return Position{std::string(row.text(0)), std::string(row.text(1))};
  });
}

}  // namespace

Result<void> count_values(std::vector<std::string> const& values, std::size_t& counted) {
  counted += std::max<std::size_t>(1, values.size());
  if (counted > kMaxFilterValues)
    return fail(Fault::limit, "FilterLimitExceeded",
                "A call can have at most 200 filters and values of them");
  for (auto const& value : values)
    if (value.size() > kMaxFilterValueBytes)
      return images::invalid_parameter_value("A filter's value can have at most 1024 bytes");
  return {};
}

Result<std::vector<Position>> list_instances(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit) {
  return list_own(tx, "instances", kInstanceFilters, selection, after, limit);
}

Result<std::vector<Position>> list_instance_statuses(Transaction& tx, Selection const& selection,
                                                     Position const& after, std::size_t limit) {
  return list_own(tx, "instances", kInstanceStatusFilters, selection, after, limit);
}

Result<std::vector<Position>> list_volumes(Transaction& tx, Selection const& selection, Position const& after,
                                           std::size_t limit) {
  return list_own(tx, "volumes", kVolumeFilters, selection, after, limit);
}

Result<std::vector<Position>> list_images(Transaction& tx, Selection const& selection, Position const& after,
                                          std::size_t limit) {
  return list_resources(tx, {"images", kImageFilters, true}, selection, after, limit);
}

Result<std::vector<Position>> list_snapshots(Transaction& tx, Selection const& selection,
                                             Position const& after, std::size_t limit) {
  return list_resources(tx, {"snapshots", kSnapshotFilters, false}, selection, after, limit);
}

Result<std::vector<TagRow>> list_tags(Transaction& tx, std::string_view account,
                                      std::vector<Filter> const& filters, std::string_view after_resource,
                                      std::string_view after_key, std::size_t limit) {
  TRY(check_filters(filters, kTagFilters));
  Statement statement;
  statement.add(account);
  // Of resources that are named only theirs are looked at, and not all behind the position.
  bool const by_resource = std::ranges::any_of(filters, [](Filter const& filter) {
    return filter.name == "resource-id" && std::ranges::none_of(filter.values, has_wildcards);
  });
  std::string where =
      fmt::format("t.account = ?1 AND ({}t.resource, t.key) > ({}, {})", by_resource ? "+" : "",
                  statement.add(after_resource), statement.add(after_key));
  where += conditions_of(statement, filters, kTagFilters, "({})");
  auto text = fmt::format(
      "SELECT t.resource, t.key, t.value FROM tags t WHERE {} ORDER BY t.resource, t.key LIMIT {}", where,
      statement.add(static_cast<std::int64_t>(limit)));
  return sql::read_rows(tx.session().query(text, statement.values()), [](sql::Rows& row) {
    return TagRow{std::string(row.text(0)), {std::string(row.text(1)), std::string(row.text(2))}};
  });
}

std::string_view resource_type_of(std::string_view id) {
  if (id.starts_with("ami-")) return "image";
  if (id.starts_with("snap-")) return "snapshot";
  if (id.starts_with("i-")) return "instance";
  if (id.starts_with("vol-")) return "volume";
  if (id.starts_with("key-")) return "key-pair";
  return {};
}

}  // namespace argosy::catalogue
