import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provenance } from './provenance.ts';

/** A results file: where it is from, and whatever the scenario put beside that. */
export interface Result extends Provenance {
  readonly file: string;
  readonly scenario: string;
  /** What was broken in this run, in words. */
  readonly failures: readonly string[];
  readonly content: Readonly<Record<string, unknown>>;
}

export interface Results {
  /** Newest first. */
  readonly results: readonly Result[];
  /** Files that are none, and why. */
  readonly skipped: readonly string[];
}

/** All results in a folder but those of `--quick`, whose figures say nothing. */
export function readResults(folder: string): Results {
  const results: Result[] = [];
  const skipped: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    try {
      const result = parseResult(file, JSON.parse(readFileSync(join(folder, file), 'utf8')));
      if (result.content.quick !== true) results.push(result);
    } catch (error) {
      skipped.push(`${file}: ${error instanceof Error ? error.message : error}`);
    }
  }
  results.sort((a, b) => Date.parse(b.measuredAt) - Date.parse(a.measuredAt));
  return { results, skipped };
}

function parseResult(file: string, content: unknown): Result {
  if (!isRecord(content)) throw new Error('no object');
  const { scenario, measuredAt, command, cpu, kernel, commit = null, versions } = content;
  const text = (name: string, value: unknown): string => {
    if (typeof value === 'string' && value !== '') return value;
    throw new Error(`no result of the bench: it has no ${name}`);
  };
  if (Number.isNaN(Date.parse(text('measuredAt', measuredAt)))) throw new Error('measuredAt is no time');
  if (!isRecord(versions)) throw new Error('no result of the bench: it has no versions');
  return {
    file,
    scenario: text('scenario', scenario),
    measuredAt: text('measuredAt', measuredAt),
    command: text('command', command),
    commit: commit === null ? null : text('commit', commit),
    modified: content.modified === true,
    versions: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, String(version)])),
    cpu: text('cpu', cpu),
    cores: Number(content.cores),
    memoryBytes: Number(content.memoryBytes),
    kernel: text('kernel', kernel),
    failures: Array.isArray(content.failures) ? content.failures.map(String) : [],
    content,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
