"""A trained head as an ONNX file in a bundle, compared with torch in the station's own runtime."""
from pathlib import Path

import torch

from .export import digest, onnx_agrees
from .fit import folded


def export_head(bundle, name, net, input_name, output_name, x, batches=True):
    """Write BUNDLE/NAME.onnx; fails where it differs from torch by over 1e-4. `x`: an example input; `batches`: whether its first axis is any number."""
    net, file = folded(net), Path(bundle) / f"{name}.onnx"
    example = torch.from_numpy(x).float()
    torch.onnx.export(net, example, str(file), opset_version=13, input_names=[input_name], output_names=[output_name],
                      dynamic_axes={input_name: {0: "N"}, output_name: {0: "N"}} if batches else None)
    for part in ([example, example[:1]] if batches else [example]):
        with torch.no_grad():
            wanted = net(part).numpy()
        onnx_agrees(file, input_name, part.numpy(), {output_name: wanted})
    print(f"{file}: {digest(file)['bytes'] / 1e6:.2f} MB", flush=True)
    return net
