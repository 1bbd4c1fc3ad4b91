/**
 * For one time to live after the store is back nobody is taken for dead because it is not there: all nodes have lost their
 * connections and come back at their own pace, and that moves no room. Only a newer life of its id proves more.
 */
import type { Claim, ClaimRequest, NodeKey } from '../../../src/cluster/ports.ts';
import type { Report } from './report.ts';

export class TakeOvers {
  readonly #ttlMs: number;
  readonly #isReplaced: (node: NodeKey) => boolean;
  readonly #report: Report;
  #backAtMs = Number.NEGATIVE_INFINITY;

  /** `isReplaced`: a newer life of that node has begun. */
  constructor(ttlMs: number, isReplaced: (node: NodeKey) => boolean, report: Report) {
    this.#ttlMs = ttlMs;
    this.#isReplaced = isReplaced;
    this.#report = report;
  }

  storeIsBack(nowMs: number): void {
    this.#backAtMs = nowMs;
  }

  claimed({ room, self, dead }: Pick<ClaimRequest, 'room' | 'self' | 'dead'>, claim: Claim, nowMs: number): void {
    if (claim.kind === 'other' || dead === null || this.#isReplaced(dead)) return;
    const backForMs = nowMs - this.#backAtMs;
    if (backForMs >= this.#ttlMs) return;
    this.#report('take-over', `${room}: ${self} takes over from ${dead}, ${backForMs} ms after the store was back`);
  }
}
