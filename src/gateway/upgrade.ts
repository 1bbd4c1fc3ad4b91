/** Whether a WebSocket may be opened (PROTOCOL section 1), decided from the request alone. */
import { SUBPROTOCOL } from '../protocol/limits.ts';

export interface UpgradeRequest {
  /** Headers as they came; empty where missing. */
  readonly protocols: string;
  readonly origin: string;
}

export interface UpgradeOptions {
  /** Origins whose pages may connect; empty: all. */
  readonly allowedOrigins: readonly string[];
  readonly connectionsMax: number;
}

export type UpgradeAnswer =
  /** `protocol` is empty where the client offered none. */
  | { readonly kind: 'open'; readonly protocol: string }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 503; readonly reason: string };

export function answerUpgrade(
  request: UpgradeRequest,
  connections: number,
  draining: boolean,
  options: UpgradeOptions,
): UpgradeAnswer {
  const offered = request.protocols === '' ? [] : request.protocols.split(',').map((name) => name.trim());
  if (offered.length > 0 && !offered.includes(SUBPROTOCOL)) return refused(400, `offer the subprotocol ${SUBPROTOCOL}`);
  // A client that is no browser sends no Origin, and could send any.
  const { allowedOrigins } = options;
  if (request.origin !== '' && allowedOrigins.length > 0 && !allowedOrigins.includes(request.origin)) {
    return refused(403, 'this origin may not connect');
  }
  if (draining) return refused(503, 'this node is going away');
  if (connections >= options.connectionsMax) return refused(503, 'this node is full');
  return { kind: 'open', protocol: offered.length > 0 ? SUBPROTOCOL : '' };
}

function refused(status: 400 | 403 | 503, reason: string): UpgradeAnswer {
  return { kind: 'refused', status, reason };
}
