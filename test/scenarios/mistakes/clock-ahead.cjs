// Loaded into provider processes by NODE_OPTIONS=--require: their clock is an hour ahead of the store's.
"use strict";

if (/dynamic-provider/.test(process.argv[1] ?? "")) {
  const HOUR = 3_600_000;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [RealDate.now() + HOUR] : args));
    }
    static now() {
      return RealDate.now() + HOUR;
    }
  };
}
