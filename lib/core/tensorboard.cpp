#include "core/tensorboard.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <utility>

#include "core/append_file.h"
#include "core/error.h"

namespace dreamer {
namespace {

constexpr std::size_t kMostPending = 1 << 20;  // bytes

/// A protocol buffer message under construction (the wire format: key = field << 3 | wire type).
class Message {
 public:
  void integer(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  void real(int field, double value) {
    key(field, 1);
    fixed(std::bit_cast<std::uint64_t>(value));
  }
  void real(int field, float value) {
    key(field, 5);
    fixed(std::bit_cast<std::uint32_t>(value));
  }
  void text(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_.append(value);
  }
  void message(int field, const Message& value) { text(field, value.bytes_); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// Little-endian, whatever the machine's own order is.
  template <class T>
  void fixed(T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      bytes_.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }

 private:
  void key(int field, int wire_type) { varint(static_cast<std::uint64_t>(field << 3 | wire_type)); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

/// A CRC stored beside the data it covers is rotated and offset, so that a CRC of it stays useful.
std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(std::as_bytes(std::span(bytes))), 15) + 0xa282ead8u;
}

double wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string file_name() {
  std::array<char, 256> name{};
  const std::string host =
      ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
  static std::atomic<int> count = 0;  // two runs of one process in the same second
  return fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<std::int64_t>(wall_time()),
                     host, ::getpid(), count++);
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
      entries[i] = crc;
    }
    return entries;
  }();
  std::uint32_t crc = ~0u;
  for (const std::byte byte : bytes)
    crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xff];
  return ~crc;
}

struct TensorBoard::Impl {
  explicit Impl(const std::filesystem::path& path) : file(path) {}
  ~Impl() {
    try {
      flush();
    } catch (const Error&) {  // a program that ends otherwise well has flushed
    }
  }

  void flush() { file.write(std::exchange(pending, {})); }

  /// One record: an Event with this wall time and step.
  void event(Message event, std::int64_t step) {
    event.real(1, wall_time());
    event.integer(2, step);
    Message length, length_crc, crc;
    length.fixed(static_cast<std::uint64_t>(event.bytes().size()));
    length_crc.fixed(masked_crc(length.bytes()));
    crc.fixed(masked_crc(event.bytes()));
    pending += length.bytes() + length_crc.bytes() + event.bytes() + crc.bytes();
    if (pending.size() > kMostPending) flush();
  }

  /// Event.summary = 5, Summary.value = 1.
  void summary(const Message& value, std::int64_t step) {
    Message summary, message;
    summary.message(1, value);
    message.message(5, summary);
    event(std::move(message), step);
  }

  AppendFile file;  // a new one, never somebody else's
  std::string pending;
};

TensorBoard::TensorBoard(const std::filesystem::path& logdir, std::int64_t done) {
  std::error_code failure;
  std::filesystem::create_directories(logdir, failure);
  if (failure)
    throw error("{}: cannot make this folder: {}; give another --logdir", logdir.string(),
                failure.message());
  impl_ = std::make_unique<Impl>(logdir / file_name());

  Message version;
  version.text(3, "brain.Event:2");
  impl_->event(std::move(version), 0);
  if (done > 0) {
    Message start, session;
    start.integer(1, 1);  // SessionLog.status = START
    session.message(7, start);
    impl_->event(std::move(session), done + 1);
  }
  flush();
}

TensorBoard::~TensorBoard() = default;
TensorBoard::TensorBoard(TensorBoard&&) noexcept = default;
TensorBoard& TensorBoard::operator=(TensorBoard&&) noexcept = default;

void TensorBoard::scalar(std::string_view tag, std::int64_t step, double value) {
  Message message;
  message.text(1, tag);
  message.real(2, static_cast<float>(value));
  impl_->summary(message, step);
}

void TensorBoard::image(std::string_view tag, std::int64_t step, std::span<const std::byte> png,
                        std::int64_t height, std::int64_t width) {
  Message image;
  image.integer(1, height);
  image.integer(2, width);
  image.integer(3, 3);  // colorspace: RGB
  image.text(4, {reinterpret_cast<const char*>(png.data()), png.size()});
  Message message;
  message.text(1, tag);
  message.message(4, image);
  impl_->summary(message, step);
}

void TensorBoard::flush() { impl_->flush(); }

const std::filesystem::path& TensorBoard::path() const { return impl_->file.path(); }

}  // namespace dreamer
