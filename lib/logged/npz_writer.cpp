#include "logged/npz_writer.h"

#include <zip.h>

#include <cstring>
#include <deque>

#include "core/error.h"

namespace dreamer::logged {
namespace {

constexpr zip_uint32_t kLevel = 1;                   // of deflate
constexpr std::size_t kAlignment = 64;               // of the values, as NumPy does it
constexpr zip_uint16_t kNoTime = 0, kFirstDay = 33;  // 1 January 1980, the first of zip's days

std::string header_of(const char* descr, const std::vector<std::int64_t>& shape) {
  std::string extents;
  for (const std::int64_t extent : shape) extents += fmt::format("{},", extent);
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, extents);
  constexpr std::size_t kBefore = 10;
  text.append(kAlignment - (kBefore + text.size() + 1) % kAlignment, ' ');
  text += '\n';
  const auto size = static_cast<std::uint16_t>(text.size());
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(size & 0xff);
  header += static_cast<char>(size >> 8);
  return header + text;
}

}  // namespace

struct NpzWriter::Impl {
  zip_source_t* source = nullptr;  // the archive's bytes
  zip_t* archive = nullptr;
  std::deque<std::string> members;  // read when the archive is closed

  ~Impl() {
    if (archive != nullptr) zip_discard(archive);
    if (source != nullptr) zip_source_free(source);
  }
  [[nodiscard]] Error failed() const {
    return error("cannot make an npz: {}", zip_strerror(archive));
  }
};

NpzWriter::NpzWriter() : impl_(std::make_unique<Impl>()) {
  zip_error_t why;
  zip_error_init(&why);
  impl_->source = zip_source_buffer_create(nullptr, 0, 0, &why);
  if (impl_->source == nullptr) throw std::bad_alloc();
  zip_source_keep(impl_->source);  // the archive owns one reference, this the other
  impl_->archive = zip_open_from_source(impl_->source, ZIP_TRUNCATE, &why);
  if (impl_->archive == nullptr) {
    zip_source_free(impl_->source);
    throw error("cannot make an npz: {}", zip_error_strerror(&why));
  }
}

NpzWriter::~NpzWriter() = default;

void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    const std::vector<float>& values) {
  add(name, "<f4", shape, values.data(), values.size() * sizeof(float));
}
void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    const std::vector<std::uint8_t>& values) {
  add(name, "|u1", shape, values.data(), values.size());
}
void NpzWriter::add_booleans(const std::string& name, const std::vector<std::uint8_t>& values) {
  add(name, "|b1", {static_cast<std::int64_t>(values.size())}, values.data(), values.size());
}

void NpzWriter::add(const std::string& name, const char* descr,
                    const std::vector<std::int64_t>& shape, const void* values, std::size_t bytes) {
  std::string& member = impl_->members.emplace_back(header_of(descr, shape));
  member.append(static_cast<const char*>(values), bytes);
  zip_source_t* const source = zip_source_buffer(impl_->archive, member.data(), member.size(), 0);
  if (source == nullptr) throw impl_->failed();
  const zip_int64_t at =
      zip_file_add(impl_->archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (at < 0) {
    zip_source_free(source);
    throw impl_->failed();
  }
  const auto index = static_cast<zip_uint64_t>(at);
  if (zip_set_file_compression(impl_->archive, index, ZIP_CM_DEFLATE, kLevel) != 0 ||
      zip_file_set_dostime(impl_->archive, index, kNoTime, kFirstDay, 0) != 0)
    throw impl_->failed();
}

std::vector<std::byte> NpzWriter::finish() {
  if (zip_close(impl_->archive) != 0) throw impl_->failed();
  impl_->archive = nullptr;
  zip_stat_t size;
  zip_stat_init(&size);
  if (zip_source_stat(impl_->source, &size) != 0 || zip_source_open(impl_->source) != 0)
    throw error("cannot make an npz: {}", zip_error_strerror(zip_source_error(impl_->source)));
  std::vector<std::byte> bytes(size.size);
  const zip_int64_t read = zip_source_read(impl_->source, bytes.data(), bytes.size());
  zip_source_close(impl_->source);
  if (read != static_cast<zip_int64_t>(bytes.size())) throw error("cannot make an npz");
  return bytes;
}

}  // namespace dreamer::logged
