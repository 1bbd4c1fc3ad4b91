/**
 * Kinds of settings: how the text of an environment variable becomes a value, what is expected of it (a phrase that
 * the documentation and the errors share), and how a wrong value may be shown without giving a secret away.
 */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { Durability } from '../room/definition.ts';

export interface Kind<T> {
  readonly schema: z.ZodType<T, string>;
  /** Completes "expected …". */
  readonly expects: string;
  /** The given text as an error message may show it. */
  readonly show: (text: string) => string;
}

/** Long enough to find the mistake, short enough for a log line. */
const SHOWN_CHARS_MAX = 80;
/** Longer waits overflow Node's timers, which then fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text);
}

const hidden = (): string => '(not shown)';

export function integer(min: number, max: number): Kind<number> {
  return {
    schema: z
      .string()
      .regex(/^-?\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().int().min(min).max(max)),
    expects: `a whole number from ${min} to ${max}`,
    show: quoted,
  };
}

export function durationMs(min: number, max: number = TIMER_MS_MAX): Kind<number> {
  const kind = integer(min, max);
  return { ...kind, expects: `${kind.expects} (milliseconds)` };
}

export function bytes(min: number, max: number): Kind<number> {
  const kind = integer(min, max);
  return { ...kind, expects: `${kind.expects} (bytes)` };
}

export const boolean: Kind<boolean> = {
  schema: z.enum(['true', 'false']).transform((text) => text === 'true'),
  expects: 'true or false',
  show: quoted,
};

export function oneOf<const T extends readonly [string, ...string[]]>(...values: T): Kind<T[number]> {
  return {
    schema: z.string().pipe(z.custom<T[number]>((text) => values.includes(text as string))),
    expects: `one of ${values.join(', ')}`,
    show: quoted,
  };
}

export function text(pattern: RegExp, expects: string): Kind<string> {
  return { schema: z.string().regex(pattern), expects, show: quoted };
}

export function secret(charsMin: number): Kind<string> {
  return { schema: z.string().min(charsMin), expects: `at least ${charsMin} characters`, show: hidden };
}

/** One that another program chose: no rule of ours about its strength. */
export const password: Kind<string> = {
  schema: z.string().max(512),
  expects: 'up to 512 characters',
  show: hidden,
};

/** PEM in one variable: many tools can't carry line breaks there, so a written `\n` counts as one. */
export const ed25519PublicKey: Kind<string> = {
  schema: z
    .string()
    .transform((pem) => pem.replaceAll('\\n', '\n').trim())
    .refine(isEd25519PublicKey),
  expects: 'an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----, line breaks may be written as \\n)',
  show: hidden,
};

function isEd25519PublicKey(pem: string): boolean {
  // createPublicKey would accept a private key too and derive the public one, but a node has no business with it.
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) return false;
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

export const redisUrl: Kind<string> = {
  schema: z.string().refine((text) => {
    const url = URL.parse(text);
    return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d{0,5}$/.test(url.pathname);
  }),
  expects: 'redis://[user:password@]host[:port][/db], or rediss:// for TLS',
  // User, password and query may hold credentials, whatever else is wrong with the address.
  show: (text) => quoted(text.replace(/^([a-z]+:\/\/)?.*@/i, '$1***@').replace(/\?.*$/, '?***')),
};

const SERVER = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]{1,253})):(\d{1,5})$/;

/** `10.0.0.1:26379,[::1]:26379,sentinel.example:26379`, each once. */
export const servers: Kind<readonly { readonly host: string; readonly port: number }[]> = {
  schema: z.string().transform((list, context) => {
    const parts = list.split(',').map((part) => part.trim());
    const found = parts
      .map((part) => SERVER.exec(part))
      .map((match) => ({
        host: match?.[1] ?? match?.[2] ?? '',
        port: Number(match?.[3] ?? 0),
      }));
    const isRight = found.every(({ host, port }) => host !== '' && port >= 1 && port <= 65_535);
    if (isRight && new Set(parts).size === parts.length) return found;
    context.addIssue({ code: 'custom', message: list });
    return z.NEVER;
  }),
  expects: 'a comma-separated list of host:port, each once',
  // Someone may have written whole URLs, with their passwords.
  show: (list) => quoted(list.replace(/[^,@]*@/g, '***@')),
};

/** `https://a.example,https://b.example:8443`: origins as browsers send them, no paths, no wildcards. */
export const origins: Kind<readonly string[]> = {
  schema: z
    .string()
    .transform((list): readonly string[] => list.split(',').map((part) => part.trim()))
    .refine((list) => list.every((origin) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin)),
  expects: 'a comma-separated list of origins such as https://game.example (no path, no wildcard)',
  show: quoted,
};

const RELAY = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,126})=(none|snapshot|log)$/;

/** `demo=snapshot,ledger=log`: room type → durability, each type once. */
export const relayTypes: Kind<ReadonlyMap<string, Durability>> = {
  schema: z.string().transform((list, context): ReadonlyMap<string, Durability> => {
    const types = new Map<string, Durability>();
    for (const part of list.split(',')) {
      const [, type, durability] = RELAY.exec(part.trim()) ?? [];
      if (type === undefined || types.has(type)) {
        context.addIssue({ code: 'custom', message: part });
        return z.NEVER;
      }
      types.set(type, durability as Durability);
    }
    return types;
  }),
  expects: 'a comma-separated list of type=none|snapshot|log, each type once',
  show: quoted,
};
