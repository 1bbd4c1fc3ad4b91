/**
 * Of each session one connection, the newest, stays open in the whole cluster (P4). Who resumes a session here is told to all
 * other nodes at once. Where packets may have been lost on the way from a node, or it was out of sight, this node tells it all of
 * its sessions, and it answers with those that are newer there. Of two connections that count alike, both stay.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { NodeKey } from '../cluster/ports.ts';
import type { Connections } from '../gateway/connections.ts';
import type { Post } from '../room/edge-link.ts';
import type { SessionIdentity } from '../room/ports.ts';
import { sessionMessage } from '../room/relay-message.ts';

/** Sessions are told in parts of so many, so far apart: some 100 kB each, and losses of one moment are made good at once. */
const PART_MAX = 2_000;
const PART_MS = 250;

export class ResumedSessions {
  readonly #connections: Connections;
  readonly #post: Post;
  readonly #clock: Clock;
  /** What is still to tell, by node. */
  readonly #untold = new Map<NodeKey, Iterator<SessionIdentity>>();
  #timer: Timer | null = null;

  constructor(connections: Connections, post: Post, clock: Clock) {
    this.#connections = connections;
    this.#post = post;
    this.#clock = clock;
  }

  resumed({ sid, generation }: SessionIdentity, others: Iterable<NodeKey>): void {
    for (const node of others) this.#post.post(node, sessionMessage(sid, generation));
  }

  /** That node has a connection of this session. */
  heard(from: NodeKey, sid: string, generation: number): void {
    const here = this.#connections.generationOf(sid);
    if (here > generation) this.#post.post(from, sessionMessage(sid, here));
    else this.#connections.replaceOlder(sid, generation);
  }

  /** What that node has told may not have arrived. */
  missed(from: NodeKey): void {
    this.#untold.set(from, this.#connections.sessionIdentities());
    this.#timer ??= this.#clock.every(PART_MS, () => this.#tell());
  }

  /** That node is gone. */
  gone(node: NodeKey): void {
    this.#untold.delete(node);
  }

  stop(): void {
    this.#untold.clear();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #tell(): void {
    for (const [to, sessions] of this.#untold) {
      for (let left = PART_MAX; left > 0; left--) {
        const next = sessions.next();
        if (next.done) {
          this.#untold.delete(to);
          break;
        }
        this.#post.post(to, sessionMessage(next.value.sid, next.value.generation));
      }
    }
    if (this.#untold.size === 0) this.stop();
  }
}
