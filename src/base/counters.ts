/**
 * What a node has done so far, as plain numbers that hot code increments. `telemetry/` reads them when it is scraped.
 * Each field is one series of the metric table there.
 */
export class Counters {
  connectionsOpened = 0;
  connectionsRefused = 0;
  connectionsReplaced = 0;
  sessionsOpened = 0;
  sessionsResumed = 0;
  sessionsRefused = 0;
  helloTimeouts = 0;
  framesIn = 0;
  bytesIn = 0;
  framesOut = 0;
  framesDropped = 0;
  badText = 0;
  badTooLarge = 0;
  badOrder = 0;
  badShape = 0;
  rateLimited = 0;
  rateLimitClosed = 0;
  lagged = 0;
  closedTooSlow = 0;
  joins = 0;
  joinsRefused = 0;
  events = 0;
  frames = 0;
  resyncs = 0;
  catchUps = 0;
  claims = 0;
  takeOvers = 0;
  takeOversEarly = 0;
  fenced = 0;
  tenuresLost = 0;
  copiesBrought = 0;
  handedOver = 0;
  commits = 0;
  commitsFailed = 0;
  logAppends = 0;
  logAppendsFailed = 0;
  handlerFaults = 0;
  packetsIn = 0;
  packetsOut = 0;
  packetsFailed = 0;
  packetsRefused = 0;
  packetHoles = 0;
  subscriptionsRenewed = 0;
  suspicions = 0;
  nodesBuried = 0;
  nodesBuriedAlive = 0;
}
