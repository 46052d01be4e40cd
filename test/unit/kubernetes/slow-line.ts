import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface SlowLine {
  /** What this response is ended with goes by the line. */
  limit(response: ServerResponse): void;
}

const PART = 32_768;

/** A line that all answers share, with so many bytes a second. */
export function slowLine(bytesPerSecond: number): SlowLine {
  let isFreeAt = Date.now();
  return {
    limit(response) {
      const end = response.end.bind(response);
      response.end = ((text = "") => {
        void (async () => {
          const body = Buffer.from(String(text));
          for (let at = 0; at < body.length && !response.destroyed; at += PART) {
            const part = body.subarray(at, at + PART);
            isFreeAt = Math.max(isFreeAt, Date.now()) + (part.length / bytesPerSecond) * 1_000;
            await sleep(isFreeAt - Date.now());
            response.write(part);
          }
          end();
        })();
        return response;
      }) as typeof response.end;
    },
  };
}
