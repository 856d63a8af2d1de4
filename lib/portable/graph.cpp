#include "portable/graph.h"

#include <algorithm>

#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include "core/error.h"
#include "io/checkpoint_header.h"

namespace dreamer::portable {
namespace {

constexpr int kIrVersion = 8, kOpset = 13;  // of ONNX 1.8, which every runtime in use reads

void set_ints(onnx::NodeProto& node, const std::string& name,
              const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void set_int(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

}  // namespace

Graph::Graph(const io::FileReader& checkpoint)
    : checkpoint_(checkpoint), graph_(*model_.mutable_graph()) {
  model_.set_ir_version(kIrVersion);
  model_.set_producer_name("dreamer");
  onnx::OperatorSetIdProto& opset = *model_.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  graph_.set_name("policy");
}

Graph::Value Graph::input(const std::string& name, const Shape& shape, bool bytes) {
  declare(*graph_.add_input(), name, shape,
          bytes ? onnx::TensorProto::UINT8 : onnx::TensorProto::FLOAT);
  if (!bytes) return name;
  onnx::NodeProto& cast = node("Cast", {name});
  set_int(cast, "to", onnx::TensorProto::FLOAT);
  return named(cast);
}

void Graph::output(const Value& value, const std::string& name, const Shape& shape) {
  onnx::NodeProto& identity = node("Identity", {value});
  identity.add_output(name);
  declare(*graph_.add_output(), name, shape, onnx::TensorProto::FLOAT);
}

Graph::Value Graph::parameter(const std::string& path, const Shape& shape) {
  const auto& known = graph_.initializer();
  if (std::ranges::find(known, path, &onnx::TensorProto::name) != known.end()) return path;
  io::check_shape(checkpoint_, path, shape);
  const auto values = checkpoint_.read<float>(path);
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(path);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : shape) tensor.add_dims(extent);
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  return path;
}

Graph::Value Graph::constant(float value) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(new_name("number"));
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_float_data(value);
  return tensor.name();
}

Graph::Value Graph::integers(const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(new_name("integers"));
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(std::ssize(values));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return tensor.name();
}

Graph::Value Graph::apply(const std::string& operation, const std::vector<Value>& inputs) {
  return named(node(operation, inputs));
}

std::vector<Graph::Value> Graph::split(const Value& x, const std::vector<std::int64_t>& sizes) {
  const Value lengths = integers(sizes);
  onnx::NodeProto& made = node("Split", {x, lengths});
  set_int(made, "axis", 1);
  std::vector<Value> parts;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    parts.push_back(new_name("part"));
    made.add_output(parts.back());
  }
  return parts;
}

Graph::Value Graph::concat(const std::vector<Value>& parts) {
  if (parts.size() == 1) return parts.front();
  onnx::NodeProto& made = node("Concat", parts);
  set_int(made, "axis", 1);
  return named(made);
}

Graph::Value Graph::transpose(const Value& x, const std::vector<std::int64_t>& axes) {
  onnx::NodeProto& made = node("Transpose", {x});
  set_ints(made, "perm", axes);
  return named(made);
}

Graph::Value Graph::convolution(const Value& x, const std::string& name, std::int64_t in,
                                std::int64_t out) {
  const Value weight = parameter(name + "/weight", {out, in, 4, 4}),
              bias = parameter(name + "/bias", {out});
  onnx::NodeProto& made = node("Conv", {x, weight, bias});
  set_ints(made, "kernel_shape", {4, 4});
  set_ints(made, "strides", {2, 2});
  return apply("Relu", {named(made)});
}

Graph::Value Graph::product(const Value& x, const Value& weight, const Value& bias) {
  onnx::NodeProto& made = node("Gemm", {x, weight, bias});
  set_int(made, "transB", 1);
  return named(made);
}

Graph::Value Graph::dense(const Value& x, const std::string& name, std::int64_t in,
                          std::int64_t out) {
  const Value weight = parameter(name + "/weight", {out, in}),
              bias = parameter(name + "/bias", {out});
  return product(x, weight, bias);
}

Graph::Value Graph::head(const Value& x, const std::string& name, const HeadSizes& sizes) {
  Value hidden = x;
  for (std::int64_t i = 1; i <= sizes.layers; ++i)
    hidden = apply("Elu", {dense(hidden, fmt::format("{}/hidden{}", name, i),
                                 i == 1 ? sizes.in : sizes.units, sizes.units)});
  return dense(hidden, name + "/out", sizes.units, sizes.out);
}

Graph::Value Graph::largest(const Value& x, std::int64_t size) {
  onnx::NodeProto& index = node("ArgMax", {x});
  set_int(index, "axis", 1);
  set_int(index, "keepdims", 0);
  const Value at = named(index), depth = integers({size});
  onnx::TensorProto& values = *graph_.add_initializer();
  values.set_name(new_name("off-on"));
  values.set_data_type(onnx::TensorProto::FLOAT);
  values.add_dims(2);
  values.add_float_data(0);
  values.add_float_data(1);
  const Value off_on = values.name();
  return apply("OneHot", {at, depth, off_on});
}

void Graph::describe(const std::string& key, const std::string& text) {
  onnx::StringStringEntryProto& entry = *model_.add_metadata_props();
  entry.set_key(key);
  entry.set_value(text);
}

std::string Graph::serialized() {
  try {
    onnx::checker::check_model(model_);
    onnx::ModelProto inferred = model_;
    onnx::shape_inference::InferShapes(inferred, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(true, 1, false));
  } catch (const std::exception& e) {
    const std::string reason = e.what();
    throw error("{}: it makes no ONNX graph ({}); the file is damaged", checkpoint_.path().string(),
                reason.substr(0, reason.find('\n')));
  }
  return model_.SerializeAsString();
}

onnx::NodeProto& Graph::node(const std::string& operation, const std::vector<Value>& inputs) {
  onnx::NodeProto& made = *graph_.add_node();
  made.set_op_type(operation);
  for (const Value& value : inputs) made.add_input(value);
  return made;
}

Graph::Value Graph::named(onnx::NodeProto& node) {
  Value name = new_name(node.op_type());
  node.add_output(name);
  return name;
}

Graph::Value Graph::new_name(const std::string& what) {
  return fmt::format("{}_{}", what, ++names_);
}

void Graph::declare(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape,
                    int type) {
  info.set_name(name);
  onnx::TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const std::int64_t extent : shape) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
}

}  // namespace dreamer::portable
