import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { basename, join } from 'node:path';

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** The processor: its name and what it can do, since a prepared network may rely on either. */
export async function cpuDevice(root = '/'): Promise<string> {
  const info = await textOf(join(root, 'proc/cpuinfo'));
  const features = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info)?.[1] ?? '';
  const digest = createHash('sha256').update(features).digest('hex').slice(0, 8);
  return `${arch()} ${cpus()[0]?.model.trim() || 'unknown processor'} (features ${digest})`;
}

/**
 * The GPU by what the board, or else NVIDIA's driver, says of it; "unknown GPU" where neither does.
 * Not run on a Jetson or beside a GPU: by NVIDIA's documentation and the files' known forms alone.
 */
export async function gpuDevice(root = '/'): Promise<string> {
  const board = (await textOf(join(root, 'proc/device-tree/model'))).replaceAll('\0', '').trim();
  if (board !== '') return board;
  const folder = join(root, 'proc/driver/nvidia/gpus');
  const [first] = await readdir(folder).catch(() => []);
  const info = first === undefined ? '' : await textOf(join(folder, first, 'information'));
  return /^Model:\s*(.+)$/m.exec(info)?.[1]?.trim() ?? 'unknown GPU';
}

/** Where TensorRT's library lies, as JetPack and NVIDIA's packages put it. */
export const libraryFolders = ['usr/lib/aarch64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/local/tensorrt/lib'];

/** The version of TensorRT's library, by its file's name: an engine loads in no other. Not run beside TensorRT. */
export async function tensorRtVersion(root = '/'): Promise<string> {
  for (const folder of libraryFolders) {
    const names = await readdir(join(root, folder)).catch(() => []);
    const library = names.find((name) => /^libnvinfer\.so\.\d+$/.test(name));
    if (library === undefined) continue;
    const file = await realpath(join(root, folder, library)).catch(() => library);
    return basename(file).replace('libnvinfer.so.', '');
  }
  return 'unknown';
}
