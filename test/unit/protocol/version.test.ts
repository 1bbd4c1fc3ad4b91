import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { CLOSE, ERROR_CODES } from '../../../src/protocol/codes.ts';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../../src/protocol/limits.ts';
import { CLIENT_OP, EVENT, LEFT_REASON, SERVER_OP, STATUS } from '../../../src/protocol/op.ts';
import { GOLDEN_FRAMES } from '../../support/golden-frames.ts';

/**
 * What each version looks like on the wire. Clients in the field rely on it, so a line never changes: another shape is
 * another version, with a line of its own. (A further golden frame of an unchanged layout changes the hash as well;
 * that alone may replace the line.)
 */
const SHAPES: Readonly<Record<number, string>> = {
  1: 'fdc11f3eb00521c6',
};

test('the shape of the wire is the one of its version', () => {
  const shape = {
    subprotocol: SUBPROTOCOL,
    numbers: [CLIENT_OP, SERVER_OP, EVENT, LEFT_REASON, STATUS, CLOSE],
    codes: Object.entries(ERROR_CODES).map(([code, { retry }]) => [code, retry]),
    frames: GOLDEN_FRAMES.map(({ from, hex }) => [from, hex]),
  };
  const hash = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16);
  expect(
    hash,
    `opcodes, frame layouts, error codes or close codes differ from version ${PROTOCOL_VERSION}: raise PROTOCOL_VERSION`,
  ).toBe(SHAPES[PROTOCOL_VERSION]);
});
