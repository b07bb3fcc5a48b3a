import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/setup-gpu.sh', import.meta.url));
const native = 'bin/napi-v6/linux/arm64';

/**
 * A board of files: JetPack's compiler and headers, the installed package with npm's build, and ONNX Runtime's sources whose
 * build writes the files that a real one leaves. dpkg-divert is a stand-in that renames, as the real one does; g++ one that writes a
 * program which tells what it was asked.
 */
describe('setup:gpu', () => {
  let root: string;
  let runtime: string;
  let sources: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cupcheck-gpu-'));
    runtime = join(root, 'usr/lib/cupcheck/node_modules/onnxruntime-node');
    sources = join(root, 'onnxruntime');
    lay(
      'usr/lib/cupcheck/node_modules/onnxruntime-node/package.json',
      '{ "name": "onnxruntime-node",\n "version": "1.30.0" }',
    );
    lay(
      'usr/lib/cupcheck/node_modules/onnxruntime-node/index.js',
      `const text = require('fs').readFileSync(__dirname + '/${native}/onnxruntime_binding.node', 'utf8');
       exports.listSupportedBackends = () => text.trim().split(' ').map((name) => ({ name }));`,
    );
    lay(`usr/lib/cupcheck/node_modules/onnxruntime-node/${native}/onnxruntime_binding.node`, 'cpu');
    lay(`usr/lib/cupcheck/node_modules/onnxruntime-node/${native}/libonnxruntime.so.1`, 'npm library');
    lay('etc/nv_tegra_release', '# R36');
    lay('usr/include/aarch64-linux-gnu/NvInfer.h', '');
    lay('usr/include/aarch64-linux-gnu/cudnn.h', '');
    tool('cuda/bin/nvcc', 'echo "Cuda compilation tools, release 12.6, V12.6.68"');
    tool('tools/uname', 'echo aarch64');
    tool('tools/cmake', '');
    tool(
      'tools/dpkg-divert',
      `case "$3" in --divert) mv "$6" "$4" ;; --remove) mv "$4.npm" "$4" ;; esac; echo "$*" >>${root}/diverted`,
    );
    lay('onnxruntime/VERSION_NUMBER', '1.30.0\n');
    lay('onnxruntime/include/onnxruntime/core/session/onnxruntime_c_api.h', '');
    compiler('TensorrtExecutionProvider CPUExecutionProvider');
    mkdirSync(join(sources, '.git'));
    build('cpu cuda tensorrt');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function lay(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  }
  const tool = (path: string, text: string) => lay(path, `#!/bin/sh\n${text}\n`, 0o755);
  const compiler = (providers: string) =>
    tool(
      'tools/g++',
      `for last; do :; done; echo "$*" >${root}/compiled
       printf '#!/bin/sh\necho "ONNX Runtime 1.30.0; providers: ${providers}"\n' >"$last"`,
    );
  function build(providers: string): void {
    const bound = `js/node/${native}`;
    tool(
      'onnxruntime/build.sh',
      `cd ${sources}; echo "$*" >asked; mkdir -p ${bound} build/Linux/Release
       echo "${providers}" >${bound}/onnxruntime_binding.node; echo "GPU library" >${bound}/libonnxruntime.so.1
       for each in shared cuda tensorrt; do echo $each >build/Linux/Release/libonnxruntime_providers_$each.so; done`,
    );
  }
  function run(...args: string[]): { status: number | null; said: string } {
    const env = {
      PATH: `${root}/tools:${process.env['PATH']}`,
      CUPCHECK_ROOT: root,
      CUDA_HOME: join(root, 'cuda'),
      CUPCHECK_GPU_JOBS: '1',
    };
    const { status, stdout, stderr } = spawnSync('bash', [script, ...args], { encoding: 'utf8', env });
    return { status, said: stdout + stderr };
  }
  const engineProgram = () => join(root, 'usr/lib/cupcheck/build/engine/cupcheck-engine-build');
  const installed = (name: string) => readFileSync(join(runtime, native, name), 'utf8').trim();

  it('says what is missing, and changes nothing', () => {
    expect(run('--check')).toMatchObject({ status: 0, said: expect.stringContaining('CUDA: 12.6') as string });
    rmSync(join(root, 'usr/include'), { recursive: true });
    const { status, said } = run('--source', sources);
    expect(status).toBe(1);
    expect(said).toContain('NvInfer.h');
    expect(installed('onnxruntime_binding.node')).toBe('cpu');
  });

  it('puts binding, library and providers in place, and npm’s back', () => {
    const { status, said } = run('--source', sources);
    expect(said).toContain('this build has: cpu cuda tensorrt');
    expect(status).toBe(0);
    expect(readFileSync(join(sources, 'asked'), 'utf8')).toContain('--build_nodejs --use_cuda');
    expect(installed('libonnxruntime.so.1')).toBe('GPU library');
    expect(installed('libonnxruntime_providers_tensorrt.so')).toBe('tensorrt');
    expect(installed('libonnxruntime.so.1.npm')).toBe('npm library');
    expect(existsSync(engineProgram())).toBe(true);
    expect(run('--undo').status).toBe(0);
    expect(existsSync(engineProgram())).toBe(false);
    expect(installed('onnxruntime_binding.node')).toBe('cpu');
    expect(installed('libonnxruntime.so.1')).toBe('npm library');
    expect(existsSync(join(runtime, native, 'libonnxruntime_providers_cuda.so'))).toBe(false);
    expect(run('--undo').said).toContain('nothing to do');
  });

  it('compiles the program that writes engines against those sources and the library beside it, also alone', () => {
    run('--source', sources);
    rmSync(engineProgram());
    rmSync(join(root, 'compiled'));
    const { status, said } = run('--program', sources);
    expect(said).toContain('TensorrtExecutionProvider');
    expect(status).toBe(0);
    const asked = readFileSync(join(root, 'compiled'), 'utf8');
    expect(asked).toContain(`-isystem ${sources}/include/onnxruntime/core/session`);
    expect(asked).toContain(`-rpath,$ORIGIN/../../node_modules/onnxruntime-node/${native}`);
    expect(existsSync(engineProgram())).toBe(true);
  });

  it('says that the program’s ONNX Runtime has no TensorRT', () => {
    compiler('CPUExecutionProvider');
    const { status, said } = run('--program', sources);
    expect(status).toBe(1);
    expect(said).toContain('has no TensorRT');
  });

  it('refuses sources of another version', () => {
    lay('onnxruntime/VERSION_NUMBER', '1.29.0\n');
    const { status, said } = run('--source', sources);
    expect(status).toBe(1);
    expect(said).toContain('1.29.0');
    expect(installed('onnxruntime_binding.node')).toBe('cpu');
  });

  it('fails where the new build does not know TensorRT', () => {
    build('cpu cuda');
    const { status, said } = run('--source', sources);
    expect(status).toBe(1);
    expect(said).toContain('--undo');
  });

  it('leaves everything as it is where the build lacks a file', () => {
    tool('onnxruntime/build.sh', 'exit 0');
    expect(run('--source', sources).status).toBe(1);
    expect(installed('onnxruntime_binding.node')).toBe('cpu');
    expect(existsSync(join(root, 'diverted'))).toBe(false);
  });
});
