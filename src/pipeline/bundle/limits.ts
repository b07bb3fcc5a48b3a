const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** What a bundle may hold at most, in bytes: nothing that is larger is read, whoever signed it. */
export interface BundleLimits {
  readonly manifestBytes: number;
  readonly signatureBytes: number;
  /** Of one file that the manifest lists. */
  readonly fileBytes: number;
  /** Of all of them together. */
  readonly bundleBytes: number;
}

export const bundleLimits: BundleLimits = {
  manifestBytes: 16 * MIB,
  signatureBytes: KIB,
  fileBytes: 128 * MIB,
  bundleBytes: 256 * MIB,
};
