"""python3 -m unittest tests.test_eight_bit   (needs torch's modules and node; no photographs; some seconds)

A tiny bundle gets a copy in 8 bits: a padded convolution, one whose channel is only a bias, a sum, a pooling and two matrices.
"""
import hashlib
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from train.eight_bit import add_to, measured, passed_on, quantised, rounded, without_padding_nodes

RNG = np.random.default_rng(5)
CROPS = RNG.uniform(-1, 1, (16, 3, 24, 24)).astype(np.float32)


def tiny():
    first, second = RNG.normal(0, 0.4, (8, 3, 3, 3)), RNG.normal(0, 0.3, (8, 8, 1, 1))
    first[2] = 0
    weights = {"first": first, "first.bias": np.where(np.arange(8) == 2, 1.5, 0.1), "second": second, "second.bias": np.full(8, 0.05),
               "embed": RNG.normal(0, 1, (4, 8)), "embed.bias": np.zeros(4), "classes": RNG.normal(0, 1, (4, 5))}
    constants = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()]
    constants += [numpy_helper.from_array(np.array(v, np.float32), k) for k, v in (("zero", 0), ("six", 6))]
    constants.append(numpy_helper.from_array(np.array([0, 0, 0, 0, 0, 0, 1, 1], np.int64), "amounts"))
    node = helper.make_node
    nodes = [node("Pad", ["crops", "amounts"], ["padded"], mode="constant"),
             node("Conv", ["padded", "first", "first.bias"], ["a"], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 0, 0]),
             node("Clip", ["a", "zero", "six"], ["b"]),
             node("Conv", ["b", "second", "second.bias"], ["c"], kernel_shape=[1, 1], pads=[0, 0, 0, 0]),
             node("Add", ["b", "c"], ["d"]),
             node("ReduceMean", ["d"], ["e"], axes=[2, 3], keepdims=0),
             node("Gemm", ["e", "embed", "embed.bias"], ["embedding"], transB=1),
             node("MatMul", ["embedding", "classes"], ["scores"])]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [value("crops", ["N", 3, 24, 24])], [value("embedding", ["N", 4]), value("scores", ["N", 5])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


class EightBit(unittest.TestCase):
    def test_a_bundle_gets_a_copy_that_is_listed_and_near(self):
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(tiny(), f"{folder}/items.onnx")
            Path(folder, "manifest.json").write_text(json.dumps({"files": {}, "networks": {"items": {"input": {"name": "crops"}}}}))
            _, cosine = add_to(folder, CROPS)
            self.assertGreater(cosine, 0.999)
            manifest, copy = json.loads(Path(folder, "manifest.json").read_text()), Path(folder, "items.int8.onnx").read_bytes()
            self.assertEqual(manifest["networks"]["items"]["eightBit"], "items.int8.onnx")
            self.assertEqual(manifest["files"]["items.int8.onnx"], {"sha256": hashlib.sha256(copy).hexdigest(), "bytes": len(copy)})
            again = add_to(folder, CROPS)
            self.assertEqual((again[1], Path(folder, "items.int8.onnx").read_bytes()), (cosine, copy))

    def test_weights_are_8_bits_a_channel_and_each_convolution_reads_integers(self):
        plain = without_padding_nodes(tiny(), CROPS)
        self.assertNotIn("Pad", [n.op_type for n in plain.graph.node])
        self.assertEqual(passed_on(plain.graph), ["crops", "b", "c", "d"])
        copy = quantised(plain, measured(plain, CROPS))
        types = {i.name: i.data_type for i in copy.graph.initializer}
        for name in ("first", "second", "embed", "classes"):
            self.assertEqual(types[f"{name}/q"], TensorProto.INT8)
            self.assertNotIn(name, types)
        made = {name: n.op_type for n in copy.graph.node for name in n.output}
        for conv in (n for n in copy.graph.node if n.op_type == "Conv"):
            self.assertEqual([made[name] for name in conv.input], ["DequantizeLinear"] * 3)

    def test_rounding_is_off_by_half_a_step_at_most_whatever_the_channels_size(self):
        weights = RNG.normal(0, 1, (6, 20)) * 10.0 ** np.arange(-3, 3)[:, None]
        values, scales = rounded(weights, 0)
        self.assertTrue((np.abs(values * scales[:, None] - weights) <= scales[:, None] * 0.5001).all())


if __name__ == "__main__":
    unittest.main()
