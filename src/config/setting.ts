import type { Kind } from './kinds.ts';

/** What a default may depend on. */
export interface Surroundings {
  readonly nodeEnv: string;
  readonly hostname: string;
  readonly pid: number;
}

/** One row of the table: everything that the loader, the documentation and the example file know of a setting. */
export interface Setting<T> {
  /** Name of the environment variable. */
  readonly env: string;
  readonly kind: Kind<T & {}>;
  readonly defaultIn: (surroundings: Surroundings) => T;
  /** The default in words, where it is not the same everywhere. */
  readonly defaultText: string | null;
  readonly doc: string;
}

/** A setting with the same default everywhere; null where absent means "off". */
export function setting<T extends {}, D extends T | null>(
  env: string,
  kind: Kind<T>,
  fallback: D,
  doc: string,
): Setting<T | Extract<D, null>> {
  const defaultIn = (): T | Extract<D, null> => fallback as T | Extract<D, null>;
  return { env, kind: kind as Setting<T | Extract<D, null>>['kind'], defaultIn, defaultText: null, doc };
}

/** A setting whose default depends on where the node runs. */
export function settingBy<T extends {}>(
  env: string,
  kind: Kind<T>,
  defaultText: string,
  defaultIn: (surroundings: Surroundings) => T,
  doc: string,
): Setting<T> {
  return { env, kind, defaultIn, defaultText, doc };
}
