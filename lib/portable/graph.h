#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "io/file.h"

namespace dreamer::portable {

/// Builds the ONNX graph of a checkpoint, node by node. A value is the name of what a node puts
/// out.
class Graph {
 public:
  using Value = std::string;
  using Shape = std::vector<std::int64_t>;

  /// @param checkpoint whose tensors become the graph's constants
  explicit Graph(const io::FileReader& checkpoint);

  Value input(const std::string& name, const Shape& shape, bool bytes = false);
  void output(const Value& value, const std::string& name, const Shape& shape);

  /// A tensor of the checkpoint, by its path: "/model/rssm/gru/bias_ih".
  /// @throws Error unless it has this shape
  Value parameter(const std::string& path, const Shape& shape);
  Value constant(float value);
  Value integers(const std::vector<std::int64_t>& values);

  Value apply(const std::string& operation, const std::vector<Value>& inputs);
  /// x in groups of these sizes, along axis 1.
  std::vector<Value> split(const Value& x, const std::vector<std::int64_t>& sizes);
  Value concat(const std::vector<Value>& parts);
  Value transpose(const Value& x, const std::vector<std::int64_t>& axes);
  /// The convolution `name` (kernel 4, stride 2) with ReLU: [1,in,…] -> [1,out,…].
  Value convolution(const Value& x, const std::string& name, std::int64_t in, std::int64_t out);
  /// The dense layer `name`: [1,in] -> [1,out].
  Value dense(const Value& x, const std::string& name, std::int64_t in, std::int64_t out);
  /// x [1,in] times the transposed weight [out,in], plus bias [out].
  Value product(const Value& x, const Value& weight, const Value& bias);
  /// The extents of a head of dense layers.
  struct HeadSizes {
    std::int64_t in, units, layers, out;
  };
  /// The hidden layers of group `name` with ELU, then its `out`.
  Value head(const Value& x, const std::string& name, const HeadSizes& sizes);
  /// A one-hot vector at the largest value.
  Value largest(const Value& x, std::int64_t size);

  void describe(const std::string& key, const std::string& text);
  /// The model, checked by ONNX's own rules.
  [[nodiscard]] std::string serialized();

 private:
  onnx::NodeProto& node(const std::string& operation, const std::vector<Value>& inputs);
  Value named(onnx::NodeProto& node);
  Value new_name(const std::string& what);
  static void declare(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape,
                      int type);

  const io::FileReader& checkpoint_;
  onnx::ModelProto model_;
  onnx::GraphProto& graph_;
  std::int64_t names_ = 0;
};

}  // namespace dreamer::portable
