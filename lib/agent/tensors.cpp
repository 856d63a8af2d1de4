#include "agent/tensors.h"

#include <algorithm>
#include <map>

#include <ATen/Parallel.h>

#include "core/error.h"
#include "io/checkpoint_header.h"

namespace dreamer {

using torch::Tensor;

namespace {

std::span<float> floats(Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

io::Shape shape_of(const Tensor& tensor) { return tensor.sizes().vec(); }

// A copy: the batch may be gone before the tensor is.
template <class T>
Tensor copied(const std::vector<T>& values, torch::IntArrayRef shape, torch::Device device) {
  const auto type = c10::CppTypeToScalarType<T>::value;
  Tensor tensor = torch::empty(shape, type);
  std::ranges::copy(values, tensor.data_ptr<T>());
  return tensor.to(device);
}

void for_each_tensor(const torch::nn::Module& module,
                     const std::function<void(const std::string&, Tensor)>& visit) {
  for (const auto& list : {module.named_parameters(), module.named_buffers()}) {
    for (const auto& item : list) {
      std::string name = item.key();
      std::ranges::replace(name, '.', '/');
      visit(name, item.value());
    }
  }
}

}  // namespace

Tensor normal_tensor(const RandomStream& stream, std::uint64_t update, torch::IntArrayRef shape,
                     torch::Device device) {
  Tensor tensor = torch::empty(shape);
  const std::span<float> all = floats(tensor);
  constexpr std::int64_t kEach = RandomStream::kTogether, kFewest = 1024;
  const auto size = static_cast<std::int64_t>(all.size());
  at::parallel_for(
      0, (size + kEach - 1) / kEach, kFewest, [&](std::int64_t begin, std::int64_t end) {
        const auto first = static_cast<std::size_t>(begin * kEach);
        const auto count = static_cast<std::size_t>(std::min(size, end * kEach)) - first;
        stream.fill_normal(update, all.subspan(first, count), first);
      });
  return tensor.to(device);
}

Tensor uniform_tensor(const RandomStream& stream, std::uint64_t update, torch::IntArrayRef shape,
                      torch::Device device) {
  Tensor tensor = torch::empty(shape);
  stream.fill_uniform(update, floats(tensor));
  return tensor.to(device);
}

Tensor action_noise(const Space& action, const RandomStream& stream, std::uint64_t update,
                    torch::IntArrayRef shape, torch::Device device) {
  return action.kind == SpaceKind::discrete ? uniform_tensor(stream, update, shape, device)
                                            : normal_tensor(stream, update, shape, device);
}

Sequences to_sequences(const data::Batch& batch, torch::Device device) {
  const std::int64_t rows = batch.batch, length = batch.length;
  const auto shape_of = [&](const std::string& name) {
    std::vector<std::int64_t> shape = {rows, length};
    const auto& more = batch.signature.observation(name)->shape;
    shape.insert(shape.end(), more.begin(), more.end());
    return shape;
  };
  Sequences out;
  for (const auto& [name, pixels] : batch.images)
    out.observations[name] = copied(pixels, shape_of(name), device);
  for (const auto& [name, values] : batch.vectors)
    out.observations[name] = copied(values, shape_of(name), device);
  out.action = copied(batch.action, {rows, length, batch.signature.action.size()}, device);
  out.reward = copied(batch.reward, {rows, length}, device);
  out.discount = copied(batch.discount, {rows, length}, device);
  out.mask = copied(batch.mask, {rows, length}, device);
  return out;
}

void write_tensor(io::FileWriter& file, const std::string& path, std::string_view dims,
                  const Tensor& tensor) {
  const Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  const auto size = static_cast<std::size_t>(host.numel());
  if (host.scalar_type() == torch::kUInt8)
    file.dataset(path, dims, shape_of(host),
                 std::span<const std::uint8_t>(host.data_ptr<std::uint8_t>(), size));
  else
    file.dataset(path, dims, shape_of(host), std::span<const float>(host.data_ptr<float>(), size));
}

Tensor read_tensor(const io::FileReader& file, const std::string& path) {
  const auto info = file.info(path);
  return copied(file.read<float>(path), info.shape, torch::kCPU);
}

void read_tensor_into(const io::FileReader& file, const std::string& path, const Tensor& like) {
  io::check_shape(file, path, shape_of(like));
  const Tensor values = read_tensor(file, path);
  // Never written by us, and no learning comes back from it.
  if (!values.isfinite().all().item<bool>())
    throw error("{}: {} holds values that are not finite; the file is damaged",
                file.path().string(), path);
  const torch::NoGradGuard no_grad;
  like.copy_(values);
}

void write_module(io::FileWriter& file, const std::string& group, const torch::nn::Module& module) {
  for_each_tensor(module, [&](const std::string& name, const Tensor& tensor) {
    write_tensor(file, group + "/" + name, "", tensor);
  });
}

void read_module(const io::FileReader& file, const std::string& group, torch::nn::Module& module) {
  for_each_tensor(module, [&](const std::string& name, const Tensor& tensor) {
    read_tensor_into(file, group + "/" + name, tensor);
  });
}

void copy_module(const torch::nn::Module& from, torch::nn::Module& to) {
  const torch::NoGradGuard no_grad;
  std::map<std::string, Tensor> numbers;
  for_each_tensor(from, [&](const std::string& name, const Tensor& t) { numbers[name] = t; });
  for_each_tensor(to, [&](const std::string& name, const Tensor& t) { t.copy_(numbers.at(name)); });
}

}  // namespace dreamer
