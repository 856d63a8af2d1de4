#include "media/decoder.h"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "core/error.h"
#include "video/libav.h"

namespace dreamer::media {
namespace {

struct Close {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};

/// Frames of a decoder as RGB, or grey where they are.
class ToRgb {
 public:
  Frame convert(const AVFrame& from) {
    const bool grey = from.format == AV_PIX_FMT_GRAY8;
    const AVPixelFormat format = grey ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24;
    if (from.width < 1 || from.height < 1 || std::int64_t{from.width} * from.height > kMostPixels)
      throw error("an image of {}x{} pixels", from.width, from.height);
    if (from.format == AV_PIX_FMT_GRAY16 || from.format == AV_PIX_FMT_GRAY16BE ||
        from.format == AV_PIX_FMT_GRAY12)
      throw error("images of more than 8 bits, such as depth, are not read");
    scaler_.reset(sws_getCachedContext(
        scaler_.release(), from.width, from.height, static_cast<AVPixelFormat>(from.format),
        from.width, from.height, format,
        SWS_BILINEAR | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr,
        nullptr));
    if (!scaler_) throw error("cannot convert images of {}x{} pixels", from.width, from.height);
    if (from.colorspace == AVCOL_SPC_BT709) {
      const int* matrix = sws_getCoefficients(SWS_CS_ITU709);
      const int full = from.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
      sws_setColorspaceDetails(scaler_.get(), matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
    }
    Frame frame{.height = from.height, .width = from.width, .channels = grey ? 1 : 3, .pixels = {}};
    const std::int64_t row = frame.width * frame.channels;
    frame.pixels.resize(static_cast<std::size_t>(frame.height * row));
    const std::array<std::uint8_t*, 1> to{frame.pixels.data()};
    const std::array<int, 1> stride{static_cast<int>(row)};
    check(sws_scale(scaler_.get(), from.data, from.linesize, 0, from.height, to.data(),
                    stride.data()),
          "convert an image");
    return frame;
  }

 private:
  Owned<SwsContext> scaler_;
};

Owned<AVCodecContext> open_codec(const AVCodec* codec, const AVCodecParameters* parameters) {
  if (codec == nullptr) throw error("this FFmpeg has no decoder for it");
  Owned<AVCodecContext> context(avcodec_alloc_context3(codec));
  if (parameters != nullptr)
    check(avcodec_parameters_to_context(context.get(), parameters), "read its parameters");
  context->thread_count = 1;
  context->max_pixels = kMostPixels;
  check(avcodec_open2(context.get(), codec, nullptr), "open the decoder");
  return context;
}

class LibavVideo : public VideoReader {
 public:
  explicit LibavVideo(const std::filesystem::path& path)
      : packet_(av_packet_alloc()), decoded_(av_frame_alloc()) {
    AVFormatContext* context = nullptr;
    check(avformat_open_input(&context, ("file:" + path.string()).c_str(), nullptr, nullptr),
          "open the video");
    context_.reset(context);
    check(avformat_find_stream_info(context, nullptr), "read the video");
    const AVCodec* codec = nullptr;
    stream_ = check(av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0),
                    "find the video");
    codec_ = open_codec(codec, context->streams[stream_]->codecpar);
  }

  std::optional<TimedFrame> next() override {
    for (;;) {
      const int result = avcodec_receive_frame(codec_.get(), decoded_.get());
      if (result == AVERROR_EOF) return std::nullopt;
      if (result != AVERROR(EAGAIN)) {
        check(result, "decode a frame");
        const AVRational base = context_->streams[stream_]->time_base;
        const std::int64_t start = context_->streams[stream_]->start_time;
        const std::int64_t at =
            decoded_->best_effort_timestamp - (start == AV_NOPTS_VALUE ? 0 : start);
        TimedFrame timed{to_rgb_.convert(*decoded_), static_cast<double>(at) * av_q2d(base)};
        av_frame_unref(decoded_.get());
        return timed;
      }
      feed();
    }
  }

  void seek(double seconds) override {
    const AVRational base = context_->streams[stream_]->time_base;
    const auto at = static_cast<std::int64_t>(seconds / av_q2d(base));
    check(av_seek_frame(context_.get(), stream_, at, AVSEEK_FLAG_BACKWARD), "seek in the video");
    avcodec_flush_buffers(codec_.get());
    ended_ = false;
  }

 private:
  void feed() {
    while (!ended_) {
      const int result = av_read_frame(context_.get(), packet_.get());
      if (result == AVERROR_EOF) {
        ended_ = true;
        check(avcodec_send_packet(codec_.get(), nullptr), "decode the video");
        return;
      }
      check(result, "read the video");
      const bool ours = packet_->stream_index == stream_;
      if (ours) check(avcodec_send_packet(codec_.get(), packet_.get()), "decode the video");
      av_packet_unref(packet_.get());
      if (ours) return;
    }
  }

  std::unique_ptr<AVFormatContext, Close> context_;
  Owned<AVCodecContext> codec_;
  Owned<AVPacket> packet_;
  Owned<AVFrame> decoded_;
  ToRgb to_rgb_;
  int stream_ = 0;
  bool ended_ = false;
};

class LibavDecoder : public Decoder {
 public:
  LibavDecoder() { forward_log(); }

  [[nodiscard]] Frame jpeg(std::span<const std::uint8_t> file) const override {
    // One for each thread: a decoder is made once, not for every image.
    thread_local Owned<AVCodecContext> codec;
    thread_local ToRgb to_rgb;
    if (!codec) codec = open_codec(avcodec_find_decoder(AV_CODEC_ID_MJPEG), nullptr);
    const Owned<AVPacket> packet(av_packet_alloc());
    check(av_new_packet(packet.get(), static_cast<int>(file.size())), "read an image");
    std::memcpy(packet->data, file.data(), file.size());
    const Owned<AVFrame> decoded(av_frame_alloc());
    try {
      check(avcodec_send_packet(codec.get(), packet.get()), "decode an image");
      check(avcodec_receive_frame(codec.get(), decoded.get()), "decode an image");
    } catch (...) {
      codec.reset();  // what is left in it belongs to the damaged image
      throw;
    }
    if (decoded->decode_error_flags != 0) throw error("a damaged JPEG file");
    return to_rgb.convert(*decoded);
  }

  [[nodiscard]] std::unique_ptr<VideoReader> video(
      const std::filesystem::path& path) const override {
    return std::make_unique<LibavVideo>(path);
  }
};

}  // namespace
}  // namespace dreamer::media

extern "C" const dreamer::media::Decoder* dreamer_decoder() {
  static const dreamer::media::LibavDecoder decoder;
  return &decoder;
}
