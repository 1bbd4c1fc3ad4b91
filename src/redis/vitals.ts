/**
 * How Redis itself fares: its answer to PING, and what INFO and DBSIZE say. It is asked at most once a second, however
 * many want to know, and nobody waits for it longer than a second. A figure that it does not tell is null.
 */
import type { Commands } from './commands.ts';
import type { RedisConnection, RedisState } from './redis-connection.ts';
import { isNotPermitted } from './store-fault.ts';

export interface RedisVitals {
  /** It answered in time. */
  readonly connected: boolean;
  /** Of a PING on the connection for commands, so behind the calls that wait there. */
  readonly latencyMs: number | null;
  /** Bytes. */
  readonly usedMemory: number | null;
  /** Bytes; null without a limit. */
  readonly maxMemory: number | null;
  /** In the database of this node, those of others included. */
  readonly keys: number | null;
  /** Since Redis started. */
  readonly evictedKeys: number | null;
  /** Between the last two looks; null before the second one. */
  readonly evictionsPerSec: number | null;
  readonly connectedReplicas: number | null;
  /** Of the replica that is furthest behind; null without replicas. */
  readonly replicationLagBytes: number | null;
  readonly role: string | null;
  /** Of the connection for commands. */
  readonly state: RedisState['status'];
}

type Figures = Omit<RedisVitals, 'state' | 'connected'>;

const KEEP_MS = 1_000;
const WAIT_MS = 1_000;

const NO_FIGURES: Figures = {
  latencyMs: null,
  usedMemory: null,
  maxMemory: null,
  keys: null,
  evictedKeys: null,
  evictionsPerSec: null,
  connectedReplicas: null,
  replicationLagBytes: null,
  role: null,
};

export class Vitals {
  readonly #commands: Commands;
  readonly #connection: RedisConnection;
  #figures: Figures | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The last question; a Redis that hangs is not asked again before that one has failed. */
  #asked: Promise<void> = Promise.resolve();
  #isAsking = false;
  #mayAsk = true;
  #evictions: { readonly keys: number; readonly at: number } | null = null;

  constructor(commands: Commands, connection: RedisConnection) {
    this.#commands = commands;
    this.#connection = connection;
  }

  /** As of the last look. */
  get latest(): RedisVitals {
    const { status: state } = this.#connection.state;
    const figures = state === 'up' ? this.#figures : null;
    return { connected: figures !== null, ...(figures ?? NO_FIGURES), state };
  }

  /** At most a second old. Never rejects. */
  async read(): Promise<RedisVitals> {
    const now = performance.now();
    if (!this.#isAsking && now - this.#askedAt >= KEEP_MS) {
      this.#askedAt = now;
      this.#isAsking = true;
      this.#asked = this.#ask().finally(() => {
        this.#isAsking = false;
      });
    }
    if (this.#isAsking) await this.#inTime(this.#asked);
    return this.latest;
  }

  async #inTime(asked: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#figures = null;
        resolve();
      }, WAIT_MS);
    });
    await Promise.race([asked, late]);
    clearTimeout(timer);
  }

  async #ask(): Promise<void> {
    try {
      const sentAt = performance.now();
      await this.#commands.call('ping', []);
      const latencyMs = Math.round((performance.now() - sentAt) * 1000) / 1000;
      this.#figures = { ...NO_FIGURES, latencyMs, ...(await this.#tell()) };
    } catch {
      // Why it does not answer is in the state of its connection.
      this.#figures = null;
    }
  }

  /** What its user may know. */
  async #tell(): Promise<Partial<Figures>> {
    if (!this.#mayAsk) return {};
    try {
      const [info, keys] = await Promise.all([this.#commands.call('info', []), this.#commands.call('dbsize', [])]);
      const figures = figuresOf(String(info));
      const evictionsPerSec = this.#evictionsPerSec(figures.evictedKeys);
      return { ...figures, evictionsPerSec, keys: typeof keys === 'number' ? keys : null };
    } catch (error) {
      // Asked once: each refusal would be counted and logged.
      if (isNotPermitted(error)) this.#mayAsk = false;
      return {};
    }
  }

  #evictionsPerSec(keys: number | null): number | null {
    if (keys === null) return null;
    const at = performance.now();
    const before = this.#evictions;
    this.#evictions = { keys, at };
    if (before === null) return null;
    // Redis counts from 0 again when it restarts.
    const evicted = keys < before.keys ? keys : keys - before.keys;
    return Math.round((evicted * 1_000) / (at - before.at));
  }
}

/** Out of the text of INFO. */
export function figuresOf(info: string): Omit<Figures, 'latencyMs' | 'evictionsPerSec' | 'keys'> {
  const lines = new Map(
    info.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  const figure = (name: string): number | null => {
    const value = Number(lines.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : null;
  };
  const offset = figure('master_repl_offset');
  const lags = [...lines].flatMap(([name, value]) => {
    const [, behind] = (/^slave\d+$/.test(name) && /\boffset=(\d+)/.exec(value)) || [];
    return behind === undefined || offset === null ? [] : [Math.max(0, offset - Number(behind))];
  });
  return {
    usedMemory: figure('used_memory'),
    maxMemory: figure('maxmemory') || null,
    evictedKeys: figure('evicted_keys'),
    connectedReplicas: figure('connected_slaves'),
    replicationLagBytes: lags.length === 0 ? null : Math.max(...lags),
    role: lines.get('role') ?? null,
  };
}
