/** Packets and frames in words, for traces. */
import { ClientFrame, readClientFrame } from '../../src/protocol/client-frame.ts';
import { CLIENT_OP } from '../../src/protocol/op.ts';
import { Reader } from '../../src/protocol/reader.ts';
import { readServerFrame, type ServerEvent, type ServerFrame } from '../../src/protocol/server-reader.ts';
import { RELAY } from '../../src/room/relay-message.ts';
import { idsOf } from './command-id.ts';

const RELAY_NAMES = new Map<number, string>(Object.entries(RELAY).map(([name, op]) => [op, name]));
const CLIENT_NAMES = new Map<number, string>(Object.entries(CLIENT_OP).map(([name, op]) => [op, name]));

export function describePacket(packet: Uint8Array): string {
  const r = new Reader();
  r.reset(packet);
  r.array('packet');
  r.uint('version');
  const from = `${r.str('from')}:${r.str('incarnation')}`;
  const head = `${from}→${r.str('to')} #${r.uint('stream')}.${r.uint('counter')}`;
  const messages: string[] = [];
  for (let left = r.array('messages'); left > 0; left--) messages.push(describeMessage(r));
  return `${head} ${messages.join(' | ')}`;
}

function describeMessage(r: Reader): string {
  const fields = r.array('message');
  const op = r.uint('op');
  const words = [RELAY_NAMES.get(op) ?? `op ${op}`, r.str('room')];
  for (let i = 2; i < fields; i++) {
    const start = r.pos;
    r.skip('field');
    words.push(describeValue(r.bytes.subarray(start, r.pos)));
  }
  return words.join(' ');
}

/** Numbers, texts and truth as they are; frames in words; other bytes by their length. */
function describeValue(value: Uint8Array): string {
  const first = value[0] ?? 0;
  const r = new Reader();
  r.reset(value);
  if (first < 0x80 || (first >= 0xcc && first <= 0xcf)) return String(r.uint('number'));
  if ((first & 0xe0) === 0xa0 || (first >= 0xd9 && first <= 0xdb)) return r.str('text');
  if (first >= 0xc4 && first <= 0xc6) return describeBytes(r.bin('bytes'));
  if (first === 0xc0) return '-';
  if (first === 0xc2 || first === 0xc3) return String(first === 0xc3);
  if ((first & 0xf0) === 0x90) {
    const items: string[] = [];
    for (let left = r.array('array'); left > 0; left--) {
      const start = r.pos;
      r.skip('item');
      items.push(describeValue(value.subarray(start, r.pos)));
    }
    return `[${items.join(' ')}]`;
  }
  return `<${value.length}>`;
}

function describeBytes(bytes: Uint8Array): string {
  if ((bytes[0] ?? 0) >> 4 !== 9)
    return (
      idsOf(bytes)
        .map((id) => `~${id}`)
        .join('') || `<${bytes.length}>`
    );
  try {
    return `{${describeServerFrame(readServerFrame(bytes))}}`;
  } catch {
    return `<${bytes.length}>`;
  }
}

export function describeClientBytes(bytes: Uint8Array): string {
  const f = new ClientFrame();
  readClientFrame(bytes, f);
  const name = (CLIENT_NAMES.get(f.op) ?? '?').toUpperCase();
  switch (f.op) {
    case CLIENT_OP.hello:
      return `${name} ${f.resume === null ? 'new' : 'resume'}`;
    case CLIENT_OP.join:
      return `${name} ${f.room(bytes)} req ${f.req} since ${f.hasSince ? `${tail(f.sinceEpoch)}/${f.sinceSeq}` : '-'}`;
    case CLIENT_OP.leave:
      return `${name} ${f.room(bytes)} req ${f.req}`;
    case CLIENT_OP.ping:
      return name;
    default:
      return `${name} ${f.room(bytes)} cseq ${f.cseq} ${idsOf(bytes.subarray(f.bodyStart, f.bodyEnd)).map((id) => `~${id}`)}`;
  }
}

export function describeServerBytes(bytes: Uint8Array): string {
  return describeServerFrame(readServerFrame(bytes));
}

function describeServerFrame(frame: ServerFrame): string {
  switch (frame.op) {
    case 'events': {
      const events = frame.events.map(describeEvent).join(', ');
      return `EVENTS ${frame.room} ${tail(frame.epoch)}/${frame.first}+${frame.events.length} ${events}`;
    }
    case 'joined': {
      const kind =
        frame.roster === null ? 'P7' : `roster ${frame.roster.map(({ member, status }) => member * (status || -1))}`;
      return `JOINED ${frame.room} req ${frame.req} ${tail(frame.epoch)}/${frame.seq} me ${frame.me} cseq ${frame.cseq} ${kind}`;
    }
    case 'sync':
      return `SYNC ${frame.room} ${tail(frame.epoch)}/${frame.seq} me ${frame.me} cseq ${frame.cseq} ${frame.reason}`;
    case 'error':
      return `ERROR ${frame.code} ${frame.room ?? ''} req ${frame.req} cseq ${frame.cseq} ${frame.message}`;
    case 'ack':
      return `ACK ${frame.room} ${frame.cseq}`;
    case 'position':
      return `POSITION ${frame.room} ${tail(frame.epoch)}/${frame.seq}`;
    case 'left':
      return `LEFT ${frame.room} req ${frame.req}`;
    case 'closed':
      return `CLOSED ${frame.room} ${frame.reason}`;
    default:
      return frame.op.toUpperCase();
  }
}

function describeEvent(event: ServerEvent): string {
  switch (event.kind) {
    case 'message':
      return `m${event.member}#${event.cseq}${idsOf(event.payload).map((id) => `~${id}`)}`;
    case 'state':
      return `s${event.member}#${event.cseq}${[...event.set].map(([key, value]) => `${key}=${idsOf(value)}`)}-${event.del}`;
    case 'joined':
      return `+${event.member}`;
    case 'left':
      return `-${event.member}(${event.reason})`;
    case 'status':
      return `${event.status === 1 ? 'back' : 'away'} ${event.member}`;
  }
}

/** Epochs of one run differ in their last digits only. */
function tail(epoch: number): string {
  return `e${epoch % 10_000_000}`;
}
