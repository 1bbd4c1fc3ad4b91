import { expect, test } from 'vitest';
import { heardBy, nodeOf } from '../../../bench/swarm/spread.ts';

const PORTS = [1, 2, 3];

function counts(nodes: readonly number[]): number[] {
  return PORTS.map((_, node) => nodes.filter((at) => at === node).length);
}

test('every room has members on all nodes, and each node is the first of as many rooms', () => {
  const plan = { room: 6, ports: PORTS, spread: 'members' as const };
  const nodes = Array.from({ length: 54 }, (_, client) => nodeOf(plan, client));
  for (let room = 0; room < 9; room++) expect(counts(nodes.slice(room * 6, room * 6 + 6))).toEqual([2, 2, 2]);
  expect(counts(nodes.filter((_, client) => client % 6 === 0))).toEqual([3, 3, 3]);
});

test('rooms on one node each have all their members there, the rooms in turn', () => {
  const plan = { room: 2, ports: PORTS, spread: 'rooms' as const };
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((client) => nodeOf(plan, client))).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
});

test('clients without rooms go to the nodes in turn', () => {
  expect([0, 1, 2, 3].map((client) => nodeOf({ room: 0, ports: PORTS }, client))).toEqual([0, 1, 2, 0]);
});

test('across nodes, only senders on other nodes are measured', () => {
  const plan = { room: 4, ports: [1, 2], crossNode: true };
  const { isMeasured } = heardBy(plan, 4);
  expect([4, 5, 6, 7].map((sender) => isMeasured?.(sender))).toEqual([false, true, false, true]);
  expect(heardBy({ ...plan, crossNode: false }, 4)).toEqual({});
});
