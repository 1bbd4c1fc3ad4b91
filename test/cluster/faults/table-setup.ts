/** Before the first test file: a place for the rows. After the last: the whole table, printed and in a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readRows, showTable } from './report.ts';

export default function setUp(project: TestProject): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-faults-report-'));
  const rows = join(dir, 'rows.jsonl');
  writeFileSync(rows, '');
  project.provide('faultRows', rows);
  return () => {
    const table = `Longest pause per client, in ms:\n\n${showTable(readRows(rows))}\n`;
    const path = join(dir, 'table.txt');
    writeFileSync(path, table);
    process.stdout.write(`\n${table}\n${path}\n`);
  };
}
