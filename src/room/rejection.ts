import type { ErrorCode } from '../protocol/codes.ts';

/** Thrown by `room.reject`: the command or join is refused with this code, and nothing of it is kept. */
export class Rejection extends Error {
  readonly code: ErrorCode;
  /** What the client reads; null: the catalogue's text. */
  readonly text: string | null;

  constructor(code: ErrorCode, text: string | null) {
    super(text ?? code);
    this.code = code;
    this.text = text;
  }
}
