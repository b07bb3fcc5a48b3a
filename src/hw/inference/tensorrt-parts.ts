import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import { gpuDevice, libraryFolders, tensorRtVersion } from './device.js';

/** Where onnxruntime-node's library lies; that one looks for its providers beside itself. */
const besideLibrary = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    `bin/napi-v6/${platform}/${arch}`,
  );

const providerLibraries = ['shared', 'cuda', 'tensorrt'].map((name) => `libonnxruntime_providers_${name}.so`);

const lacks = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => false,
    () => true,
  );

/**
 * What building for TensorRT takes and is not here, for people; empty = nothing is known to be missing. TensorRT and the GPU themselves may
 * lie where nobody looks, so they are told beside other things only.
 */
export async function missingForTensorRt(
  program: string,
  folder = besideLibrary(),
  root = '/',
): Promise<readonly string[]> {
  const libraries = [];
  for (const name of providerLibraries) if (await lacks(join(folder, name), constants.R_OK)) libraries.push(name);
  const certain = [
    ...((await lacks(program, constants.X_OK)) ? [`the program that writes engines (${program})`] : []),
    ...(libraries.length === 0 ? [] : [`ONNX Runtime's ${libraries.join(', ')} in ${folder}`]),
  ];
  if (certain.length === 0) return [];
  return [
    ...certain,
    ...((await tensorRtVersion(root)) === 'unknown'
      ? [`TensorRT itself (no libnvinfer.so in ${libraryFolders.map((each) => join(root, each)).join(', ')})`]
      : []),
    ...((await gpuDevice(root)) === 'unknown GPU' ? ['a GPU that board or driver names'] : []),
  ];
}
