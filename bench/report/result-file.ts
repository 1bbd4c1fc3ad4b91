import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Provenance } from './provenance.ts';

/** Writes one run of a scenario as JSON and returns the path, relative to where the bench was started. */
export function writeResult(scenario: string, from: Provenance, options: object, results: object): string {
  const name = `${from.measuredAt.replaceAll(':', '-').slice(0, 19)}-${scenario}.json`;
  const path = fileURLToPath(new URL(`../results/${name}`, import.meta.url));
  writeFileSync(path, `${JSON.stringify({ scenario, ...from, options, ...results }, null, 1)}\n`);
  return relative(process.cwd(), path);
}
