import { listBundles } from '../../daemon/bundles/store.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import type { Config } from '../../daemon/config/schema.js';
import { CupcheckError } from '../../errors.js';

const digestPart = /^[0-9a-f]{6,64}$/;

/**
 * The digest of the installed bundle that a person means: the digest, at least six characters of its start, or NAME-VERSION.
 * @throws BUNDLE_UNKNOWN where none, or more than one, is meant; BUNDLE_STORE
 */
export async function pickBundle(meant: string, config: Pick<Config, 'bundle'>): Promise<string> {
  const { store, trusted } = config.bundle;
  const listed = await listBundles(store, await readTrust({ folder: trusted, allowUnsigned: true }));
  const isMeant = (one: (typeof listed)[number]) =>
    (one.ok && `${one.name}-${one.version}` === meant) || (digestPart.test(meant) && one.sha256.startsWith(meant));
  const found = listed.filter(isMeant);
  const [first] = found;
  if (first === undefined) throw new CupcheckError('BUNDLE_UNKNOWN', `no bundle "${meant}" is installed in ${store}`);
  if (found.length > 1)
    throw new CupcheckError(
      'BUNDLE_UNKNOWN',
      `"${meant}" is more than one bundle: ${found.map(({ sha256 }) => sha256.slice(0, 16)).join(', ')}; give a digest`,
    );
  return first.sha256;
}
