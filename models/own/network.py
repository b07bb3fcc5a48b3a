"""A bundle's items network for other classes: the trunk, the embedding and the side stay, the class scores become those of the new classes.

`scores` is one matrix product, embedding × class weights. The weights are replaced by the classes' mean embeddings of length 1, so
`scores` stays what it was: cosines with a class's centre. No other number of the network changes, nor any other output.
"""
import numpy as np
import onnx
from onnx import numpy_helper


def with_classes(source, target, means):
    """Writes `target`. `means`: C×D of length 1, in the order of the manifest's classes. @raises SystemExit where the network is built otherwise"""
    model = onnx.load(str(source))
    graph = model.graph
    arrays = {i.name: i for i in graph.initializer}
    product = next((n for n in graph.node if "scores" in n.output), None)
    if product is None or product.op_type != "MatMul" or product.input[0] != "embedding" or product.input[1] not in arrays:
        what = "no output" if product is None else f"a {product.op_type} of {', '.join(product.input)}"
        raise SystemExit(f"{source}: scores is {what}, wanted a MatMul of embedding and a table of class weights")
    weights = arrays[product.input[1]]
    if weights.dims[0] != means.shape[1] or sum(weights.name in n.input for n in graph.node) != 1:
        raise SystemExit(f"{source}: the class weights are {list(weights.dims)}, wanted {means.shape[1]} rows that nothing else reads")
    weights.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(means.T.astype(np.float32)), weights.name))
    for info in list(graph.output) + list(graph.value_info):
        if info.name == "scores":
            info.type.tensor_type.shape.dim[1].dim_value = len(means)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
