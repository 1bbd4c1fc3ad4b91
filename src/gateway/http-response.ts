/** Answers of the HTTP routes, as plain values; `uws-http.ts` writes them. */
import { STATUS_CODES } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function json(status: number, value: object, headers: HttpAnswer['headers'] = []): HttpAnswer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n`, headers };
}

export function httpError(status: number, message: string, headers: HttpAnswer['headers'] = []): HttpAnswer {
  return json(status, { error: { status, message } }, headers);
}

/** Such as `404 Not Found`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}
