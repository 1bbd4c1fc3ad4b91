export interface SessionStore {
  /**
   * The generation of a connection that resumes session `sid` with a token of generation `tokenGeneration`:
   * one more than the highest ever given out. Kept for `ttlMs` from now. Rejects when the store can't be reached.
   */
  open(sid: string, tokenGeneration: number, ttlMs: number): Promise<number>;
}
