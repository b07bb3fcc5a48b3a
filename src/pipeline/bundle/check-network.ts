import { CupcheckError } from '../../errors.js';
import type { HeadName, LoadedNetwork, NetworkName, NetworkSignature, Tensor } from '../ports.js';
import type { Axis, HeadSpec, InputSpec } from './manifest.js';

interface Spec {
  readonly input: Pick<InputSpec, 'name' | 'shape'>;
  readonly outputs: Readonly<Record<string, readonly Axis[]>>;
  readonly batches: readonly number[];
}

const written = (shape: readonly (number | string)[]) => `[${shape.join(', ')}]`;

/** `N` must be a symbolic axis, whatever its name; a number that number, or an axis that takes any. */
function agrees(wanted: readonly Axis[], found: readonly (number | string)[]): boolean {
  return (
    wanted.length === found.length &&
    wanted.every((axis, at) => typeof found[at] === 'string' || (axis !== 'N' && axis === found[at]))
  );
}

function checkTensors(
  network: NetworkName,
  kind: 'input' | 'output',
  wanted: Readonly<Record<string, readonly Axis[]>>,
  found: NetworkSignature['inputs'],
): void {
  for (const [name, shape] of Object.entries(wanted)) {
    const has = found[name];
    if (has === undefined)
      throw new CupcheckError(
        'NETWORK_SHAPE',
        `${network}: no ${kind} "${name}" ${written(shape)}, found ${Object.keys(found).join(', ') || 'none'}`,
      );
    if (!agrees(shape, has))
      throw new CupcheckError(
        'NETWORK_SHAPE',
        `${network}: ${kind} "${name}" is ${written(has)}, wanted ${written(shape)}`,
      );
  }
  const extra = Object.keys(found).find((name) => !Object.hasOwn(wanted, name));
  if (kind === 'input' && extra !== undefined)
    throw new CupcheckError('NETWORK_SHAPE', `${network}: an input "${extra}" that the manifest does not name`);
}

/** The same for a judge's head. @throws NETWORK_SHAPE, INFER_FAILED */
export async function checkHead(name: HeadName, spec: HeadSpec, loaded: LoadedNetwork): Promise<void> {
  checkTensors(name, 'input', { [spec.input.name]: spec.input.shape }, loaded.signature.inputs);
  checkTensors(name, 'output', spec.outputs, loaded.signature.outputs);
  await warmUp(name, { ...spec, batches: [1] }, loaded);
}

/** @throws NETWORK_SHAPE naming the network, the tensor, what was wanted and what was found */
export function checkSignature(network: NetworkName, spec: Spec, signature: NetworkSignature): void {
  checkTensors(network, 'input', { [spec.input.name]: spec.input.shape }, signature.inputs);
  checkTensors(network, 'output', spec.outputs, signature.outputs);
}

export const sized = (shape: readonly Axis[], batch: number) => shape.map((axis) => (axis === 'N' ? batch : axis));

/**
 * Runs the network once at every batch, so that the first cup pays for nothing, and checks what comes back.
 * @throws NETWORK_SHAPE, INFER_FAILED
 */
export async function warmUp(network: NetworkName, spec: Spec, loaded: LoadedNetwork): Promise<void> {
  for (const batch of spec.batches) {
    const shape = sized(spec.input.shape, batch);
    const input: Tensor = { shape, data: new Float32Array(shape.reduce((product, axis) => product * axis, 1)) };
    const outputs = await loaded.run(spec.input.name, input);
    for (const [name, axes] of Object.entries(spec.outputs)) {
      const wanted = sized(axes, batch);
      const found = outputs[name];
      if (found === undefined || found.shape.join() !== wanted.join())
        throw new CupcheckError(
          'NETWORK_SHAPE',
          `${network}: output "${name}" came as ${found === undefined ? 'nothing' : written(found.shape)}, wanted ${written(wanted)}`,
        );
      if (!found.data.every((value) => Number.isFinite(value)))
        throw new CupcheckError('INFER_FAILED', `${network}: output "${name}" holds values that are not numbers`);
    }
  }
}
