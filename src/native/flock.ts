import { callNative } from './addon.js';

/**
 * Takes the kernel's lock (flock) of an open file or folder, and does not wait for it. It lasts until that descriptor is closed, at the latest
 * by the end of the process, however it ends. Another descriptor of the same process counts as another holder.
 * @returns `false` where another holds it
 * @throws NATIVE_UNAVAILABLE, NATIVE_ARGUMENT, STORAGE_FAULT where the file system knows no locks
 */
export const tryLock = (fd: number): boolean => callNative((addon) => addon.lockFile(fd));
