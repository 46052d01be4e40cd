import { fstatSync } from "node:fs";
import { connect } from "node:net";

/** The process looks in this interval for the parent that it began with. */
const LOOK_MS = 1_000;

let isWatching = false;

/**
 * Ends this process when Pulumi's engine is gone, whatever ended the engine. Pulumi's provider host itself waits for
 * requests for ever. Once it prints, it writes each EPIPE of stdout to stderr, which is the next EPIPE: it takes a whole
 * core and ever more memory.
 *
 * The engine has gone when one of these is seen:
 * - stdin has ended. The engine gives each plugin a pipe and holds the other end for as long as it lives
 *   (pulumi `sdk/go/common/resource/plugin/plugin.go`, ExecPlugin), whatever shell stands in between.
 * - Nobody reads stdout or stderr.
 * - Another process has become the parent.
 *
 * A look-up runs in the user's own program, which is never ended.
 */
export function endWithEngine(): void {
  if (isWatching || !isProviderHost()) return;
  isWatching = true;
  for (const output of [process.stdout, process.stderr]) output.on("error", end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), LOOK_MS).unref();
  if (!isPipe(process.stdin.fd)) return;
  process.stdin.once("close", endUnlessEngineAnswers).on("error", () => undefined);
  process.stdin.resume().unref();
}

/** A killed run is repeated whole, so there is nothing to tidy up. */
const end = (): never => process.exit(1);

/** Node was started with the script of Pulumi's SDK. */
const isProviderHost = (): boolean =>
  /[\\/]cmd[\\/]dynamic-provider(?:[\\/]index\.js)?$/.test(process.argv[1] ?? "");

function isPipe(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}

/** An engine that gave a closed pipe to begin with is still at the address by which it has its provider call back. */
function endUnlessEngineAnswers(): void {
  const address = process.argv.findLast((argument) => /:\d+$/.test(argument));
  if (address === undefined) return end();
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect(Number(port), hostname);
  socket.once("error", end).once("connect", () => socket.destroy());
}
