import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { CupcheckError } from '../../errors.js';

/** Name of the signature beside `manifest.json`. */
export const signatureFile = 'manifest.json.sig';

/** A public key that a station trusts. */
export interface TrustedKey {
  /** SHA-256 of the key in DER (SubjectPublicKeyInfo), in hex. */
  readonly id: string;
  /** What people call it: its file's name. */
  readonly name: string;
  readonly key: KeyObject;
}

export interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** What a reader of bundles accepts. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
  /** Take a bundle without a signature, or with one of an unknown key; each result warns. Never one that was changed. */
  readonly allowUnsigned: boolean;
}

/** Who answers for a bundle. */
export type Signature =
  | { readonly kind: 'signed'; readonly keyId: string; readonly keyName: string }
  /** `keyId`: the key that the signature names and that nobody here knows; `null` = there is no signature. */
  | { readonly kind: 'unsigned'; readonly keyId: string | null };

const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

function checkEd25519(key: KeyObject, name: string): void {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new CupcheckError('KEY_INVALID', `${name} holds a key of the kind ${key.asymmetricKeyType ?? 'unknown'}`);
}

function readPem(pem: string, name: string, label: 'PUBLIC' | 'PRIVATE'): KeyObject {
  // Node would take a public key out of a private one or a certificate as well.
  if (!pem.trimStart().startsWith(`-----BEGIN ${label} KEY-----`))
    throw new CupcheckError('KEY_INVALID', `${name} does not begin with -----BEGIN ${label} KEY-----`);
  try {
    return label === 'PUBLIC' ? createPublicKey(pem) : createPrivateKey(pem);
  } catch (cause) {
    throw new CupcheckError('KEY_INVALID', `${name} holds no key: ${(cause as Error).message}`, { cause });
  }
}

/** @param name what an error calls it @throws KEY_INVALID */
export function readPublicKey(pem: string, name: string): TrustedKey {
  const key = readPem(pem, name, 'PUBLIC');
  checkEd25519(key, name);
  return { id: keyIdOf(key), name, key };
}

/** @throws KEY_INVALID */
export function readPrivateKey(pem: string, name: string): SigningKey {
  const key = readPem(pem, name, 'PRIVATE');
  checkEd25519(key, name);
  return { id: keyIdOf(createPublicKey(key)), key };
}

/**
 * The detached signature of a manifest: three lines of text. It is over the bytes of `manifest.json` as they are, which hold the
 * digest of every other file; hexadecimal, because a letter of base64 can be changed without changing what it says.
 */
export function signManifest(manifest: Uint8Array, { id, key }: SigningKey): string {
  return `cupcheck bundle signature 1\nkey ${id}\nsignature ${sign(null, manifest, key).toString('hex')}\n`;
}

const form = /^cupcheck bundle signature 1\nkey ([0-9a-f]{64})\nsignature ([0-9a-f]{128})\n$/;

function parseSignature(bytes: Uint8Array): { readonly keyId: string; readonly signature: Buffer } {
  const [, keyId, signature] = form.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  if (keyId === undefined || signature === undefined)
    throw new CupcheckError('BUNDLE_SIGNATURE', `${signatureFile} is not a signature of this form`);
  return { keyId, signature: Buffer.from(signature, 'hex') };
}

/**
 * Who answers for a manifest. Nothing of an unproved manifest has to be parsed before.
 * @param manifest the bytes of `manifest.json` @param signature those of its signature; `null` = there is none
 * @throws BUNDLE_SIGNATURE (damaged, or the manifest was changed), BUNDLE_UNTRUSTED (an unknown key), BUNDLE_UNSIGNED
 */
export function proveSigned(manifest: Uint8Array, signature: Uint8Array | null, trust: Trust): Signature {
  if (signature === null) {
    if (trust.allowUnsigned) return { kind: 'unsigned', keyId: null };
    throw new CupcheckError('BUNDLE_UNSIGNED', `the bundle has no signature (${signatureFile})`);
  }
  const found = parseSignature(signature);
  const known = trust.keys.find(({ id }) => id === found.keyId);
  if (known === undefined) {
    if (trust.allowUnsigned) return { kind: 'unsigned', keyId: found.keyId };
    const names = trust.keys.map(({ name }) => name).join(', ') || 'none';
    throw new CupcheckError(
      'BUNDLE_UNTRUSTED',
      `the bundle is signed by the key ${found.keyId}, trusted are: ${names}`,
    );
  }
  if (!verify(null, manifest, known.key, found.signature))
    throw new CupcheckError('BUNDLE_SIGNATURE', `manifest.json is not what ${known.name} signed`);
  return { kind: 'signed', keyId: known.id, keyName: known.name };
}
