/**
 * @param circumstances told in the error beside `what`; it ends by itself
 * @throws where `promise` is not settled in time
 */
export async function within<T>(
  timeoutMs: number,
  what: string,
  promise: Promise<T>,
  circumstances: () => Promise<string> = () => Promise.resolve(''),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    const settled = await Promise.race([promise.then((value) => ({ value })), late]);
    if (settled !== null) return settled.value;
  } finally {
    clearTimeout(timer);
  }
  const around = await circumstances().catch(
    (error: unknown) => `it cannot be told how things stand: ${String(error)}`,
  );
  throw new Error(`not within ${timeoutMs} ms: ${what}${around === '' ? '' : `\n${around}`}`);
}
