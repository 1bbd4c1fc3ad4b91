/** An edge as the room's owner sees it: a node with members of the room, and a link for each of their connections. */
import type { NodeKey } from '../cluster/ports.ts';
import type { JoinAnswer, MemberLink, RoomView } from './member-link.ts';
import type { SessionIdentity } from './ports.ts';
import type { WriteMessage } from './relay-message.ts';
import {
  attachedMessage,
  closedMessage,
  frameMessage,
  type JoinTarget,
  joinedMessage,
  leftMessage,
  refusedMessage,
  replacedMessage,
  type SyncTarget,
  sendMessage,
  syncedMessage,
} from './relay-to-edge.ts';

/** Posts a message to another node; it goes out with the packet of this turn. */
export interface Post {
  post(to: NodeKey, write: WriteMessage): void;
}

export class EdgeLink {
  readonly node: NodeKey;
  readonly links = new Map<number, RemoteLink>();
  /** Packets of that node were lost, and it has not attached this room again since. */
  isStale = false;
  readonly #room: string;
  readonly #post: Post;
  readonly #unsettled: Set<EdgeLink>;
  /** Joins of this turn that are answered alike and not posted yet. */
  #joins: { readonly answer: JoinAnswer; readonly targets: JoinTarget[] } | null = null;

  /** It enters itself into `unsettled` while it waits for its `settle`. */
  constructor(node: NodeKey, room: string, post: Post, unsettled: Set<EdgeLink>) {
    this.node = node;
    this.#room = room;
    this.#post = post;
    this.#unsettled = unsettled;
  }

  /** The link of a connection there; the same object as long as the connection keeps its seat. */
  link(conn: number, session: SessionIdentity): RemoteLink {
    let link = this.links.get(conn);
    if (!link) {
      link = new RemoteLink(this, this.#room, conn, session);
      this.links.set(conn, link);
    }
    return link;
  }

  /** Behind everything that was said to that edge before. */
  post(write: WriteMessage): void {
    this.settle();
    this.#post.post(this.node, write);
  }

  frame(epoch: number, first: number, last: number, frame: Uint8Array): void {
    this.post(frameMessage(this.#room, epoch, first, last, frame));
  }

  /** Posted by the next `settle`, together with others of the same answer. */
  joined(answer: JoinAnswer, target: JoinTarget): void {
    if (this.#joins && isSame(this.#joins.answer, answer)) {
      this.#joins.targets.push(target);
      return;
    }
    this.settle();
    this.#joins = { answer, targets: [target] };
    this.#unsettled.add(this);
  }

  settle(): void {
    const joins = this.#joins;
    if (!joins) return;
    this.#joins = null;
    this.#unsettled.delete(this);
    this.#post.post(this.node, joinedMessage(this.#room, joins.answer, joins.targets));
  }

  /** The edge starts anew from `view`; all its members get it as SYNC. */
  reset(view: RoomView, targets: readonly SyncTarget[]): void {
    this.post(syncedMessage(this.#room, view, true, targets));
  }

  attached(epoch: number, seq: number): void {
    this.post(attachedMessage(this.#room, { epoch, seq }));
  }

  closed(frame: Uint8Array): void {
    this.post(closedMessage(this.#room, frame));
  }
}

export class RemoteLink implements MemberLink {
  member = 0;
  readonly session: SessionIdentity;
  readonly conn: number;
  readonly #edge: EdgeLink;
  readonly #room: string;

  constructor(edge: EdgeLink, room: string, conn: number, session: SessionIdentity) {
    this.#edge = edge;
    this.#room = room;
    this.conn = conn;
    this.session = session;
  }

  send(frame: Uint8Array): void {
    this.#edge.post(sendMessage(this.#room, this.conn, frame));
  }

  joined(req: number, me: number, cseq: number, answer: JoinAnswer): void {
    this.#edge.joined(answer, { conn: this.conn, req, me, cseq });
  }

  synced(view: RoomView, me: number, cseq: number): void {
    this.#edge.post(syncedMessage(this.#room, view, false, [{ conn: this.conn, me, cseq }]));
  }

  left(frame: Uint8Array): void {
    this.#edge.post(leftMessage(this.#room, this.conn, frame));
    this.#forget();
  }

  /** As far as is known here: its connection has not gone. */
  asks(): boolean {
    return this.#edge.links.get(this.conn) === this;
  }

  refused(req: number, frame: Uint8Array): void {
    this.#edge.post(refusedMessage(this.#room, this.conn, req, frame));
    this.#forget();
  }

  replaced(): void {
    this.#edge.post(replacedMessage(this.#room, this.conn));
  }

  /** One without a membership takes itself out. A JOIN behind a LEAVE may have made a new one through it already. */
  #forget(): void {
    const { links } = this.#edge;
    if (this.member === 0 && links.get(this.conn) === this) links.delete(this.conn);
  }
}

/** Both were taken at one flush or from an unchanged room: what is equal here is equal in all. */
function isSame(a: JoinAnswer, b: JoinAnswer): boolean {
  return a.epoch === b.epoch && a.seq === b.seq && a.end === b.end && a.roster === b.roster && a.state === b.state;
}
