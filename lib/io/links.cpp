#include "io/links.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace dreamer::io {
namespace {

// Our files nest five groups at most. The limit keeps paths short: their lengths add up to the
// square of the depth.
constexpr std::size_t kDeepest = 64;

/// The links in one group, in no particular order.
std::vector<std::pair<std::string, H5L_type_t>> links_in(hid_t group, const std::string& place) {
  struct Out {
    std::vector<std::pair<std::string, H5L_type_t>> links;
    std::exception_ptr failure;
  } out;
  const auto visit = [](hid_t, const char* name, const H5L_info_t* link, void* to) -> herr_t {
    auto& [links, failure] = *static_cast<Out*>(to);
    return in_callback(failure, [&] { links.emplace_back(name, link->type); });
  };
  const herr_t status = H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &out);
  if (out.failure) std::rethrow_exception(out.failure);
  if (status < 0) throw reading_failed(place);
  return std::move(out.links);
}

}  // namespace

Links::Links(hid_t file, std::string name)
    : file_(file),
      name_(std::move(name)),
      left_the_file_(std::make_unique<bool>(false)),
      access_(H5Pcreate(H5P_LINK_ACCESS), name_) {
  const auto refuse = [](const char*, const char*, const char*, const char*, unsigned*, hid_t,
                         void* left) -> herr_t {
    *static_cast<bool*>(left) = true;
    return -1;
  };
  check(H5Pset_elink_cb(access_, refuse, left_the_file_.get()), name_);
}

std::string Links::where(const std::string& path) const {
  return fmt::format("{}: {}", name_, path);
}

void Links::check_type(H5L_type_t type, const std::string& path) const {
  if (type == H5L_TYPE_EXTERNAL)
    throw error("{} is a link into another file; copy its contents here", where(path));
  if (type != H5L_TYPE_HARD && type != H5L_TYPE_SOFT)
    throw error("{} is a link of a kind that only its own program follows (class {})", where(path),
                static_cast<int>(type));
}

void Links::check_followed(const std::string& path) {
  H5Eclear2(H5E_DEFAULT);
  if (std::exchange(*left_the_file_, false)) check_type(H5L_TYPE_EXTERNAL, path);
}

bool Links::exists(const std::string& path) {
  if (path == "/") return true;
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    // Looked for once: the groups above it are those of its neighbours.
    if (!seen_.contains(part)) {
      H5L_info_t link;
      if (H5Lexists(file_, part.c_str(), access_) <= 0 ||
          H5Lget_info(file_, part.c_str(), &link, access_) < 0) {
        check_followed(part);
        return false;
      }
      check_type(link.type, part);
      if (H5Oexists_by_name(file_, part.c_str(), access_) <= 0) {
        check_followed(part);
        return false;
      }
      seen_.insert(part);
    }
    if (end == std::string::npos) return true;
  }
}

Handle Links::open(const std::string& path) {
  if (!exists(path)) throw error("{} is missing", where(path));
  const hid_t id = H5Oopen(file_, path.c_str(), access_);
  if (id < 0) throw reading_failed(where(path));
  return {id, path};
}

std::vector<std::string> Links::names(const std::string& group) {
  const Handle open_group = open(group);
  if (H5Iget_type(open_group) != H5I_GROUP) throw error("{} is not a group", where(group));
  std::vector<std::string> found;
  for (const auto& [name, type] : links_in(open_group, where(group))) {
    const std::string inner = (group == "/" ? group : group + "/") + name;
    check_type(type, inner);
    if (type == H5L_TYPE_HARD || exists(inner)) found.push_back(name);
  }
  return found;
}

std::vector<std::string> Links::find(const std::string& group, H5O_type_t kind) {
  struct Group {
    std::string path;
    std::size_t depth;
  };
  std::vector<std::string> found;
  std::set<haddr_t> visited;
  std::vector<Group> ahead = {{group, 0}};
  while (!ahead.empty()) {
    const auto [path, depth] = std::move(ahead.back());
    ahead.pop_back();
    const Handle open_group = open(path);
    if (H5Iget_type(open_group) != H5I_GROUP) throw error("{} is not a group", where(path));
    H5O_info_t info;
    check(H5Oget_info2(open_group, &info, H5O_INFO_BASIC), where(path));
    if (!visited.insert(info.addr).second) continue;
    for (const auto& [name, type] : links_in(open_group, where(path))) {
      const std::string inner = (path == "/" ? path : path + "/") + name;
      check_type(type, inner);
      if (H5Oget_info_by_name2(open_group, name.c_str(), &info, H5O_INFO_BASIC, access_) < 0) {
        check_followed(inner);
        if (type == H5L_TYPE_SOFT) continue;  // leads nowhere
        throw error("{} is damaged; copy or make the file again", where(inner));
      }
      if (info.type == H5O_TYPE_GROUP) {
        if (depth == kDeepest)
          throw error("{}: groups nest deeper than {}; no file of dreamer's does that", name_,
                      kDeepest);
        ahead.push_back({inner, depth + 1});
      }
      if (info.type == kind) found.push_back(inner);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace dreamer::io
