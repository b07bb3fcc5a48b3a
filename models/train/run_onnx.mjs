// Runs a network once in onnxruntime-node, the runtime of the station, for the check after an export.
// node run_onnx.mjs NETWORK INPUT_NAME DIM,DIM,… IN.f32 OUT_FOLDER → OUT_FOLDER/<output>.f32 (little-endian float32)
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = await import('onnxruntime-node');
const [network, name, dims, input, out] = process.argv.slice(2);
const session = await InferenceSession.create(network, { intraOpNumThreads: 1, extra: { session: { x64quantprecision: '1' } } });
const bytes = readFileSync(input);
const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const outputs = await session.run({ [name]: new Tensor('float32', values, dims.split(',').map(Number)) });
for (const [key, tensor] of Object.entries(outputs)) {
  writeFileSync(join(out, `${key}.f32`), Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
}
