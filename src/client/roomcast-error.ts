import type { ErrorCode } from '../protocol/codes.ts';

/** What the SDK itself has to say; what a node says has the codes of PROTOCOL section 7. */
const CLIENT_ERRORS = {
  'too-many-commands': 'too many commands of this room are not done yet',
  interrupted: 'the membership ended before the command was confirmed: it may or may not have taken effect',
  left: 'the room was left',
  removed: 'the room removed this member',
  disconnected: 'there is no connection now',
  closed: 'the client was closed',
  timeout: 'no answer in time',
  replaced: 'another connection took over this session',
  'bad-frame': 'the server could not read what this client sent',
  version: 'the server does not speak this version of the protocol',
  'bad-argument': 'an argument is wrong',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** What promises of the SDK reject with. Branch on `code`; `message` is for people. */
export class RoomcastError extends Error {
  override readonly name = 'RoomcastError';
  /** One of ErrorCode or ClientErrorCode, or a code of a newer server. */
  readonly code: string;

  constructor(code: ErrorCode | ClientErrorCode | (string & {}), message: string) {
    super(message);
    this.code = code;
  }
}

/** An error of the SDK's own catalogue; `detail` is added to its text. */
export function clientError(code: ClientErrorCode, detail?: string): RoomcastError {
  return new RoomcastError(code, detail === undefined ? CLIENT_ERRORS[code] : `${CLIENT_ERRORS[code]}: ${detail}`);
}
