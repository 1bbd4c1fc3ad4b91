import type { Environment } from './load-config.ts';

/** The process's environment, as it is now. Nothing else reads `process.env`. */
export function readEnvironment(): Environment {
  return { ...process.env };
}
