import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from '../registry.ts';
import { writeReport } from './write-report.ts';

/** `npm run bench:report`: what is in bench/results/ becomes docs/BENCHMARKS.md. */
const results = fileURLToPath(new URL('../results', import.meta.url));
const docs = fileURLToPath(new URL('../../docs', import.meta.url));

const { page, charts, skipped, missing } = writeReport(SCENARIOS, results, docs);
for (const text of skipped) process.stderr.write(`skipped ${text}\n`);
for (const command of missing) process.stdout.write(`no result yet: ${command}\n`);
process.stdout.write(`${relative(process.cwd(), page)} with ${charts} charts\n`);
