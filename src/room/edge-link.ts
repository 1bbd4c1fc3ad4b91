/** An edge as the room's owner sees it: a node with members of the room, and a link for each of their connections. */
import type { NodeKey } from '../cluster/ports.ts';
import type { MemberLink, RoomView } from './member-link.ts';
import type { Position, SessionIdentity } from './ports.ts';
import type { WriteMessage } from './relay-message.ts';
import {
  attachedMessage,
  closedMessage,
  frameMessage,
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

  constructor(node: NodeKey, room: string, post: Post) {
    this.node = node;
    this.#room = room;
    this.#post = post;
  }

  /** The link of a connection there; the same object as long as the connection keeps its seat. */
  link(conn: number, session: SessionIdentity): RemoteLink {
    let link = this.links.get(conn);
    if (!link) {
      link = new RemoteLink(this.node, this.#room, conn, session, this.#post, this.links);
      this.links.set(conn, link);
    }
    return link;
  }

  frame(epoch: number, first: number, last: number, frame: Uint8Array): void {
    this.#post.post(this.node, frameMessage(this.#room, epoch, first, last, frame));
  }

  /** The edge starts anew from `view`; all its members get it as SYNC. */
  reset(view: RoomView, targets: readonly SyncTarget[]): void {
    this.#post.post(this.node, syncedMessage(this.#room, view, true, targets));
  }

  attached(epoch: number, seq: number): void {
    this.#post.post(this.node, attachedMessage(this.#room, { epoch, seq }));
  }

  closed(frame: Uint8Array): void {
    this.#post.post(this.node, closedMessage(this.#room, frame));
  }
}

export class RemoteLink implements MemberLink {
  member = 0;
  readonly session: SessionIdentity;
  readonly conn: number;
  readonly #node: NodeKey;
  readonly #room: string;
  readonly #post: Post;
  /** All links of its edge: one without a membership takes itself out. */
  readonly #links: Map<number, RemoteLink>;

  constructor(
    node: NodeKey,
    room: string,
    conn: number,
    session: SessionIdentity,
    post: Post,
    links: Map<number, RemoteLink>,
  ) {
    this.#node = node;
    this.#room = room;
    this.conn = conn;
    this.session = session;
    this.#post = post;
    this.#links = links;
  }

  send(frame: Uint8Array): void {
    this.#post.post(this.#node, sendMessage(this.#room, this.conn, frame));
  }

  joined(req: number, me: number, at: Position, frames: readonly Uint8Array[]): void {
    this.#post.post(this.#node, joinedMessage(this.#room, this.conn, req, me, at, frames));
  }

  synced(view: RoomView, me: number, cseq: number): void {
    this.#post.post(this.#node, syncedMessage(this.#room, view, false, [{ conn: this.conn, me, cseq }]));
  }

  left(frame: Uint8Array | null): void {
    this.#post.post(this.#node, leftMessage(this.#room, this.conn, frame));
    this.#forget();
  }

  refused(req: number, frame: Uint8Array): void {
    this.#post.post(this.#node, refusedMessage(this.#room, this.conn, req, frame));
    this.#forget();
  }

  replaced(): void {
    this.#post.post(this.#node, replacedMessage(this.#room, this.conn));
  }

  /** A JOIN behind a LEAVE may have made a new membership through this link already. */
  #forget(): void {
    if (this.member === 0 && this.#links.get(this.conn) === this) this.#links.delete(this.conn);
  }
}
