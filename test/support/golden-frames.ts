/**
 * One frame of each kind in its shortest bytes. docs/PROTOCOL.md section 9 shows the same table, and a test holds the
 * two together. `value` is what any MessagePack library makes of the bytes. The bytes of a version never change.
 */
export interface GoldenFrame {
  readonly name: string;
  readonly from: 'client' | 'server';
  readonly hex: string;
  readonly value: readonly unknown[];
}

export const EPOCH = 1763673600123;

export const GOLDEN_FRAMES: readonly GoldenFrame[] = [
  { name: 'HELLO, new guest', from: 'client', hex: '940101c0c0', value: [1, 1, null, null] },
  { name: 'HELLO, with a token', from: 'client', hex: '940101a27431c0', value: [1, 1, 't1', null] },
  { name: 'HELLO, resumed', from: 'client', hex: '940101c0a27231', value: [1, 1, null, 'r1'] },
  { name: 'JOIN', from: 'client', hex: '950201a664656d6f3a31c0c0', value: [2, 1, 'demo:1', null, null] },
  {
    name: 'JOIN since',
    from: 'client',
    hex: '950202a664656d6f3a3192cf0000019aa323707b07c4026869',
    value: [2, 2, 'demo:1', [EPOCH, 7], bytes(104, 105)],
  },
  { name: 'LEAVE', from: 'client', hex: '930303a664656d6f3a31', value: [3, 3, 'demo:1'] },
  {
    name: 'SEND',
    from: 'client',
    hex: '9404a664656d6f3a3101c40492a16d01',
    value: [4, 'demo:1', 1, bytes(146, 161, 109, 1)],
  },
  {
    name: 'SET',
    from: 'client',
    hex: '9505a664656d6f3a310281a16bc4017691a36f6c64',
    value: [5, 'demo:1', 2, { k: bytes(118) }, ['old']],
  },
  { name: 'PING', from: 'client', hex: '9206cd03e8', value: [6, 1000] },
  {
    name: 'WELCOME',
    from: 'server',
    hex: '9501aa73316132623363346435a27231a26e3186ad6672616d6542797465734d6178ce00010000a8726f6f6d734d617810ae636f6d6d616e647350657253656378ab6279746573506572536563ce00040000ad737461746542797465734d6178ce00100000ab6b656570416c6976654d73cd7530',
    value: [
      1,
      's1a2b3c4d5',
      'r1',
      'n1',
      {
        frameBytesMax: 65536,
        roomsMax: 16,
        commandsPerSec: 120,
        bytesPerSec: 262144,
        stateBytesMax: 1048576,
        keepAliveMs: 30000,
      },
    ],
  },
  {
    name: 'JOINED, a snapshot (P6)',
    from: 'server',
    hex: '990201a664656d6f3a31cf0000019aa323707b070100929401ae67756573743a733161326233633401c09402a3616e6e00c402686981a16bc40176',
    value: [
      2,
      1,
      'demo:1',
      EPOCH,
      7,
      1,
      0,
      [
        [1, 'guest:s1a2b3c4', 1, null],
        [2, 'ann', 0, bytes(104, 105)],
      ],
      { k: bytes(118) },
    ],
  },
  {
    name: 'JOINED, events follow (P7)',
    from: 'server',
    hex: '990202a664656d6f3a31cf0000019aa323707b070100c0c0',
    value: [2, 2, 'demo:1', EPOCH, 7, 1, 0, null, null],
  },
  { name: 'LEFT', from: 'server', hex: '930303a664656d6f3a31', value: [3, 3, 'demo:1'] },
  {
    name: 'EVENTS: a message and a state change',
    from: 'server',
    hex: '9504a664656d6f3a31cf0000019aa323707b089294000101c401789503020581a16bc4017691a36f6c64',
    value: [
      4,
      'demo:1',
      EPOCH,
      8,
      [
        [0, 1, 1, bytes(120)],
        [3, 2, 5, { k: bytes(118) }, ['old']],
      ],
    ],
  },
  {
    name: 'EVENTS: joined',
    from: 'server',
    hex: '9504a664656d6f3a31cf0000019aa323707b0a92940103ae67756573743a73397a3879377836c0940104a3626f62c4026869',
    value: [
      4,
      'demo:1',
      EPOCH,
      10,
      [
        [1, 3, 'guest:s9z8y7x6', null],
        [1, 4, 'bob', bytes(104, 105)],
      ],
    ],
  },
  {
    name: 'EVENTS: left',
    from: 'server',
    hex: '9504a664656d6f3a31cf0000019aa323707b0c93930203009302040193020202',
    value: [
      4,
      'demo:1',
      EPOCH,
      12,
      [
        [2, 3, 0],
        [2, 4, 1],
        [2, 2, 2],
      ],
    ],
  },
  {
    name: 'EVENTS: away and back',
    from: 'server',
    hex: '9504a664656d6f3a31cf0000019aa323707b0f929304010093040101',
    value: [
      4,
      'demo:1',
      EPOCH,
      15,
      [
        [4, 1, 0],
        [4, 1, 1],
      ],
    ],
  },
  {
    name: 'SYNC',
    from: 'server',
    hex: '9905a664656d6f3a31cf0000019aa323707c140104919401ae67756573743a733161326233633401c081a16bc40176a56f776e6572',
    value: [5, 'demo:1', EPOCH + 1, 20, 1, 4, [[1, 'guest:s1a2b3c4', 1, null]], { k: bytes(118) }, 'owner'],
  },
  { name: 'PONG', from: 'server', hex: '9306cd03e8cf0000019aa323707b', value: [6, 1000, EPOCH] },
  { name: 'ACK', from: 'server', hex: '9307a664656d6f3a3102', value: [7, 'demo:1', 2] },
  {
    name: 'ERROR',
    from: 'server',
    hex: '9708ac6f75742d6f662d6f72646572aa65787065637465642032c3c0a664656d6f3a3102',
    value: [8, 'out-of-order', 'expected 2', true, null, 'demo:1', 2],
  },
  {
    name: 'ERROR, of a JOIN',
    from: 'server',
    hex: '9708a9726f6f6d2d66756c6cba61742074686520747970652773206d656d626572206c696d6974c301a664656d6f3a31c0',
    value: [8, 'room-full', "at the type's member limit", true, 1, 'demo:1', null],
  },
  { name: 'GOAWAY', from: 'server', hex: '9309a5647261696ecd07d0', value: [9, 'drain', 2000] },
  { name: 'DIRECT', from: 'server', hex: '940aa664656d6f3a3100c40178', value: [10, 'demo:1', 0, bytes(120)] },
  { name: 'CLOSED', from: 'server', hex: '930ba664656d6f3a31a46f766572', value: [11, 'demo:1', 'over'] },
  { name: 'POSITION', from: 'server', hex: '940ca664656d6f3a31cf0000019aa323707b09', value: [12, 'demo:1', EPOCH, 9] },
];

export function goldenBytes(name: string): Uint8Array {
  const frame = GOLDEN_FRAMES.find((golden) => golden.name === name);
  if (frame === undefined) throw new Error(`no golden frame is called ${name}`);
  return fromHex(frame.hex);
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}
