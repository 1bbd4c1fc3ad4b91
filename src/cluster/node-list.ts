/**
 * Who lives, by the lists that renewals bring, one after another. Of a node that is missing on a list it depends on
 * `isSteady` what that means: without it, after the store was away, it may be about to come back.
 */
import { Burials } from './burials.ts';
import { nodeId, nodeKey } from './node-key.ts';
import type { DeathProof, NodeKey, NodeRecord } from './ports.ts';

/** Nodes heard of and not on the list at one time; more are not watched for. */
const HEARD_MAX = 1024;

interface Known {
  readonly record: NodeRecord;
  /** When it was first on the list. */
  readonly since: number;
  /** When its last beat was first on the list. */
  readonly beatAt: number;
  readonly isShown: boolean;
}

export interface Changes {
  readonly up: readonly NodeKey[];
  readonly down: ReadonlyMap<NodeKey, DeathProof>;
  /** Nodes that were presumed dead and live. */
  readonly risen: number;
}

export class NodeList {
  readonly #ttlMs: number;
  readonly #buried: Burials;
  #known = new Map<NodeKey, Known>();
  /** Nodes that sent us packets and have not been on our list. */
  readonly #heard = new Set<NodeKey>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
    this.#buried = new Burials(ttlMs);
  }

  has(node: NodeKey): boolean {
    return this.#known.has(node);
  }

  get(node: NodeKey): NodeRecord | undefined {
    return this.#known.get(node)?.record;
  }

  /** Those whose heartbeat was there at the last look, or all. */
  nodes(isShown: boolean): NodeRecord[] {
    return [...this.#known.values()].flatMap((one) => (one.isShown || !isShown ? one.record : []));
  }

  /** Of a node that is not on the list, where the list is worth something. */
  isDead(node: NodeKey, proof: DeathProof, isSteady: boolean, now: number): boolean {
    if (this.#known.has(node)) return false;
    // Another life of its id may be the older one, and it may be about to register: only what was seen to take its place counts.
    if (proof === 'presumed') return this.#buried.isProved(node) || isSteady;
    const id = nodeId(node);
    const newer = [...this.#known.values()].find(({ record }) => record.id === id);
    return isSteady && !this.#buried.isPresumed(node) && (newer === undefined || now - newer.since >= this.#ttlMs);
  }

  /** The store was away. */
  doubt(): void {
    this.#buried.doubt();
  }

  isBuried(node: NodeKey): boolean {
    return this.#buried.has(node);
  }

  canBury(node: NodeKey): boolean {
    return this.#known.has(node) && !this.#buried.isFull;
  }

  /** It is presumed dead; `beat` is its last one. */
  bury(node: NodeKey, beat: number): void {
    const beatAt = this.#known.get(node)?.beatAt ?? 0;
    this.#known.delete(node);
    this.#buried.add(node, beat, beatAt, false);
  }

  heard(node: NodeKey): void {
    // The end of one that is presumed dead will be told; that of one taken for surely dead was, and must be again.
    if (this.#known.has(node) || this.#buried.isPresumed(node)) return;
    if (this.#heard.size < HEARD_MAX) this.#heard.add(node);
  }

  /** To be given to the next `update`: who is heard of meanwhile may have registered after the store looked. */
  heardOf(): readonly NodeKey[] {
    return [...this.#heard];
  }

  update(alive: readonly NodeRecord[], heard: readonly NodeKey[], isSteady: boolean, now: number): Changes {
    const before = this.#known;
    const listed = new Map(alive.map((record) => [nodeKey(record.id, record.incarnation), record]));
    const lives = new Map(alive.map((record) => [record.id, record]));
    const ids: ReadonlySet<string> = new Set(lives.keys());
    const known = new Map<NodeKey, Known>();
    const down = new Map<NodeKey, DeathProof>();
    let risen = 0;
    for (const [node, record] of listed) {
      const wasBuried = this.#buried.has(node);
      if (this.#buried.covers(node, record)) continue;
      if (wasBuried) risen++;
      const one = before.get(node);
      const beatAt = one?.record.beat === record.beat ? one.beatAt : now;
      if (isSteady && this.#buried.isStale(beatAt, now)) {
        this.#buried.add(node, record.beat, beatAt, true);
        down.set(node, 'certain');
      } else known.set(node, { record, since: one?.since ?? now, beatAt, isShown: true });
    }
    for (const node of this.#buried.settle(listed, ids, isSteady, now)) down.set(node, 'certain');
    const missing = (node: NodeKey, beat: number, beatAt: number, isReplaced: boolean): void => {
      // Its lease counts from its last beat, whatever the store's clock has made of its key.
      const isCertain = !isReplaced && now - beatAt >= this.#ttlMs;
      if (!isCertain) this.#buried.add(node, beat, beatAt, false);
      down.set(node, isCertain ? 'certain' : 'presumed');
    };
    for (const [node, one] of before) {
      if (listed.has(node)) continue;
      // A replica that lags may show an older life.
      const isReplaced = (lives.get(one.record.id)?.startedAt ?? 0) > one.record.startedAt;
      if (isReplaced || isSteady) missing(node, one.record.beat, one.beatAt, isReplaced);
      else known.set(node, { ...one, isShown: false });
    }
    for (const node of heard) {
      if (this.#buried.has(node) || (!listed.has(node) && !isSteady)) continue;
      this.#heard.delete(node);
      if (!listed.has(node) && !before.has(node)) missing(node, 0, now, ids.has(nodeId(node)));
    }
    this.#known = known;
    return { up: [...known.keys()].filter((node) => !before.has(node)), down, risen };
  }
}
