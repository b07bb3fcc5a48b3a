/** `part`: what runs on every change. `all`: everything, as often as it takes to be sure. */
const all = process.env['SYSTEM_TEST'] === 'all';

/** How often something is done to the station. SYSTEM_TEST_TIMES=NAME=N,… sets single ones. */
export function times(name: string, counts: { readonly part: number; readonly all: number }): number {
  const set = process.env['SYSTEM_TEST_TIMES']?.split(',').map((each) => each.split('='));
  const own = set?.find(([key]) => key === name)?.[1];
  return own === undefined ? counts[all ? 'all' : 'part'] : Number(own);
}
