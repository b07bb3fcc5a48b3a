import { replaceFile } from '../../../daemon/durable-file.js';
import { CupcheckError } from '../../../errors.js';
import { requireFilePlace } from '../../file-place.js';
import type { EvaluatedRun } from '../evaluate.js';
import { curvesSection, reliabilitySection } from './curves-section.js';
import { headSection, type Provenance } from './head.js';
import { judgeRuns } from './judge-run.js';
import { judgesSection } from './judges-section.js';
import { html, Markup } from './markup.js';
import { confusionsSection, falseGreensSection } from './pictures-section.js';
import { designsSection, reasonsSection, seenSection, slicesSection } from './slices-section.js';
import { style } from './style.js';

/**
 * What became of the cups, as one page that needs nothing else: plots and pictures are in it, no script is.
 * @throws PICTURE_CORRUPT
 */
export async function reportPage(run: EvaluatedRun, provenance: Provenance): Promise<string> {
  const runs = judgeRuns(run);
  const own = runs.find(({ name }) => name === run.bundle.manifest.judge.name) ?? runs[0];
  if (own === undefined) throw new CupcheckError('INTERNAL', 'an evaluation without a judge');
  const inOrder = [own, ...runs.filter((one) => one !== own)];
  const sections = [
    headSection(run, provenance),
    judgesSection(inOrder),
    curvesSection(inOrder, run.rules.threshold),
    reliabilitySection(inOrder),
    slicesSection(inOrder),
    reasonsSection(inOrder),
    designsSection(own),
    await confusionsSection(run, own, provenance.folder),
    await falseGreensSection(run, inOrder, provenance.folder),
    seenSection(own),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Evaluation of ${run.bundle.manifest.name} ${run.bundle.manifest.version}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${sections}
</body>
</html>
`;
  return page.toString();
}

/** Refuses a report that could not be written, before hours of judging. @throws USAGE */
export const requireReportPlace = (path: string): Promise<void> => requireFilePlace(path, 'the report');

/** @throws PICTURE_CORRUPT, STORAGE_FAULT */
export async function writeReport(path: string, run: EvaluatedRun, provenance: Provenance): Promise<void> {
  await replaceFile(path, await reportPage(run, provenance));
}
