import type { Row } from '../report.js';
import type { SystemStation } from '../station.js';

/** Something that is done to the station. It throws where the station does not behave; the rest is checked after it. */
export interface Scenario {
  readonly name: string;
  /** Counts in its row are those that really happened. */
  run(station: SystemStation): Promise<Omit<Row, 'done'>>;
}

/** A cup as ordered is green: the station is well. */
export async function provesWell(station: SystemStation): Promise<void> {
  const { verdict, reasons } = await station.cup(station.clean);
  if (verdict !== 'green') throw new Error(`a cup as ordered is amber: ${JSON.stringify(reasons)}`);
}
