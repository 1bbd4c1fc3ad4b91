/** Binds plain answers to uWebSockets.js responses, which are gone once the client aborts. */
import type { HttpRequest as UwsRequest, HttpResponse as UwsResponse } from 'uWebSockets.js';
import type { Logger } from '../base/logger.ts';
import { type HttpAnswer, httpError, statusLine } from './http-response.ts';
import type { HttpRequest, Routes } from './routes.ts';

export function serveHttp(res: UwsResponse, req: UwsRequest, routes: Routes, log: Logger): void {
  // `req` dies with this call: everything is read from it before anything else happens.
  const request: HttpRequest = {
    method: req.getMethod(),
    path: req.getUrl(),
    authorization: req.getHeader('authorization'),
    isLocal: isLoopback(new Uint8Array(res.getRemoteAddress())) && !isForwarded(req),
  };
  let aborted = false;
  res.onAborted(() => {
    aborted = true;
  });
  const isHead = request.method === 'head';
  const fail = (error: unknown): void => {
    log.error({ error, path: request.path }, 'an HTTP route failed');
    if (!aborted) writeAnswer(res, httpError(500, 'a fault of the server; its log has the details'), isHead);
  };
  let answer: HttpAnswer | Promise<HttpAnswer>;
  try {
    answer = routes.answer(request);
  } catch (error) {
    fail(error);
    return;
  }
  if (answer instanceof Promise) {
    // Both outcomes are handled, and neither handler throws.
    void answer.then((late) => {
      if (!aborted) writeAnswer(res, late, isHead);
    }, fail);
  } else writeAnswer(res, answer, isHead);
}

export function writeAnswer(res: UwsResponse, answer: HttpAnswer, isHead: boolean): void {
  res.cork(() => {
    res.writeStatus(statusLine(answer.status));
    res.writeHeader('content-type', answer.type);
    res.writeHeader('cache-control', 'no-store');
    res.writeHeader('x-content-type-options', 'nosniff');
    for (const [name, value] of answer.headers) res.writeHeader(name, value);
    if (isHead) res.endWithoutBody(Buffer.byteLength(answer.body));
    else res.end(answer.body);
  });
}

/** 127.0.0.0/8, ::1, or the former as IPv6 (::ffff:127.x). */
function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  if (address.length !== 16) return false;
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  if (address[10] === 0xff && address[11] === 0xff) return address[12] === 127;
  for (let i = 10; i < 15; i++) if (address[i] !== 0) return false;
  return address[15] === 1;
}

/** Behind a proxy on this machine every client looks local. */
function isForwarded(req: UwsRequest): boolean {
  return ['x-forwarded-for', 'x-real-ip', 'forwarded'].some((name) => req.getHeader(name) !== '');
}
