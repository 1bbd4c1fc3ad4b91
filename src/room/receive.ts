/** Messages of other nodes, read whole and brought to the room, in the role that the message is for. */
import type { NodeKey } from '../cluster/ports.ts';
import { FrameFault } from '../protocol/frame-fault.ts';
import type { Reader } from '../protocol/reader.ts';
import { encodeError } from '../protocol/server-frame.ts';
import { attachEdge, detachEdge } from './attach.ts';
import type { Waiting } from './deferred-messages.ts';
import type { Post } from './edge-link.ts';
import type { LocalRoom } from './local-room.ts';
import type { Owner } from './owner.ts';
import { RELAY, roomMessage } from './relay-message.ts';
import { readFrame, readJoined, readLeft, readSynced, refusedMessage } from './relay-to-edge.ts';
import { readAttach, readJoin, readLeave } from './relay-to-owner.ts';

/** From an edge. `room` is null where its type is not served here, or a room is not known and need not be. */
export function receiveAsOwner(
  op: number,
  r: Reader,
  from: NodeKey,
  name: string,
  room: LocalRoom | null,
  post: Post,
): void {
  switch (op) {
    case RELAY.join: {
      const { conn, session, request } = readJoin(r, name);
      if (room && request.since !== null) room.past.wasThere = true;
      const join = (owner: Owner): void => owner.join(owner.feed.edge(from).link(conn, session), request);
      if (asOwner(room, from, name, post, join, 'asks')) return;
      const { req } = request;
      const frame = encodeError('unavailable', 'too many wait for this room', { req, room: name });
      return post.post(from, refusedMessage(name, conn, req, frame));
    }
    case RELAY.attach: {
      const { at, seats } = readAttach(r);
      asOwner(room, from, name, post, (owner) => attachEdge(owner, from, at, seats), 'attaches');
      return;
    }
    case RELAY.leave: {
      const { conn, session, request } = readLeave(r);
      const leave = (owner: Owner): void => owner.leave(owner.feed.edge(from).link(conn, session), request);
      asOwner(room, from, name, post, leave, 'attaches');
      return;
    }
    case RELAY.away: {
      const conn = r.uint('conn');
      return behindJoin(room, 'ends', (owner) => {
        const edge = owner.feed.edges.get(from);
        const link = edge?.links.get(conn);
        if (!link) return;
        edge?.links.delete(conn);
        owner.away(link);
      });
    }
    case RELAY.message:
    case RELAY.patch: {
      const [conn, me, cseq, body] = [r.uint('conn'), r.uint('me'), r.uint('cseq'), r.bin('body')];
      // The way of nearly all of them, without a closure.
      if (room?.owner) return command(op, room.owner, from, conn, me, cseq, body);
      return behindJoin(room, 'follows', (owner) => command(op, owner, from, conn, me, cseq, body));
    }
    case RELAY.doubted:
      return room?.owner?.verify();
    case RELAY.detach:
      return behindJoin(room, 'ends', (owner) => detachEdge(owner, from));
    default:
      throw new FrameFault(`message to an owner: unknown op ${op}`);
  }
}

/** False where too many wait. */
function asOwner(
  room: LocalRoom | null,
  from: NodeKey,
  name: string,
  post: Post,
  task: (owner: Owner) => void,
  waiting: Waiting,
): boolean {
  if (!room) {
    post.post(from, roomMessage(RELAY.moved, name));
    return true;
  }
  return room.whenResolved(() => {
    if (room.owner) return task(room.owner);
    post.post(from, roomMessage(RELAY.moved, name));
    // The directory sent that node here: it may have forgotten whose the room is, and who owns it must learn that.
    if (room.role.kind === 'edge') post.post(room.role.edge.owner, roomMessage(RELAY.doubted, name));
  }, waiting);
}

function command(
  op: number,
  owner: Owner,
  from: NodeKey,
  conn: number,
  me: number,
  cseq: number,
  body: Uint8Array,
): void {
  // A connection that is not known was never attached, or its JOIN was lost: the two ends heal that (P16).
  const link = owner.feed.edges.get(from)?.links.get(conn);
  if (!link) return;
  // A JOIN that was asked twice may have made a membership that its client has not heard of: this is for another one.
  if (me !== 0 && me !== link.member) return link.send(encodeError('not-joined', null, { room: owner.room, cseq }));
  if (op === RELAY.message) owner.commands.message(link, cseq, body, 0, body.length);
  else owner.commands.patch(link, cseq, body, 0, body.length);
}

/** What makes sense of a connection that has joined; where its JOIN waits for the role, it waits behind it. */
function behindJoin(room: LocalRoom | null, waiting: Waiting, task: (owner: Owner) => void): void {
  room?.whenResolved(() => {
    if (room.owner) task(room.owner);
  }, waiting);
}

/** From a room's owner. What an owner says that this node does not take for the owner is ignored. */
export function receiveAsEdge(
  op: number,
  r: Reader,
  from: NodeKey,
  room: LocalRoom | undefined,
  name: string,
  post: Post,
): void {
  const edge = room?.role.kind === 'edge' && room.role.edge.owner === from ? room.role.edge : null;
  const seat = (): ReturnType<LocalRoom['seats']['get']> => {
    const conn = r.uint('conn');
    return edge ? room?.seats.get(conn) : undefined;
  };
  switch (op) {
    case RELAY.frame: {
      const frame = readFrame(r);
      if (!room) post.post(from, roomMessage(RELAY.detach, name));
      return edge?.frame(frame);
    }
    case RELAY.send: {
      const target = seat();
      const frame = r.bin('frame');
      return target?.send(frame);
    }
    case RELAY.joined: {
      const joined = readJoined(r);
      return edge?.joined(joined);
    }
    case RELAY.synced: {
      const { view, reset, targets } = readSynced(r);
      if (edge) edge.synced(view, reset, targets);
      return;
    }
    case RELAY.left: {
      const { conn, frame } = readLeft(r);
      if (edge) room?.seats.get(conn)?.left(frame);
      return;
    }
    case RELAY.refused: {
      const target = seat();
      const [req, frame] = [r.uint('req'), r.bin('frame')];
      return target?.refused(req, frame);
    }
    case RELAY.replaced:
      return seat()?.replaced();
    case RELAY.attached: {
      const at = { epoch: r.uint('epoch'), seq: r.uint('seq') };
      return edge?.attached(at);
    }
    case RELAY.moved:
      if (edge) room?.resolve();
      return;
    case RELAY.closed: {
      const frame = r.bin('frame');
      return edge?.closed(frame);
    }
    default:
      throw new FrameFault(`message to an edge: unknown op ${op}`);
  }
}
