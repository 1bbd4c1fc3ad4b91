import { CLOSE } from '../protocol/codes.ts';
import { clientError, RoomcastError } from './roomcast-error.ts';

/** PROTOCOL section 8: the end of the session for close codes 4500-4999; null where connecting again is right. */
export function closeError(code: number, reason: string): RoomcastError | null {
  if (code < 4500 || code > 4999) return null;
  const detail = reason === '' ? undefined : reason;
  switch (code) {
    case CLOSE.badFrame:
      return clientError('bad-frame', detail);
    case CLOSE.unauthorized:
      return new RoomcastError('unauthorized', `the server refused the token${detail ? `: ${detail}` : ''}`);
    case CLOSE.replaced:
      return clientError('replaced', detail);
    case CLOSE.rateLimit:
      return new RoomcastError('rate-limited', `closed for ignoring the rate limit${detail ? `: ${detail}` : ''}`);
    case CLOSE.version:
      return clientError('version', detail);
    default:
      return clientError('closed', `the server closed with code ${code}${detail ? `: ${detail}` : ''}`);
  }
}
