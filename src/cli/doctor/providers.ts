import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { isJetson } from './board.js';
import { fail, ok, warn } from './finding.js';
import { SystemRoot } from '../system-root.js';

const dropIns = 'etc/systemd/system/cupcheck.service.d';

/** Whether this ONNX Runtime has the providers of the config; which one really runs the networks is the station's to say. */
export async function providers(
  config: Pick<Config, 'providers'>,
  root = new SystemRoot(),
  supported = supportedProviders,
): Promise<Finding[]> {
  const { order, require } = config.providers;
  const has = await supported();
  const missing = order.filter((name) => !has.includes(name));
  const gpu = order.some((name) => name !== 'cpu');
  const help = 'Install the GPU build of onnxruntime: docs/install-jetson.md. Or take it out of providers.order.';
  const found = missing.map((name) => {
    const detail = `this onnxruntime has no ${name}, it has ${has.join(', ')}`;
    return name === require
      ? fail('providers', `${detail}; providers.require wants it`, help)
      : warn('providers', detail, help);
  });
  return [
    ...(found.length === 0 ? [ok('providers', order.join(', '))] : found),
    ...(gpu && (await isJetson(root)) ? await gpuNodes(root) : []),
  ];
}

/** The unit lets only the devices through that it names. */
async function gpuNodes(root: SystemRoot): Promise<Finding[]> {
  const files = await root.names(dropIns, /\.conf$/);
  const texts = await Promise.all(files.map((file) => root.text(`${dropIns}/${file}`)));
  if (texts.some((text) => /^DeviceAllow=.*nv/m.test(text ?? ''))) return [];
  const help = `Copy jetson-gpu.conf from /usr/share/doc/cupcheck/examples to /${dropIns}, then: sudo systemctl daemon-reload.`;
  return [warn('GPU devices', 'no drop-in of cupcheck.service lets the station open the GPU', help)];
}

async function supportedProviders(): Promise<readonly string[]> {
  const onnx = await import('../../hw/inference/onnx-runtime.js');
  return onnx.supportedProviders();
}
