import { hostname } from 'node:os';
import { ConfigFault } from './config-fault.ts';
import { RELATIONS } from './relations.ts';
import type { Setting, Surroundings } from './setting.ts';
import { type Config, SETTINGS } from './settings.ts';
import { unknownSettings } from './unknown-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Machine = Pick<Surroundings, 'hostname' | 'pid'>;

/**
 * The configuration that `env` describes. Throws `ConfigFault` with all problems at once. An empty variable counts as
 * absent, since compose files and shells can't easily leave one out.
 */
export function loadConfig(env: Environment, machine: Machine = { hostname: hostname(), pid: process.pid }): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const wrong = new Set<string>();
  const given = new Set<keyof Config>();
  const surroundings = { ...machine, nodeEnv: env[SETTINGS.nodeEnv.env] || 'development' };

  for (const [key, row] of Object.entries(SETTINGS) as [keyof Config, Setting<unknown>][]) {
    const text = env[row.env]?.trim() ?? '';
    if (text === '') {
      values[key] = row.defaultIn(surroundings);
      continue;
    }
    given.add(key);
    const read = row.kind.schema.safeParse(text);
    if (read.success) {
      values[key] = read.data;
    } else {
      wrong.add(key);
      problems.push(`${row.env} is ${row.kind.show(text)}: expected ${row.kind.expects}`);
    }
  }

  // Each row gave its own key a value of its own type, or is in `wrong`, where no relation looks.
  const config = values as Config;
  for (const { of, problem } of RELATIONS) {
    const found = of.some((key) => wrong.has(key)) ? null : problem(config, given);
    if (found !== null) problems.push(found);
  }
  const known = Object.values(SETTINGS).map((row) => row.env);
  problems.push(...unknownSettings(env, known));
  if (problems.length > 0) throw new ConfigFault(problems);
  return Object.freeze(config);
}
