// Loaded into provider processes by NODE_OPTIONS=--require: their clock is ahead of the store's, by an hour unless
// CLOCK_AHEAD_SECONDS says otherwise.
"use strict";

if (/dynamic-provider/.test(process.argv[1] ?? "")) {
  const AHEAD = Number(process.env.CLOCK_AHEAD_SECONDS ?? 3_600) * 1_000;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [RealDate.now() + AHEAD] : args));
    }
    static now() {
      return RealDate.now() + AHEAD;
    }
  };
}
